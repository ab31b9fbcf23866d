internal import Canonical
package import Manifests
package import Planning
internal import Platform
package import Running
package import Sandboxing
internal import Storage

/// One run of a command under observation: what it looked for and did not find, sorted by what would help.
package struct Trace: Sendable {
    package let termination: SandboxOutcome.Termination
    /// Files and folders of the workspace that it looked for and does not declare, sorted by bytes.
    package let undeclared: [(path: RelativePath, isFolder: Bool)]
    /// Programs that it tried to start and that its environment lacks, sorted by bytes.
    package let programs: [String]
    /// Inputs that it tried to write to, sorted by bytes.
    package let writtenInputs: [RelativePath]
    /// All else that it asked for and that is not there: absolute paths inside, in the order of first asking.
    package let other: [String]

    package enum Mode: Hashable, Sendable {
        /// The command itself, once, observed; nothing of it is kept.
        case observed
        /// A shell on the caller's terminal in the very same sandbox.
        case shell
    }

    /// Runs the command of `action` in its sandbox, and throws away what it makes.
    ///
    /// A command that fails is no failure here: ``termination`` says how it ended.
    package static func run(
        _ action: Action, inputs: ActionInputs, environment: PerformEnvironment, performer: StagePerformer, mode: Mode = .observed
    ) throws(ActionFailure) -> Trace {
        guard case .command(let work) = action.work else { preconditionFailure("only commands are traced") }
        let run = CommandRun(action: action, work: work, inputs: inputs, environment: environment, place: performer.place)
        guard let sandbox = performer.place.sandbox else {
            throw CommandRunFailure.noSandbox(stage: action.stage, reason: "this build was started without one", remedy: "")
        }
        let root = try performer.place.environment(of: work, stage: action.stage)
        let view = try SandboxView.make(action, root: root, inputs: inputs, store: performer.place.store)
        // What is left goes with the process's other temporaries.
        defer { try? performer.place.store.removeWorkFolder(view.work) }
        var plan = view.plan(work, key: environment.key)
        switch mode {
        case .observed: plan.observes = true
        case .shell:
            plan.arguments = ["/bin/sh"]
            plan.input = .terminal
            plan.limits.seconds = nil
            // The prompt of the sandbox, not one that a profile of this machine would make.
            plan.variables = CommandRunVariation.overriding(plan.variables, with: [("PS1", "\(action.stage)$ ")])
        }
        let outcome: SandboxOutcome
        do throws(SandboxError) {
            outcome = try sandbox.run(plan, log: { environment.log(Array($0)) }, isCancelled: environment.isCancelled)
        } catch {
            throw CommandRunFailure.from(error, run)
        }
        if outcome.termination == .cancelled { throw .cancelled }
        return Trace(outcome, action: action, workFolder: plan.workFolder, variables: plan.variables, inside: view.kind) { path in
            guard run.isInWorkspace(path) else { return nil }
            return try? Files.status(performer.place.root.appending(path.text))?.kind
        }
    }

    /// Sorts what was asked for; `inside` says what is at an absolute path in the sandbox, `outside` what the workspace has.
    init(
        _ outcome: SandboxOutcome, action: Action, workFolder: String, variables: [(name: String, value: String)],
        inside: (String) -> FileKind?, outside: (RelativePath) -> FileKind?
    ) {
        termination = outcome.termination
        let inputs = action.inputs.map(\.path)
        let outputs = action.outputs.map(\.path)
        let search = (variables.last { $0.name == "PATH" }?.value ?? "").split(separator: ":").map(String.init)
        var undeclared: [RelativePath: Bool] = [:]
        var programs: Set<String> = []
        var written: Set<RelativePath> = []
        var other: [String] = []
        for access in outcome.accesses {
            let path = Self.plain(access.path)
            let relative = path.hasPrefix(workFolder + "/") ? RelativePath(String(path.dropFirst(workFolder.count + 1))) : nil
            if access.kind == .write {
                if let relative, let input = inputs.first(where: { $0.holds(relative) }) { written.insert(input) }
                continue
            }
            if let relative {
                if (inputs + outputs).contains(where: { $0.holds(relative) || relative.holds($0) }) || inside(path) != nil { continue }
                if let kind = outside(relative) {
                    undeclared[relative] = kind == .directory
                } else {
                    other.append(path)
                }
                continue
            }
            if Self.ownPlaces.contains(where: { path == $0 || path.hasPrefix($0 + "/") }) || inside(path) != nil { continue }
            let name = String(path.split(separator: "/").last ?? "")
            if access.kind == .execute, search.contains(where: { path == "\($0)/\(name)" }) {
                // Looked for in every folder of the path: missing where none has it.
                if search.allSatisfy({ inside("\($0)/\(name)") == nil }) { programs.insert(name) }
            } else {
                other.append(path)
            }
        }
        self.undeclared = undeclared.map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 }.map { (path: $0.0, isFolder: $0.1) }
        self.programs = programs.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        writtenInputs = written.sorted()
        self.other = other
    }

    /// Made anew for each run: nothing in them can be declared.
    private static let ownPlaces = ["/dev", "/proc", "/tmp", "/home", "/sys"]

    /// The path without `.`, `..` and double slashes, as text.
    static func plain(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}

extension Trace {
    /// What follows the work folder in an absolute path inside; nil for one that lies elsewhere.
    package static func belowWork(_ path: String) -> Substring? {
        let folder = SandboxView.workFolder + "/"
        return path.hasPrefix(folder) ? path.dropFirst(folder.count) : nil
    }
}

extension SandboxView {
    /// What is at an absolute path inside, as far as the root and the work folder tell; nil when nothing is.
    func kind(_ path: String) -> FileKind? {
        let place = Trace.belowWork(path).map { work.appending($0.utf8) } ?? root.appending(path.utf8.dropFirst())
        // A hint hangs on it, nothing else.
        return (try? Files.status(place))?.kind
    }
}
