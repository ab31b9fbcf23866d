import Canonical
import Diagnostics
import Locking
import Manifests
import StageKinds
import Testing

@testable import Planning

/// A manifest with a data stage and two commands.
let commands = """
    {
      "version": 1,
      "name": "figures",
      "parameters": { "seed": 42, "title": "O'Brien says \\"hi\\"", "flag": true, "rate": 0.5 },
      "data": { "rows": { "path": "data/rows.csv" } },
      "environment": {
        "python": { "version": "3.11", "requirements": ["numpy==1.26.4"] },
        "tools": ["git"],
        "variables": { "PLOT_STYLE": "paper", "OMP_NUM_THREADS": "3" }
      },
      "stages": {
        "split": { "uses": "split", "inputs": { "table": "data.rows" } },
        "figure": { "run": ["python", "${inputs.script}", "--seed=${seed}", "${outputs.picture}", "${rate}", "$${HOME}"],
                    "inputs": { "script": "./src/figure.py", "rows": "split.test" },
                    "outputs": { "picture": "reports/figure.svg", "parts": "reports/parts/" },
                    "variables": { "PLOT_STYLE": "screen" }, "timeout": "5m", "threads": 2 },
        "line": { "run": "echo ${title} > ${outputs.text}", "outputs": { "text": "line.txt" } }
      }
    }
    """

/// A lockfile with a pin for each data entry and each environment of `manifest`.
func lockfileOfCommands(
    for manifest: Manifest, numpy: String = "numpy-1.26.4-cp311-cp311-manylinux_2_17_x86_64.whl", wheel: String = "wheel",
    tool: String = "git", python: String = "3.11.7", platform: String = "linux-x86_64"
) -> Lockfile {
    func digest(_ text: String) -> Digest { Digest.of(Array(text.utf8)) }
    func program(_ text: String) -> ProgramPin {
        ProgramPin(tree: DataPin(digest: digest(text), kind: .ofTree, size: 10, files: 1), origin: [])
    }
    func environment(_ name: String) -> EnvironmentPin {
        let isBase = name == Environment.baseName
        return EnvironmentPin(
            request: digest(name), platform: platform, python: isBase ? nil : "python-\(python)",
            tools: ["coreutils", "sh"] + (isBase ? [] : ["git"]), wheels: isBase ? [] : [numpy], libraries: nil)
    }
    return Lockfile(
        data: lockfile(for: manifest).data,
        environments: manifest.usedEnvironments.map { .init($0, environment($0)) },
        programs: [
            .init("sh", program("sh")), .init("coreutils", program("coreutils")), .init("git", program(tool)),
            .init("python-\(python)", program("python \(python)")),
        ],
        wheels: [.init(numpy, WheelPin(digest: digest(wheel), size: 5))])
}

@Suite struct CommandTests {
    private func work(_ stage: String, in text: String = commands) throws -> CommandWork {
        let manifest = try readManifest(text)
        let plan = Planner.plan(manifest, lockfileOfCommands(for: manifest), platform: "linux-x86-64-v3")
        let graph = try #require(plan.value, "\(plan.diagnostics.map(\.message))")
        guard case .command(let work) = graph.actions[try #require(graph.index(of: stage))].work else {
            throw NoCommand()
        }
        return work
    }

    private struct NoCommand: Error {}

    @Test func `arguments hold parameters as text and paths below the workspace`() throws {
        let work = try work("figure")
        #expect(work.arguments == ["python", "src/figure.py", "--seed=42", "reports/figure.svg", "0.5", "${HOME}"])
    }

    @Test func `a line becomes one argument of the shell, with values as quoted words`() throws {
        let work = try work("line")
        #expect(work.arguments == ["/bin/sh", "-euc", "echo 'O'\\''Brien says \"hi\"' > line.txt"])
    }

    @Test func `trees are named without a slash at the end`() throws {
        let text = commands.replacing("\"${rate}\"", with: "\"${outputs.parts}\"")
        #expect(try work("figure", in: text).arguments[4] == "reports/parts")
    }

