import Canonical
import Locking
import Planning
import Storage

/// Holds a stage's key and result against what `mlops.lock` records.
struct LockCheck: Sendable {
    let workspace: Workspace
    let lookup: ResultLookup
    /// Whether a recorded result with another key is an error, as `--locked` asks.
    let isFrozen: Bool

    /// Under `--locked`, a stage whose recorded result has another key has drifted.
    func key(_ action: Action, _ key: ActionKey) throws(StageFailure) {
        guard isFrozen, let locked = lookup.lockfile.result(stage: action.stage), locked.key != key.digest else { return }
        let before = lookup.document(of: locked.key, stage: action.stage)
        let parts = before.map { KeyDifference.between($0, key.document).map(\.text) } ?? []
        throw .drift(
            stage: action.stage, locked: locked.key, planned: key.digest, parts: parts, at: workspace.location(ofStage: action.stage))
    }

    /// A result that the lock records under the same key must have the same bytes.
    func result(_ action: Action, _ key: ActionKey, _ outputs: [NamedObject]) throws(StageFailure) {
        guard let locked = lookup.lockfile.result(stage: action.stage), locked.key == key.digest else { return }
        try agree(action, key, outputs, with: locked.outputs.map { NamedObject($0.name, $0.object.object) }, "'\(Lockfile.fileName)'")
    }

    /// Two results of one key must be the same; `witness` names where the earlier one stands.
    func agree(
        _ action: Action, _ key: ActionKey, _ outputs: [NamedObject], with before: [NamedObject], _ witness: String
    ) throws(StageFailure) {
        let names = Set((outputs + before).map(\.name)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        var differences: [(output: String, before: Digest?, after: Digest?)] = []
        for name in names {
            let old = before.first { $0.name.utf8.elementsEqual(name.utf8) }?.object
            let new = outputs.first { $0.name.utf8.elementsEqual(name.utf8) }?.object
            if old != new { differences.append((name, old?.digest, new?.digest)) }
        }
        if differences.isEmpty { return }
        throw .notReproducible(
            stage: action.stage, key: key.digest, witness: witness, differences: differences, at: workspace.location(ofStage: action.stage))
    }
}
