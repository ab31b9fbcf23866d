import Canonical
import Diagnostics
import Locking
import Planning
import Platform
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Running

@Suite struct ResultSourceTests {
    /// Another machine's store, as a place to have results from.
    private final class Elsewhere: ResultSource {
        let from: DirectoryStore
        let to: DirectoryStore
        /// Outputs by the key under which they are given instead of the right ones.
        let lies: Mutex<[Digest: [(name: String, object: StoredObject)]]> = Mutex([:])
        let asked = Mutex(0)

        init(from: DirectoryStore, to: DirectoryStore) {
            self.from = from
            self.to = to
        }

        func result(_ key: Digest) throws(StoreError) -> VouchedResult? {
            asked.withLock { $0 += 1 }
            guard var record = try from.record(for: key) else { return nil }
            if let outputs = lies.withLock({ $0[key] }) { record = ActionRecord(document: record.document, outputs: outputs) }
            for output in record.outputs { try copy(output.object.digest, output.object.kind) }
            try to.flush()
            return VouchedResult(record, signer: "ada@example.org", place: "origin")
        }

        private func copy(_ digest: Digest, _ kind: ObjectKind) throws(StoreError) {
            try to.put(try from.read(digest))
            guard kind == .tree else { return }
            for entry in try from.tree(digest).entries {
                switch entry.content {
                case .file(let digest, _, _): try copy(digest, .file)
                case .tree(let digest, _, _): try copy(digest, .tree)
                case .link: continue
                }
            }
        }
    }

    private struct Pair {
        let theirs: Fixture
        let ours: Fixture
        let store: DirectoryStore
        let source: Elsewhere

        init() throws {
            theirs = try Fixture()
            ours = try Fixture()
            #expect(try theirs.build().status == .done)
            store = try ours.store()
            source = Elsewhere(from: try theirs.store(), to: store)
        }

        func build(_ change: (inout BuildOptions) -> Void = { _ in }) throws -> BuildReport {
            try ours.build(store: store) { options in
                options.source = source
                change(&options)
            }
        }
    }

    @Test func `what somebody vouches for is not run again`() throws {
        let pair = try Pair()
        let report = try pair.build()
        #expect(report.status == .done && report.count(of: "restored") == 3 && report.count(of: "ran") == 0)
        #expect(report.stages.allSatisfy { $0.voucher?.signer == "ada@example.org" && $0.voucher?.place == "origin" })
        #expect(try pair.ours.lockfile().encode() == pair.theirs.lockfile().encode())
        #expect(pair.ours.check() == .nothingToDo(stages: 3))
        let key = try #require(report.stages[0].key).digest
        let record = try #require(try pair.store.record(for: key))
        #expect(record.facts == ["signer": "ada@example.org"])
    }

    @Test func `nobody is asked for what is known or forced`() throws {
        let pair = try Pair()
        _ = try pair.build()
        let before = pair.source.asked.withLock { $0 }
        #expect(before == 3)
        #expect(try pair.build().count(of: "upToDate") == 3)
        #expect(try pair.build { $0.force = true }.count(of: "ran") == 3)
        #expect(pair.source.asked.withLock { $0 } == before)
    }

    @Test func `what nobody has is run`() throws {
        let pair = try Pair()
        try pair.ours.edit("mlops.json", "\"trees\": 10", "\"trees\": 20")
        let report = try pair.build()
        #expect(report.status == .done)
        #expect(report.stages.map(\.outcome.name) == ["restored", "ran", "ran"])
    }

    @Test func `a result that lacks an output is run`() throws {
        let pair = try Pair()
        let key = try #require(try pair.theirs.lockfile().result(stage: "split")?.key)
        let record = try #require(try pair.source.from.record(for: key))
        pair.source.lies.withLock { $0[key] = Array(record.outputs.prefix(1)) }
        let report = try pair.build()
        #expect(report.status == .done)
        #expect(report.stages.map(\.outcome.name) == ["ran", "restored", "restored"])
    }

    @Test func `another result than the one that is known here is told and not taken`() throws {
        let pair = try Pair()
        _ = try pair.ours.build(store: pair.store)
        let key = try #require(try pair.ours.lockfile().result(stage: "split")?.key)
        let record = try #require(try pair.store.record(for: key))
        let other = try pair.source.from.put(file: Array("something else".utf8))
        pair.source.lies.withLock { $0[key] = record.outputs.map { ($0.name, other) } }
        // Our record stays, and one of its objects goes: so somebody is asked.
        let digest = record.outputs[0].object.digest
        let place = pair.ours.cache.appending("objects").appending(String(digest.hex.prefix(2))).appending(String(digest.hex.dropFirst(2)))
        try Files.removeFile(place)
        try pair.ours.remove("build")
        let report = try pair.build { $0.stages = ["split"] }
        #expect(report.status == .notReproducible)
        guard case .failed(let failure) = report.stages[0].outcome else {
            Issue.record("it was taken: \(report.stages[0].outcome)")
            return
        }
        let notes = failure.diagnostics.flatMap(\.notes).map(\.message)
        #expect(notes.contains { $0.hasSuffix("as 'ada@example.org' has signed") })
        #expect(try pair.store.record(for: key)?.hasSameOutputs(as: record) == true)
    }
}
