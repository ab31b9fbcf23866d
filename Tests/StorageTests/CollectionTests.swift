import Canonical
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Storage

/// What a collection removes and leaves, and what other processes do to it meanwhile.
@Suite struct CollectionTests {
    let folder: TemporaryFolder
    let root: HostPath
    /// Pinned data, and what two stages made of it, one after the other.
    let data: StoredObject
    let made: StoredObject
    let model: StoredObject
    let records: [ActionRecord]
    /// Imported, and pinned by nobody.
    let stray: Digest

    init() throws {
        folder = try TemporaryFolder(inMemory: true)
        root = folder.appending("store")
        try folder.write("one\n", to: "data/a")
        try folder.write("two\n", to: "data/deep/b")
        let store = try DirectoryStore.open(root)
        data = try store.importData(folder.appending("data"))
        made = try store.put(files: [("part", Array("made 1\n".utf8)), ("deep/rest", Array("made 2\n".utf8))])
        model = try store.put(file: Array("model\n".utf8))
        records = [
            ActionRecord(document: ["inputs": .string(data.digest.description)], outputs: [("made", made)]),
            ActionRecord(document: ["inputs": .string(made.digest.description)], outputs: [("model", model)]),
        ]
        _ = try store.publish(records)
        stray = try store.put(Array("stray\n".utf8))
        try store.flush()
    }

    /// Collects with no grace, once all stamps are older than a tick.
    private func collect(
        roots: Set<Digest>? = nil, imported: Bool = false, grace: Int64 = 0, largest: Int? = nil, dryRun: Bool = false,
        onStep: @escaping (StoreCollection.Step) -> Void = { _ in }
    ) throws -> CollectionReport {
        Clock.sleep(nanoseconds: 50_000_000)
        var order = CollectionOrder()
        order.grace = grace
        order.largest = largest
        order.takesImported = imported
        order.isDryRun = dryRun
        let needed = roots ?? [data.digest]
        return try StoreCollection.run(try DirectoryStore.open(root), order, roots: { needed }, onStep: onStep)
    }

    private func isWhole(_ object: StoredObject) throws -> Bool {
        let store = try DirectoryStore.open(root)
        guard try store.missing(in: object).isEmpty else { return false }
        try store.verify(object)
        return true
    }

    private func hasRecord(_ number: Int) throws -> Bool {
        try DirectoryStore.open(root).record(for: records[number].key) != nil
    }

    @Test func `what actions made and nobody needs goes, data that nobody pins stays`() throws {
        let report = try collect()
        #expect(report.records.count == 2)
        // Two folders and two files of one stage, the model of the other.
        #expect(report.objects.count == 5)
        #expect(report.imported == StoreAmount(count: 1, bytes: 6))
        #expect(report.needed.count == 4)
        #expect(try isWhole(data))
        let store = try DirectoryStore.open(root)
        #expect(try store.contains(stray))
        #expect(try !store.contains(model.digest) && !store.contains(made.digest))
        #expect(try !hasRecord(0) && !hasRecord(1))
        #expect(try Files.status(root.appending("trash")) == nil && Files.status(root.appending("doomed")) == nil)
    }

    @Test func `a dry run says the same and removes nothing`() throws {
        let before = try folder.everything()
        let foretold = try collect(dryRun: true)
        #expect(try folder.everything() == before)
        let report = try collect()
        #expect(foretold.objects == report.objects && foretold.records.count == report.records.count && foretold.left == report.left)
    }

    @Test func `a key that is needed keeps its record and all that it made`() throws {
        let report = try collect(roots: [data.digest, records[0].key])
        #expect(report.records.count == 1)
        #expect(try hasRecord(0) && !hasRecord(1))
        #expect(try isWhole(made))
        #expect(try !DirectoryStore.open(root).contains(model.digest))
    }

