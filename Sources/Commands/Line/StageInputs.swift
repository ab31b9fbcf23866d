internal import Diagnostics
internal import Locking
internal import Manifests
internal import Planning
internal import Platform
internal import Running
internal import Storage

/// The inputs of one stage, as a build would hand them over.
struct StageInputs {
    let objects: [(port: String, object: StoredObject)]
    let inputs: ActionInputs

    /// Finds them; what files of the workspace hold is put into the store.
    ///
    /// - Parameter built: of the stages that it takes from; nil when it takes from none.
    /// - Throws: when data is not as pinned, or a file is not there.
    static func bind(_ action: Action, _ workspace: Workspace, built: BuildReport?) throws(CommandFailure) -> StageInputs {
        var options = BuildOptions()
        options.stages = [action.stage]
        let forecast = Forecast(workspace, options: options).report()
        let failures = forecast.failures.flatMap(\.diagnostics)
        guard failures.isEmpty else { throw CommandFailure(failures, in: [workspace.manifest.source]) }
        var bound: [ActionInputs.Bound] = []
        var objects: [(port: String, object: StoredObject)] = []
        for input in action.inputs {
            let next = try bind(input, workspace, built)
            bound.append(next.bound)
            objects.append((input.name, next.object))
        }
        return StageInputs(objects: objects, inputs: ActionInputs(bound, store: workspace.store))
    }

    private static func bind(
        _ input: ActionInput, _ workspace: Workspace, _ built: BuildReport?
    ) throws(CommandFailure) -> (bound: ActionInputs.Bound, object: StoredObject) {
        let place = workspace.path(input.path)
        var isKept = true
        var rules = IgnoreRules.none
        let object: StoredObject
        switch input.source {
        case .file(let path):
            do throws(ImportError) {
                object = try workspace.store.importData(place, keep: true)
            } catch {
                throw CommandFailure(.problem, "'./\(path)' cannot be taken in: \(error)")
            }
        case .output(let stage, let name):
            guard let made = built?[stage]?.outputs.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
                throw CommandFailure(.problem, "stage '\(stage)' has no result", hint: "'mlbuild build \(stage)' makes it")
            }
            object = made.object
        case .pinned(let name, let pin):
            object = pin.object
            isKept = workspace.manifest.data(name)?.keep != .reference
            rules = pin.rules
        }
        let bound = ActionInputs.Bound(
            port: input.name, object: object, displayName: input.path.text, place: place, isKept: isKept, rules: rules)
        return (bound, object)
    }
}
