package import Canonical
import Diagnostics
import Numerics
import StageKinds
package import Tables

/// Fits a feature pipeline and a learner to a table.
package enum Trainer {
    /// The model is a function of the tables and the options alone: the number of threads changes only the time.
    ///
    /// - Parameters:
    ///   - validation: Rows that boosting watches, for early stopping and the log; other learners do not look at it.
    ///   - onFeatures: Told what the columns were taken for, before the first step.
    ///   - isCancelled: Asked between steps.
    ///   - progress: Told of each step, in order.
    /// - Throws: ``LearningError/diagnostics(_:)`` when table and options do not fit together, ``LearningError/cancelled``.
    package static func train(
        _ table: Table, validation: Table? = nil, options: TrainingOptions, threads: Int = 1,
        onFeatures: @escaping (FeaturePipeline) -> Void = { _ in }, isCancelled: @escaping () -> Bool = { false },
        progress: @escaping (TrainingStep) -> Void = { _ in }
    ) throws(LearningError) -> TrainedModel {
        try result(
            table, validation: validation, options: options, threads: threads, onFeatures: onFeatures, isCancelled: isCancelled,
            progress: progress
        ).model
    }

    /// The model as ``train(_:validation:options:threads:onFeatures:isCancelled:progress:)`` gives it, and how its learner was judged.
    ///
    /// - Parameter note: Told of what is known after fits, in order.
    package static func result(
        _ table: Table, validation: Table? = nil, options: TrainingOptions, threads: Int = 1,
        onFeatures: @escaping (FeaturePipeline) -> Void = { _ in }, isCancelled: @escaping () -> Bool = { false },
        progress: @escaping (TrainingStep) -> Void = { _ in }, note: @escaping (TrainingNote) -> Void = { _ in }
    ) throws(LearningError) -> TrainingResult {
        let observer = TrainingObserver(progress: progress, isCancelled: isCancelled, note: note)
        let target = try TargetColumn(training: table, options: options)
        try options.classWeights?.check(target)
        if validation != nil, options.validationShare > 0 {
            throw .problem("bad-option", "the input 'validation' and the option 'validation-share' exclude each other; keep one of them")
        }
        let fitting = ModelFitting(validation: validation, threads: threads, onFeatures: onFeatures)
        guard let crossValidation = options.crossValidation else {
            let total = fitting.fits(table.rowCount, options, target.task)
            let model = try fitting.fit(table, options, TrainingPart(total: total), observer, answers: target)
            return TrainingResult(model: model, scores: nil)
        }
        let pinned = try options.pinned(table, target)
        let folds = try Folds(table, target, crossValidation, seed: options.seed, purpose: "train/cross-validation")
        let counts = folds.list.map { fitting.fits($0.rest.rowCount, pinned, target.task) }
        let last = fitting.fits(table.rowCount, options, target.task)
        var part = TrainingPart(total: counts.reduce(last, +))
        var lists: [(rows: Int, metrics: MetricList)] = []
        for (index, fold) in folds.list.enumerated() {
            part.fold = TrainingPart.Place(number: index + 1, count: folds.count)
            let model = try fitting.fit(fold.rest, pinned, part, observer)
            let metrics = try Evaluator.metrics(model, on: fold.held, threads: threads)
            part.done += counts[index]
            observer.note(CrossValidation.note(metrics, part))
            lists.append((fold.held.rowCount, metrics))
        }
        part.fold = nil
        let model = try fitting.fit(table, options, part, observer)
        return TrainingResult(model: model, scores: CrossValidation.scores(table, target, lists))
    }
}

/// What training gives.
package struct TrainingResult: Sendable {
    package let model: TrainedModel
    /// How the learner did in cross-validation, as flat numbers by metric name with `deviations` and `parts`; nil where none was asked for.
    package let scores: JSONValue?
}

extension TargetColumn {
    var task: LearningTask {
        switch self {
        case .classes: .classification
        case .numbers: .regression
        case .none(let task): task
        }
    }

    var classes: [String] {
        switch self {
        case .classes(_, let classes): classes
        case .numbers, .none: []
        }
    }
}
