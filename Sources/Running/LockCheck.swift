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

    /// A result that the store has must be what the lock records under the same key.
    func stored(_ action: Action, _ key: ActionKey, _ outputs: [NamedObject]) throws(StageFailure) {
        guard let locked = locked(action, key) else { return }
        try agree(action, key, outputs, with: locked, .storedAgainstLock)
    }

    /// A result that has just been made must be what the lock records under the same key.
    func made(_ action: Action, _ key: ActionKey, _ outputs: [NamedObject]) throws(StageFailure) {
        guard let locked = locked(action, key), !differences(outputs, locked).isEmpty else { return }
        let record = try StageFailure.storage { () throws(StoreError) in try workspace.store.record(for: key.digest) }
        let stored = record.map { $0.outputs.map { NamedObject($0.name, $0.object) } }
        let contradiction: Contradiction
        if let stored {
            let isStored = differences(outputs, stored).isEmpty
            contradiction = isStored ? .madeAndStoredAgainstLock : .madeAgainstLockAndStore(areSame: differences(stored, locked).isEmpty)
        } else {
            contradiction = .madeAgainstLock
        }
        try agree(action, key, outputs, with: locked, contradiction)
    }

    /// A result that has just been made, and that the lock does not contradict, must be what the store has.
    ///
    /// Where the lock records it too, it is two against one: the store's record goes to quarantine, so that the next build
    /// stores the result that was met twice.
    func made(_ action: Action, _ key: ActionKey, _ outputs: [NamedObject], stored: [NamedObject]) throws(StageFailure) {
        let isLocked = locked(action, key) != nil
        if isLocked, !differences(outputs, stored).isEmpty {
            try StageFailure.storage { () throws(StoreError) in try workspace.store.withdraw(key.digest) }
        }
        try agree(action, key, outputs, with: stored, isLocked ? .madeAndLockAgainstStore : .madeAgainstStore)
    }

    /// A result that somebody else vouches for must be what the store has.
    func vouched(_ action: Action, _ key: ActionKey, _ voucher: VouchedResult, stored: ActionRecord) throws(StageFailure) {
        let outputs = voucher.record.outputs.map { NamedObject($0.name, $0.object) }
        try agree(
            action, key, outputs, with: stored.outputs.map { NamedObject($0.name, $0.object) }, .vouchedAgainstStore(signer: voucher.signer)
        )
    }

    /// What the lock records under this very key.
    private func locked(_ action: Action, _ key: ActionKey) -> [NamedObject]? {
        guard let locked = lookup.lockfile.result(stage: action.stage), locked.key == key.digest else { return nil }
        return locked.outputs.map { NamedObject($0.name, $0.object.object) }
    }

    private func agree(
        _ action: Action, _ key: ActionKey, _ outputs: [NamedObject], with before: [NamedObject], _ contradiction: Contradiction
    ) throws(StageFailure) {
        let found = differences(outputs, before)
        if found.isEmpty { return }
        throw .notReproducible(
            stage: action.stage, key: key.digest, contradiction, differences: found, at: workspace.location(ofStage: action.stage))
    }

    private func differences(
        _ outputs: [NamedObject], _ before: [NamedObject]
    ) -> [(output: String, before: Digest?, after: Digest?)] {
        let names = Set((outputs + before).map(\.name)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        var differences: [(output: String, before: Digest?, after: Digest?)] = []
        for name in names {
            let old = before.first { $0.name.utf8.elementsEqual(name.utf8) }?.object
            let new = outputs.first { $0.name.utf8.elementsEqual(name.utf8) }?.object
            if old != new { differences.append((name, old?.digest, new?.digest)) }
        }
        return differences
    }
}
