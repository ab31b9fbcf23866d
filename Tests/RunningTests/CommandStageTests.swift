import Canonical
import Diagnostics
import Locking
import Manifests
import Planning
import Platform
import Storage
import Testing

@testable import Running

/// A workspace with a command that reads a script and data, and a stage that takes what it makes.
private let manifest = """
    {
      "version": 1, "name": "demo",
      "data": { "rows": { "path": "data/rows.csv" }, "big": { "path": "data/big", "keep": "reference" } },
      "environment": { "python": { "version": "3.11", "requirementsFile": "requirements.txt" } },
      "stages": {
        "prepare": { "run": ["python", "${inputs.script}", "${outputs.table}"],
                     "inputs": { "script": "./prepare.py", "rows": "data.rows", "big": "data.big" },
                     "outputs": { "table": "out/table.csv" } },
        "split":   { "uses": "split", "inputs": { "table": "prepare.table" } }
      }
    }
    """

private func commandFixture() throws -> Fixture {
    let files = [
        "data/rows.csv": "x,y\n1,a\n", "data/big/part.bin": "big", "prepare.py": "print(1)\n", "requirements.txt": "numpy==1.26.4\n",
    ]
    let fixture = try Fixture(manifest, files: files)
    try pin(fixture)
    fixture.performer.intercept { (action, _) throws(ActionFailure) in
        guard case .command = action.work else { return nil }
        return ["table": .file(Array("x,y\n1,a\n2,b\n".utf8))]
    }
    return fixture
}

/// Pins the environment as if it had been resolved.
private func pin(_ fixture: Fixture, numpy: String = "1.26.4") throws {
    func digest(_ text: String) -> Digest { Digest.of(Array(text.utf8)) }
    func program(_ name: String) -> Lockfile.Entry<ProgramPin> {
        .init(name, ProgramPin(tree: DataPin(digest: digest(name), kind: .tree, size: 10, files: 1), origin: []))
    }
    let wheel = "numpy-\(numpy)-cp311-cp311-manylinux_2_17_x86_64.whl"
    let environment = EnvironmentPin(
        request: digest("request"), platform: "linux-x86_64", python: "python-3.11.7", tools: ["coreutils", "sh"], wheels: [wheel],
        libraries: nil)
    let old = try fixture.lockfile()
    let new = Lockfile(
        data: old.data, environments: [.init("default", environment)],
        programs: [program("coreutils"), program("python-3.11.7"), program("sh")],
        wheels: [.init(wheel, WheelPin(digest: digest(wheel), size: 5))], results: old.results)
    try Files.write(new.encode(), to: fixture.path(Lockfile.fileName))
}

@Suite struct CommandStageTests {
    @Test func `a command is built, cached, and named when a wheel changes`() throws {
        let fixture = try commandFixture()
        #expect(try fixture.build().ran == ["prepare: never built", "split: never built"])
        #expect(try fixture.build().outcomes == ["prepare: upToDate", "split: upToDate"])
        #expect(fixture.check() == .nothingToDo(stages: 2))
        try pin(fixture, numpy: "1.26.5")
        // Its output keeps its bytes, so nothing behind it runs.
        #expect(try fixture.build().ran == ["prepare: environment.wheels.numpy: 1.26.4 -> 1.26.5"])
        try fixture.write("print(2)\n", to: "prepare.py")
        let forecast = Forecast(try fixture.workspace()).report()
        #expect(forecast.outcomes == ["prepare: wouldRun", "split: wouldFollow"])
        #expect(try fixture.build().ran == ["prepare: inputs.script changed"])
    }

    @Test func `a command that failed runs again`() throws {
        let fixture = try commandFixture()
        fixture.performer.intercept { (_, _) throws(ActionFailure) in throw .message("exit 1") }
        #expect(try fixture.build().status == .stageFailed)
        #expect(try fixture.build().failure("prepare")?.code == "build/stage-failed")
        #expect(fixture.performer.calls == ["prepare", "prepare"])
    }

