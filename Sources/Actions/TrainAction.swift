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
        let model = try work.learning(about: [table] + (validation.map { [$0] } ?? [])) { () throws(LearningError) in
            let options = try TrainingOptions(work.options)
            return try Trainer.train(
                table, validation: validation, options: options, threads: work.environment.threads,
                onFeatures: { work.environment.progress(StageProgress("features: \($0.summary)")) },
                isCancelled: work.environment.isCancelled
            ) { step in
                log += CanonicalJSON.encode(step.record)
                log.append(UInt8(ascii: "\n"))
                work.environment.progress(progress(step))
            }
        }
        if case .logistic(let fit) = model.learner, !fit.isConverged {
            // Only such a log has this line: readers of the others need not know of it.
            log += CanonicalJSON.encode(.object([JSONMember("converged", false), JSONMember("round", .integer(fit.iterations))]))
            log.append(UInt8(ascii: "\n"))
            work.environment.progress(
                StageProgress("not converged after \(fit.iterations) iterations; raise 'max-iterations' or 'strength'"))
        }
        return ["model": .tree(model.files()), "log": .file(log)]
    }

    private static func progress(_ step: TrainingStep) -> StageProgress {
        guard let total = step.total else { return StageProgress("round \(step.round), loss \(rounded(step.loss))") }
        return StageProgress(
            "round \(step.round) of \(total), loss \(rounded(step.loss))", share: Double(step.round) / Double(max(total, step.round)))
    }

    /// `loss` with four significant digits, for people.
    private static func rounded(_ loss: Double) -> String {
        guard loss.isFinite, loss != 0 else { return DecimalText.text(loss.isFinite ? loss : 0) }
        var scale = 1.0
        while (loss * scale).magnitude < 1000, scale < 1e12 { scale *= 10 }
        return DecimalText.text((loss * scale).rounded() / scale)
    }
}