    @Test func `imported data goes only when that is asked for, and nothing that is needed does`() throws {
        let report = try collect(imported: true)
        #expect(report.imported.count == 0)
        #expect(try !DirectoryStore.open(root).contains(stray))
        #expect(try isWhole(data))
    }

    @Test func `what was used within the grace stays`() throws {
        let report = try collect(roots: [], grace: 3_600_000_000_000)
        #expect(report.objects.count == 0 && report.records.count == 0)
        #expect(report.recent.count == 5)
    }

    @Test func `a limit takes what was used lately, the oldest use first, and never more than that`() throws {
        // The second record is used once more, so the first is older; it needs what the first made no longer.
        Clock.sleep(nanoseconds: 50_000_000)
        try Files.touch(StoreTrash(root: root).place(.actions, records[1].key))
        try Files.touch(StoreTrash(root: root).place(.objects, model.digest))
        let all = try collect(roots: [], grace: 3_600_000_000_000, dryRun: true)
        let report = try collect(roots: [], grace: 3_600_000_000_000, largest: all.left.bytes - 1)
        #expect(report.left.bytes < all.left.bytes)
        #expect(try hasRecord(1))
        #expect(try !hasRecord(0), "\(all) \(report)")
        #expect(try isWhole(model))
        #expect(try isWhole(data))
    }

    @Test func `looking at a store is no use of what is in it`() throws {
        let store = try DirectoryStore.open(root)
        let places = records.map { store.recordPath($0.key) } + [data, made].map { store.objectPath($0.digest) }
        let before = try places.map { try Files.status($0)?.lastUse }
        Clock.sleep(nanoseconds: 50_000_000)
        _ = try store.checkAll()
        _ = try store.missingParts(of: made)
        _ = try store.amounts(reachedFrom: [[data.digest]])
        _ = try collect(roots: [data.digest], grace: 3_600_000_000_000, dryRun: true)
        #expect(try places.map { try Files.status($0)?.lastUse } == before)
    }

    @Test func `data that a stage only copied does not count as made by it`() throws {
        let copied = try DirectoryStore.open(root)
        let copy = try copied.put(files: [("again", Array("one\n".utf8)), ("more", Array("more\n".utf8))])
        let document: JSONValue = ["inputs": .string(data.digest.description), "copy": true]
        _ = try copied.publish(ActionRecord(document: document, outputs: [("copy", copy)]))
        // Nobody pins the data any more; its bytes are perhaps nowhere else.
        _ = try collectAfter(copied, roots: [])
        #expect(try isWhole(data))
        #expect(try !DirectoryStore.open(root).contains(copy.digest))
    }

    @Test func `results that only make one another are not counted as made`() throws {
        let store = try DirectoryStore.open(root)
        let (one, two) = (try store.put(file: [1]), try store.put(file: [2]))
        _ = try store.publish([
            ActionRecord(document: ["a": .string(one.digest.description)], outputs: [("o", two)]),
            ActionRecord(document: ["b": .string(two.digest.description)], outputs: [("o", one)]),
        ])
        _ = try collectAfter(store, roots: [])
        #expect(try isWhole(one) && isWhole(two))
    }

    /// Ends the process that `store` stands for, then collects.
    private func collectAfter(_ store: consuming DirectoryStore, roots: Set<Digest>) throws -> CollectionReport {
        store.state.withLock { state in
            state.lease?.end()
            state.lease = nil
        }
        return try collect(roots: roots)
    }

    // MARK: Others at the same time

    private static let steps: [StoreCollection.Step] = [
        .claimsRead, .marked, .viewsAnnounced, .taken(.actions, trees: false), .taken(.objects, trees: true),
        .taken(.objects, trees: false), .rescued, .doomed,
    ]

