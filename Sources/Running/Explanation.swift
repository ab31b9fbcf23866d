package import Canonical
package import Planning

/// Why a stage would run, or why it would not.
package struct Explanation: Sendable {
    /// What a build would do with the stage.
    package let report: StageReport
    /// The key of its last recorded result, or else of the last attempt at it.
    package let lastKey: Digest?
    /// The parts of the key that are not as in ``lastKey``, as far as they are known.
    package let differences: [KeyDifference]
    /// Stages upstream without a result yet, with what a build would do with them.
    package let upstream: [StageReport]

    /// The explanation in lines for people: what would happen, then one line for each part that changed.
    package var lines: [String] {
        [headline] + differences.map { "  " + $0.text } + upstream.compactMap(Self.line)
    }

    private var headline: String {
        let name = "'\(report.stage)'"
        switch report.outcome {
        case .upToDate: return "\(name) is up to date: the result of its key is known, and its outputs are in place"
        case .wouldRestore(let list):
            let what = list.map { "\($0.path) (\($0.reason.text))" }.joined(separator: ", ")
            return "\(name) would not run: its result is known; it would be written from the store to \(what)"
        case .wouldRun(.keyChanged(let parts)):
            return parts.isEmpty ? "\(name) would run: \(RunReason.keyChanged([]).text)" : "\(name) would run: its key changed"
        case .wouldRun(let reason): return "\(name) would run: \(reason.text)"
        case .wouldFollow(let stages):
            let others = Self.listed(stages)
            if differences.isEmpty { return "whether \(name) runs depends on what \(others) will give" }
            return "\(name) would run: its key changed, whatever \(others) will give"
        case .failed(let failure): return "\(name) cannot be built: \(failure.message)"
        case .skipped(let root): return "\(name) cannot be built: it needs '\(root)', which cannot be built"
        case .ran, .restored, .cancelled, .notStarted: return "nothing is known about \(name)"
        }
    }

    private static func listed(_ stages: [String]) -> String {
        stages.map { "'\($0)'" }.joined(separator: " and ")
    }

    private static func line(_ report: StageReport) -> String? {
        switch report.outcome {
        case .wouldRun(let reason): "  '\(report.stage)' would run first: \(reason.text)"
        case .wouldFollow(let stages): "  '\(report.stage)' depends on what \(Self.listed(stages)) will give"
        case .failed(let failure): "  '\(report.stage)' cannot be built: \(failure.message)"
        case .upToDate, .restored, .ran, .cancelled, .skipped, .notStarted, .wouldRestore: nil
        }
    }

    // SPEC: records.md#why
    /// The members of the `why` record, without `record` itself.
    package var members: [JSONMember] {
        var members = report.members
        if let lastKey { members.append(JSONMember("lastKey", .string(lastKey.description))) }
        members.append(JSONMember("differences", .array(differences.map(\.record))))
        members.append(JSONMember("upstream", .array(upstream.map { .object($0.members) })))
        return members
    }
}

extension KeyDifference {
    /// The difference as a record shows it; a side that is absent has no member.
    var record: JSONValue {
        var members = [JSONMember("part", .string(part))]
        if let before { members.append(JSONMember("before", before)) }
        if let after { members.append(JSONMember("after", after)) }
        return .object(members)
    }
}
