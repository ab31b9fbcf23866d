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
    /// The last build tried this key, and the world refused something that the stage needs.
    case refusedBefore
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
        case .refusedBefore: "refusedBefore"
        case .interruptedBefore: "interruptedBefore"
        case .forced: "forced"
        }
    }

    /// A few words for people, such as `options.learner.trees: 100 -> 77`.
    package var text: String {
        switch self {
        case .neverBuilt: "never built"
        case .keyChanged(let differences): Self.text(of: differences)
        case .recordMissing: "not in the store"
        case .recordCorrupt: "its record in the store was damaged"
        case .objectMissing(let output): "output '\(output)' is missing from the store"
        case .objectCorrupt(let output): "output '\(output)' was damaged in the store"
        case .failedBefore: "failed last time"
        case .refusedBefore: "came to no result last time"
        case .interruptedBefore: "interrupted last time"
        case .forced: "asked for with --force"
        }
    }

    private static func text(of differences: [KeyDifference]) -> String {
        guard let first = differences.first else { return "its key is not the one in mlops.lock; what changed is not known here" }
        let others = differences.count { !repeatsOption($0, of: differences) } - 1
        if let values = first.shortValues { return "\(first.part): \(values)" + (others == 0 ? "" : ", and \(others) more") }
        return others == 0 ? "\(first.part) changed" : "\(first.part) and \(others) more changed"
    }

    /// Whether a parameter's change shows as that of an option or an argument already, which stand before parameters.
    private static func repeatsOption(_ difference: KeyDifference, of differences: [KeyDifference]) -> Bool {
        guard difference.part.utf8.starts(with: "parameters.".utf8) else { return false }
        return differences.contains {
            $0.part.utf8.starts(with: "command.".utf8)
                || $0.part.utf8.starts(with: "options.".utf8) && $0.before == difference.before && $0.after == difference.after
        }
    }

    /// The reason as a record shows it: its name, and what it is about.
    package var record: JSONValue {
        var members = [JSONMember(name: "name", value: .string(name)), JSONMember(name: "text", value: .string(text))]
        switch self {
        case .keyChanged(let differences):
            members.append(JSONMember(name: "differences", value: .array(differences.map(\.record))))
        case .objectMissing(let output), .objectCorrupt(let output):
            members.append(JSONMember(name: "output", value: .string(output)))
        case .neverBuilt, .recordMissing, .recordCorrupt, .failedBefore, .refusedBefore, .interruptedBefore, .forced: break
        }
        return .object(members)
    }
}

extension KeyDifference {
    /// `100 -> 77` where both sides are short enough for a line that says more; nil for lists, objects and digests.
    fileprivate var shortValues: String? {
        if let versions { return "\(versions.before) -> \(versions.after)" }
        guard let before = Self.short(before), let after = Self.short(after) else { return nil }
        return "\(before) -> \(after)"
    }

    private static func short(_ value: JSONValue?) -> String? {
        guard let value else { return "absent" }
        switch value {
        case .array, .object: return nil
        case .string(let text) where Digest(text) != nil: return nil
        case .null, .boolean, .integer, .number, .string:
            let line = JSONText.line(value)
            return line.unicodeScalars.count <= 30 ? line : nil
        }
    }
}
