internal import Canonical
internal import Learning
internal import Running

/// `predict`: what a model says of each row.
enum PredictAction {
    static func perform(_ work: StageWork) throws(ActionFailure) -> [String: ActionOutput] {
        let model = try work.model("model")
        let table = try work.table("table")
        let columns = work.options["columns"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let bytes = try work.learning(about: [table]) { () throws(LearningError) in
            try model.predict(table, threads: work.environment.threads).csv(carrying: columns, from: table)
        }
        return ["predictions": .file(bytes)]
    }
}
