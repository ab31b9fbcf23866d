package import StageKinds

/// The settings of `boosted-trees`.
package struct BoostingOptions: LearnerSettings {
    package let trees: Int
    package let learningRate: Double
    package let growth: TreeGrowth
    package let maxLeaves: Int
    package let maxDepth: Int?
    package let minRowsPerLeaf: Int
    package let minGain: Double
    package let l2: Double
    package let featureShare: Double
    package let rowShare: Double
    package let maxBins: Int
    package let earlyStoppingRounds: Int?

    package init(_ values: OptionValues) throws(LearningError) {
        trees = try values.integer("trees")
        learningRate = try values.number("learning-rate")
        guard let growth = try values.optionalText("growth").flatMap(TreeGrowth.init(rawValue:)) else {
            throw .problem(
                "bad-option", "option 'growth' must be one of \(TreeGrowth.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        self.growth = growth
        maxLeaves = try values.integer("max-leaves")
        maxDepth = try values.optionalInteger("max-depth")
        minRowsPerLeaf = try values.integer("min-rows-per-leaf")
        minGain = try values.number("min-gain")
        l2 = try values.number("l2")
        featureShare = try values.number("feature-share")
        rowShare = try values.number("row-share")
        maxBins = try values.integer("max-bins")
        earlyStoppingRounds = try values.optionalInteger("early-stopping-rounds")
    }

    package func fit(_ problem: TrainingProblem) throws(LearningError) -> FittedLearner {
        if problem.watched == nil, earlyStoppingRounds != nil {
            throw .problem("bad-option", "option 'early-stopping-rounds' needs the input 'validation' or the option 'validation-share'")
        }
        let watched = problem.watched.map { Boosting.Watched(table: $0.features, loss: BoostingLoss($0.target)) }
        return .boostedTrees(
            try Boosting.fit(
                problem.features, problem.pipeline, BoostingLoss(problem.target, weights: problem.rowWeights), watched: watched, self,
                seed: problem.seed, threads: problem.threads, observer: problem.observer))
    }
}

extension BoostingLoss {
    /// What boosting makes small for these answers.
    init(_ target: TargetColumn, weights: [Double]? = nil) {
        if case .classes(let codes, let classes) = target {
            self.init(classes.count == 2 ? .logistic(codes: codes) : .softmax(codes: codes, classCount: classes.count), weights: weights)
        } else if case .numbers(let numbers) = target {
            self.init(.squared(targets: numbers), weights: weights)
        } else {
            preconditionFailure("boosted trees learn from answers")
        }
    }
}
