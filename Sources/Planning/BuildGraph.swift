package import Diagnostics

/// The actions of a build and which needs which; a value that never changes while a build runs.
///
/// Actions are known by their index in ``actions``.
package struct BuildGraph: Sendable {
    /// Each after everything it needs; of those that could come next, the one that stands first in the manifest.
    package let actions: [Action]
    private let network: StageNetwork
    private let indices: [String: Int]

    /// INVARIANT: `actions` is in topological order and `dependencies` are indices into it, each below its own.
    init(actions: [Action], dependencies: [[Int]]) {
        self.actions = actions
        network = StageNetwork(dependencies: dependencies)
        indices = Dictionary(actions.enumerated().map { ($1.stage, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The index of the action of the stage `name`, if the graph has one.
    package func index(of name: String) -> Int? {
        indices[name]
    }

    /// The actions whose outputs action `index` takes, each once, in order of first use.
    package func dependencies(of index: Int) -> [Int] {
        network.dependencies[index]
    }

    /// The actions that take an output of action `index`, ascending.
    package func dependents(of index: Int) -> [Int] {
        network.dependents[index]
    }

    /// The actions of `stages` and everything they need, ascending; all actions when `stages` is empty.
    ///
    /// A name that is no stage is an error `plan/unknown-stage`, and then there is no value.
    ///
    /// - Complexity: O(actions + edges)
    package func selecting(_ stages: [String]) -> Diagnosed<[Int]> {
        if stages.isEmpty { return Diagnosed(Array(actions.indices)) }
        let unknown = UnknownStage.diagnostics(stages, known: actions.map(\.stage))
        if !unknown.isEmpty { return Diagnosed(nil, unknown) }
        return Diagnosed(network.upstream(of: stages.compactMap { indices[$0] }))
    }

    /// Action `index` and every action that a change of its outputs can reach, ascending.
    ///
    /// - Complexity: O(actions + edges)
    package func downstream(of index: Int) -> [Int] {
        network.downstream(of: [index])
    }
}

/// A name on the command line that is no stage.
enum UnknownStage {
    /// One error for each of `names` that is not `known`, in the order of `names`.
    static func diagnostics(_ names: [String], known: [String]) -> [Diagnostic] {
        let stages = Set(known)
        return names.filter { !stages.contains($0) }.map { name in
            let notes: [Diagnostic.Note]
            if let meant = Suggestion.closest(to: name, among: known) {
                notes = [Diagnostic.Note("did you mean '\(meant)'?")]
            } else if known.isEmpty {
                notes = [Diagnostic.Note("the manifest has no stages")]
            } else {
                notes = [Diagnostic.Note("'mlbuild graph' shows the stages")]
            }
            return Diagnostic(code: "plan/unknown-stage", "no stage is named '\(name)'", at: nil, notes: notes)
        }
    }
}
