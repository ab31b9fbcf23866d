/// What `train` can fit: what `kind` in its `learner` may say.
package enum LearnerKind: String, CaseIterable, Sendable {
    case linear
    case logistic
    case boostedTrees = "boosted-trees"
    case naiveBayes = "naive-bayes"
    case nearestNeighbours = "k-nearest-neighbours"
}

/// What a model predicts.
package enum LearningTask: String, CaseIterable, Sendable {
    /// One of several classes.
    case classification
    /// A number.
    case regression
}

extension LearnerKind {
    /// The learner's name and options.
    package var description: VariantDescription {
        switch self {
        case .linear: LinearLearner.description
        case .logistic: LogisticLearner.description
        case .boostedTrees: BoostedTreesLearner.description
        case .naiveBayes: NaiveBayesLearner.description
        case .nearestNeighbours: NearestNeighboursLearner.description
        }
    }

    /// The tasks that the learner can do.
    package var tasks: Set<LearningTask> {
        switch self {
        case .linear: [.regression]
        case .logistic: [.classification]
        case .boostedTrees: [.classification, .regression]
        case .naiveBayes: [.classification]
        case .nearestNeighbours: [.classification, .regression]
        }
    }
}
