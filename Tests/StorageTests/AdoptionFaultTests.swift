import Canonical
import Platform
import Storage
import TestSupport
import Testing

/// What a stage does to a store, once with each call that changes persistent state failing.
@Suite struct AdoptionFaultTests {
    /// A view and a file are shown, outputs adopted, a proof recorded.
    static func work(in folder: TemporaryFolder) throws {
        let store = try DirectoryStore.open(folder.appending("store"))
        let table = try store.put(file: Array("a,b\n".utf8))
        let data = try store.put(files: [("a", [1]), ("deep/b", [2]), ("deep/c", [])])
        _ = try store.open(file: table.digest)
        let view = try store.view(of: data.digest)
        let work = try store.workFolder()
        try Files.makeDirectories(work.appending("model/deep"))
        try Files.write([1], to: work.appending("model/a"))
        try Files.write([3], to: work.appending("model/deep/b"))
        try Files.link(work.appending("model/a"), to: work.appending("model/c"))
        let model = try store.adopt("model", asTree: true, from: work)
        try store.removeWorkFolder(work)
        try store.record(proof: ["level": 1], of: model.digest)
        let outcome = try store.publish(ActionRecord(document: ["kind": "run"], outputs: [("model", model)]))
        #expect(outcome.word == "stored" || outcome.word == "same")
        #expect(try Files.read(view.appending("deep/b")) == [2])
        #expect(try Files.read(store.view(of: model.digest).appending("deep/b")) == [3])
        #expect(store.quarantined == [])
    }

    @Test(arguments: [FaultPlan.Fault.failOnce(5), .failOnce(28), .failEver(5), .failEver(28)])
    func `each failing call gives an error or no harm, and the next run recovers`(_ fault: FaultPlan.Fault) throws {
        var failures = 0
        var call = 0
        while true {
            call += 1
            let folder = try TemporaryFolder(inMemory: true)
            let plan = FaultPlan(fault, at: call)
            do {
                try plan.run { () throws(any Error) in try Self.work(in: folder) }
            } catch {
                failures += 1
            }
            if plan.count < call { break }
            try Self.work(in: folder)
            let store = try DirectoryStore.open(folder.appending("store"))
            #expect(try Files.list(store.root.appending("tmp")).isEmpty, "call \(call)")
            #expect(try Files.list(store.root.appending("leases")).isEmpty, "call \(call)")
            let record = try store.record(for: CanonicalJSON.digest(["kind": "run"]))
            for output in record?.outputs ?? [] { try store.verify(output.object) }
            #expect(record?.outputs.count == 1)
            #expect(try Files.list(store.root.appending("quarantine")).isEmpty, "call \(call)")
        }
        #expect(call > 80)
        #expect(failures > 60)
    }
}
