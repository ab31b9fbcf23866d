import Canonical

/// Curves over the thresholds of a score, as JSON for plots.
enum ScoreCurves {
    /// More points than this are thinned out evenly, the first and the last kept.
    static let mostPoints = 1000

    /// False against true positive rates, from (0, 0) on; empty without rows of both kinds.
    static func roc(_ scores: RankedScores) -> JSONValue {
        guard scores.positives > 0, scores.negatives > 0 else { return .array([]) }
        let start: JSONValue = .object([
            JSONMember("threshold", nil), JSONMember("falsePositiveRate", .number(0)), JSONMember("truePositiveRate", .number(0)),
        ])
        let points = thinned(scores.steps).map { step -> JSONValue in
            .object([
                JSONMember("threshold", .number(step.threshold)),
                JSONMember("falsePositiveRate", .number(Double(step.falsePositives) / Double(scores.negatives))),
                JSONMember("truePositiveRate", .number(Double(step.truePositives) / Double(scores.positives))),
            ])
        }
        return .array([start] + points)
    }

    /// Recalls against precisions, the highest threshold first; empty without positive rows.
    static func precisionRecall(_ scores: RankedScores) -> JSONValue {
        guard scores.positives > 0 else { return .array([]) }
        return .array(
            thinned(scores.steps).map { step in
                .object([
                    JSONMember("threshold", .number(step.threshold)),
                    JSONMember("recall", .number(Double(step.truePositives) / Double(scores.positives))),
                    JSONMember(
                        "precision", .number(Double(step.truePositives) / Double(step.truePositives + step.falsePositives))),
                ])
            })
    }

    /// True and predicted numbers, in the order of the rows.
    static func residuals(truth: [Double], predicted: [Double]) -> JSONValue {
        let points = thinned(Array(zip(truth, predicted))).map { truth, predicted -> JSONValue in
            .object([JSONMember("truth", .number(truth)), JSONMember("prediction", .number(predicted))])
        }
        return .object([JSONMember("version", 1), JSONMember("residuals", .array(points))])
    }

    private static func thinned<Point>(_ points: [Point]) -> [Point] {
        guard points.count > mostPoints else { return points }
        return (0..<mostPoints).map { points[$0 * (points.count - 1) / (mostPoints - 1)] }
    }
}
