import Canonical
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Storage

/// What a collection removes beside objects and records.
@Suite struct LeftoverTests {
    let folder: TemporaryFolder
    let root: HostPath
    let data: StoredObject
    let record: ActionRecord

    init() throws {
        folder = try TemporaryFolder(inMemory: true)
        root = folder.appending("store")
        let store = try DirectoryStore.open(root)
        data = try store.put(file: Array("data\n".utf8))
        let made = try store.put(file: Array("made\n".utf8))
        record = ActionRecord(document: ["input": .string(data.digest.description)], outputs: [("made", made)])
        _ = try store.publish(record)
        try store.record(proof: ["level": 1], of: record.key)
    }

    private func collect(
        roots: Set<Digest>? = nil, grace: Int64 = 0, dryRun: Bool = false, imported: Bool = false,
        onStep: @escaping (StoreCollection.Step) -> Void = { _ in }
    ) throws -> CollectionReport {
        Clock.sleep(nanoseconds: 50_000_000)
        var order = CollectionOrder()
        order.grace = grace
        order.isDryRun = dryRun
        order.takesImported = imported
        let needed = roots ?? [data.digest, record.key]
        return try StoreCollection.run(try DirectoryStore.open(root), order, roots: { needed }, onStep: onStep)
    }

    private func isThere(_ path: String) throws -> Bool { try Files.status(root.appending(path), followLinks: false) != nil }

    @Test func `a proof without a record goes after the grace, one with a record stays`() throws {
        let lost = Digest.of([1])
        do { try DirectoryStore.open(root).record(proof: ["level": 2], of: lost) }
        #expect(try collect(grace: 3_600_000_000_000).proofs.count == 0)
        let foretold = try collect(dryRun: true)
        #expect(foretold.proofs.count == 1 && foretold.proofs.bytes > 0)
        let report = try collect()
        #expect(report.proofs == foretold.proofs)
        let store = try DirectoryStore.open(root)
        #expect(try store.proof(of: lost) == nil)
        #expect(try store.proof(of: record.key) == ["level": 1])
        #expect(try collect().proofs.count == 0)
    }

    @Test func `a proof whose record comes while it is collected is put back`() throws {
        let late = ActionRecord(document: ["late": true], outputs: [("made", record.outputs[0].object)])
        do { try DirectoryStore.open(root).record(proof: ["level": 2], of: late.key) }
        var failure: (any Error)?
        let report = try collect(onStep: { step in
            guard step == .taken(.actions, trees: false) else { return }
            do { _ = try DirectoryStore.open(root).publish(late) } catch { failure = error }
        })
        if let failure { throw failure }
        #expect(report.proofs.count == 0)
        #expect(try DirectoryStore.open(root).proof(of: late.key) == ["level": 2])
    }

    /// Leaves half an object behind, as a process does that is killed.
    private func leavePartial(_ name: String) throws {
        try folder.write("half of it", to: "store/partial/\(name)")
    }

    @Test func `what came in part and nobody went on with goes after the grace`() throws {
        let (one, two, three) = (Digest.of([1]).hex, Digest.of([2]).hex, Digest.of([3]).hex)
        for name in [one, two + ".source", two + ".state", three + ".state", "notes.txt"] { try leavePartial(name) }
        #expect(try collect(grace: 3_600_000_000_000).partials.count == 0)
        let before = try folder.everything()
        #expect(try collect(dryRun: true).partials == StoreAmount(count: 3, bytes: 40))
        #expect(try folder.everything() == before)
        #expect(try collect().partials == StoreAmount(count: 3, bytes: 40))
        #expect(try Files.list(root.appending("partial")).map(\.name) == [Array("notes.txt".utf8)])
        #expect(try !isThere("trash") && !isThere("doomed"))
    }

    @Test func `what somebody is fetching stays, however old it is`() throws {
        let digest = Digest.of([1])
        let store = try DirectoryStore.open(root)
        try leavePartial(digest.hex)
        let partial = try PartialObject(digest, size: 100, in: store)
        #expect(try collect().partials.count == 0)
        #expect(try isThere("partial/\(digest.hex)"))
        withExtendedLifetime(partial) {}
    }

