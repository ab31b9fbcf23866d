import Platform
import TestSupport
import Testing

@Suite struct FilesTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func `what was written is read back`() throws {
        let path = folder.appending("a")
        try Files.write([1, 2, 3], to: path, durable: true)
        #expect(try Files.read(path) == [1, 2, 3])
        try Files.write([], to: path)
        #expect(try Files.read(path) == [])
        #expect(try folder.everything() == ["a"])
    }

    @Test func `a missing file is no status, no bytes, and an error that names it`() throws {
        let path = folder.appending("nothing")
        #expect(try Files.status(path) == nil)
        #expect(try Files.readIfPresent(path) == nil)
        #expect(try Files.status(folder.write("", to: "file").appending("below")) == nil)
        let error = #expect(throws: SystemError.self) { try Files.read(path) }
        #expect(error?.description == "cannot read '\(path)': no such file or directory")
    }

    @Test func `names that are not UTF-8 are kept as bytes`() throws {
        let name: [UInt8] = [0x66, 0xFF, 0x0A]
        try Files.write([9], to: folder.path.appending(name))
        let entries = try Files.list(folder.path)
        #expect(entries.map(\.name) == [name])
        #expect(entries.map(\.kind) == [.regular])
        #expect(try Files.read(folder.path.appending(entries[0].name)) == [9])
    }

    @Test func `a folder is listed in the order of bytes`() throws {
        for name in ["b", "a", "B", "é", "e\u{301}"] { try folder.write("", to: name) }
        let names = try Files.list(folder.path).map(\.name)
        #expect(names == ["B", "a", "b", "e\u{301}", "é"].map { Array($0.utf8) })
    }

    @Test func `a NUL in a path is an error and not a shorter path`() throws {
        try folder.write("x", to: "a")
        #expect(throws: SystemError.self) { try Files.read(folder.path.appending([0x61, 0, 0x62])) }
        #expect(throws: SystemError.self) { try Files.read(HostPath("")) }
    }
}
