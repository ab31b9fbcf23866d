import Canonical
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
        onFeatures: (FeaturePipeline) -> Void = { _ in }, isCancelled: @escaping () -> Bool = { false },
        progress: @escaping (TrainingStep) -> Void = { _ in }
    ) throws(LearningError) -> TrainedModel {
        let observer = TrainingObserver(progress: progress, isCancelled: isCancelled)
        let target = try TargetColumn(training: table, options: options)
        let pipeline = try FeaturePipeline(fitting: table, options: options, threads: threads)
        onFeatures(pipeline)
        let problem = TrainingProblem(
            features: try pipeline.apply(to: table, threads: threads), pipeline: pipeline, target: target, rowWeights: nil,
            watched: try watched(validation, target, pipeline, options), seed: options.seed, threads: threads, observer: observer)
        let learner = try options.learner.settings.fit(problem)
        return TrainedModel(
            task: target.task, target: options.target, classes: target.classes, pipeline: pipeline, learner: learner,
            trainingRows: table.rowCount)
    }

    /// The validation rows as the model sees them; nil when there are none.
    private static func watched(
        _ validation: Table?, _ target: TargetColumn, _ pipeline: FeaturePipeline, _ options: TrainingOptions
    ) throws(LearningError) -> TrainingProblem.Watched? {
        guard let validation, validation.rowCount > 0, let name = options.target else { return nil }
        let column = try FeatureColumn(name, in: validation, .option("target"))
        try TargetColumn.requireAnswers(column)
        let answers: TargetColumn
        switch target {
        case .none: return nil
        case .numbers: answers = .numbers(try column.numbers())
        case .classes(_, let classes):
            let codes = column.codes(among: classes)
            if let row = codes.firstIndex(of: Int32(classes.count)) {
                throw .diagnostics([column.problem("unknown-class", "the training table has no row of this class", row)])
            }
            answers = .classes(codes, classes: classes)
        }
        return TrainingProblem.Watched(features: try pipeline.apply(to: validation), target: answers)
    }
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
