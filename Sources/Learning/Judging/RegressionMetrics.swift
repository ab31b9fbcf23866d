import Numerics
import StageKinds

/// Metrics of numbers predicted for rows whose numbers are known.
enum RegressionMetrics {
    /// - Precondition: there is at least one row.
    static func list(truth: [Double], predicted: [Double]) -> MetricList {
        let errors = zip(truth, predicted).map { $0 - $1 }
        let count = Double(truth.count)
        let squares = Reduction.dot(errors, errors)
        var list = MetricList()
        list.add(.rmse, (squares / count).squareRoot(), else: "")
        list.add(.mae, Reduction.sum(errors.map(\.magnitude)) / count, else: "")
        let mean = Reduction.sum(truth) / count
        let isConstant = truth.allSatisfy { $0 == truth[0] }
        let spread = Reduction.squaredDeviations(truth, from: mean)
        list.add(.r2, isConstant || spread == 0 ? nil : 1 - squares / spread, else: "all rows have the same number")
        return list
    }
}
