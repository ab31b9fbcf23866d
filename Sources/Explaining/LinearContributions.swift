internal import Learning

/// Contributions to plain sums over features: how far a feature's part is from its mean over the background.
///
/// These are the Shapley values of the sum, whichever order the features come in.
enum LinearContributions {
    /// Background rows that are looked at together.
    private static let blockRows = 4096

    /// Nil when the model's sums are no plain sums over features.
    ///
    /// - Throws: ``LearningError/diagnostics(_:)`` when the rows are too many for memory.
    static func of(
        _ model: TrainedModel, _ rows: FeatureTable, background: FeatureTable, threads: Int
    ) throws(LearningError) -> Contributions? {
        guard let parts = try model.additiveParts(rows, threads: threads) else { return nil }
        let (outputs, features) = (parts.constants.count, model.pipeline.features.count)
        var means = [Double](repeating: 0, count: features * outputs)
        var start = 0
        while start < background.count {
            let block = background.selecting(Array(start..<min(start + blockRows, background.count)))
            guard let others = try model.additiveParts(block, threads: threads) else { return nil }
            for row in 0..<block.count {
                for place in means.indices { means[place] += others.elements[row * means.count + place] }
            }
            start += blockRows
        }
        for place in means.indices { means[place] /= Double(background.count) }
        var base = parts.constants
        for feature in 0..<features {
            for output in 0..<outputs { base[output] += means[feature * outputs + output] }
        }
        var elements: [Double] = []
        elements.reserveCapacity(parts.elements.count)
        for row in 0..<rows.count {
            for output in 0..<outputs {
                for feature in 0..<features {
                    let place = feature * outputs + output
                    elements.append(parts.elements[row * means.count + place] - means[place])
                }
            }
        }
        return Contributions(rowCount: rows.count, outputCount: outputs, base: base, elements: elements)
    }
}
