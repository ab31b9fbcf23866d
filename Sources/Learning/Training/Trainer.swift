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
    ///   - isCancelled: Asked between steps.
    ///   - progress: Told of each step, in order.
    /// - Throws: ``LearningError/diagnostics(_:)`` when table and options do not fit together, ``LearningError/cancelled``.
    package static func train(
        _ table: Table, validation: Table? = nil, options: TrainingOptions, threads: Int = 1,
        isCancelled: @escaping () -> Bool = { false }, progress: @escaping (TrainingStep) -> Void = { _ in }
    ) throws(LearningError) -> TrainedModel {
        let observer = TrainingObserver(progress: progress, isCancelled: isCancelled)
        let target = try TargetColumn(training: table, options: options)
        let pipeline = try FeaturePipeline(fitting: table, options: options)
        let features = try pipeline.apply(to: table)
        let learner: FittedLearner
        switch options.learner {
        case .linear(let penalty):
            guard case .numbers(let numbers) = target else { preconditionFailure("a linear model's task is regression") }
            let design = try DesignMatrix(features, DesignLayout(pipeline), threads: threads)
            let weights = LeastSquares.fit(design, targets: numbers, penalty, threads: threads)
            observer.progress(
                TrainingStep(
                    round: 1, total: 1, loss: LeastSquares.loss(design, targets: numbers, weights, penalty), validationLoss: nil,
                    digest: LinearWeights.digest(weights.elements)))
            learner = .linear(weights)
        case .logistic(let penalty, let maxIterations):
            guard case .classes(let codes, let classes) = target else { preconditionFailure("a logistic model's task is classification") }
            let design = try DesignMatrix(features, DesignLayout(pipeline), threads: threads)
            let fit = try LogisticRegression.fit(
                design, codes: codes, classCount: classes.count, penalty, maxIterations: maxIterations, threads: threads,
                observer: observer)
            learner = .logistic(fit.weights, iterations: fit.iterations, isConverged: fit.isConverged)
        case .boostedTrees(let boosting):
            let watched = try watched(validation, target, pipeline, options)
            if watched == nil, boosting.earlyStoppingRounds != nil {
                throw .problem("bad-option", "option 'early-stopping-rounds' needs the input 'validation'")
            }
            learner = .boostedTrees(
                try Boosting.fit(features, pipeline, target.loss, watched: watched, boosting, threads: threads, observer: observer))
        }
        return TrainedModel(
            task: target.task, target: options.target, classes: target.classes, pipeline: pipeline, learner: learner,
            trainingRows: table.rowCount)
    }

    /// The validation rows as the model sees them; nil when there are none.
    private static func watched(
        _ validation: Table?, _ target: TargetColumn, _ pipeline: FeaturePipeline, _ options: TrainingOptions
    ) throws(LearningError) -> Boosting.Watched? {
        guard let validation, validation.rowCount > 0 else { return nil }
        let column = try FeatureColumn(options.target, in: validation, .option("target"))
        try TargetColumn.requireAnswers(column)
        let answers: TargetColumn
        switch target {
        case .numbers: answers = .numbers(try column.numbers())
        case .classes(_, let classes):
            let codes = column.codes(among: classes)
            if let row = codes.firstIndex(of: Int32(classes.count)) {
                throw .diagnostics([column.problem("unknown-class", "the training table has no row of this class", row)])
            }
            answers = .classes(codes, classes: classes)
        }
        return Boosting.Watched(table: try pipeline.apply(to: validation), loss: answers.loss)
    }
}

extension TargetColumn {
    var task: LearningTask {
        switch self {
        case .classes: .classification
        case .numbers: .regression
        }
    }

    var classes: [String] {
        switch self {
        case .classes(_, let classes): classes
        case .numbers: []
        }
    }

    /// What boosting makes small for these answers.
    var loss: BoostingLoss {
        switch self {
        case .numbers(let numbers): .squared(targets: numbers)
        case .classes(let codes, let classes):
            classes.count == 2 ? .logistic(codes: codes) : .softmax(codes: codes, classCount: classes.count)
        }
    }
}

extension LeastSquares {
    /// The mean of half the squared errors and the penalty.
    static func loss(_ design: DesignMatrix, targets: [Double], _ weights: LinearWeights, _ penalty: PenaltyOptions) -> Double {
        let errors = zip(targets, weights.sums(design, threads: 1)).map { $0 - $1 }
        let counted = Array(weights.elements.dropLast())
        let sizes = Reduction.sum(counted.map(\.magnitude))
        let total = Reduction.dot(errors, errors) / 2 + penalty.lasso * sizes + penalty.ridge / 2 * Reduction.dot(counted, counted)
        return total / Double(design.rows)
    }
}