    @Test func `what somebody begins to go on with after the look stays, and what comes as a whole meanwhile is left alone`() throws {
        let (digest, whole) = (Digest.of([1]), Digest.of(Array("half of it".utf8)))
        try leavePartial(digest.hex)
        try leavePartial(whole.hex)
        var held: PartialObject?
        var failure: (any Error)?
        let report = try collect(onStep: { step in
            guard step == .marked else { return }
            do {
                let store = try DirectoryStore.open(root)
                held = try PartialObject(digest, size: 100, in: store)
                _ = try PartialObject(whole, size: 10, in: store).finish()
                try store.flush()
            } catch {
                failure = error
            }
        })
        if let failure { throw failure }
        #expect(report.partials.count == 0)
        #expect(try Files.list(root.appending("partial")).map(\.name) == [Array(digest.hex.utf8)])
        withExtendedLifetime(held) {}
    }

    @Test func `a collection that is given up puts back what came in part`() throws {
        let name = Digest.of([1]).hex
        try leavePartial(name)
        try leavePartial(Digest.of([2]).hex + ".source")
        let before = try folder.everything()
        Clock.sleep(nanoseconds: 50_000_000)
        var order = CollectionOrder()
        order.grace = 0
        var asked = 0
        #expect(throws: CollectionError.self) {
            try StoreCollection.run(
                try DirectoryStore.open(root), order,
                roots: {
                    asked += 1
                    return asked > 1 ? nil : []
                })
        }
        #expect(try folder.everything().filter { $0 != "store/collecting" } == before)
    }

    // MARK: Fetched

    @Test func `what an index has under its digest goes once nobody pins it, and anything else that was imported stays`() throws {
        let store = try DirectoryStore.open(root)
        let (wheel, own) = (try store.put(file: Array("wheel\n".utf8)), try store.put(file: Array("own\n".utf8)))
        try store.note(fetched: wheel.digest, as: "six-1.16.0-py2.py3-none-any.whl")
        try store.flush()
        end(store)
        let roots: Set<Digest> = [data.digest, record.key]
        #expect(try collect(roots: roots.union([wheel.digest])).objects.count == 0)
        #expect(try collect(roots: roots, grace: 3_600_000_000_000).objects.count == 0)
        let foretold = try collect(roots: roots, dryRun: true)
        #expect(foretold.objects == StoreAmount(count: 1, bytes: 6) && foretold.imported == StoreAmount(count: 1, bytes: 4))
        let report = try collect(roots: roots)
        #expect(report.objects == foretold.objects && report.imported == foretold.imported)
        let after = try DirectoryStore.open(root)
        #expect(try !after.contains(wheel.digest) && after.contains(own.digest))
        #expect(try StoreCensus(of: root.appending("fetched")).count == 0)
    }

    @Test func `data of somebody that has the bytes of a wheel in a folder keeps them`() throws {
        let store = try DirectoryStore.open(root)
        let wheel = try store.put(file: Array("wheel\n".utf8))
        let mine = try store.put(files: [("a.whl", Array("wheel\n".utf8))])
        try store.note(fetched: wheel.digest, as: "a-1-py3-none-any.whl")
        try store.flush()
        end(store)
        #expect(try collect().objects.count == 0)
        #expect(try DirectoryStore.open(root).missing(in: mine).isEmpty)
    }

    @Test func `a note that is damaged, or lies under another name, lets nothing go`() throws {
        let store = try DirectoryStore.open(root)
        let (one, two) = (try store.put(file: Array("one\n".utf8)), try store.put(file: Array("two\n".utf8)))
        try store.note(fetched: one.digest, as: "one.whl")
        try store.flush()
        let trash = StoreTrash(root: root)
        var bytes = try Files.read(trash.place(.fetched, one.digest))
        try Files.makeDirectories(trash.place(.fetched, two.digest).parent)
        try Files.write(bytes, to: trash.place(.fetched, two.digest))
        bytes[bytes.count - 5] ^= 1
        try Files.removeFile(trash.place(.fetched, one.digest))
        try Files.write(bytes, to: trash.place(.fetched, one.digest))
        end(store)
        #expect(try collect().objects.count == 0)
    }

    @Test func `a note about nothing goes after the grace`() throws {
        do { try DirectoryStore.open(root).note(fetched: Digest.of([9]), as: "x.whl") }
        _ = try collect(grace: 3_600_000_000_000)
        #expect(try StoreCensus(of: root.appending("fetched")).count == 1)
        _ = try collect()
        #expect(try StoreCensus(of: root.appending("fetched")).count == 0)
    }

    /// Ends the process that `store` stands for.
    private func end(_ store: DirectoryStore) {
        store.state.withLock { state in
            state.lease?.end()
            state.lease = nil
        }
    }
}
