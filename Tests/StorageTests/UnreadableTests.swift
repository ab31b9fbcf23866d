import Canonical
import Platform
import TestSupport
import Testing

@testable import Storage

/// A medium that does not give back what it was given: nobody knows that the bytes are wrong, so nothing is put aside for it.
@Suite struct UnreadableTests {
    static let inputOutputError: Int32 = 5

    let folder: TemporaryFolder
    let store: DirectoryStore
    let object: Digest
    let bytes = Array("an object\n".utf8)
    let key = CanonicalJSON.digest(["kind": "test"])

    init() throws {
        folder = try TemporaryFolder(inMemory: true)
        let first = try DirectoryStore.open(folder.appending("store"))
        object = try first.put(file: bytes).digest
        _ = try first.publish(
            ActionRecord(document: ["kind": "test"], outputs: [("o", StoredObject(file: bytes))]))
        // One that has not read any of it.
        store = try DirectoryStore.open(folder.appending("store"))
    }

    /// Runs `body` while nothing can be read.
    private func unreadable<Value>(_ body: () throws -> Value) throws -> Value {
        try FaultPlan(.failEver(Self.inputOutputError), at: 1, counting: .read).run { () throws(any Error) in try body() }
    }

    private func quarantined() throws -> Int { try Files.list(store.root.appending("quarantine")).count }

    @Test func `an object that cannot be read is refused by its path and stays`() throws {
        for _ in 0..<2 {
            let error = #expect(throws: StoreError.self) { try unreadable { try store.read(object) } }
            guard case .refused(let refusal)? = error else { Issue.record("it is \(String(describing: error))"); return }
            #expect(refusal.isMediumFailure && refusal.path == store.objectPath(object).description)
            #expect(throws: StoreError.self) { try unreadable { try store.record(for: key) } }
        }
        #expect(try quarantined() == 0)
        #expect(try store.read(object) == bytes)
        #expect(try store.record(for: key) != nil)
    }

    @Test func `a read that fails once is tried again`() throws {
        let read = try FaultPlan(.failOnce(Self.inputOutputError), at: 1, counting: .read).run { () throws(StoreError) in
            try store.read(object)
        }
        #expect(read == bytes)
        #expect(try quarantined() == 0)
    }

    @Test func `who puts the same bytes takes its place`() throws {
        try unreadable {
            try store.put(bytes)
            try store.flush()
        }
        #expect(try quarantined() == 1)
        #expect(try DirectoryStore.open(store.root).read(object) == bytes)
    }

    @Test func `a check names what cannot be read, moves it only to repair, and puts it back when it is sound after all`() throws {
        let found = try unreadable { try store.checkAll() }
        #expect(Set(found.damage.map(\.kind)) == [.object, .record] && found.damage.allSatisfy(\.isUnreadable))
        #expect(found.damage.contains { $0.path == store.objectPath(object) })
        #expect(try quarantined() == 0)
        let cleared = try unreadable { try store.checkAll(clears: true) }
        #expect(cleared.damage.count == 2 && cleared.damage.allSatisfy(\.isUnreadable))
        #expect(try quarantined() == 2)
        #expect(try !store.contains(object))
        #expect(try unreadable { try store.putBack([object]) } == 0)
        #expect(try store.putBack([object]) == 1)
        #expect(try store.read(object) == bytes)
        #expect(try store.checkAll().damage.isEmpty)
    }

    @Test func `a copy with other bytes stays in quarantine`() throws {
        let place = store.objectPath(object)
        try Files.removeFile(place)
        try Files.write(Array("another\n".utf8), to: place, mode: 0o444)
        #expect(throws: StoreError.self) { try store.read(object) }
        #expect(try quarantined() == 1)
        #expect(try store.putBack([object]) == 0)
        #expect(try quarantined() == 1)
    }

    @Test func `a collection stops at a record or tree that cannot be read, and removes nothing`() throws {
        try folder.write("x", to: "data/x")
        let data = try store.importData(folder.appending("data"))
        try store.flush()
        Clock.sleep(nanoseconds: 50_000_000)
        var order = CollectionOrder()
        order.grace = 0
        let before = try folder.everything().filter { $0.contains("/objects/") || $0.contains("/actions/") }
        var call = 0
        while true {
            call += 1
            let plan = FaultPlan(.failEver(Self.inputOutputError), at: call, counting: .read)
            let other = try DirectoryStore.open(store.root)
            let report = plan.run { try? StoreCollection.run(other, order, roots: { [data.digest] }) }
            if plan.count < call { break }
            #expect(report == nil, "read \(call)")
            #expect(try folder.everything().filter { $0.contains("/objects/") || $0.contains("/actions/") } == before, "read \(call)")
        }
        #expect(call > 2)
    }
}
