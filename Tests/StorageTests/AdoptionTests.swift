import Canonical
import Platform
import Storage
import TestSupport
import Testing

/// What a command left behind, as objects.
@Suite struct AdoptionTests {
    let folder: TemporaryFolder
    let store: DirectoryStore
    let work: HostPath

    init() throws {
        folder = try TemporaryFolder(inMemory: true)
        store = try DirectoryStore.open(folder.appending("store"))
        work = try store.workFolder()
    }

    func write(_ bytes: [UInt8], to name: String) throws {
        try Files.makeDirectories(work.appending(name).parent)
        try Files.write(bytes, to: work.appending(name))
    }

    func adopting(
        _ path: String, asTree: Bool = false, limit: Int? = nil, moving: Bool = true
    ) throws(AdoptionError) -> StoredObject {
        try store.adopt(path, asTree: asTree, from: work, limit: limit, moving: moving)
    }

    @Test(arguments: [true, false], [0, 1, 70_000])
    func `a file becomes an object and can be read at once`(_ moving: Bool, _ size: Int) throws {
        let bytes = [UInt8](repeating: 7, count: size)
        try write(bytes, to: "reports/figure.svg")
        let object = try adopting("reports/figure.svg", moving: moving)
        #expect(object == StoredObject(file: bytes))
        #expect(try store.read(object.digest) == bytes)
        #expect(try (Files.status(work.appending("reports/figure.svg")) == nil) == moving)
        try store.flush()
        let file = store.root.appending("objects").appending(object.digest.hex.prefix(2).utf8).appending(
            object.digest.hex.dropFirst(2).utf8)
        #expect(try Files.status(file)?.mode == 0o444)
        #expect(try Files.status(file)?.hardLinks == 1)
    }

    @Test(arguments: [true, false])
    func `a folder becomes the tree that importing it gives`(_ moving: Bool) throws {
        try write([1], to: "model/weights")
        try write([2], to: "model/deep/er/more")
        try write([1], to: "model/again")
        try Files.setPermissions(work.appending("model/again"), 0o755)
        try Files.makeDirectory(work.appending("model/empty"))
        try Files.write([3], to: work.appending("model").appending([0xFF, UInt8(ascii: "%")]))
        let expected = try store.importData(work.appending("model"), keep: false)
        #expect(try adopting("model", asTree: true, moving: moving) == expected)
        try store.flush()
        try store.verify(expected)
        try store.materialise(expected, at: folder.appending("copy"))
        #expect(try store.importData(folder.appending("copy"), keep: false) == expected)
    }

    @Test func `nothing, the wrong kind, and nothing below a file are told apart`() throws {
        try write([1], to: "file")
        try Files.makeDirectory(work.appending("folder"))
        #expect(throws: AdoptionError.missing) { try adopting("absent") }
        #expect(throws: AdoptionError.missing) { try adopting("absent/deeper") }
        #expect(throws: AdoptionError.missing) { try adopting("file/deeper") }
        #expect(throws: AdoptionError.wrongKind(found: "a file")) { try adopting("file", asTree: true) }
        #expect(throws: AdoptionError.wrongKind(found: "a folder")) { try adopting("folder") }
    }

    @Test func `a link at, above or below an output is refused by name and never followed`() throws {
        try folder.write("secret", to: "outside/secret")
        let outside = "\(folder.appending("outside"))"
        try Files.makeSymbolicLink(work.appending("out"), to: Array("\(outside)/secret".utf8))
        try Files.makeSymbolicLink(work.appending("reports"), to: Array(outside.utf8))
        try Files.makeDirectories(work.appending("model/deep"))
        try Files.makeSymbolicLink(work.appending("model/deep/link"), to: Array("../deep".utf8))
        #expect(throws: AdoptionError.link(path: "out", target: "\(outside)/secret")) { try adopting("out") }
        #expect(throws: AdoptionError.link(path: "reports", target: outside)) { try adopting("reports/secret") }
        #expect(throws: AdoptionError.link(path: "reports", target: outside)) { try adopting("reports", asTree: true) }
        #expect(throws: AdoptionError.link(path: "model/deep/link", target: "../deep")) { try adopting("model", asTree: true) }
        #expect(try folder.read("outside/secret") == "secret")
        #expect(try store.contains(Digest.of(Array("secret".utf8))) == false)
    }

    @Test func `fifos, sockets and devices are refused by name and never waited for`() throws {
        try Files.makeDirectories(work.appending("model"))
        #expect(try ProcessRunner.run(["mkfifo", "\(work.appending("fifo"))", "\(work.appending("model/fifo"))"]).status == 0)
        #expect(throws: AdoptionError.special(path: "fifo", kind: "a fifo")) { try adopting("fifo") }
        #expect(throws: AdoptionError.special(path: "model/fifo", kind: "a fifo")) { try adopting("model", asTree: true) }
    }

