internal import Learning
internal import Manifests
internal import Planning
internal import Running
internal import Tables

/// `split`: the rows of a table dealt into parts of its own form, each line or file byte for byte as it was.
enum SplitAction {
    static func perform(_ work: StageWork) throws(ActionFailure) -> [String: ActionOutput] {
        let table = try work.table("table")
        let parts = try work.learning(about: [table]) { () throws(LearningError) in
            try Splitter.split(table, options: SplitOptions(work.options))
        }
        var outputs: [String: ActionOutput] = [
            "train": ActionOutput(TableWriter.part(table, rows: parts.train)),
            "test": ActionOutput(TableWriter.part(table, rows: parts.test)),
        ]
        if work.action.outputs.contains(where: { $0.name == "validation" }) {
            outputs["validation"] = ActionOutput(TableWriter.part(table, rows: parts.validation))
        }
        return outputs
    }
}
