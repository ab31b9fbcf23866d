import Diagnostics
import Numerics
package import StageKinds
package import Tables

/// The one number by which a model is judged when a single one is needed; it grows when the model does worse.
package struct MainLoss: Sendable {
    package let metric: Metric
    private let truth: Truth

    private enum Truth: Sendable {
        /// The place of each row's class; past the model's classes for one that it does not know.
        case classes([Int])
        case numbers([Double])
        case none
    }

    /// - Parameter rows: The rows of `table` that will be judged, at least one.
    /// - Throws: ``LearningError/diagnostics(_:)`` when the table lacks the target, or an answer.
    package init(_ model: TrainedModel, answers table: Table, rows: [Int]) throws(LearningError) {
        switch model.task {
        case .classification: metric = .logLoss
        case .regression: metric = .rmse
        case .clustering: metric = .inertia
        case .projection: metric = .explainedVariance
        }
        guard let target = model.target else {
            truth = .none
            return
        }
        let column = try FeatureColumn(target, in: table, .model("the target of the model"))
        try TargetColumn.requireAnswers(column)
        if model.task == .classification {
            let codes = column.codes(among: model.classes)
            truth = .classes(rows.map { Int(codes[$0]) })
        } else {
            let numbers = try column.numbers()
            truth = .numbers(rows.map { numbers[$0] })
        }
    }

    /// How badly the model does; what components hold of the features counts as a gain, and so is negative.
    package func value(_ predictions: Predictions) -> Double {
        let loss: Double
        switch truth {
        case .classes(let places):
            let count = predictions.classes.count
            let losses = places.indices.map { row -> Double in
                let probability = places[row] < count ? predictions.probabilities[row * count + places[row]] : 0
                let least = ClassificationMetrics.smallestProbability
                return -Elementary.log(min(max(probability, least), 1 - least))
            }
            loss = Reduction.mean(losses)
        case .numbers(let numbers):
            let errors = zip(numbers, predictions.values).map { $0 - $1 }
            loss = (Reduction.dot(errors, errors) / Double(errors.count)).squareRoot()
        case .none:
            let squares = Reduction.dot(predictions.values, predictions.values)
            loss = metric == .inertia ? squares : -squares
        }
        return min(max(loss, -.greatestFiniteMagnitude), .greatestFiniteMagnitude)
    }
}