    /// Runs `body` as another process while a collection is at `step`.
    private func during(_ step: StoreCollection.Step, roots: @escaping () -> Set<Digest>, _ body: () throws -> Void) throws {
        Clock.sleep(nanoseconds: 50_000_000)
        var order = CollectionOrder()
        order.grace = 0
        var seen = 0
        var failure: (any Error)?
        try withoutActuallyEscaping(body) { body in
            _ = try StoreCollection.run(
                try DirectoryStore.open(root), order, roots: { roots() },
                onStep: { at in
                    guard at == step else { return }
                    seen += 1
                    do { try body() } catch { failure = error }
                })
        }
        #expect(seen == 1)
        if let failure { throw failure }
    }

    @Test(arguments: steps)
    func `what another process puts while it is collected is there afterwards`(_ step: StoreCollection.Step) throws {
        let other = try DirectoryStore.open(root)
        try during(step, roots: { [data.digest] }) {
            try other.put(Array("model\n".utf8))
            _ = try other.put(files: [("part", Array("made 1\n".utf8)), ("deep/rest", Array("made 2\n".utf8))])
            try other.flush()
        }
        #expect(try isWhole(model))
        #expect(try isWhole(made))
    }

    @Test(arguments: steps)
    func `what another process locks and leaves while it is collected is there afterwards`(_ step: StoreCollection.Step) throws {
        let roots = Mutex<Set<Digest>>([data.digest])
        try during(step, roots: { roots.withLock { $0 } }) {
            let other = try DirectoryStore.open(root)
            let object = try other.put(files: [("part", Array("made 1\n".utf8)), ("deep/rest", Array("made 2\n".utf8))])
            try other.flush()
            roots.withLock { _ = $0.insert(object.digest) }
        }
        #expect(try isWhole(made))
    }

