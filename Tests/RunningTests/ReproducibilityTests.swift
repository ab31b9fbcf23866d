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
            "'mlbuild build split' without --force takes the stored result",
            "if that is the wrong one, build once with MLBUILD_CACHE naming an empty folder, then with --force and this store again",
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

/// The last note of the error that stopped `split`: what to do.
private func wayOut(_ report: BuildReport) -> String? { report.failure("split")?.diagnostics[0].notes.last?.message }

private let deleteEntry = "delete the two lines of 'stage/split' under 'results' in 'mlops.lock'"

/// Deletes the entry of `split` as a person would: two lines of text.
private func deleteEntry(of fixture: Fixture) throws {
    var lines = try fixture.read(Lockfile.fileName).split(separator: "\n", omittingEmptySubsequences: false)
    let index = try #require(lines.firstIndex { $0.contains("stage/split") })
    lines.removeSubrange(index...index + 1)
    try fixture.write(lines.joined(separator: "\n"), to: Lockfile.fileName)
}

/// Makes the lock record another result of `split` under the same key.
private func forgeLock(of fixture: Fixture) throws {
    let locked = try fixture.lockfile()
    let result = try #require(locked.result(stage: "split"))
    let other = DataPin(StoredObject(file: [7]))
    let forged = locked.recording([
        Lockfile.Entry("split", ResultPin(key: result.key, outputs: result.outputs.map { .init(name: $0.name, object: other) }))
    ])
    try Files.write(forged.encode(), to: fixture.path(Lockfile.fileName))
}

private let allDone = ["split: upToDate", "train: upToDate", "evaluate: upToDate"]

@Test func `where the lock is wrong and the store is right, the way out leads out`() throws {
    let fixture = try Fixture()
    try fixture.build()
    try forgeLock(of: fixture)
    let found = try fixture.build()
    let notes = try #require(found.failure("split")).diagnostics[0].notes.map(\.message)
    #expect(notes[0] == "output 'test' is \(Digest.of([7])) in 'mlops.lock'")
    #expect(notes[1].hasPrefix("output 'test' is sha256:") && notes[1].hasSuffix(" in the store"))
    #expect(wayOut(found) == "'mlbuild build --force split' makes it again, and tells which of the two is wrong")
    let forced = try fixture.build(["split"]) { $0.force = true }
    #expect(wayOut(forced) == "the store agrees with this run, so what is locked is wrong: \(deleteEntry), and build again")
    try deleteEntry(of: fixture)
    #expect(try fixture.build().outcomes == allDone)
    #expect(try fixture.build { $0.locked = true }.status == .done)
}

@Test func `where lock, store and a new run all differ, the way out leads out`() throws {
    let fixture = try Fixture()
    try fixture.build()
    try forgeLock(of: fixture)
    fixture.performer.intercept(changing("split"))
    #expect(
        wayOut(try fixture.build(["split"]) { $0.force = true })
            == "find out what else the stage reads; to take the stored result, \(deleteEntry), and build without --force")
    try deleteEntry(of: fixture)
    #expect(try fixture.build().outcomes == allDone)
}

@Test func `where the store is wrong and the lock is right, the way out leads out`() throws {
    let fixture = try Fixture()
    let first = try fixture.build()
    let lock = try Files.read(fixture.path(Lockfile.fileName))
    // The store gets its record from a run that gave other bytes.
    try Files.removeTree(fixture.cache)
    try fixture.lock()
    fixture.performer.intercept(changing("split"))
    try Files.write(Lockfile(data: try fixture.lockfile().data).encode(), to: fixture.path(Lockfile.fileName))
    try fixture.build(["split"])
    fixture.performer.intercept(nil)
    try Files.write(lock, to: fixture.path(Lockfile.fileName))
    #expect(wayOut(try fixture.build()) == "'mlbuild build --force split' makes it again, and tells which of the two is wrong")
    let forced = try fixture.build(["split"]) { $0.force = true }
    #expect(forced.status == .notReproducible)
    #expect(wayOut(forced) == "'mlops.lock' agrees with this run, so the stored result was wrong: it is in quarantine now; build again")
    let healed = try fixture.build()
    #expect(healed.status == .done)
    #expect(healed.digests == first.digests)
    #expect(try Files.read(fixture.path(Lockfile.fileName)) == lock)
}

@Test func `where the lock is wrong and the store is empty, the way out leads out`() throws {
    let fixture = try Fixture()
    let first = try fixture.build()
    try forgeLock(of: fixture)
    try Files.removeTree(fixture.cache)
    let report = try fixture.build()
    #expect(report.status == .notReproducible)
    #expect(
        wayOut(report)
            == "if what is locked is wrong, \(deleteEntry), and build again; else find out what else the stage reads")
    try deleteEntry(of: fixture)
    let healed = try fixture.build()
    #expect(healed.status == .done)
    #expect(healed.digests == first.digests)
}

@Test func `where only the store is left and is wrong, the way out leads out`() throws {
    let fixture = try Fixture()
    let data = try fixture.lockfile().data
    func forget() throws { try Files.write(Lockfile(data: data).encode(), to: fixture.path(Lockfile.fileName)) }
    fixture.performer.intercept(changing("split"))
    try fixture.build(["split"])
    fixture.performer.intercept(nil)
    try forget()
    #expect(try fixture.build(["split"]) { $0.force = true }.status == .notReproducible)
    let other = try DirectoryStore.open(fixture.cache.parent.appending("other"))
    let made = try fixture.build(["split"], store: other)
    #expect(made.status == .done)
    #expect(try fixture.build(["split"]) { $0.force = true }.status == .notReproducible)
    let healed = try fixture.build(["split"])
    #expect(healed.status == .done)
    #expect(healed.digests == made.digests)
}

@Test func `a stage that gives other bytes each time is sent back to what both record`() throws {
    let fixture = try Fixture()
    try fixture.build()
    fixture.performer.intercept(changing("split"))
    let report = try fixture.build(["split"]) { $0.force = true }
    #expect(wayOut(report) == "find out what else the stage reads; 'mlbuild build split' without --force takes the stored result")
    #expect(try fixture.build().outcomes == allDone)
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
