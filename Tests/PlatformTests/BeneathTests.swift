import Platform
import TestSupport
import Testing

/// Looking below an open folder, where somebody hostile may have written.
@Suite struct BeneathTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    func error(_ name: String) throws -> SystemError? {
        let top = try Descriptor.folder(folder.appending("top"))
        do throws(SystemError) {
            _ = try top.file(bytes(name)).readToEnd()
            return nil
        } catch {
            return error
        }
    }

    @Test func `no link is followed, on the way or at the end, and nothing leads up`() throws {
        try folder.write("secret", to: "secret")
        try folder.write("x", to: "top/a/file")
        try Files.makeSymbolicLink(folder.appending("top/link"), to: bytes("a"))
        try Files.makeSymbolicLink(folder.appending("top/a/out"), to: bytes("../../secret"))
        try Files.makeSymbolicLink(folder.appending("top/a/self"), to: bytes("file"))
        #expect(try error("a/file") == nil)
        #expect(try error("link/file")?.isLink == true)
        #expect(try error("a/out")?.isLink == true)
        #expect(try error("a/self")?.isLink == true)
        #expect(try error("../secret") != nil)
        #expect(try error("\(folder.path)/secret") != nil)
        #expect(try error("a/absent")?.isMissing == true)
        let top = try Descriptor.folder(folder.appending("top"))
        #expect(try top.place(bytes("a/out")).linkTarget() == bytes("../../secret"))
        #expect(try top.list().map(\.name) == [bytes("a"), bytes("link")])
        #expect(try top.folder(bytes("a")).list().map(\.kind) == [.regular, .symbolicLink, .symbolicLink])
    }

    @Test func `a file is moved out, and never over another`() throws {
        try folder.write("x", to: "top/a/file")
        try folder.write("y", to: "there")
        let top = try Descriptor.folder(folder.appending("top"))
        #expect(throws: SystemError.self) { try top.move(bytes("a/file"), to: folder.appending("there")) }
        try top.move(bytes("a/file"), to: folder.appending("moved"))
        #expect(try folder.read("moved") == "x")
        #expect(try folder.read("there") == "y")
    }

    @Test func `times are set on files, folders and links themselves`() throws {
        let file = try folder.write("x", to: "file")
        let link = folder.appending("link")
        try Files.makeSymbolicLink(link, to: bytes("file"))
        try Files.setTimes(link, 1)
        #expect(try Files.status(link, followLinks: false)?.signature.modified == 1_000_000_000)
        #expect(try Files.status(file)?.signature.modified != 1_000_000_000)
        try Descriptor.reading(file).setTimes(2)
        #expect(try Files.status(file)?.signature.modified == 2_000_000_000)
    }

    @Test func `a tree that is deeper than any path is removed`() throws {
        // 60 levels of 200 bytes, each put below the next.
        let name = String(repeating: "n", count: 200)
        var deep = folder.appending("deep0")
        try Files.makeDirectory(deep)
        try Files.write([1], to: deep.appending("file"))
        for level in 1...60 {
            let next = folder.appending("deep\(level)")
            try Files.makeDirectory(next)
            try Files.rename(deep, to: next.appending(name))
            deep = next
        }
        let top = folder.appending("top")
        try Files.rename(deep, to: top)
        try Files.removeTree(top)
        #expect(try Files.status(top) == nil)
        #expect(try Files.list(folder.path).isEmpty)
    }
}
