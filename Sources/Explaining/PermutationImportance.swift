internal import Learning
internal import Numerics
package import StageKinds

/// How much worse a model does when the fields of a column are shuffled among the rows.
///
/// Breiman, "Random forests", 2001; the parts of a date are shuffled together.
package struct PermutationImportance: Hashable, Sendable {
    package let metric: Metric
    /// For each column what the loss grows by, the mean over the repeats.
    package let means: [Double]
    /// For each column the root of the mean squared distance of the repeats from their mean.
    package let deviations: [Double]

    /// Of a table with more rows than this so many are looked at, evenly chosen.
    private static let mostRows = 20_000

    /// The rows that are looked at.
    static func rows(of count: Int) -> [Int] {
        let chosen = min(count, mostRows)
        return (0..<chosen).map { $0 * count / chosen }
    }

    /// - Throws: ``LearningError/diagnostics(_:)`` when the rows are too many for memory, ``LearningError/cancelled``.
    init(
        _ model: TrainedModel, _ table: FeatureTable, _ columns: ColumnList, _ loss: MainLoss, _ options: ExplanationOptions,
        threads: Int, isCancelled: () -> Bool
    ) throws(LearningError) {
        let rows = Self.rows(of: table.count)
        let features = rows.count == table.count ? table : table.selecting(rows)
        let before = loss.value(try model.predict(features, threads: threads))
        var means: [Double] = []
        var deviations: [Double] = []
        for (place, list) in columns.features.enumerated() {
            var growths: [Double] = []
            for number in 0..<options.repeats {
                if isCancelled() { throw .cancelled }
                let stream = RandomStream(seed: options.seed, purpose: "explain/permutation/\(place)/\(number)")
                let shuffled = features.reordering(list, by: stream.permutation(features.count))
                growths.append(loss.value(try model.predict(shuffled, threads: threads)) - before)
            }
            let mean = Reduction.mean(growths)
            means.append(Self.finite(mean))
            deviations.append(Self.finite((Reduction.squaredDeviations(growths, from: mean) / Double(growths.count)).squareRoot()))
        }
        metric = loss.metric
        self.means = means
        self.deviations = deviations
    }

    /// Losses near the largest number have differences beyond it.
    private static func finite(_ value: Double) -> Double {
        value.isNaN ? 0 : min(max(value, -.greatestFiniteMagnitude), .greatestFiniteMagnitude) + 0
    }
}
