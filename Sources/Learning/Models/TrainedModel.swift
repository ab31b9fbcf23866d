import Numerics
package import StageKinds
package import Tables

/// A feature pipeline and a fitted learner, in one value: what `train` makes and `predict` needs.
package struct TrainedModel: Hashable, Sendable {
    package let task: LearningTask
    /// The column that is predicted.
    package let target: String
    /// The classes, sorted by bytes; none for regression.
    package let classes: [String]
    package let pipeline: FeaturePipeline
    package let learner: FittedLearner
    /// Rows that the model was trained on.
    package let trainingRows: Int

    /// What the model says of each row of a table that has its feature columns.
    ///
    /// - Throws: ``LearningError/diagnostics(_:)`` with all columns that are absent or hold what is no number.
    package func predict(_ table: Table, threads: Int = 1) throws(LearningError) -> Predictions {
        let features = try pipeline.apply(to: table)
        let sums: [Double]
        switch learner {
        case .linear(let weights), .logistic(let weights, _, _):
            sums = weights.sums(try DesignMatrix(features, DesignLayout(pipeline), threads: threads), threads: threads)
        case .boostedTrees(let trees):
            sums = trees.sums(features, threads: threads)
        }
        switch task {
        case .regression:
            return Predictions(values: sums.map { min(max($0, -.greatestFiniteMagnitude), .greatestFiniteMagnitude) + 0 })
        case .classification:
            return Predictions(classes: classes, probabilities: Self.probabilities(sums, classCount: classes.count))
        }
    }

    /// The probabilities of the classes, (rows, classes), from the learner's outputs.
    private static func probabilities(_ sums: [Double], classCount: Int) -> [Double] {
        if classCount == 2 {
            return sums.flatMap { [Elementary.sigmoid(-$0), Elementary.sigmoid($0)] }
        }
        var result: [Double] = []
        result.reserveCapacity(sums.count)
        var scores = [Double](repeating: 0, count: classCount)
        for row in 0..<sums.count / classCount {
            for place in 0..<classCount { scores[place] = sums[row * classCount + place] }
            _ = Softmax.normalise(&scores)
            result += scores
        }
        return result
    }
}

/// A learner after training.
package enum FittedLearner: Hashable, Sendable {
    case linear(LinearWeights)
    case logistic(LinearWeights, iterations: Int, isConverged: Bool)
    case boostedTrees(BoostedTrees)

    package var kind: LearnerKind {
        switch self {
        case .linear: .linear
        case .logistic: .logistic
        case .boostedTrees: .boostedTrees
        }
    }
}
