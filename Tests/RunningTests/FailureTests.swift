import Canonical
import Diagnostics
import Locking
import Manifests
import Planning
import Platform
import Storage
import Synchronization
import Testing

@testable import Running

private let pairFiles = ["data/a.csv": "a\n1\n", "data/b.csv": "b\n1\n"]

/// Fails the stage `name` with `failure`.
private func failing(_ name: String, _ failure: ActionFailure = .message("out of ideas")) -> JoiningPerformer.Hook {
    { (action, _) throws(ActionFailure) in
        if action.stage == name { throw failure }
        return nil
    }
}

@Test func `a failure skips what depends on it and stops the rest`() throws {
    let fixture = try Fixture(Fixture.pair, files: pairFiles)
    fixture.performer.intercept(failing("left"))
    let report = try fixture.build()
    #expect(report.outcomes == ["left: failed", "right: notStarted", "after: skipped"])
    #expect(report["after"]?.outcome == .skipped(because: "left"))
    #expect(report.status == .stageFailed)
    #expect(report.failure("left")?.message == "stage 'left' failed: out of ideas")
    #expect(try fixture.lockfile().results.isEmpty)
}

@Test func `keep-going builds what does not need an input that is missing`() throws {
    let fixture = try Fixture(Fixture.pair, files: ["data/a.csv": "1\n2\n", "data/b.csv": "3\n4\n"])
    try fixture.remove("data/a.csv")
    #expect(try fixture.build().failures.map(\.code) == ["build/data-missing"])
    #expect(fixture.performer.calls.isEmpty)
    let report = try fixture.build { $0.keepGoing = true }
    #expect(report.status == .problem)
    #expect(report.ran == ["right: never built"])
    #expect(report.failure("left")?.code == "build/data-missing")
    #expect(report["after"]?.outcome == .skipped(because: "left"))
    #expect(try fixture.lockfile().result(stage: "right") != nil)
    #expect(fixture.check() != .nothingToDo(stages: 3))
    let forecast = try fixture.build {
        $0.keepGoing = true
        $0.dryRun = true
    }
    #expect(forecast.status == .problem)
    #expect(forecast["right"]?.outcome == .upToDate)
    try fixture.write("1\n2\n", to: "data/a.csv")
    #expect(try fixture.build().ran == ["left: never built", "after: never built"])
}

@Test func `keep-going builds what does not depend on the failure, and the rest comes later`() throws {
    let fixture = try Fixture(Fixture.pair, files: pairFiles)
    fixture.performer.intercept(failing("left"))
    let report = try fixture.build { $0.keepGoing = true }
    #expect(report.outcomes == ["left: failed", "right: ran", "after: skipped"])
    #expect(fixture.check() == .noIndex)
    fixture.performer.intercept(nil)
    #expect(try fixture.build().ran == ["left: failed last time", "after: never built"])
}

@Test func `a failed stage leaves the last result and its outputs as they were`() throws {
    let fixture = try Fixture()
    try fixture.build()
    let before = try fixture.lockfile()
    let log = try fixture.read("build/train/log.jsonl")
    try fixture.edit(Manifest.fileName, "\"trees\": 10", "\"trees\": 20")
    fixture.performer.intercept(failing("train"))
    #expect(try fixture.build().outcomes == ["split: upToDate", "train: failed", "evaluate: skipped"])
    #expect(try fixture.lockfile() == before)
    #expect(try fixture.read("build/train/log.jsonl") == log)
}

@Test func `what a stage says about its input is a problem of what was given`() throws {
    let fixture = try Fixture()
    let source = SourceText(name: "data/rows.csv", text: "x,y\n1,a\n")
    let location = Diagnostic.Location(source: source.name, span: SourceSpan(4, 5))
    let diagnostic = Diagnostic(code: "data/bad", "row 1 is bad", at: location)
    fixture.performer.intercept(failing("split", .diagnostics([diagnostic], sources: [source])))
    let report = try fixture.build()
    #expect(report.status == .problem)
    #expect(report.failure("split")?.diagnostics == [diagnostic])
    #expect(report.failure("split")?.sources.map(\.name) == ["data/rows.csv"])
}

@Test(
    arguments: [
        ([:], "it did not make 'train'"),
        (["train": .file([]), "test": .file([]), "extra": .file([])], "it made 'extra', which it does not declare"),
        (["train": .tree([]), "test": .file([])], "it made 'train' as a folder, and a file is declared"),
    ] as [([String: ActionOutput], String)])
func `outputs that are not the declared ones fail the stage`(made: [String: ActionOutput], what: String) throws {
    let fixture = try Fixture()
    fixture.performer.intercept { (_, _) throws(ActionFailure) in made }
    let report = try fixture.build()
    #expect(report.failure("split")?.message == "stage 'split' failed: \(what)")
    #expect(report.status == .stageFailed)
    #expect(try fixture.build().ran.isEmpty)
}

@Test func `a stage that is cancelled leaves nothing, and the status is that of the signal`() throws {
    let fixture = try Fixture()
    try fixture.build(["split"])
    let signal = Mutex<Int32?>(nil)
    fixture.performer.intercept { (action, environment) throws(ActionFailure) in
        signal.withLock { $0 = 2 }
        if environment.isCancelled() { throw .cancelled }
        return nil
    }
    let report = try fixture.build { $0.signal = { signal.withLock { $0 } } }
    #expect(report.outcomes == ["split: upToDate", "train: cancelled", "evaluate: notStarted"])
    #expect(report.status == .interrupted)
    #expect(report.signal == 2)
    #expect(try fixture.lockfile().result(stage: "train") == nil)
    #expect(try fixture.temporaries().isEmpty)
    fixture.performer.intercept(nil)
    #expect(try fixture.build().ran == ["train: interrupted last time", "evaluate: never built"])
}

