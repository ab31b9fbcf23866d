import Canonical
import StageKinds

/// Metrics by name, in the order in which they were added, with the reason for each that cannot be computed.
struct MetricList: Sendable {
    private(set) var values: [(metric: Metric, value: Double)] = []
    private(set) var reasons: [(metric: Metric, reason: String)] = []

    mutating func add(_ metric: Metric, _ value: Double?, else reason: @autoclosure () -> String) {
        if let value, value.isFinite {
            values.append((metric, value + 0))
        } else {
            reasons.append((metric, value == nil ? reason() : "the numbers are too large"))
        }
    }

    /// One member for each metric that has a value.
    var members: [JSONMember] {
        values.map { JSONMember($0.metric.rawValue, .number($0.value)) }
    }

    /// The metrics that have no value; none when all have one.
    var notComputed: [JSONMember] {
        if reasons.isEmpty { return [] }
        let list = reasons.map { entry -> JSONValue in
            .object([JSONMember("metric", .string(entry.metric.rawValue)), JSONMember("reason", .string(entry.reason))])
        }
        return [JSONMember("notComputed", .array(list))]
    }
}
