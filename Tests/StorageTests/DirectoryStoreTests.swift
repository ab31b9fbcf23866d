import Canonical
import Platform
import Storage
import Synchronization
import TestSupport
import Testing

@Suite struct DirectoryStoreTests {
    let folder: TemporaryFolder
    let store: DirectoryStore

    init() throws {
        folder = try TemporaryFolder()
        store = try DirectoryStore.open(folder.appending("store"))
    }

    @Test func `what is put is read back, before and after it is durable, here and by the next process`() throws {
        let digest = try store.put([1, 2, 3])
        #expect(try store.read(digest) == [1, 2, 3])
        try store.flush()
        #expect(try store.read(digest) == [1, 2, 3])
        let next = try DirectoryStore.open(store.root)
        #expect(try next.contains(digest))
        #expect(try next.read(digest) == [1, 2, 3])
    }

    @Test func `an object is a read-only file named by its digest, and nothing else is left`() throws {
        let digest = try store.put(Array("hello".utf8))
        try store.flush()
        let place = "objects/\(digest.hex.prefix(2))/\(digest.hex.dropFirst(2))"
        let path = store.root.appending(place)
        #expect(try Files.status(path)?.mode == 0o444)
        #expect(try Files.status(path)?.hardLinks == 1)
        #expect(try Files.list(store.root.appending("tmp")).count == 1)
        #expect(try Files.list(store.root.appending("tmp").appending(Files.list(store.root.appending("tmp"))[0].name)).isEmpty)
    }

    @Test func `an object can be read and opened at any moment while batches are moved into place`() throws {
        let store = store
        let known = Mutex<[Digest]>([])
        let failures = Mutex<[String]>([])
        Threads.run(3) { index in
            do {
                if index == 0 {
                    for number in 0..<300 {
                        let digest = try store.put(Array("object \(number)".utf8))
                        known.withLock { $0.append(digest) }
                        if number % 10 == 9 { try store.flush() }
                    }
                    known.withLock { $0.append(Digest.of([])) }
                    return
                }
                while true {
                    let digests = known.withLock { $0 }
                    if digests.last == Digest.of([]) { return }
                    for digest in digests.suffix(20) {
                        if index == 1 { _ = try store.read(digest) } else { _ = try store.open(file: digest) }
                    }
                }
            } catch {
                failures.withLock { $0.append("\(error)") }
            }
        }
        #expect(failures.withLock { $0 } == [])
    }

    @Test func `a record is stored once, is the same twice, and conflicts with other outputs`() throws {
        let one = try store.put(file: [1])
        let two = try store.put(file: [2])
        let record = ActionRecord(document: ["kind": "split"], outputs: [("train", one)])
        #expect(try store.publish(record).word == "stored")
        #expect(try store.publish(record).word == "same")
        let other = ActionRecord(document: ["kind": "split"], outputs: [("train", two)])
        let outcome = try store.publish(other)
        #expect(outcome.word == "conflict")
        if case .conflict(let existing) = outcome { #expect(existing.output("train") == one) }
        let read = try store.record(for: record.key)
        #expect(read?.output("train") == one)
        #expect(read?.document == ["kind": "split"])
        #expect(try store.record(for: Digest.of([])) == nil)
    }

    @Test func `a record never names an object that is not there`() throws {
        let absent = StoredObject(file: [7])
        let record = ActionRecord(document: [], outputs: [("model", absent)])
        #expect(throws: StoreError.recordAheadOfObject(key: record.key, object: absent.digest)) { try store.publish(record) }
        #expect(try store.record(for: record.key) == nil)
    }

    @Test func `a folder becomes a tree and the tree the same folder`() throws {
        try folder.write("one", to: "data/a/one.txt")
        try folder.write("two", to: "data/two.txt")
        try Files.makeDirectories(folder.appending("data/empty"))
        try Files.setPermissions(folder.appending("data/two.txt"), 0o755)
        try Files.makeSymbolicLink(folder.appending("data/a/link"), to: Array("../two.txt".utf8))
        try folder.write("not ours to keep", to: "data/.mlbuild-17")
        let object = try store.importData(folder.appending("data"), keep: true, signatures: nil)
        #expect(object.size == 6)
        #expect(object.files == 2)
        try store.flush()
        try store.materialise(object, at: folder.appending("copy"))
        #expect(try store.importData(folder.appending("copy"), keep: false, signatures: nil) == object)
        #expect(try Files.status(folder.appending("copy/two.txt"))?.isExecutable == true)
        #expect(try Files.list(folder.appending("copy/empty")).isEmpty)
        #expect(try folder.read("copy/a/link") == "two")
        #expect(try store.files(of: object.digest).map(\.path) == ["a/one.txt", "two.txt"])
    }
}

extension PublishOutcome {
    var word: String {
        switch self {
        case .stored: "stored"
        case .same: "same"
        case .conflict: "conflict"
        }
    }
}
