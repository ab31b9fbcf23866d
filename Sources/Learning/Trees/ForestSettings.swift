/// The settings of `random-forest`.
struct RandomForestSettings: LearnerSettings {
    let options: ForestOptions

    init(_ values: OptionValues) throws(LearningError) {
        options = ForestOptions(
            trees: try values.integer("trees"), maxDepth: try values.optionalInteger("max-depth"),
            minRowsPerLeaf: try values.integer("min-rows-per-leaf"), featuresPerSplit: try values.optionalInteger("features-per-split"),
            isRandom: true, maxBins: try values.integer("max-bins"))
    }

    func fit(_ problem: TrainingProblem) throws(LearningError) -> FittedLearner {
        .randomForest(try options.fit(problem))
    }
}

/// The settings of `decision-tree`.
struct DecisionTreeSettings: LearnerSettings {
    let options: ForestOptions

    init(_ values: OptionValues) throws(LearningError) {
        options = ForestOptions(
            trees: 1, maxDepth: try values.optionalInteger("max-depth"), minRowsPerLeaf: try values.integer("min-rows-per-leaf"),
            featuresPerSplit: nil, isRandom: false, maxBins: try values.integer("max-bins"))
    }

    func fit(_ problem: TrainingProblem) throws(LearningError) -> FittedLearner {
        .decisionTree(try options.fit(problem))
    }
}
