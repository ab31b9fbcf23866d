import Canonical
import Numerics
import StageKinds
import Tables

/// Judges a learner by models of all parts of the rows but one, each by the part that it has not seen.
enum CrossValidation {
    /// The mean of each metric over the parts, its deviation, and the parts' own metrics.
    static func scores(_ table: Table, _ target: TargetColumn, _ lists: [(rows: Int, metrics: MetricList)]) -> JSONValue {
        var means: [JSONMember] = []
        var deviations: [JSONMember] = []
        var missing: [JSONValue] = []
        for metric in Metric.allCases where metric.task == target.task {
            var values: [Double] = []
            var reason: String?
            var isThere = false
            for (fold, list) in lists.enumerated() {
                if let value = list.metrics.values.first(where: { $0.metric == metric })?.value { values.append(value) }
                if let found = list.metrics.reasons.first(where: { $0.metric == metric })?.reason {
                    reason = reason ?? "in part \(fold + 1) \(found)"
                }
                isThere = isThere || !values.isEmpty || reason != nil
            }
            if values.count == lists.count {
                let mean = Reduction.mean(values)
                means.append(JSONMember(metric.rawValue, .number(mean + 0)))
                deviations.append(JSONMember(metric.rawValue, .finite(deviation(values))))
            } else if isThere {
                missing.append(
                    .object([
                        JSONMember("metric", .string(metric.rawValue)),
                        JSONMember("reason", .string(reason ?? "a part has another number of classes")),
                    ]))
            }
        }
        var members = [
            JSONMember("version", 1), JSONMember("task", .string(target.task.rawValue)), JSONMember("rows", .integer(table.rowCount)),
            JSONMember("folds", .integer(lists.count)),
        ]
        members += means
        members.append(JSONMember("deviations", .object(deviations)))
        let parts = lists.enumerated().map { fold, list -> JSONValue in
            .object(
                [JSONMember("fold", .integer(fold + 1)), JSONMember("rows", .integer(list.rows))] + list.metrics.members
                    + list.metrics.notComputed)
        }
        members.append(JSONMember("parts", .array(parts)))
        if !missing.isEmpty { members.append(JSONMember("notComputed", .array(missing))) }
        return .object(members)
    }

    /// The root of the mean squared distance from the mean, over one less than there are values.
    static func deviation(_ values: [Double]) -> Double {
        guard values.count > 1 else { return 0 }
        let squares = Reduction.squaredDeviations(values, from: Reduction.mean(values))
        return (squares / Double(values.count - 1)).squareRoot()
    }

    /// The note of one part.
    static func note(_ metrics: MetricList, _ part: TrainingPart) -> TrainingNote {
        let words = metrics.values.prefix(3).map { "\($0.metric.rawValue) \(DecimalText.rounded($0.value))" }.joined(separator: ", ")
        return TrainingNote(
            record: .object(part.members + [JSONMember("metrics", .object(metrics.members))]), phrase: "\(part.phrase), \(words)",
            share: Double(part.done) / Double(max(part.total, 1)))
    }
}
