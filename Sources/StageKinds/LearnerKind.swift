/// What `train` can fit: what `kind` in its `learner` may say.
package enum LearnerKind: String, CaseIterable, Sendable {
    case linear
    case logistic
    case boostedTrees = "boosted-trees"
    case randomForest = "random-forest"
    case decisionTree = "decision-tree"
    case naiveBayes = "naive-bayes"
    case nearestNeighbours = "k-nearest-neighbours"
    case multilayerPerceptron = "multilayer-perceptron"
    case convolutionalNetwork = "convolutional-network"
    case kMeans = "k-means"
    case pca
    /// One of the others, with settings that cross-validation chooses.
    case auto
}

/// What a model predicts.
package enum LearningTask: String, CaseIterable, Sendable {
    /// One of several classes.
    case classification
    /// A number.
    case regression
    /// The group of similar rows that a row belongs to; learned without answers.
    case clustering
    /// A few numbers that hold most of what a row's features say; learned without answers.
    case projection
}

extension LearningTask {
    /// Whether a model for it is learned from answers in a target column.
    package var needsTarget: Bool {
        switch self {
        case .classification, .regression: true
        case .clustering, .projection: false
        }
    }
}

extension LearnerKind {
    /// The learner's name and options.
    package var description: VariantDescription {
        switch self {
        case .linear: LinearLearner.description
        case .logistic: LogisticLearner.description
        case .boostedTrees: BoostedTreesLearner.description
        case .randomForest: RandomForestLearner.description
        case .decisionTree: DecisionTreeLearner.description
        case .naiveBayes: NaiveBayesLearner.description
        case .nearestNeighbours: NearestNeighboursLearner.description
        case .multilayerPerceptron: MultilayerPerceptronLearner.description
        case .convolutionalNetwork: ConvolutionalNetworkLearner.description
        case .kMeans: KMeansLearner.description
        case .pca: PCALearner.description
        case .auto: AutoLearner.description
        }
    }

    /// Whether it learns from answers in a target column.
    package var needsTarget: Bool { tasks.contains { $0.needsTarget } }

    /// The tasks that the learner can do.
    package var tasks: Set<LearningTask> {
        switch self {
        case .linear: [.regression]
        case .logistic: [.classification]
        case .boostedTrees, .randomForest, .decisionTree: [.classification, .regression]
        case .naiveBayes: [.classification]
        case .nearestNeighbours: [.classification, .regression]
        case .multilayerPerceptron: [.classification, .regression]
        case .convolutionalNetwork: [.classification, .regression]
        case .kMeans: [.clustering]
        case .pca: [.projection]
        case .auto: [.classification, .regression]
        }
    }

    /// Whether rows can count differently in what it learns.
    package var takesRowWeights: Bool {
        switch self {
        case .logistic, .boostedTrees, .randomForest, .decisionTree, .naiveBayes, .nearestNeighbours, .multilayerPerceptron,
            .convolutionalNetwork,
            .auto:
            true
        case .linear, .kMeans, .pca: false
        }
    }
}
