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
        if let obstacle = performer.obstacle(to: variation, for: stage.action) { return .notApplicable(obstacle) }
        events(.stageProgress(stage: stage.action.stage, StageProgress("runs \(variation.phrase)")))
        do throws(StageFailure) {
            guard let made = try perform(isControl: false) else { return nil }
            let recorded = stage.outputs.map { NamedArtifact($0) }
            let found = try StageFailure.storage { () throws(StoreError) in try differences(from: recorded, made) }
            if found.isEmpty { return .same }
            if performer.hasControl(of: variation, for: stage.action) {
                guard let control = try perform(isControl: true) else { return nil }
                let left = try StageFailure.storage { () throws(StoreError) in
                    try differences(from: stage.outputs.map { NamedArtifact($0.name, control[$0.name]) }, made)
                }
                if left.isEmpty { return .same }
            }
            return performer.weight(of: variation, for: stage.action) == .held ? .held(found) : .differs(found)
        } catch {
            return .failed(error)
        }
    }

    /// What one run gives; nil when it was interrupted.
    private func perform(isControl: Bool) throws(StageFailure) -> [String: ActionOutput]? {
        let action = stage.action
        let signal = options.signal
        let environment = PerformEnvironment(
            threads: options.threads, key: stage.key, variation: variation, isControl: isControl, keepsFailed: options.keepFailed,
            isCancelled: { signal() != nil })
        let location = workspace.location(ofStage: action.stage)
        let made: [String: ActionOutput]
        do throws(ActionFailure) {
            made = try performer.perform(
                action, inputs: ActionInputs(stage.inputs, store: workspace.store), environment: environment)
        } catch {
            guard let failure = error.stageFailure(of: action.stage, at: location) else { return nil }
            throw failure
        }
        try DeclaredOutputs.check(made, action, at: location)
        return made
    }

    /// One side of a comparison.
    private struct NamedArtifact {
        let name: String
        let content: ActionOutput?

        init(_ recorded: NamedObject) { self.init(recorded.name, .stored(recorded.object)) }

        init(_ name: String, _ content: ActionOutput?) {
            self.name = name
            self.content = content
        }
    }

    /// - Parameter earlier: every declared output.
    private func differences(from earlier: [NamedArtifact], _ made: [String: ActionOutput]) throws(StoreError) -> [OutputDifference] {
        // What was made is looked at and forgotten: only the recorded result has a place in the store.
        let fresh = MemoryStore()
        func object(_ output: ActionOutput?) throws(StoreError) -> StoredObject {
            switch output {
            case .file(let bytes): try fresh.put(file: bytes)
            case .tree(let files): try fresh.put(files: files)
            case .stored(let stored): stored
            case nil: preconditionFailure("what is declared was made")
            }
        }
        var differences: [OutputDifference] = []
        for before in earlier {
            let (first, second) = (try object(before.content), try object(made[before.name]))
            if first == second { continue }
            let path = stage.action.outputs.first { $0.name.utf8.elementsEqual(before.name.utf8) }?.path.text ?? before.name
            let reader = ArtifactPair(store: workspace.store, fresh: fresh, path: path)
            differences.append(try reader.difference(of: before.name, first, second))
        }
        return differences
    }
}