    @Test func `the limit holds for all files together, and sparse files count by their length`() throws {
        try write([UInt8](repeating: 1, count: 60), to: "model/a")
        try write([UInt8](repeating: 2, count: 40), to: "model/b")
        #expect(throws: AdoptionError.tooLarge(limit: 99)) { try adopting("model", asTree: true, limit: 99, moving: false) }
        #expect(try adopting("model", asTree: true, limit: 100, moving: false).size == 100)
        #expect(try ProcessRunner.run(["truncate", "-s", "1T", "\(work.appending("huge"))"]).status == 0)
        #expect(throws: AdoptionError.tooLarge(limit: 1 << 30)) { try adopting("huge", limit: 1 << 30) }
    }

    @Test func `a file with a second name is copied, so that nobody can write to the object`() throws {
        try write([1, 2], to: "one")
        try Files.link(work.appending("one"), to: work.appending("two"))
        let object = try adopting("one")
        try store.flush()
        #expect(try adopting("two") == object)
        #expect(try ProcessRunner.run(["dd", "of=\(work.appending("one"))", "conv=notrunc"], input: [9]).status == 0)
        #expect(try store.read(object.digest) == [1, 2])
    }

    @Test func `permissions that a command took away do not keep its outputs`() throws {
        try write([1], to: "model/deep/file")
        for name in ["model/deep/file", "model/deep", "model"] { try Files.setPermissions(work.appending(name), 0) }
        let tree = try adopting("model", asTree: true)
        #expect(tree.files == 1)
        try store.verify(tree)
    }

    @Test func `what is nested deeper than a store takes is refused`() throws {
        var deep = "model"
        for _ in 0..<300 { deep += "/d" }
        try Files.makeDirectories(work.appending(deep))
        let error = #expect(throws: AdoptionError.self) { try adopting("model", asTree: true) }
        guard case .tooDeep = error else { return #expect(error == nil) }
        let long = String(repeating: "n", count: 250)
        var wide = "wide"
        for _ in 0..<10 { wide += "/" + long }
        try Files.makeDirectories(work.appending(wide))
        let other = #expect(throws: AdoptionError.self) { try adopting("wide", asTree: true) }
        guard case .tooDeep = other else { return #expect(other == nil) }
    }

    @Test func `many files are taken over on all threads, with the tree of one thread`() throws {
        for number in 0..<500 { try write(Array("\(number % 90)".utf8), to: "model/d\(number % 11)/f\(number)") }
        let expected = try store.importData(work.appending("model"), keep: false)
        #expect(try adopting("model", asTree: true) == expected)
        try store.flush()
        try store.verify(expected)
    }

    @Test func `what is in the store already is left where it lies`() throws {
        let digest = try store.put([1, 2])
        try store.flush()
        try write([1, 2], to: "file")
        let plan = FaultPlan(counting: [.rename, .write, .link])
        let object = try plan.run { () throws(AdoptionError) in try adopting("file") }
        #expect(object.digest == digest)
        #expect(plan.count == 0)
    }

    // MARK: Proofs

    @Test func `a proof replaces the earlier one, and a damaged one is absent`() throws {
        let key = Digest.of([1])
        #expect(try store.proof(of: key) == nil)
        try store.record(proof: ["level": 1], of: key)
        try store.record(proof: ["level": 2, "trials": []], of: key)
        #expect(try store.proof(of: key) == ["level": 2, "trials": []])
        #expect(try store.proof(of: Digest.of([2])) == nil)
        let file = store.root.appending("proofs").appending(key.hex.prefix(2).utf8).appending(key.hex.dropFirst(2).utf8)
        let bytes = try Files.read(file)
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 1
            try Files.write(damaged, to: file)
            #expect(try store.proof(of: key) == nil)
        }
        // Under another key it is no proof.
        let other = store.root.appending("proofs").appending(Digest.of([2]).hex.prefix(2).utf8)
        try Files.makeDirectories(other)
        try Files.write(bytes, to: other.appending(Digest.of([2]).hex.dropFirst(2).utf8))
        #expect(try store.proof(of: Digest.of([2])) == nil)
        try Files.removeFile(file)
        try Files.makeDirectory(file)
        #expect(try store.proof(of: key) == nil)
        try store.record(proof: ["level": 3], of: key)
        #expect(try store.proof(of: key) == ["level": 3])
    }
}
