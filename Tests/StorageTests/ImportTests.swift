import Canonical
import Platform
import Storage
import Synchronization
import TestSupport
import Testing

/// From files of the user to objects and back.
@Suite struct ImportTests {
    let folder: TemporaryFolder
    let store: DirectoryStore

    init() throws {
        folder = try TemporaryFolder(inMemory: true)
        store = try DirectoryStore.open(folder.appending("store"))
    }

    func importing(_ name: String, keep: Bool = true) throws(ImportError) -> StoredObject {
        try store.importData(folder.appending(name), keep: keep)
    }

    @Test func `a large file alone is read by two threads and has the digest of its bytes`() throws {
        for extra in [0, 1, 4095] {
            let size = (32 << 20) + extra
            var bytes = [UInt8](repeating: 7, count: size)
            for index in stride(from: 0, to: size, by: 4093) { bytes[index] = UInt8(truncatingIfNeeded: index / 4093) }
            let file = folder.path.appending("large-\(extra)")
            try Files.write(bytes, to: file)
            #expect(try store.importData(file, keep: false).digest == Digest.of(bytes))
        }
    }

    @Test func `a file becomes the object of its bytes, kept or not`() throws {
        try folder.write("x\n1\n", to: "table.csv")
        let expected = StoredObject(file: Array("x\n1\n".utf8))
        #expect(try importing("table.csv", keep: false) == expected)
        #expect(try store.contains(expected.digest) == false)
        #expect(try importing("table.csv") == expected)
        #expect(try store.read(expected.digest) == Array("x\n1\n".utf8))
        #expect(try store.put(file: folder.appending("table.csv"), expecting: expected.digest) == expected)
        #expect(throws: ImportError.self) { try store.put(file: folder.appending("table.csv"), expecting: Digest.of([])) }
    }

    @Test(arguments: [0, 1, 65536, 65537, 1 << 20, 3_000_001])
    func `the digest is that of the bytes, for every way of reading`(_ size: Int) throws {
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        try folder.write(bytes, to: "file")
        #expect(try importing("file", keep: false) == StoredObject(file: bytes))
        #expect(try importing("file") == StoredObject(file: bytes))
        #expect(try store.read(Digest.of(bytes)) == bytes)
        try store.materialise(StoredObject(file: bytes), at: folder.appending("deep/er/copy"))
        #expect(try Files.read(folder.appending("deep/er/copy")) == bytes)
        // Importing once more writes nothing.
        try store.flush()
        let plan = FaultPlan(counting: [.write])
        _ = try plan.run { () throws(ImportError) in try importing("file") }
        #expect(size > 65536 || plan.count == 0)
    }

    @Test func `the tree does not depend on the order in which things were made, on times or on the umask`() throws {
        for (name, order) in [("one", ["b", "a/x", "é", "e\u{301}"]), ("two", ["e\u{301}", "é", "a/x", "b"])] {
            for file in order { try folder.write(file, to: "\(name)/\(file)") }
        }
        try Files.setPermissions(folder.appending("two/b"), 0o600)
        let one = try importing("one")
        #expect(try importing("two") == one)
        #expect(one.files == 4)
        try Files.setPermissions(folder.appending("two/b"), 0o700)
        #expect(try importing("two").digest != one.digest)
    }

    @Test func `names that are not UTF-8 come back as they were`() throws {
        try Files.makeDirectories(folder.appending("data"))
        let name: [UInt8] = [0xFF, UInt8(ascii: "%"), UInt8(ascii: "\n")]
        try Files.write([1], to: folder.appending("data").appending(name))
        let tree = try importing("data")
        try store.materialise(tree, at: folder.appending("copy"))
        #expect(try Files.list(folder.appending("copy")).map(\.name) == [name])
        #expect(try store.files(of: tree.digest).map(\.path) == ["%FF%25\n"])
    }

    @Test func `a path that is a link is followed`() throws {
        try folder.write("x", to: "elsewhere/table.csv")
        try Files.makeSymbolicLink(folder.appending("table.csv"), to: Array("elsewhere/table.csv".utf8))
        #expect(try importing("table.csv") == StoredObject(file: [UInt8(ascii: "x")]))
        try Files.makeSymbolicLink(folder.appending("data"), to: Array("elsewhere".utf8))
        #expect(try importing("data") == importing("elsewhere"))
    }

    @Test func `links inside stay links, those that lead out or nowhere are refused by name`() throws {
        try folder.write("x", to: "data/deep/file")
        try folder.write("x", to: "data-old/file")
        let link = folder.appending("data/deep/link")
        func refusal(_ target: String) throws -> ImportError? {
            try Files.removeFileIfPresent(link)
            try Files.makeSymbolicLink(link, to: Array(target.utf8))
            return #expect(throws: ImportError.self) { try importing("data") }
        }
        #expect(try refusal("../../data-old/file") == .escapingLink(link, target: "../../data-old/file"))
        #expect(try refusal("/etc/passwd") == .escapingLink(link, target: "/etc/passwd"))
        let inside = "\(folder.appending("data/deep/file"))"
        #expect(try refusal(inside) == .escapingLink(link, target: inside))
        #expect(try refusal("../..") == .escapingLink(link, target: "../.."))
        #expect(try refusal("nothing") == .danglingLink(link, target: "nothing"))
        _ = try refusal("link")
        // A way out through another link: up, and up again.
        try Files.makeSymbolicLink(folder.appending("data/top"), to: Array(".".utf8))
        #expect(try refusal("../top/../data-old/file") == .escapingLink(link, target: "../top/../data-old/file"))
        try Files.removeFile(link)
        try Files.makeSymbolicLink(link, to: Array("../top/deep/file".utf8))
        let tree = try importing("data")
        #expect(tree.files == 1)
        try store.materialise(tree, at: folder.appending("copy"))
        #expect(try Files.linkTarget(folder.appending("copy/deep/link")) == Array("../top/deep/file".utf8))
    }

