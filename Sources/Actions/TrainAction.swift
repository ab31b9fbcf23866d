internal import Canonical
internal import Learning
internal import Numerics
internal import Running
internal import Tables

/// `train`: a feature pipeline and a learner, fitted and written as one model, with a log of the steps.
enum TrainAction {
    static func perform(_ work: StageWork) throws(ActionFailure) -> [String: ActionOutput] {
        let table = try work.table("table")
        let validation = work.inputs.has("validation") ? try work.table("validation") : nil
        var log: [UInt8] = []
        func append(_ record: JSONValue) {
            log += CanonicalJSON.encode(record)
            log.append(UInt8(ascii: "\n"))
        }
        let result = try work.learning(about: [table] + (validation.map { [$0] } ?? [])) { () throws(LearningError) in
            let options = try TrainingOptions(work.options)
            return try Trainer.result(
                table, validation: validation, options: options, threads: work.environment.threads,
                onFeatures: { work.environment.progress(StageProgress("features: \($0.summary)")) },
                isCancelled: work.environment.isCancelled,
                progress: { step in
                    append(step.record)
                    work.environment.progress(StageProgress(step.phrase, share: step.share))
                },
                note: { note in
                    append(note.record)
                    work.environment.progress(StageProgress(note.phrase, share: note.share))
                })
        }
        let model = result.model
        if case .logistic(let fit) = model.learner, !fit.isConverged {
            // Only such a log has this line: readers of the others need not know of it.
            append(.object([JSONMember("converged", false), JSONMember("round", .integer(fit.iterations))]))
            work.environment.progress(
                StageProgress("not converged after \(fit.iterations) iterations; raise 'max-iterations' or 'strength'"))
        }
        var outputs: [String: ActionOutput] = ["model": .tree(model.files()), "log": .file(log)]
        if let scores = result.scores { outputs["scores"] = .file(Array(JSONText.pretty(scores).utf8)) }
        return outputs
    }
}
