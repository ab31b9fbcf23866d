import Canonical
import Comparing
import Diagnostics
import Manifests
import Planning
import Storage

/// A stage whose recorded result is put to the test.
struct ProvableStage: Sendable {
    let action: Action
    let key: ActionKey
    let inputs: [ActionInputs.Bound]
    /// The recorded outputs, in the order that the action declares them.
    let outputs: [NamedObject]
}

/// One rebuild of one stage: performed once more, compared, and thrown away.
struct Trial: Sendable {
    let stage: ProvableStage
    let variation: Variation
    let workspace: Workspace
    let performer: any ActionPerformer
    let options: BuildOptions
    let events: BuildEventSink

    /// Nil when it was interrupted.
    func verdict() -> Verdict? {
        let action = stage.action
        if let obstacle = performer.obstacle(to: variation, for: action) { return .notApplicable(obstacle) }
        events(.stageProgress(stage: action.stage, StageProgress("runs \(variation.phrase)")))
        let signal = options.signal
        let environment = PerformEnvironment(
            threads: options.threads, key: stage.key, variation: variation, keepsFailed: options.keepFailed,
            isCancelled: { signal() != nil })
        let location = workspace.location(ofStage: action.stage)
        let made: [String: ActionOutput]
        do throws(ActionFailure) {
            made = try performer.perform(
                action, inputs: ActionInputs(stage.inputs, store: workspace.store), environment: environment)
        } catch {
            return error.stageFailure(of: action.stage, at: location).map { .failed($0) }
        }
        do throws(StageFailure) {
            try DeclaredOutputs.check(made, action, at: location)
            let found = try StageFailure.storage { () throws(StoreError) in try differences(made) }
            return found.isEmpty ? .same : .differs(found)
        } catch {
            return .failed(error)
        }
    }

    private func differences(_ made: [String: ActionOutput]) throws(StoreError) -> [OutputDifference] {
        // What was made is looked at and forgotten: only the recorded result has a place in the store.
        let fresh = MemoryStore()
        var differences: [OutputDifference] = []
        for recorded in stage.outputs {
            let object: StoredObject
            switch made[recorded.name] {
            case .file(let bytes): object = try fresh.put(file: bytes)
            case .tree(let files): object = try fresh.put(files: files)
            case .stored(let stored): object = stored
            case nil: preconditionFailure("what is declared was made")
            }
            if object == recorded.object { continue }
            let path = stage.action.outputs.first { $0.name.utf8.elementsEqual(recorded.name.utf8) }?.path.text ?? recorded.name
            let reader = ArtifactPair(store: workspace.store, fresh: fresh, path: path)
            differences.append(try reader.difference(of: recorded.name, recorded.object, object))
        }
        return differences
    }
}
