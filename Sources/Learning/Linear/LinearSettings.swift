import StageKinds

/// The settings of `linear`.
struct LinearSettings: LearnerSettings {
    let penalty: PenaltyOptions

    init(_ values: OptionValues) throws(LearningError) {
        penalty = try PenaltyOptions(values)
    }

    func fit(_ problem: TrainingProblem) throws(LearningError) -> FittedLearner {
        guard case .numbers(let numbers) = problem.target else { preconditionFailure("a linear model's task is regression") }
        let design = try DesignMatrix(problem.features, DesignLayout(problem.pipeline), threads: problem.threads)
        let weights = try LeastSquares.fit(
            design, targets: numbers, penalty, threads: problem.threads, check: problem.observer.check)
        problem.observer.progress(
            TrainingStep(
                round: 1, total: 1, loss: LeastSquares.loss(design, targets: numbers, weights, penalty), validationLoss: nil,
                digest: LinearWeights.digest(weights.elements)))
        return .linear(LinearModel(weights: weights))
    }
}

/// The settings of `logistic`.
struct LogisticSettings: LearnerSettings {
    let penalty: PenaltyOptions
    let maxIterations: Int

    init(_ values: OptionValues) throws(LearningError) {
        penalty = try PenaltyOptions(values)
        maxIterations = try values.integer("max-iterations")
    }

    func fit(_ problem: TrainingProblem) throws(LearningError) -> FittedLearner {
        guard case .classes(let codes, let classes) = problem.target else {
            preconditionFailure("a logistic model's task is classification")
        }
        let fit = try LogisticRegression.fit(
            problem.features, DesignLayout(problem.pipeline), codes: codes, classCount: classes.count, rowWeights: problem.rowWeights,
            penalty, maxIterations: maxIterations, threads: problem.threads, observer: problem.observer)
        return .logistic(LogisticModel(weights: fit.weights, iterations: fit.iterations, isConverged: fit.isConverged))
    }
}

/// How large weights are held down: `strength * (mix * sum |w| + (1 - mix) / 2 * sum w^2)` is added to the loss.
///
/// The loss is a sum over rows (log loss, or half the squared error), so `strength` is scikit-learn's `1 / C` in logistic
/// regression and its `alpha` in ridge regression. Intercepts are not held down.
struct PenaltyOptions: Hashable, Sendable {
    /// Weight of the sum of absolute weights.
    let lasso: Double
    /// Weight of half the sum of squared weights.
    let ridge: Double

    init(lasso: Double, ridge: Double) {
        self.lasso = lasso
        self.ridge = ridge
    }

    init(_ values: OptionValues) throws(LearningError) {
        guard let penalty = try values.optionalText("penalty").flatMap(Penalty.init(rawValue:)) else {
            throw .problem("bad-option", "option 'penalty' must be one of \(Penalty.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let strength = try values.number("strength")
        let mix = try values.number("mix")
        switch penalty {
        case .none: self.init(lasso: 0, ridge: 0)
        case .ridge: self.init(lasso: 0, ridge: strength)
        case .lasso: self.init(lasso: strength, ridge: 0)
        case .elasticNet: self.init(lasso: strength * mix, ridge: strength * (1 - mix))
        }
    }
}
