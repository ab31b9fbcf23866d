package import StageKinds

/// A learner after training.
package enum FittedLearner: Hashable, Sendable {
    case linear(LinearModel)
    case logistic(LogisticModel)
    case boostedTrees(BoostedTrees)
    case randomForest(DecisionForest)
    case decisionTree(DecisionForest)
    case naiveBayes(NaiveBayes)
    case nearestNeighbours(NearestNeighbours)
    case multilayerPerceptron(NeuralNetwork)
    case convolutionalNetwork(NeuralNetwork)
    case kMeans(KMeans)
    case pca(PrincipalComponents)

    package var kind: LearnerKind {
        switch self {
        case .linear: .linear
        case .logistic: .logistic
        case .boostedTrees: .boostedTrees
        case .randomForest: .randomForest
        case .decisionTree: .decisionTree
        case .naiveBayes: .naiveBayes
        case .nearestNeighbours: .nearestNeighbours
        case .multilayerPerceptron: .multilayerPerceptron
        case .convolutionalNetwork: .convolutionalNetwork
        case .kMeans: .kMeans
        case .pca: .pca
        }
    }

    package var predictor: any Predictor {
        switch self {
        case .linear(let model): model
        case .logistic(let model): model
        case .boostedTrees(let model): model
        case .randomForest(let model), .decisionTree(let model): model
        case .naiveBayes(let model): model
        case .nearestNeighbours(let model): model
        case .multilayerPerceptron(let model): model
        case .convolutionalNetwork(let model): model
        case .kMeans(let model): model
        case .pca(let model): model
        }
    }

    init(_ kind: LearnerKind, reading source: ModelSource) throws(LearningError) {
        switch kind {
        case .linear: self = .linear(try LinearModel(reading: source))
        case .logistic: self = .logistic(try LogisticModel(reading: source))
        case .boostedTrees: self = .boostedTrees(try BoostedTrees(reading: source))
        case .randomForest: self = .randomForest(try DecisionForest(reading: source))
        case .decisionTree: self = .decisionTree(try DecisionForest(reading: source))
        case .naiveBayes: self = .naiveBayes(try NaiveBayes(reading: source))
        case .nearestNeighbours: self = .nearestNeighbours(try NearestNeighbours(reading: source))
        case .multilayerPerceptron: self = .multilayerPerceptron(try NeuralNetwork(reading: source))
        case .convolutionalNetwork: self = .convolutionalNetwork(try NeuralNetwork(reading: source))
        case .kMeans: self = .kMeans(try KMeans(reading: source))
        case .pca: self = .pca(try PrincipalComponents(reading: source))
        case .auto: throw .damagedModel("'auto' is no kind of model")
        }
    }
}
