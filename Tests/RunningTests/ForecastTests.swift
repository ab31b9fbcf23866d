import Locking
import Manifests
import Platform
import Storage
import Testing

@testable import Running

private func forecast(_ fixture: Fixture, _ stages: [String] = []) throws -> BuildReport {
    try fixture.build(stages) { $0.dryRun = true }
}

private func explain(_ fixture: Fixture, _ stage: String) throws -> [String] {
    Forecast(try fixture.workspace()).explain(stage).lines
}

@Test func `a dry run says what would run and why, and changes nothing`() throws {
    let fixture = try Fixture()
    let before = try fixture.everything()
    let report = try forecast(fixture)
    #expect(report.stages.map(\.outcome) == [.wouldRun(.neverBuilt), .wouldFollow(["split"]), .wouldFollow(["train", "split"])])
    #expect(report.status == .done)
    #expect(try fixture.everything() == before)
    #expect(try !fixture.exists(".mlbuild"))
    #expect(fixture.performer.calls.isEmpty)
}

@Test func `a dry run foresees the build that follows`() throws {
    let fixture = try Fixture()
    try fixture.build()
    #expect(try forecast(fixture).outcomes == ["split: upToDate", "train: upToDate", "evaluate: upToDate"])
    try fixture.edit(Manifest.fileName, "\"trees\": 10", "\"trees\": 20")
    #expect(try forecast(fixture).outcomes == ["split: upToDate", "train: wouldRun", "evaluate: wouldFollow"])
    try fixture.build()
    try fixture.edit(Manifest.fileName, "\"trees\": 20", "\"trees\": 10")
    #expect(try forecast(fixture).outcomes == ["split: upToDate", "train: wouldRestore", "evaluate: wouldRestore"])
    try fixture.build()
    try fixture.write("mine", to: "build/split/test.csv")
    guard case .wouldRestore(let list) = try forecast(fixture)["split"]?.outcome else { throw Fixture.Problem("would restore") }
    #expect(list.map { "\($0.path): \($0.reason.text)" } == ["build/split/test.csv: output altered"])
    #expect(try fixture.read("build/split/test.csv") == "mine")
}

@Test func `a dry run refuses what the build would refuse`() throws {
    let fixture = try Fixture()
    try fixture.write("mine", to: "build/split/test.csv")
    #expect(try forecast(fixture).failure("split")?.code == "build/foreign-output")
    try fixture.write("x,y\n9,z\n", to: "data/rows.csv")
    let report = try forecast(fixture)
    #expect(report.failures.map(\.code) == ["build/data-differs"])
    #expect(report.status == .problem)
}

@Test func `status tells how each data entry stands`() throws {
    let manifest = """
        { "version": 1, "name": "demo",
          "data": { "a": { "path": "a.csv" }, "b": { "path": "b.csv" }, "c": { "path": "c.csv" } },
          "stages": { "split": { "uses": "split", "inputs": { "table": "data.a" } } } }
        """
    let fixture = try Fixture(manifest, files: ["a.csv": "a", "b.csv": "b", "c.csv": "c"])
    try fixture.write("bb", to: "b.csv")
    try fixture.remove("c.csv")
    let states = Forecast(try fixture.workspace()).data().map(\.state)
    #expect(
        states == [
            .current(StoredObject(file: Array("a".utf8))),
            .differs(found: StoredObject(file: Array("bb".utf8)).digest, pinned: StoredObject(file: Array("b".utf8)).digest), .missing,
        ])
}

@Test func `why shows the values that changed`() throws {
    let fixture = try Fixture()
    #expect(try explain(fixture, "split") == ["'split' would run: never built"])
    try fixture.build()
    #expect(try explain(fixture, "train") == ["'train' is up to date: the result of its key is known, and its outputs are in place"])
    try fixture.edit(Manifest.fileName, "\"trees\": 10", "\"trees\": 20")
    #expect(
        try explain(fixture, "train") == [
            "'train' would run: its key changed", "  options.learner.trees: 10 -> 20", "  parameters.trees: 10 -> 20",
        ])
    #expect(
        try explain(fixture, "evaluate") == [
            "whether 'evaluate' runs depends on what 'train' will give",
            "  'train' would run first: options.learner.trees and 1 more changed",
        ])
}

@Test func `why names the changes that are known already of a stage that waits for others`() throws {
    let fixture = try Fixture()
    try fixture.build()
    try fixture.edit(Manifest.fileName, "\"trees\": 10", "\"trees\": 20")
    try fixture.write("x,y\n1,a\n2,c\n", to: "data/rows.csv")
    try fixture.lock()
    #expect(
        try explain(fixture, "train") == [
            "'train' would run: its key changed, whatever 'split' will give", "  options.learner.trees: 10 -> 20",
            "  parameters.trees: 10 -> 20",
            "  'split' would run first: inputs.table changed",
        ])
}

@Test func `why still knows the last key when the store has forgotten it`() throws {
    let fixture = try Fixture()
    try fixture.build()
    try Files.removeTree(fixture.cache)
    #expect(try explain(fixture, "split") == ["'split' would run: not in the store"])
    try fixture.edit(
        Manifest.fileName, "\"inputs\": { \"table\": \"data.rows\" } }",
        "\"inputs\": { \"table\": \"data.rows\" }, \"with\": { \"test\": 0.5 } }")
    #expect(try explain(fixture, "split") == ["'split' would run: its key changed", "  options.test: absent -> 0.5"])
}
