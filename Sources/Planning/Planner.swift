package import Diagnostics
package import Locking
package import Manifests

/// Compiles a manifest and its lockfile to a graph of actions; pure.
package enum Planner {
    /// The graph of `stages` and everything they need; of all stages when `stages` is empty.
    ///
    /// Errors are `plan/unknown-stage` and, for the stages that are needed, `plan/command-stage` and `plan/missing-pin`; with
    /// errors there is no value.
    ///
    /// - Complexity: O(stages log stages + references)
    package static func plan(_ manifest: Manifest, _ lock: Lockfile, stages: [String] = []) -> Diagnosed<BuildGraph> {
        let unknown = UnknownStage.diagnostics(stages, known: manifest.stages.map(\.name))
        if !unknown.isEmpty { return Diagnosed(nil, unknown) }

        let network = StageNetwork(manifest)
        let chosen = network.order(of: network.needed(by: stages, of: manifest))
        var compiler = ActionCompiler(manifest: manifest, lock: lock)
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
    var unpinned: Set<String> = []
    var diagnostics: [Diagnostic] = []

    init(manifest: Manifest, lock: Lockfile) {
        self.manifest = manifest
        self.lock = lock
    }

    /// Nil after at least one diagnostic, of this stage or of an earlier one with the same data.
    mutating func compile(_ stage: Stage) -> Action? {
        guard case .kind(let use) = stage.work else {
            report("plan/command-stage", "stage '\(stage.name)' runs a command; this version builds built-in kinds only", stage.span)
            return nil
        }
        var inputs: [ActionInput] = []
        for input in stage.inputs {
            guard let source = source(of: input.reference) else { continue }
            inputs.append(
                ActionInput(
                    name: input.name, source: source, format: manifest.format(of: input.reference), path: path(of: input.reference)))
        }
        guard inputs.count == stage.inputs.count else { return nil }
        let parameters = stage.parameters.compactMap { path in manifest.parameter(path).map { (name: path, value: $0) } }
        precondition(parameters.count == stage.parameters.count, "a stage names parameters that the manifest has")
        return Action(
            stage: stage.name, work: .kind(use.kind, options: use.options), parameters: parameters, inputs: inputs, outputs: stage.outputs)
    }

    /// The place of an input in the workspace.
    private func path(of reference: Reference) -> RelativePath {
        switch reference {
        case .file(let path): return path
        case .output:
            guard let output = manifest.output(reference) else { preconditionFailure("a reference leads to an output that the manifest has") }
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
