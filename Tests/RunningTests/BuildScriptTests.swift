import Canonical
import Locking
import Manifests
import Planning
import Platform
import Storage
import Testing

@testable import Running

@Test func `a first build runs every stage once, and a second has nothing to do`() throws {
    let fixture = try Fixture()
    let first = try fixture.build()
    #expect(first.status == .done)
    #expect(first.ran == ["split: never built", "train: never built", "evaluate: never built"])
    #expect(first.lockWritten)
    #expect(
        try fixture.everything() == [
            "build/evaluate/curves.json", "build/evaluate/metrics.json", "build/evaluate/predictions.csv", "build/split/test.csv",
            "build/split/train.csv", "build/train/log.jsonl", "build/train/model/model.json", "build/train/model/parts/weights.bin",
            "data/rows.csv", "mlops.json", "mlops.lock",
        ])
    let second = try fixture.build()
    #expect(second.outcomes == ["split: upToDate", "train: upToDate", "evaluate: upToDate"])
    #expect(!second.lockWritten)
    #expect(second.digests == first.digests)
}

@Test func `a changed parameter runs the stages that name it and what follows from them`() throws {
    let fixture = try Fixture()
    try fixture.build()
    try fixture.edit(Manifest.fileName, "\"trees\": 10", "\"trees\": 20")
    let report = try fixture.build()
    #expect(report.ran == ["train: options.learner.trees: 10 -> 20", "evaluate: inputs.model changed"])
    #expect(report["split"]?.outcome == .upToDate)
}

@Test func `a stage whose inputs kept their bytes does not run, although what made them ran`() throws {
    let fixture = try Fixture()
    try fixture.build()
    // Below the first line: `split.test` stays as it was, `split.train` does not.
    try fixture.write("x,y\n1,a\n2,c\n", to: "data/rows.csv")
    try fixture.lock()
    let report = try fixture.build()
    #expect(report.ran == ["split: inputs.table changed", "train: inputs.table changed", "evaluate: inputs.model changed"])
    let test = report["split"]?.outputs.first { $0.name == "test" }

    // Only a stage that takes `test` is left over, and it is spared.
    let narrow = try Fixture(
        """
        { "version": 1, "name": "demo", "data": { "rows": { "path": "data/rows.csv" } },
          "stages": { "split": { "uses": "split", "inputs": { "table": "data.rows" } },
                      "again": { "uses": "split", "inputs": { "table": "split.test" } } } }
        """)
    try narrow.build()
    try narrow.write("x,y\n1,a\n2,c\n", to: "data/rows.csv")
    try narrow.lock()
    let spared = try narrow.build()
    #expect(spared.ran == ["split: inputs.table changed"])
    #expect(spared["again"]?.outcome == .upToDate)
    #expect(test != nil)
}

@Test func `an edit that is undone comes from the store`() throws {
    let fixture = try Fixture()
    let first = try fixture.build()
    try fixture.edit(Manifest.fileName, "\"trees\": 10", "\"trees\": 20")
    try fixture.build()
    try fixture.edit(Manifest.fileName, "\"trees\": 20", "\"trees\": 10")
    let calls = fixture.performer.calls.count
    let report = try fixture.build()
    #expect(fixture.performer.calls.count == calls)
    #expect(report.outcomes == ["split: upToDate", "train: restored", "evaluate: restored"])
    guard case .restored(let list) = report["train"]?.outcome else { throw Fixture.Problem("restored") }
    #expect(list.map { "\($0.output) \($0.reason.text)" } == ["model output of an earlier build", "log output of an earlier build"])
    #expect(report.digests == first.digests)
    #expect(try fixture.lockfile().result(stage: "train")?.key == first["train"]?.key?.digest)
}

@Test func `a comment-like edit of the manifest runs nothing`() throws {
    let fixture = try Fixture()
    try fixture.build()
    try fixture.edit(Manifest.fileName, "\"demo\"", "\"other\"")
    #expect(fixture.check() == .changed(path: "mlops.json"))
    #expect(try fixture.build().outcomes == ["split: upToDate", "train: upToDate", "evaluate: upToDate"])
    #expect(fixture.check() == .nothingToDo(stages: 3))
}

@Test func `selected stages are built with all they need, and no others`() throws {
    let fixture = try Fixture(Fixture.pair, files: ["data/a.csv": "a\n1\n", "data/b.csv": "b\n1\n"])
    let report = try fixture.build(["after"])
    #expect(report.outcomes == ["left: ran", "after: ran"])
    #expect(try !fixture.exists("build/right"))
    #expect(fixture.check(["after"]) == .nothingToDo(stages: 2))
    #expect(fixture.check(["left"]) == .nothingToDo(stages: 2))
    #expect(fixture.check(["right"]) == .notCovered)
    #expect(fixture.check() == .notCovered)
    #expect(try fixture.build().outcomes == ["left: upToDate", "right: ran", "after: upToDate"])
    #expect(fixture.check(["right"]) == .nothingToDo(stages: 3))
}

@Test func `a stage that is not there is an error before anything runs`() throws {
    let fixture = try Fixture()
    let report = try fixture.build(["tain"])
    #expect(report.status == .problem)
    #expect(report.failures.map(\.code) == ["plan/unknown-stage"])
    #expect(fixture.performer.calls.isEmpty)
}

@Test func `force runs the named stages and only those`() throws {
    let fixture = try Fixture()
    try fixture.build()
    let named = try fixture.build(["train"]) { $0.force = true }
    #expect(named.ran == ["train: asked for with --force"])
    #expect(named["split"]?.outcome == .upToDate)
    let all = try fixture.build { $0.force = true }
    #expect(all.ran.count == 3)
    #expect(all.status == .done)
}

@Test func `the lock is the same bytes for any number of jobs`() throws {
    var locks: [[UInt8]] = []
    for jobs in [1, 2, 8] {
        let fixture = try Fixture(Fixture.pair, files: ["data/a.csv": "a\n1\n", "data/b.csv": "b\n1\n"])
        #expect(try fixture.build { $0.jobs = jobs }.status == .done)
        locks.append(try Files.read(fixture.path(Lockfile.fileName)))
    }
    #expect(locks[0] == locks[1])
    #expect(locks[1] == locks[2])
}

@Test func `results of stages that are gone leave the lock, their outputs stay`() throws {
    let fixture = try Fixture(Fixture.pair, files: ["data/a.csv": "a\n1\n", "data/b.csv": "b\n1\n"])
    try fixture.build()
    try fixture.edit(Manifest.fileName, "\"right\": { \"uses\": \"split\", \"inputs\": { \"table\": \"data.b\" } },", "")
    let report = try fixture.build()
    #expect(report.outcomes == ["left: upToDate", "after: upToDate"])
    #expect(try fixture.lockfile().result(stage: "right") == nil)
    #expect(try fixture.exists("build/right/train.csv"))
}

@Test func `a file of the workspace is an input like any other`() throws {
    let fixture = try Fixture(
        """
        { "version": 1, "name": "demo",
          "stages": { "split": { "uses": "split", "inputs": { "table": "./rows.csv" } } } }
        """, files: ["rows.csv": "x\n1\n"])
    #expect(try fixture.build().ran == ["split: never built"])
    #expect(try fixture.build().ran == [])
    try fixture.write("x\n2\n", to: "rows.csv")
    #expect(fixture.check() == .changed(path: "rows.csv"))
    #expect(try fixture.build().ran == ["split: inputs.table changed"])
    try fixture.remove("rows.csv")
    let report = try fixture.build()
    #expect(report.failures.map(\.code) == ["build/input-missing"])
    #expect(report.status == .problem)
}
