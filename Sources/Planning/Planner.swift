import Canonical
package import Diagnostics
package import Locking
package import Manifests

/// Compiles a manifest and its lockfile to a graph of actions; pure.
package enum Planner {
    /// Stands for every platform, in plans that are looked at and not run.
    package static let anyPlatform = "any"

    /// The graph of `stages` and everything they need; of all stages when `stages` is empty.
    ///
    /// Errors are `plan/unknown-stage` and, for the stages that are needed, `plan/missing-pin`, `plan/missing-environment`,
    /// `plan/other-platform` and `plan/nul-character`; with errors there is no value.
    ///
    /// - Parameters:
    ///   - platform: the platform class that commands run on, such as `linux-x86-64-v3`; the plan of a workspace without
    ///     commands is the same for all.
    ///   - isolation: what commands run in.
    /// - Complexity: O(stages log stages + references)
    package static func plan(
        _ manifest: Manifest, _ lock: Lockfile, stages: [String] = [], platform: String = anyPlatform, isolation: Isolation = .namespaces
    ) -> Diagnosed<BuildGraph> {
        let unknown = UnknownStage.diagnostics(stages, known: manifest.stages.map(\.name))
        if !unknown.isEmpty { return Diagnosed(nil, unknown) }

        let network = StageNetwork(manifest)
        let chosen = network.order(of: network.needed(by: stages, of: manifest))
        var compiler = ActionCompiler(manifest: manifest, lock: lock, platform: platform, isolation: isolation)
        var actions: [Action] = []
        var position = [Int](repeating: 0, count: manifest.stages.count)
        var dependencies: [[Int]] = []
        for stage in chosen {
            guard let action = compiler.compile(manifest.stages[stage]) else { continue }
            position[stage] = actions.count
            actions.append(action)
            dependencies.append(network.dependencies[stage].map { position[$0] })
        }
        guard compiler.diagnostics.isEmpty else { return Diagnosed(nil, compiler.diagnostics) }
        return Diagnosed(BuildGraph(actions: actions, dependencies: dependencies))
    }
}

/// Turns stages into actions, and collects what keeps them from becoming some.
private struct ActionCompiler {
    let manifest: Manifest
    let lock: Lockfile
    let platform: String
    let isolation: Isolation
    var unpinned: Set<String> = []
    var environments: [String: LockedEnvironment?] = [:]
    var diagnostics: [Diagnostic] = []

    init(manifest: Manifest, lock: Lockfile, platform: String, isolation: Isolation) {
        self.manifest = manifest
        self.lock = lock
        self.platform = platform
        self.isolation = isolation
    }

    /// Nil after at least one diagnostic, of this stage or of an earlier one with the same data or environment.
    mutating func compile(_ stage: Stage) -> Action? {
        var inputs: [ActionInput] = []
        for input in stage.inputs {
            guard let source = source(of: input.reference) else { continue }
            inputs.append(
                ActionInput(
                    name: input.name, source: source, form: manifest.form(of: input.reference), path: path(of: input.reference)))
        }
        let parameters = stage.parameters.compactMap { path in manifest.parameter(path).map { (name: path, value: $0) } }
        precondition(parameters.count == stage.parameters.count, "a stage names parameters that the manifest has")
        guard let work = work(of: stage, inputs, parameters), inputs.count == stage.inputs.count else { return nil }
        return Action(stage: stage.name, work: work, parameters: parameters, inputs: inputs, outputs: stage.outputs)
    }

    private mutating func work(
        of stage: Stage, _ inputs: [ActionInput], _ parameters: [(name: String, value: JSONValue)]
    ) -> Action.Work? {
        switch stage.work {
        case .kind(let use): return .kind(use.kind, options: use.options)
        case .command(let command):
            let problems = diagnostics.count
            let environment = environment(of: command, stage)
            if inputs.count == stage.inputs.count, let text = arguments(of: command, stage, inputs, parameters), let environment {
                return .command(environment.work(command, arguments: text, platform: platform, isolation: isolation))
            }
            precondition(environment == nil || diagnostics.count > problems || inputs.count < stage.inputs.count, "a refusal says why")
            return nil
        }
    }

