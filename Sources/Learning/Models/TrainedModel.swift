import Numerics
package import StageKinds
package import Tables

/// A feature pipeline and a fitted learner, in one value: what `train` makes and `predict` needs.
package struct TrainedModel: Hashable, Sendable {
    package let task: LearningTask
    /// The column that is predicted; nil for models that were learned without answers.
    package let target: String?
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
        try predict(try pipeline.apply(to: table, threads: threads), threads: threads)
    }

    /// What the model says of each row that its pipeline has made features of.
    ///
    /// - Throws: ``LearningError/diagnostics(_:)`` when the rows are too many for memory.
    package func predict(_ features: FeatureTable, threads: Int) throws(LearningError) -> Predictions {
        switch (task, try learner.predictor.outputs(features, pipeline, threads: threads)) {
        case (.regression, .sums(let sums)):
            return Predictions(values: sums.map { min(max($0, -.greatestFiniteMagnitude), .greatestFiniteMagnitude) + 0 })
        case (.classification, .sums(let sums)):
            return Predictions(classes: classes, probabilities: Self.probabilities(sums, classCount: classes.count))
        case (.classification, .probabilities(let probabilities)):
            return Predictions(classes: classes, probabilities: probabilities)
        case (.clustering, .clusters(let places, let distances)):
            return Predictions(clusters: outputLabels, places: places, distances: distances)
        case (.projection, .components(let components)):
            return Predictions(components: components, count: learner.predictor.partCount)
        default: preconditionFailure("a learner gives what its task asks for")
        }
    }

    /// The names of the columns that predictions have.
    package var outputColumns: [String] {
        Predictions.columns(task, classes: classes, componentCount: learner.predictor.partCount)
    }

    /// What stands in the column `prediction`, where that is one of a few texts: the classes, or the clusters' numbers from 0.
    package var outputLabels: [String] {
        switch task {
        case .classification: classes
        case .regression, .projection: []
        case .clustering: (0..<learner.predictor.partCount).map(String.init)
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