    @Test func `a changed file of requirements is something to do`() throws {
        let fixture = try commandFixture()
        try fixture.build()
        try fixture.build()
        #expect(fixture.check() == .nothingToDo(stages: 2))
        try fixture.write("numpy==1.26.5\n", to: "requirements.txt")
        #expect(fixture.check() == .changed(path: "requirements.txt"))
    }

    @Test func `what ran without a sandbox is marked, and neither locked nor a reason to do nothing`() throws {
        let fixture = try commandFixture()
        let workspace = try fixture.workspace()
        let graph = try #require(Planner.plan(workspace.manifest, workspace.lockfile, isolation: .none).value)
        var options = BuildOptions()
        options.isolation = .none
        let bare = Workspace(
            root: workspace.root, manifest: workspace.manifest, lockfile: workspace.lockfile, graph: graph, store: workspace.store)
        let report = Builder(bare, performer: fixture.performer, options: options).build()
        #expect(report.status == .done)
        #expect(report["prepare"]?.isolation == Isolation.none)
        #expect(report["prepare"]?.members.contains(JSONMember("isolation", "none")) == true)
        #expect(report["split"]?.isolation == nil)
        #expect(try fixture.lockfile().results.map(\.name) == ["split"])
        #expect(fixture.check() != .nothingToDo(stages: 2))
        // In a sandbox it is another action.
        #expect(try fixture.build().ran.map { $0.prefix(8) } == ["prepare:"])
        #expect(try fixture.lockfile().results.map(\.name) == ["prepare", "split"])
    }

    @Test func `an input is shown from the store, and data that is only pinned where it lies`() throws {
        let fixture = try commandFixture()
        let root = fixture.root
        let store = try fixture.store()
        let big = try store.importData(fixture.path("data/big"), keep: false)
        let rows = try store.importData(fixture.path("data/rows.csv"), keep: true)
        let inputs = ActionInputs(
            [
                ActionInputs.Bound(port: "rows", object: rows, displayName: "data/rows.csv", place: root.appending("data/rows.csv")),
                ActionInputs.Bound(
                    port: "big", object: big, displayName: "data/big", place: root.appending("data/big"), isKept: false),
            ], store: store)
        guard case .file = try inputs.shown("rows") else { throw Fixture.Problem("a file is shown as a file") }
        guard case .folder(let place) = try inputs.shown("big") else { throw Fixture.Problem("a folder is shown as a folder") }
        #expect(place == root.appending("data/big"))
        try inputs.check("big")
        try fixture.write("other", to: "data/big/part.bin")
        #expect(throws: ActionFailure.self) { try inputs.check("big") }
        #expect(throws: ActionFailure.self) { _ = try inputs.shown("big") }
        // Changed back it has the pinned content again; but who read it meanwhile has seen something else.
        try fixture.write("big", to: "data/big/part.bin")
        #expect(throws: ActionFailure.self) { try inputs.check("big") }
        try inputs.check("rows")
    }

    @Test func `a command is not shown a folder with something in it that is left out`() throws {
        let fixture = try commandFixture()
        let store = try fixture.store()
        let rules = IgnoreRules(["*.tmp"])
        let place = fixture.path("data/big")
        let big = try store.importData(place, keep: false)
        func inputs() -> ActionInputs {
            ActionInputs(
                [ActionInputs.Bound(port: "big", object: big, displayName: "data/big", place: place, isKept: false, rules: rules)],
                store: store)
        }
        guard case .folder = try inputs().shown("big") else { throw Fixture.Problem("a folder is shown as a folder") }
        try fixture.write("x", to: "data/big/deep/x.tmp")
        // A new folder would be a change; the file in it is none.
        let more = try store.importData(place, keep: false, ignoring: rules)
        #expect(more != big)
        try fixture.remove("data/big/deep")
        try fixture.write("x", to: "data/big/x.tmp")
        #expect(throws: ActionFailure.self) { _ = try inputs().shown("big") }
        #expect(try inputs().tree("big").map(\.path) == ["part.bin"])
    }
}
