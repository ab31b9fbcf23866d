import Canonical
import Diagnostics
import Locking
import Manifests
import Planning
import Platform
import Storage
import Testing

@testable import Running

/// Makes the outputs of `stage` other bytes than usual.
private func changing(_ stage: String) -> JoiningPerformer.Hook {
    { (action, _) throws(ActionFailure) in
        action.stage == stage ? ["train": .file([1]), "test": .file([2])] : nil
    }
}

@Test func `other bytes for a key that the store knows are not reproducible, under force too`() throws {
    let fixture = try Fixture()
    let first = try fixture.build()
    let lock = try Files.read(fixture.path(Lockfile.fileName))
    // Without the lock's results, only the store remembers.
    try Files.write(Lockfile(data: try fixture.lockfile().data).encode(), to: fixture.path(Lockfile.fileName))
    fixture.performer.intercept(changing("split"))
    let report = try fixture.build(["split"]) { $0.force = true }
    #expect(report.status == .notReproducible)
    let failure = try #require(report.failure("split"))
    #expect(failure.code == "build/not-reproducible")
    let split = try #require(first["split"])
    #expect(
        failure.diagnostics[0].notes.map(\.message) == [
            "output 'test' was \(split.outputs[1].object.digest) in the store", "output 'test' is now \(Digest.of([2]))",
            "output 'train' was \(split.outputs[0].object.digest) in the store", "output 'train' is now \(Digest.of([1]))",
        ])
    // The first result stays, and so do the outputs.
    fixture.performer.intercept(nil)
    #expect(try fixture.build().outcomes == ["split: upToDate", "train: upToDate", "evaluate: upToDate"])
    #expect(try Files.read(fixture.path(Lockfile.fileName)) == lock)
}

@Test func `other bytes for a key that the lock records are not reproducible, and are not kept`() throws {
    let fixture = try Fixture()
    try fixture.build()
    try Files.removeTree(fixture.cache)
    fixture.performer.intercept(changing("split"))
    let report = try fixture.build()
    #expect(report.status == .notReproducible)
    #expect(report.failure("split")?.diagnostics[0].notes[0].message.hasSuffix("in 'mlops.lock'") == true)
    fixture.performer.intercept(nil)
    let healed = try fixture.build()
    #expect(healed.status == .done)
    #expect(healed.ran.first == "split: failed last time")
}

@Test func `a record in the store that the lock contradicts is not reproducible`() throws {
    let fixture = try Fixture()
    try fixture.build()
    let locked = try fixture.lockfile()
    let result = try #require(locked.result(stage: "split"))
    let other = DataPin(StoredObject(file: [7]))
    let forged = locked.recording([
        Lockfile.Entry("split", ResultPin(key: result.key, outputs: result.outputs.map { .init(name: $0.name, object: other) }))
    ])
    try Files.write(forged.encode(), to: fixture.path(Lockfile.fileName))
    let report = try fixture.build()
    #expect(report.status == .notReproducible)
    #expect(try fixture.lockfile() == forged)
}

@Test func `locked builds what is missing and writes no lock`() throws {
    let fixture = try Fixture()
    let before = try Files.read(fixture.path(Lockfile.fileName))
    let report = try fixture.build { $0.locked = true }
    #expect(report.status == .done)
    #expect(report.ran.count == 3)
    #expect(!report.lockWritten)
    #expect(try Files.read(fixture.path(Lockfile.fileName)) == before)
    // A plain build has something to write, so nothing may say otherwise.
    #expect(fixture.check() == .noIndex)
    #expect(try fixture.build().lockWritten)
    #expect(try fixture.build { $0.locked = true }.outcomes == ["split: upToDate", "train: upToDate", "evaluate: upToDate"])
}

@Test func `locked refuses a stage that has drifted, and names what changed`() throws {
    let fixture = try Fixture()
    try fixture.build()
    try fixture.edit(Manifest.fileName, "\"trees\": 10", "\"trees\": 20")
    let report = try fixture.build { $0.locked = true }
    #expect(report.outcomes == ["split: upToDate", "train: failed", "evaluate: skipped"])
    #expect(report.status == .problem)
    let failure = try #require(report.failure("train"))
    #expect(failure.code == "build/drift")
    #expect(failure.diagnostics[0].notes.map(\.message).contains("options.learner.trees: 10 -> 20"))
    #expect(try fixture.build().status == .done)
}

@Test func `a stale result in the lock is replaced`() throws {
    let fixture = try Fixture()
    try fixture.build()
    let old = try fixture.lockfile()
    try fixture.edit(Manifest.fileName, "\"trees\": 10", "\"trees\": 20")
    let report = try fixture.build()
    let new = try fixture.lockfile()
    #expect(new.result(stage: "train")?.key == report["train"]?.key?.digest)
    #expect(new.result(stage: "train") != old.result(stage: "train"))
    #expect(new.result(stage: "split") == old.result(stage: "split"))
}
