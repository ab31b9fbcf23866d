import Canonical
import Platform
import Storage
import TestSupport
import Testing

/// The whole life of a store, once with each call that changes persistent state failing.
@Suite struct StoreFaultTests {
    static let inputOutputError: Int32 = 5
    static let noSpace: Int32 = 28

    /// What is done to a store in every run: made, filled, flushed, recorded, read, put into the workspace.
    static func work(in folder: TemporaryFolder) throws {
        let store = try DirectoryStore.open(folder.appending("store"))
        let table = try store.put(file: Array("a,b\n1,2\n".utf8))
        let data = try store.importData(folder.appending("data"), keep: true)
        let model = try store.put(files: [("model.json", [1, 2]), ("parts/weights", [3])])
        try store.flush()
        let record = ActionRecord(document: ["kind": "train"], outputs: [("model", model), ("table", table), ("data", data)])
        let outcome = try store.publish(record)
        #expect(outcome.word == "stored" || outcome.word == "same")
        try store.materialise(model, at: folder.appending("build/model"))
        try store.materialise(table, at: folder.appending("build/table.csv"))
    }

    static func freshFolder() throws -> TemporaryFolder {
        let folder = try TemporaryFolder(inMemory: true)
        try folder.write("one", to: "data/one")
        try folder.write([UInt8](repeating: 7, count: 65537), to: "data/below/large")
        return folder
    }

    /// Whatever happened before: what is in place is whole, and the next run ends well and leaves nothing behind.
    static func checkAndRecover(_ folder: TemporaryFolder, _ what: String) throws {
        let objects = folder.appending("store/objects")
        if try Files.status(objects) != nil {
            for fan in try Files.list(objects) {
                for object in try Files.list(objects.appending(fan.name)) {
                    let digest = Digest(hex: String(decoding: fan.name + object.name, as: UTF8.self))
                    let bytes = try Files.read(objects.appending(fan.name).appending(object.name))
                    #expect(Digest.of(bytes) == digest, "\(what): an object in place is whole")
                }
            }
        }
        let key = CanonicalJSON.digest(["kind": "train"])
        do {
            let store = try DirectoryStore.open(folder.appending("store"))
            if let record = try store.record(for: key) {
                for output in record.outputs {
                    #expect(try store.missing(in: output.object) == [], "\(what): a record is not ahead of its objects")
                }
            }
            #expect(store.quarantined == [], "\(what): nothing is damaged")
        }
        try Files.removeTemporaries(in: folder.appending("build"))
        try work(in: folder)
        #expect(try Files.list(folder.appending("store/tmp")).isEmpty, "\(what): no temporary is left")
        #expect(try Files.list(folder.appending("store/leases")).isEmpty, "\(what): no lease is left")
        #expect(try folder.everything().allSatisfy { !$0.contains(".mlbuild-") }, "\(what): no temporary is left")
        #expect(try folder.read("build/table.csv") == "a,b\n1,2\n")
    }

    @Test(arguments: [
        FaultPlan.Fault.failOnce(inputOutputError), .failOnce(noSpace), .failEver(inputOutputError), .failEver(noSpace),
    ])
    func `each failing call gives an error or no harm, and the next run recovers`(_ fault: FaultPlan.Fault) throws {
        var failures = 0
        var call = 0
        while true {
            call += 1
            let folder = try Self.freshFolder()
            let plan = FaultPlan(fault, at: call)
            do {
                try plan.run { () throws(any Error) in try Self.work(in: folder) }
            } catch {
                failures += 1
            }
            if plan.count < call { break }
            try Self.checkAndRecover(folder, "call \(call)")
        }
        #expect(call > 60)
        // What fails without harm is taking temporaries away.
        #expect(failures > 50)
    }

    @Test func `a fault in the run that recovers from a fault is recovered from as well`() throws {
        let plan = FaultPlan()
        try plan.run { () throws(any Error) in try Self.work(in: Self.freshFolder()) }
        let calls = plan.count
        for first in stride(from: 1, through: calls, by: 13) {
            for second in stride(from: 2, through: calls, by: 17) {
                let folder = try Self.freshFolder()
                for call in [first, second] {
                    let plan = FaultPlan(.failEver(Self.inputOutputError), at: call)
                    try? plan.run { () throws(any Error) in try Self.work(in: folder) }
                }
                try Self.checkAndRecover(folder, "calls \(first), then \(second)")
            }
        }
    }

    @Test(arguments: [Int32(24), 5])
    func `a failing open or read never gives wrong bytes`(_ code: Int32) throws {
        var call = 0
        while true {
            call += 1
            let folder = try Self.freshFolder()
            try Self.work(in: folder)
            let plan = FaultPlan(.failOnce(code), at: call, counting: [.openForReading, .read])
            try? plan.run { () throws(any Error) in try Self.work(in: folder) }
            if plan.count < call { break }
            // What could not be read was replaced by who had the same bytes, or is readable again.
            try Self.work(in: folder)
            let store = try DirectoryStore.open(folder.appending("store"))
            let record = try store.record(for: CanonicalJSON.digest(["kind": "train"]))
            for output in record?.outputs ?? [] { try store.verify(output.object) }
            #expect(record != nil)
        }
        #expect(call > 20)
    }

    @Test func `transfers of single bytes change nothing`() throws {
        for call in 1...40 {
            let folder = try Self.freshFolder()
            try FaultPlan(.shorten, at: call, counting: [.read, .write]).run { () throws(any Error) in try Self.work(in: folder) }
            try Self.checkAndRecover(folder, "transfer \(call)")
        }
    }

    @Test func `what could not be made durable is not reported as kept to anybody`() throws {
        let folder = try TemporaryFolder(inMemory: true)
        let store = try DirectoryStore.open(folder.appending("store"))
        let digest = try store.put([1])
        #expect(throws: StoreError.self) {
            try FaultPlan(.failOnce(Self.inputOutputError), at: 1, counting: .sync).run { () throws(StoreError) in try store.flush() }
        }
        // Another thread that relied on the same batch learns it too.
        #expect(throws: StoreError.self) { try store.flush() }
        #expect(try store.contains(digest) == false)
        try store.put([1])
        try store.flush()
        #expect(try store.read(digest) == [1])
    }
}
