/// Rows of two kinds in the order of a score, for the metrics and curves that only the order matters to.
///
/// Rows with equal scores are one step: no order among them is better than another.
struct RankedScores: Sendable {
    /// What is found when every row with at least this score counts as found.
    struct Step: Hashable, Sendable {
        let threshold: Double
        let truePositives: Int
        let falsePositives: Int
    }

    /// Distinct scores, descending.
    let steps: [Step]
    let positives: Int
    let negatives: Int

    /// - Parameter scores: Finite; one for each row.
    init(scores: [Double], isPositive: [Bool]) {
        let order = scores.indices.sorted { scores[$0] > scores[$1] }
        var steps: [Step] = []
        var found = (positives: 0, negatives: 0)
        for (place, row) in order.enumerated() {
            if isPositive[row] { found.positives += 1 } else { found.negatives += 1 }
            if place + 1 < order.count, scores[order[place + 1]] == scores[row] { continue }
            steps.append(Step(threshold: scores[row], truePositives: found.positives, falsePositives: found.negatives))
        }
        self.steps = steps
        (positives, negatives) = found
    }

    /// The area under the curve of true against false positives; nil without rows of both kinds.
    ///
    /// It is the share of pairs, one row of each kind, that the scores put in the right order; equal scores count half.
    var areaUnderCurve: Double? {
        guard positives > 0, negatives > 0 else { return nil }
        var doubled = 0.0
        var previous = (positives: 0, negatives: 0)
        for step in steps {
            // Whole numbers, exact below 2^53.
            doubled += Double(step.falsePositives - previous.negatives) * Double(step.truePositives + previous.positives)
            previous = (step.truePositives, step.falsePositives)
        }
        return doubled / (2 * Double(positives) * Double(negatives))
    }

    /// The mean of the precision at each step, weighted by the recall that it adds; nil without positive rows.
    var averagePrecision: Double? {
        guard positives > 0 else { return nil }
        var sum = 0.0
        var previous = 0
        for step in steps {
            let precision = Double(step.truePositives) / Double(step.truePositives + step.falsePositives)
            sum += Double(step.truePositives - previous) * precision
            previous = step.truePositives
        }
        return sum / Double(positives)
    }
}
