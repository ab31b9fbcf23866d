/// The settings of `boosted-trees`.
package struct BoostingOptions: LearnerSettings {
    package let trees: Int
    package let learningRate: Double
    package let maxLeaves: Int
    package let maxDepth: Int?
    package let minRowsPerLeaf: Int
    package let l2: Double
    package let maxBins: Int
    package let earlyStoppingRounds: Int?

    package init(_ values: OptionValues) throws(LearningError) {
        trees = try values.integer("trees")
        learningRate = try values.number("learning-rate")
        maxLeaves = try values.integer("max-leaves")
        maxDepth = try values.optionalInteger("max-depth")
        minRowsPerLeaf = try values.integer("min-rows-per-leaf")
        l2 = try values.number("l2")
        maxBins = try values.integer("max-bins")
        earlyStoppingRounds = try values.optionalInteger("early-stopping-rounds")
    }

    package func fit(_ problem: TrainingProblem) throws(LearningError) -> FittedLearner {
        if problem.watched == nil, earlyStoppingRounds != nil {
            throw .problem("bad-option", "option 'early-stopping-rounds' needs the input 'validation'")
        }
        let watched = problem.watched.map { Boosting.Watched(table: $0.features, loss: $0.target.loss) }
        return .boostedTrees(
            try Boosting.fit(
                problem.features, problem.pipeline, problem.target.loss, watched: watched, self, threads: problem.threads,
                observer: problem.observer))
    }
}

extension TargetColumn {
    /// What boosting makes small for these answers.
    fileprivate var loss: BoostingLoss {
        switch self {
        case .numbers(let numbers): .squared(targets: numbers)
        case .none: preconditionFailure("boosted trees learn from answers")
        case .classes(let codes, let classes):
            classes.count == 2 ? .logistic(codes: codes) : .softmax(codes: codes, classCount: classes.count)
        }
    }
}
