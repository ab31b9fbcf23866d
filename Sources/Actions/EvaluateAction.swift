internal import Canonical
internal import Learning
internal import Running

/// `evaluate`: a model judged by rows whose answers are known.
enum EvaluateAction {
    static func perform(_ work: StageWork) throws(ActionFailure) -> [String: ActionOutput] {
        let model = try work.model("model")
        let table = try work.table("table")
        let evaluation = try work.learning(about: [table]) { () throws(LearningError) in
            let options = try EvaluationOptions(work.options)
            return try Evaluator.evaluate(model, on: table, options: options, threads: work.environment.threads)
        }
        return [
            "metrics": .file(Array(JSONText.pretty(evaluation.metrics).utf8)),
            "predictions": .file(evaluation.predictions),
            "curves": .file(Array(JSONText.pretty(evaluation.curves).utf8)),
        ]
    }
}
