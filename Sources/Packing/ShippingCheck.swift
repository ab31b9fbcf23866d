package import Canonical
package import Diagnostics
package import Locking
package import Manifests
package import Planning
package import Storage

/// What keeps results from leaving the workspace, whatever their bytes are: how they were made, and how well that is proven.
///
/// None of it stands in an archive, which holds only what follows from the inputs.
package enum ShippingCheck {
    /// The levels of proof in words, from 0 up.
    private static let levels = [
        "R0, unproven", "R1, repeated on one machine", "R2, repeated under variations", "R3, repeated on other processors",
    ]

    /// Errors for the stages in `graph`: those that ran without a sandbox, and those below the level that a gate asks for.
    ///
    /// - Parameter level: the level of proof of the recorded result of a key, 0 to 3.
    /// - Throws: ``PackingError/notBuilt(stage:)``, ``PackingError/store(_:)``.
    package static func refusals(
        _ model: Model, of manifest: Manifest, lock: Lockfile, graph: BuildGraph, store: DirectoryStore,
        level: (Digest) throws(StoreError) -> Int
    ) throws(PackingError) -> [Diagnostic] {
        let gate = model.gates.first { $0.level != nil }
        var refusals: [Diagnostic] = []
        var low: [(stage: String, level: Int)] = []
        for action in graph.actions {
            guard let result = lock.result(stage: action.stage) else { throw .notBuilt(stage: action.stage) }
            do throws(StoreError) {
                if try store.record(for: result.key)?.document["isolation"]?.stringValue == Isolation.none.rawValue {
                    refusals.append(unisolated(action.stage, manifest))
                }
                if let least = gate?.level {
                    let reached = try level(result.key)
                    if reached < least { low.append((action.stage, reached)) }
                }
            } catch {
                throw .store(error)
            }
        }
        if let gate, let least = gate.level, !low.isEmpty {
            let notes = low.map { Diagnostic.Note("stage '\($0.stage)' has reached \(words($0.level))") }
            let wayOut = least >= 2 ? "'mlbuild build --vary' tries to show it" : "'mlbuild build --check' tries to show it"
            refusals.append(
                Diagnostic(
                    code: "package/not-proven", "gate 'reproducibility' asks for \(words(least)), and that is not shown",
                    at: Diagnostic.Location(source: manifest.source.name, span: gate.span), notes: notes + [Diagnostic.Note(wayOut)]))
        }
        return refusals
    }

    private static func words(_ level: Int) -> String { levels.indices.contains(level) ? levels[level] : "R\(level)" }

    private static func unisolated(_ stage: String, _ manifest: Manifest) -> Diagnostic {
        Diagnostic(
            code: "package/no-sandbox", "stage '\(stage)' ran without a sandbox, and such results are not packaged",
            at: Diagnostic.Location(source: manifest.source.name, span: manifest.stage(stage)?.span),
            notes: [Diagnostic.Note("'mlbuild build' without --sandbox runs it in one; 'mlbuild doctor' says what keeps it from that")])
    }
}
