import StageKinds

/// A learner's options, and how it is fitted by them.
package protocol LearnerSettings: Hashable, Sendable {
    /// - Throws: ``LearningError/diagnostics(_:)`` for a value that is not of its type or outside its range.
    init(_ values: OptionValues) throws(LearningError)

    /// Fits the learner; the result is a function of the problem's rows, weights and seed and of these settings alone.
    ///
    /// - Throws: ``LearningError/diagnostics(_:)`` when settings and rows do not fit together, ``LearningError/cancelled``.
    func fit(_ problem: TrainingProblem) throws(LearningError) -> FittedLearner
}

/// What a learner is to learn from.
package struct TrainingProblem {
    /// The training rows as the pipeline sees them.
    let features: FeatureTable
    let pipeline: FeaturePipeline
    let target: TargetColumn
    /// How much each row counts; nil where all count 1.
    let rowWeights: [Double]?
    /// Rows that training watches but does not learn from, with their answers.
    let watched: Watched?
    /// What all chance depends on, through `RandomStream`.
    let seed: Int
    /// The most threads; they change the time alone.
    let threads: Int
    let observer: TrainingObserver

    struct Watched: Sendable {
        let features: FeatureTable
        let target: TargetColumn
    }
}

extension LearnerKind {
    /// The settings of this kind, read from what the manifest says.
    func settings(_ values: OptionValues) throws(LearningError) -> any LearnerSettings {
        switch self {
        case .linear: try LinearSettings(values)
        case .logistic: try LogisticSettings(values)
        case .boostedTrees: try BoostingOptions(values)
        case .randomForest: try RandomForestSettings(values)
        case .decisionTree: try DecisionTreeSettings(values)
        case .naiveBayes: try NaiveBayesSettings(values)
        case .nearestNeighbours: try NearestNeighboursSettings(values)
        case .multilayerPerceptron: try PerceptronSettings(values)
        case .convolutionalNetwork: try ConvolutionalSettings(values)
        case .kMeans: try KMeansSettings(values)
        case .pca: try PrincipalComponentsSettings(values)
        case .auto: throw .problem("bad-option", "'auto' is no candidate of its own")
        }
    }
}
