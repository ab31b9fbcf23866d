import Canonical
import Diagnostics
import Locking
import Manifests
import Planning
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

@Test func `data that differs fails what takes it, skips what is downstream, and says nothing of the rest`() throws {
    let fixture = try Fixture(Fixture.pair, files: ["data/a.csv": "a\n1\n", "data/b.csv": "b\n1\n"])
    try fixture.build()
    try fixture.write("a\n2\n", to: "data/a.csv")
    let report = Forecast(try fixture.workspace()).report()
    #expect(report.outcomes == ["left: failed", "right: upToDate", "after: skipped"])
    #expect(report["after"]?.outcome == .skipped(because: "left"))
    #expect(report.failure("left")?.code == "build/data-differs")
    #expect(report.failures == [try #require(report.failure("left"))])
    #expect(report.status == .problem)
    // A build would not even begin.
    let dry = try forecast(fixture)
    #expect(dry.outcomes == ["left: notStarted", "right: notStarted", "after: notStarted"])
    #expect(dry.failures.map(\.code) == ["build/data-differs"])
}

@Test func `a stage that cannot be built skips what depends on it, as in a build`() throws {
    let fixture = try Fixture()
    try fixture.write("mine", to: "build/split/test.csv")
    let foreseen = try forecast(fixture)
    #expect(foreseen.outcomes == ["split: failed", "train: skipped", "evaluate: skipped"])
    #expect(try fixture.build().stages.map(\.outcome) == foreseen.stages.map(\.outcome))
}

@Test func `a dry run under force foresees every stage that is forced`() throws {
    let fixture = try Fixture()
    try fixture.build()
    let all = try fixture.build {
        $0.dryRun = true
        $0.force = true
    }
    #expect(all.stages.map(\.outcome) == [.wouldRun(.forced), .wouldRun(.forced), .wouldRun(.forced)])
    #expect(try fixture.build { $0.force = true }.ran.count == 3)
    let one = try fixture.build(["train"]) {
        $0.dryRun = true
        $0.force = true
    }
    #expect(one.outcomes == ["split: upToDate", "train: wouldRun"])
    // Whatever its inputs will be, it would be refused.
    try fixture.remove(".mlbuild")
    try fixture.write("mine", to: "build/evaluate/metrics.json")
    let refused = try fixture.build {
        $0.dryRun = true
        $0.force = true
    }
    #expect(refused.outcomes == ["split: wouldRun", "train: wouldRun", "evaluate: failed"])
    #expect(refused.failure("evaluate")?.code == "build/foreign-output")
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

@Test func `data that cannot be read is told with the reason`() throws {
    let manifest = """
        { "version": 1, "name": "demo", "data": { "a": { "path": "a.csv" } },
          "stages": { "split": { "uses": "split", "inputs": { "table": "data.a" } } } }
        """
    let fixture = try Fixture(manifest, files: ["a.csv": "a"])
    let plan = FaultPlan(.failEver(13), at: 1, counting: [.openForReading])
    let workspace = try fixture.workspace()
    let forecast = Forecast(workspace)
    let state = plan.run { forecast.data() }.first?.state
    guard case .unreadable(let reason)? = state else { throw Fixture.Problem("it is read all the same") }
    #expect(reason.hasSuffix("': permission denied"), "\(reason)")
}

@Test func `why gives everything that is wrong with what a stage needs`() throws {
    let fixture = try Fixture()
    try fixture.build()
    try fixture.write("x,y\n1,b\n", to: "data/rows.csv")
    for stage in ["split", "evaluate"] {
        let explanation = Forecast(try fixture.workspace()).explain(stage)
        guard case .failed(let failure) = explanation.report.outcome else { throw Fixture.Problem("'\(stage)' cannot be explained") }
        #expect(failure.status == .problem)
        #expect(failure.code == "build/data-differs")
        let notes = failure.diagnostics[0].notes.map(\.message)
        #expect(notes[0] == "found  \(StoredObject(file: Array("x,y\n1,b\n".utf8)).digest)")
        #expect(notes[1] == "pinned \(StoredObject(file: Array("x,y\n1,a\n2,b\n".utf8)).digest) in 'mlops.lock'")
        #expect(notes[2] == "'mlbuild lock' accepts the new content, 'mlbuild data checkout rows' puts the old one back")
        #expect(explanation.lines == ["'\(stage)' cannot be built: data 'rows' differs from its pin"])
    }
}

@Test func `why gives the failure of a stage upstream`() throws {
    let fixture = try Fixture()
    try fixture.write("mine", to: "build/split/test.csv")
    let explanation = Forecast(try fixture.workspace()).explain("evaluate")
    guard case .failed(let failure) = explanation.report.outcome else { throw Fixture.Problem("split is in the way") }
    #expect(failure.code == "build/foreign-output")
}

@Test func `a key of which only the digest is known is told as that`() throws {
    let fixture = try Fixture()
    try fixture.build()
    // As in a fresh clone: the lock is there, neither store nor journal is.
    try Files.removeTree(fixture.cache)
    try fixture.remove(".mlbuild")
    try fixture.edit(
        Manifest.fileName, "\"inputs\": { \"table\": \"data.rows\" } }",
        "\"inputs\": { \"table\": \"data.rows\" }, \"with\": { \"test\": 0.5 } }")
    #expect(
        try explain(fixture, "split") == ["'split' would run: its key is not the one in mlops.lock; what changed is not known here"])
}

@Test func `a reason shows short values, and counts what changed once`() throws {
    func text(_ differences: KeyDifference...) -> String { RunReason.keyChanged(differences).text }
    let trees = KeyDifference(part: "options.trees", before: 100, after: 77)
    let parameter = KeyDifference(part: "parameters.trees", before: 100, after: 77)
    let other = KeyDifference(part: "parameters.seed", before: 1, after: 2)
    let digest = KeyDifference(
        part: "inputs.table", before: .string(Digest.of([1]).description), after: .string(Digest.of([2]).description))
    #expect(text(trees) == "options.trees: 100 -> 77")
    #expect(text(trees, parameter) == "options.trees: 100 -> 77")
    #expect(text(trees, parameter, other, digest) == "options.trees: 100 -> 77, and 2 more")
    #expect(text(digest) == "inputs.table changed")
    #expect(text(digest, trees) == "inputs.table and 1 more changed")
    #expect(text(KeyDifference(part: "options.test", before: nil, after: 0.5)) == "options.test: absent -> 0.5")
    #expect(text(KeyDifference(part: "options.layers", before: .array([1]), after: .array([1, 2]))) == "options.layers changed")
    let long = JSONValue.string(String(repeating: "x", count: 100))
    #expect(text(KeyDifference(part: "options.target", before: "y", after: long)) == "options.target changed")
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
            "  'train' would run first: options.learner.trees: 10 -> 20",
        ])
}

@Test func `why names what an undone edit changed back`() throws {
    let fixture = try Fixture()
    try fixture.build()
    try fixture.edit(Manifest.fileName, "\"trees\": 10", "\"trees\": 20")
    try fixture.build()
    try fixture.edit(Manifest.fileName, "\"trees\": 20", "\"trees\": 10")
    let lines = try explain(fixture, "train")
    #expect(lines.first?.hasPrefix("'train' would not run: its result is known") == true)
    #expect(lines.dropFirst() == ["  options.learner.trees: 20 -> 10", "  parameters.trees: 20 -> 10"])
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
