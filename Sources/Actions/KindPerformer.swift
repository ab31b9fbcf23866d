internal import Learning
package import Planning
package import Running
internal import StageKinds

/// Performs actions of the built-in kinds with the engine.
package struct KindPerformer: ActionPerformer {
    package init() {}

    package func perform(
        _ action: Action, inputs: ActionInputs, environment: PerformEnvironment
    ) throws(ActionFailure) -> [String: ActionOutput] {
        guard case .kind(let kind, let options) = action.work else { preconditionFailure("a command is not performed by the engine") }
        let work = StageWork(action: action, kind: kind, options: options, inputs: inputs, environment: environment)
        return switch kind {
        case .split: try SplitAction.perform(work)
        case .train: try TrainAction.perform(work)
        case .evaluate: try EvaluateAction.perform(work)
        case .predict: try PredictAction.perform(work)
        case .explain: try ExplainAction.perform(work)
        case .export: try ExportAction.perform(work)
        }
    }
}