@Test func `a stage that ends all the same when the build is stopped keeps its result`() throws {
    let fixture = try Fixture()
    let signal = Mutex<Int32?>(nil)
    fixture.performer.intercept { (_, _) throws(ActionFailure) in
        signal.withLock { $0 = 15 }
        return nil
    }
    let report = try fixture.build { $0.signal = { signal.withLock { $0 } } }
    #expect(report.outcomes == ["split: ran", "train: notStarted", "evaluate: notStarted"])
    #expect(report.status == .terminated)
    fixture.performer.intercept(nil)
    #expect(try fixture.build().ran == ["train: never built", "evaluate: never built"])
}

@Test func `events tell what happens, in order and one at a time`() throws {
    let fixture = try Fixture()
    let seen = Mutex<[String]>([])
    fixture.performer.intercept { (action, environment) throws(ActionFailure) in
        environment.progress(StageProgress("half", share: 0.5))
        if action.stage == "train" { throw .message("no") }
        return nil
    }
    try fixture.build { _ in
    } events: { event in
        let text =
            switch event {
            case .waitingForLock(let holder): "waiting for \(holder ?? 0)"
            case .started(let stages): "started \(stages)"
            case .stageStarted(let stage, let reason): "\(stage) \(reason.text)"
            case .stageProgress(let stage, let progress): "\(stage) \(progress.text)"
            case .stageOutput(let stage, let bytes): "\(stage) wrote \(String(decoding: bytes, as: UTF8.self))"
            case .stageFinished(let report): "\(report.stage) \(report.outcome.name)"
            }
        seen.withLock { $0.append(text) }
    }
    #expect(
        seen.withLock { $0 } == [
            "started 3", "split never built", "split half", "split ran", "train never built", "train half", "train failed",
            "evaluate skipped",
        ])
}

@Test func `data that differs from its pin stops the build before anything runs`() throws {
    let fixture = try Fixture(Fixture.pair, files: pairFiles)
    try fixture.write("a\n2\n", to: "data/a.csv")
    try fixture.remove("data/b.csv")
    let report = try fixture.build()
    #expect(report.status == .problem)
    #expect(report.failures.map(\.code) == ["build/data-differs", "build/data-missing"])
    let notes = try #require(report.failures.first?.diagnostics.first).notes.map(\.message)
    #expect(notes[0] == "found  \(Digest.of(Array("a\n2\n".utf8)))")
    #expect(notes[1] == "pinned \(Digest.of(Array("a\n1\n".utf8))) in 'mlops.lock'")
    #expect(fixture.performer.calls.isEmpty)
}

@Test func `data that only other stages take may differ`() throws {
    let fixture = try Fixture(Fixture.pair, files: pairFiles)
    try fixture.write("b\n2\n", to: "data/b.csv")
    #expect(try fixture.build(["left"]).status == .done)
}

@Test func `data that changes while it is only pinned and being used fails the stage`() throws {
    let manifest = """
        { "version": 1, "name": "demo", "data": { "rows": { "path": "rows.csv", "keep": "reference" } },
          "stages": { "split": { "uses": "split", "inputs": { "table": "data.rows" } } } }
        """
    let fixture = try Fixture(manifest, files: ["rows.csv": "x\n1\n"])
    let digest = Digest.of(Array("x\n1\n".utf8))
    #expect(try !fixture.store().contains(digest))
    #expect(try fixture.build().status == .done)
    #expect(try !fixture.store().contains(digest))
    let path = fixture.path("rows.csv")
    fixture.performer.intercept { (_, _) throws(ActionFailure) in
        do { try Files.write(Array("x\n2\n".utf8), to: path) } catch { throw .message("\(error)") }
        return nil
    }
    let report = try fixture.build { $0.force = true }
    #expect(
        report.failure("split")?.message
            == "stage 'split' failed: 'rows.csv' changed while the build ran; it is only pinned, so mlbuild has no copy of it")
}

@Test func `what is left out of data changes nothing, and other rules than the pin's stop a build`() throws {
    let manifest = """
        { "version": 1, "name": "demo", "data": { "rows": { "path": "rows/", "format": "npy", "ignore": ["*.tmp"] } },
          "stages": { "split": { "uses": "split", "inputs": { "table": "data.rows" } } } }
        """
    let fixture = try Fixture(manifest, files: ["rows/a.npy": "1", "rows/x.tmp": "2"])
    #expect(try fixture.build().status == .done)
    try fixture.write("3", to: "rows/x.tmp")
    try fixture.write("4", to: "rows/y.tmp")
    #expect(try fixture.build()["split"]?.outcome == .upToDate)
    try fixture.edit(Manifest.fileName, "[\"*.tmp\"]", "[\"x.tmp\"]")
    let report = try fixture.build()
    #expect(report.failures.flatMap(\.diagnostics).map(\.code) == ["build/data-rules"])
    #expect(
        report.failures.first?.diagnostics.first?.notes.map(\.message) == [
            "'mlops.json' leaves out 'x.tmp'", "'mlops.lock' was pinned leaving out '*.tmp'",
            "'mlbuild lock' pins the data by the new rules",
        ])
    #expect(Forecast(try fixture.workspace()).data().map(\.state) == [.otherRules])
    try fixture.lock()
    #expect(try fixture.build()["split"]?.outcome.name == "ran")
}
