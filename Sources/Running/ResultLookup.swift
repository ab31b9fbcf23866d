import Canonical
import Locking
import Manifests
import Planning
import Storage

/// Finds a known result for a key, or says why the action must run.
struct ResultLookup: Sendable {
    enum Answer {
        /// Every output, in the order the action declares them; each is in the store and has been verified.
        case known([NamedObject])
        case unknown(RunReason)
    }

    let store: DirectoryStore
    let lockfile: Lockfile
    let history: History

    /// A result counts only when its record is sound and every output object verifies.
    func find(_ action: Action, _ key: ActionKey) throws(StoreError) -> Answer {
        guard let record = try store.record(for: key.digest) else {
            let isDamaged = store.quarantined.contains { $0.isRecord && $0.digest == key.digest }
            return .unknown(isDamaged ? .recordCorrupt : reason(action, key))
        }
        var outputs: [NamedObject] = []
        for output in action.outputs {
            guard let stored = record.outputs.first(where: { $0.name.utf8.elementsEqual(output.name.utf8) }) else {
                return .unknown(.recordCorrupt)
            }
            do throws(StoreError) {
                try store.verify(stored.object)
            } catch {
                switch error {
                case .missing: return .unknown(.objectMissing(output: output.name))
                case .corrupt, .notTree, .recordAheadOfObject: return .unknown(.objectCorrupt(output: output.name))
                case .refused, .newerFormat: throw error
                }
            }
            outputs.append(NamedObject(output.name, stored.object))
        }
        return .known(outputs)
    }

    /// Why there is no record under `key`: what changed since the last one, as far as anything is left of it.
    private func reason(_ action: Action, _ key: ActionKey) -> RunReason {
        let attempt = history.lastAttempt(at: action.stage)
        if let attempt, attempt.key == key.digest {
            switch attempt.ending {
            case .failed: return .failedBefore
            case .refused: return .refusedBefore
            case .cancelled: return .interruptedBefore
            case .result: break
            }
        }
        guard let last = lastKey(of: action.stage) else { return .neverBuilt }
        if last == key.digest { return .recordMissing }
        guard let document = document(of: last, attempt) else { return .keyChanged([]) }
        return .keyChanged(KeyDifference.between(document, key.document))
    }

    /// The digest that the last recorded build gave an output.
    func earlier(_ action: Action, _ output: StageOutput) -> Digest? {
        lockfile.result(stage: action.stage)?[output: output.name]?.digest
    }

    /// The key of the last recorded result of a stage, or else of the last attempt at it.
    func lastKey(of stage: String) -> Digest? {
        lockfile.result(stage: stage)?.key ?? history.lastAttempt(at: stage)?.key
    }

    /// The document of an earlier key, from its record or else from the journal.
    func document(of key: Digest, stage: String) -> JSONValue? {
        document(of: key, history.lastAttempt(at: stage))
    }

    private func document(of key: Digest, _ attempt: History.Attempt?) -> JSONValue? {
        // A record that cannot be had makes the reason less exact, and nothing else.
        if let record = try? store.record(for: key) { return record.document }
        return attempt?.key == key ? attempt?.document : nil
    }
}
