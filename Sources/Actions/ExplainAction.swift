internal import Explaining
internal import Learning
internal import Running

/// `explain`: which columns a model goes by.
enum ExplainAction {
    static func perform(_ work: StageWork) throws(ActionFailure) -> [String: ActionOutput] {
        let model = try work.model("model")
        let table = try work.table("table")
        let background = work.inputs.has("background") ? try work.table("background") : nil
        let explanation = try work.learning(about: [table] + (background.map { [$0] } ?? [])) { () throws(LearningError) in
            let options = try ExplanationOptions(work.options)
            return try Explainer.explain(
                model, on: table, background: background, options: options, threads: work.environment.threads,
                isCancelled: work.environment.isCancelled)
        }
        return ["explanations": .tree(explanation.files())]
    }
}