    @Test func `what the manifest says of a command is in its work`() throws {
        let work = try work("figure")
        #expect(work.environmentName == "default")
        #expect(work.programs.map(\.name) == ["coreutils", "git", "python-3.11.7", "sh"])
        #expect(work.wheels.map(\.name) == ["numpy-1.26.4-cp311-cp311-manylinux_2_17_x86_64.whl"])
        #expect(work.threads == 2)
        #expect(work.timeout == 300)
        #expect(work.isolation == .namespaces)
        #expect(work.platform == "linux-x86-64-v3")
        #expect(work.entropy == .derived)
    }

    @Test func `a command's variables go before its environment's, and these before the profile's`() throws {
        let work = try work("figure")
        let variables = Dictionary(work.variables.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        #expect(variables.count == work.variables.count)
        #expect(variables["PLOT_STYLE"] == "screen")
        #expect(variables["OMP_NUM_THREADS"] == "3")
        #expect(variables["OPENBLAS_NUM_THREADS"] == "2")
        #expect(variables["PATH"] == "/env/bin:/usr/bin:/bin")
        #expect(work.variables.map(\.name) == work.variables.map(\.name).sorted())
        #expect(work.ownVariables.map(\.name) == ["OMP_NUM_THREADS", "PLOT_STYLE"])
    }

    @Test func `isolation and platform come from the caller`() throws {
        let manifest = try readManifest(commands)
        let lock = lockfileOfCommands(for: manifest, platform: "linux-aarch64")
        let plan = Planner.plan(manifest, lock, platform: "linux-aarch64", isolation: .none)
        guard case .command(let work) = try #require(plan.value).actions[1].work else { throw NoCommand() }
        #expect(work.isolation == .none)
        #expect(work.platform == "linux-aarch64")
    }

    @Test func `an environment without a pin is one error, with the way out`() throws {
        let manifest = try readManifest(commands)
        let plan = Planner.plan(manifest, lockfile(for: manifest), platform: "linux-x86-64-v3")
        let missing = plan.diagnostics.filter { $0.code == "plan/missing-environment" }
        #expect(plan.value == nil)
        #expect(missing.map(\.message) == manifest.usedEnvironments.map { "environment '\($0)' has no pin in 'mlops.lock'" })
        #expect(missing.allSatisfy { $0.notes.map(\.message) == ["'mlbuild lock' pins it"] })
        #expect(Planner.plan(manifest, lockfile(for: manifest), stages: ["split"]).value != nil)
    }

    @Test func `a pin that an environment names must be there`() throws {
        let manifest = try readManifest(commands)
        let whole = lockfileOfCommands(for: manifest)
        let lock = Lockfile(
            data: whole.data, environments: whole.environments, programs: whole.programs.filter { $0.name != "git" }, wheels: [])
        let plan = Planner.plan(manifest, lock, platform: "linux-x86-64-v3")
        #expect(plan.diagnostics.map(\.code) == ["plan/missing-environment"])
        #expect(plan.diagnostics.first?.message == "environment 'default' needs 'git', which has no pin in 'mlops.lock'")
        #expect(plan.diagnostics.first?.notes.map(\.message) == ["'mlbuild lock --update default' pins it"])
    }

    @Test(arguments: [
        ("linux-x86_64", "linux-x86-64-v1", true), ("linux-x86_64", "linux-x86-64-v4", true), ("linux-x86_64", "linux-aarch64", false),
        ("linux-aarch64", "linux-aarch64", true), ("linux-aarch64", "linux-x86-64-v3", false), ("linux-x86_64", "macos-x86-64-v3", false),
        ("linux-x86_64", Planner.anyPlatform, true),
    ]) func `an environment is for one system and architecture`(pinned: String, machine: String, fits: Bool) throws {
        let manifest = try readManifest(commands)
        let plan = Planner.plan(manifest, lockfileOfCommands(for: manifest, platform: pinned), platform: machine)
        #expect(plan.diagnostics.map(\.code).allSatisfy { $0 == "plan/other-platform" })
        #expect((plan.value != nil) == fits)
    }

    @Test func `a parameter with a NUL cannot be an argument`() throws {
        let text = commands.replacing("O'Brien", with: "a\\u0000b")
        let manifest = try readManifest(text)
        let plan = Planner.plan(manifest, lockfileOfCommands(for: manifest), platform: "linux-x86-64-v3")
        #expect(plan.diagnostics.map(\.code) == ["plan/nul-character"])
        #expect(plan.diagnostics.first?.message == "parameter 'title' has a NUL character, which no program can be given")
    }
}