    @Test(arguments: steps)
    func `a result that another process finds while it is collected stays whole, or is not found`(_ step: StoreCollection.Step) throws {
        let other = try DirectoryStore.open(root)
        var isFound = false
        try during(step, roots: { [data.digest] }) {
            isFound = try other.record(for: records[0].key) != nil
        }
        #expect(try hasRecord(0) == isFound)
        if isFound { #expect(try isWhole(made)) }
        // In front of the records nothing has gone yet.
        if [.claimsRead, .marked, .viewsAnnounced].contains(step) { #expect(isFound) }
    }

    @Test(arguments: steps)
    func `a result that another process writes while it is collected is never ahead of its objects`(_ step: StoreCollection.Step) throws {
        let record = ActionRecord(document: ["other": true], outputs: [("model", model), ("made", made)])
        try during(step, roots: { [data.digest] }) {
            let other = try DirectoryStore.open(root)
            do {
                _ = try other.publish(record)
            } catch StoreError.recordAheadOfObject {
                return
            }
        }
        if try DirectoryStore.open(root).record(for: record.key) != nil {
            #expect(try isWhole(model))
            #expect(try isWhole(made))
        }
    }

    @Test(arguments: steps)
    func `data whose signatures are remembered is imported whole while it is collected`(_ step: StoreCollection.Step) throws {
        let signatures = SignatureCache()
        Clock.sleep(nanoseconds: 50_000_000)
        do {
            let before = try DirectoryStore.open(root)
            // Made by a stage, too, so that it may be collected once nobody pins it.
            try folder.write("made 1\n", to: "again/part")
            try folder.write("made 2\n", to: "again/deep/rest")
            Clock.sleep(nanoseconds: 50_000_000)
            #expect(try before.importData(folder.appending("again"), signatures: signatures) == made)
            try before.flush()
        }
        let other = try DirectoryStore.open(root)
        try during(step, roots: { [data.digest] }) {
            #expect(try other.importData(folder.appending("again"), signatures: signatures) == made)
            try other.flush()
        }
        #expect(try isWhole(made))
    }

    @Test(arguments: steps)
    func `a view that another process shows while it is collected stays as it is`(_ step: StoreCollection.Step) throws {
        do { _ = try DirectoryStore.open(root).view(of: made.digest) }
        let other = try DirectoryStore.open(root)
        var view: HostPath?
        try during(step, roots: { [data.digest, made.digest] }) {
            view = try other.view(of: made.digest)
        }
        let shown = try #require(view)
        #expect(try Files.read(shown.appending("deep/rest")) == Array("made 2\n".utf8))
        #expect(try !Files.list(root.appending("views")).contains { String(decoding: $0.name, as: UTF8.self).hasSuffix(".going") })
    }

    @Test func `a long process that sleeps keeps all that it was told is there`() throws {
        let sleeping = try DirectoryStore.open(root)
        #expect(try sleeping.record(for: records[1].key) != nil)
        #expect(try sleeping.contains(made.digest))
        _ = try collect(roots: [])
        _ = try collect(roots: [])
        #expect(try isWhole(model))
        #expect(try isWhole(made))
        withExtendedLifetime(sleeping) {}
    }

    // MARK: Failures

    @Test func `who cannot say what is needed keeps everything`() throws {
        let before = try folder.everything()
        for answers in 0..<4 {
            var asked = 0
            Clock.sleep(nanoseconds: 50_000_000)
            var order = CollectionOrder()
            order.grace = 0
            let needed = data.digest
            #expect(throws: CollectionError.self) {
                try StoreCollection.run(
                    try DirectoryStore.open(root), order,
                    roots: {
                        asked += 1
                        return asked > answers ? nil : [needed]
                    })
            }
            #expect(try folder.everything().filter { $0 != "store/collecting" } == before)
        }
    }

    @Test func `a damaged folder that must stay stops it`() throws {
        let place = StoreTrash(root: root).place(.objects, data.digest)
        try Files.setPermissions(place, 0o644)
        try Files.write(Array("mlbtree1 and nonsense".utf8), to: place)
        let before = try folder.everything()
        #expect(throws: CollectionError.self) { try collect() }
        #expect(try folder.everything().filter { $0 != "store/collecting" } == before)
    }

    @Test func `only one collects at a time`() throws {
        var inner: String?
        _ = try collect(onStep: { step in
            guard step == .marked else { return }
            do {
                _ = try StoreCollection.run(try DirectoryStore.open(root), CollectionOrder(), roots: { [] })
            } catch CollectionError.busy {
                inner = "busy"
            } catch {
                inner = "\(error)"
            }
        })
        #expect(inner == "busy")
    }

    @Test(arguments: [FaultPlan.Fault.failOnce(5), .failEver(5), .failEver(28)])
    func `a collection that fails at any call leaves what is needed, and the next one ends the work`(_ fault: FaultPlan.Fault) throws {
        var call = 0
        while true {
            call += 1
            let test = try CollectionTests()
            let plan = FaultPlan(fault, at: call)
            let report = plan.run { try? test.collect() }
            if plan.count < call { break }
            #expect(try test.isWhole(test.data), "call \(call)")
            let store = try DirectoryStore.open(test.root)
            for (number, record) in test.records.enumerated() where try store.record(for: record.key) != nil {
                for output in record.outputs { #expect(try test.isWhole(output.object), "call \(call), record \(number)") }
            }
            #expect(try store.contains(test.stray))
            store.state.withLock { state in
                state.lease?.end()
                state.lease = nil
            }
            _ = try test.collect()
            #expect(try !test.hasRecord(0) && !test.hasRecord(1), "call \(call) \(report == nil)")
            #expect(try Files.status(test.root.appending("trash")) == nil && Files.status(test.root.appending("doomed")) == nil)
            #expect(try test.isWhole(test.data))
        }
        #expect(call > 20)
    }

    @Test func `a claim that cannot be written down fails the flush, until it could be`() throws {
        let store = try DirectoryStore.open(root)
        try FaultPlan(.failEver(28), at: 1).run { () throws(any Error) in #expect(try store.contains(model.digest)) }
        let failed = FaultPlan(.failEver(28), at: 1).run { Result { try store.flush() } }
        #expect(throws: StoreError.self) { try failed.get() }
        try store.flush()
        _ = try collect(roots: [])
        #expect(try isWhole(model))
    }
}