    /// The argument vector with everything put in.
    private mutating func arguments(
        of command: Command, _ stage: Stage, _ inputs: [ActionInput], _ parameters: [(name: String, value: JSONValue)]
    ) -> [String]? {
        func value(_ name: String) -> String {
            if name.hasPrefix("inputs."), let input = inputs.first(where: { name.utf8.dropFirst(7).elementsEqual($0.name.utf8) }) {
                return input.path.text
            }
            if name.hasPrefix("outputs."), let output = stage.outputs.first(where: { name.utf8.dropFirst(8).elementsEqual($0.name.utf8) }) {
                return output.path.text
            }
            guard let value = parameters.first(where: { $0.name.utf8.elementsEqual(name.utf8) })?.value else {
                preconditionFailure("what a command names is in the manifest")
            }
            return value.stringValue ?? String(decoding: CanonicalJSON.encode(value), as: UTF8.self)
        }
        let vector: [String]
        switch command.arguments {
        case .vector(let texts): vector = texts.map { CommandText($0).argument(value) }
        case .shell(let line): vector = ["/bin/sh", "-euc", CommandText(line).shellLine(value)]
        }
        guard vector.contains(where: { $0.utf8.contains(0) }) else { return vector }
        let culprit = parameters.first { $0.value.stringValue?.utf8.contains(0) == true }
        let what = culprit.map { "parameter '\($0.name)'" } ?? "an argument"
        report("plan/nul-character", "\(what) has a NUL character, which no program can be given", command.span)
        return nil
    }

    /// The environment of a command with all that its pin names.
    private mutating func environment(of command: Command, _ stage: Stage) -> LockedEnvironment? {
        if let known = environments[command.environment] { return known }
        let found = findEnvironment(command.environment, span: stage.span)
        environments[command.environment] = .some(found)
        return found
    }

    private mutating func findEnvironment(_ name: String, span: SourceSpan) -> LockedEnvironment? {
        let declared = manifest.environment(name)
        let span = declared?.span ?? span
        let what = name == Environment.baseName ? "the base environment of commands" : "environment '\(name)'"
        guard let pin = lock.pin(environment: name) else {
            report("plan/missing-environment", "\(what) has no pin in '\(Lockfile.fileName)'", span, note: "'mlbuild lock' pins it")
            return nil
        }
        switch LockedEnvironment.of(name, pin, declared, in: lock) {
        case .success(let environment):
            guard platform == Planner.anyPlatform || environment.fits(platform) else {
                report(
                    "plan/other-platform", "\(what) is pinned for '\(pin.platform)', and this machine is '\(platform)'", span,
                    note: "'mlbuild lock --update \(name)' pins it for this machine")
                return nil
            }
            return environment
        case .failure(let missing):
            report(
                "plan/missing-environment", "\(what) needs '\(missing.pin)', which has no pin in '\(Lockfile.fileName)'", span,
                note: "'mlbuild lock --update \(name)' pins it")
            return nil
        }
    }

    /// The place of an input in the workspace.
    private func path(of reference: Reference) -> RelativePath {
        switch reference {
        case .file(let path): return path
        case .output:
            guard let output = manifest.output(reference) else {
                preconditionFailure("a reference leads to an output that the manifest has")
            }
            return output.path
        case .data(let name):
            if case .path(let path) = manifest.data(name)?.origin { return path }
            guard let path = RelativePath("data/\(name)") else { preconditionFailure("a name makes a path") }
            return path
        }
    }

    private mutating func source(of reference: Reference) -> InputSource? {
        switch reference {
        case .output(let stage, let name): return .output(stage: stage, name: name)
        case .file(let path): return .file(path)
        case .data(let name):
            if let pin = lock.pin(data: name) { return .pinned(data: name, pin) }
            guard let entry = manifest.data(name) else { preconditionFailure("a reference leads to data that the manifest has") }
            if unpinned.insert(name).inserted {
                report(
                    "plan/missing-pin", "data '\(name)' has no pin in '\(Lockfile.fileName)'", entry.span, note: "'mlbuild lock' pins it")
            }
            return nil
        }
    }

    private mutating func report(_ code: String, _ message: String, _ span: SourceSpan, note: String? = nil) {
        diagnostics.append(
            Diagnostic(
                code: code, message, at: Diagnostic.Location(source: manifest.source.name, span: span),
                notes: note.map { [Diagnostic.Note($0)] } ?? []))
    }
}
