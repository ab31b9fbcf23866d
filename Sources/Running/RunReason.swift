package import Canonical
package import Planning

/// Why an action runs instead of coming from the store.
package enum RunReason: Hashable, Sendable {
    /// Nothing is known of an earlier build of this stage.
    case neverBuilt
    /// The key differs from that of the last build; empty when nothing is left of the last key but its digest.
    case keyChanged([KeyDifference])
    /// The stage was built under this key, but the store has no record of it.
    case recordMissing
    /// The record of this key was damaged, and has been moved to quarantine.
    case recordCorrupt
    /// The store no longer has the bytes of an output.
    case objectMissing(output: String)
    /// The bytes of an output were damaged, and have been moved to quarantine.
    case objectCorrupt(output: String)
    /// The last build tried this key, and the stage failed.
    case failedBefore
    /// The last build tried this key, and was interrupted while the stage ran.
    case interruptedBefore
    /// `--force` names the stage.
    case forced

    /// A stable name for records, in camelCase.
    package var name: String {
        switch self {
        case .neverBuilt: "neverBuilt"
        case .keyChanged: "keyChanged"
        case .recordMissing: "recordMissing"
        case .recordCorrupt: "recordCorrupt"
        case .objectMissing: "objectMissing"
        case .objectCorrupt: "objectCorrupt"
        case .failedBefore: "failedBefore"
        case .interruptedBefore: "interruptedBefore"
        case .forced: "forced"
        }
    }

    /// A few words for people, such as `options.learner.trees changed`.
    package var text: String {
        switch self {
        case .neverBuilt: "never built"
        case .keyChanged(let differences): Self.text(of: differences)
        case .recordMissing: "not in the store"
        case .recordCorrupt: "its record in the store was damaged"
        case .objectMissing(let output): "output '\(output)' is missing from the store"
        case .objectCorrupt(let output): "output '\(output)' was damaged in the store"
        case .failedBefore: "failed last time"
        case .interruptedBefore: "interrupted last time"
        case .forced: "asked for with --force"
        }
    }

    private static func text(of differences: [KeyDifference]) -> String {
        guard let first = differences.first else { return "something it depends on changed" }
        let others = differences.count - 1
        return others == 0 ? "\(first.part) changed" : "\(first.part) and \(others) more changed"
    }

    /// The reason as a record shows it: its name, and what it is about.
    package var record: JSONValue {
        var members = [JSONMember(name: "name", value: .string(name)), JSONMember(name: "text", value: .string(text))]
        switch self {
        case .keyChanged(let differences):
            members.append(JSONMember(name: "differences", value: .array(differences.map(\.record))))
        case .objectMissing(let output), .objectCorrupt(let output):
            members.append(JSONMember(name: "output", value: .string(output)))
        case .neverBuilt, .recordMissing, .recordCorrupt, .failedBefore, .interruptedBefore, .forced: break
        }
        return .object(members)
    }
}