    @Test func `what is neither file nor folder is refused by name and never waited for`() throws {
        try folder.write("x", to: "data/file")
        #expect(try ProcessRunner.run(["mkfifo", "\(folder.appending("data/pipe"))"]).status == 0)
        #expect(throws: ImportError.unsupported(folder.appending("data/pipe"), what: "a fifo")) { try importing("data") }
        #expect(throws: ImportError.unsupported(folder.appending("data/pipe"), what: "a fifo")) { try importing("data/pipe") }
        #expect(throws: ImportError.unsupported(HostPath("/dev/null"), what: "a device")) { try store.importData(HostPath("/dev/null")) }
        #expect(throws: ImportError.missing(folder.appending("nothing"))) { try importing("nothing") }
    }

    @Test func `of several problems the first in the order of names is reported, on any number of threads`() throws {
        for index in 0..<40 { try folder.write("x", to: "data/\(100 + index)") }
        for index in [7, 8, 30] {
            try Files.removeFile(folder.appending("data/\(100 + index)"))
            #expect(try ProcessRunner.run(["mkfifo", "\(folder.appending("data/\(100 + index)"))"]).status == 0)
        }
        for _ in 0..<5 {
            #expect(throws: ImportError.unsupported(folder.appending("data/107"), what: "a fifo")) { try importing("data") }
        }
    }

    @Test func `a file that is written to again and again never gets a digest of mixed bytes`() throws {
        // Two contents, each of one byte value and written as one; a mixture would show.
        let size = 200_000
        let contents: [[UInt8]] = [[UInt8](repeating: 1, count: size), [UInt8](repeating: 2, count: size)]
        let file = try folder.write(contents[0], to: "data/flip")
        let stop = Atomic<Bool>(false)
        let results = Mutex<(whole: Int, refused: Int, wrong: Int)>((0, 0, 0))
        let store = store
        let digests = Set(contents.map { Digest.of($0) })
        let signatures = SignatureCache()
        Threads.run(2) { role in
            if role == 0 {
                defer { stop.store(true, ordering: .relaxed) }
                for round in Int64(1)...40 {
                    do {
                        // In place, over the old bytes: the worst there is.
                        let out = try ProcessRunner.run(
                            ["dd", "of=\(file)", "conv=notrunc", "bs=\(size)", "iflag=fullblock"], input: contents[Int(round % 2)])
                        if out.status != 0 { return }
                    } catch {
                        return
                    }
                    // Now and then there is time to read it.
                    Clock.sleep(nanoseconds: round * 7 % 5 * 10_000_000)
                }
            } else {
                var round = 0
                while !stop.load(ordering: .relaxed) {
                    round += 1
                    do {
                        let object = try store.importData(file, signatures: round % 4 == 0 ? signatures : nil)
                        let isWhole = digests.contains(object.digest)
                        results.withLock { if isWhole { $0.whole += 1 } else { $0.wrong += 1 } }
                    } catch {
                        results.withLock { $0.refused += 1 }
                    }
                }
            }
        }
        let (whole, refused, wrong) = results.withLock { $0 }
        #expect(wrong == 0 && whole + refused > 0)
        // Whatever was remembered, it is what lies there now.
        #expect(try store.importData(file, signatures: signatures).digest == Digest.of(try Files.read(file)))
        // Whatever was said, the store holds no object with other bytes than its digest says.
        try store.flush()
        for fan in try Files.list(folder.appending("store/objects")) {
            for object in try Files.list(folder.appending("store/objects").appending(fan.name)) {
                let bytes = try Files.read(folder.appending("store/objects").appending(fan.name).appending(object.name))
                #expect(Digest.of(bytes).hex == String(decoding: fan.name + object.name, as: UTF8.self))
            }
        }
    }

    @Test func `a file that comes while the folder is read is noticed`() throws {
        for index in 0..<200 { try folder.write([UInt8](repeating: 1, count: 10_000), to: "data/\(index)") }
        let first = try importing("data")
        try folder.write("late", to: "data/late")
        #expect(try importing("data") != first)
    }

    @Test func `a folder that is nested too deeply is refused`() throws {
        var path = folder.appending("data")
        for _ in 0..<300 { path = path.appending("d") }
        try Files.makeDirectories(path)
        #expect(throws: ImportError.self) { try importing("data") }
    }

    @Test func `materialising replaces whatever is there, as one step`() throws {
        let file = try store.put(file: Array("file".utf8))
        let tree = try store.put(files: [("a/b", [1])])
        let place = folder.appending("out")
        for object in [file, tree, tree, file, file, tree] {
            try store.materialise(object, at: place)
            #expect(try store.importData(place, keep: false) == object)
        }
        try Files.removeTree(place)
        try folder.write("kept", to: "target")
        try Files.makeSymbolicLink(place, to: Array("target".utf8))
        try store.materialise(file, at: place)
        #expect(try folder.read("target") == "kept")
        #expect(try Files.status(place, followLinks: false)?.kind == .regular)
        #expect(try Files.status(place)?.hardLinks == 1)
        #expect(try folder.everything().allSatisfy { !$0.contains(".mlbuild-") })
    }
}
