package import Canonical
import Manifests
import Planning
import Storage

// SPEC: records.md#build
extension StageReport {
    /// The members of this stage's `stage` record, without `record` itself.
    package var members: [JSONMember] {
        var members = [JSONMember("stage", .string(stage)), JSONMember("outcome", .string(outcome.name))]
        switch outcome {
        case .ran(let reason), .wouldRun(let reason): members.append(JSONMember("reason", reason.record))
        case .restored(let list), .wouldRestore(let list): members.append(JSONMember("restored", .array(list.map(\.record))))
        case .failed(let failure): members.append(JSONMember("error", failure.record))
        case .skipped(let stage): members.append(JSONMember("because", .string(stage)))
        case .wouldFollow(let stages): members.append(JSONMember("dependsOn", .array(stages.map { .string($0) })))
        case .upToDate, .cancelled, .notStarted: break
        }
        if let key { members.append(JSONMember("key", .string(key.digest.description))) }
        if !outputs.isEmpty { members.append(JSONMember("outputs", .array(outputs.map(\.record)))) }
        if let voucher {
            members.append(JSONMember("signer", .string(voucher.signer)))
            members.append(JSONMember("from", .string(voucher.place)))
        }
        if isolation == Isolation.none { members.append(JSONMember("isolation", "none")) }
        if entropy == "host" { members.append(JSONMember("entropy", "host")) }
        if let seconds { members.append(JSONMember("seconds", .number(seconds))) }
        return members
    }
}

extension BuildReport {
    /// The members of the build's `summary` record, without `record` and `command`.
    package var summary: [JSONMember] {
        let counts = StageOutcome.names.map { JSONMember($0, .integer(count(of: $0))) }
        var members = [JSONMember("status", .integer(Int(status.rawValue))), JSONMember("stages", .object(counts))]
        if !failures.isEmpty { members.append(JSONMember("errors", .array(failures.map(\.record)))) }
        members.append(JSONMember("lockWritten", .boolean(lockWritten)))
        members.append(JSONMember("seconds", .number(seconds)))
        return members
    }
}

extension NamedObject {
    /// The artifact as a record shows it.
    package var record: JSONValue {
        .object([
            JSONMember("name", .string(name)), JSONMember("kind", .string(object.kind.name)),
            JSONMember("digest", .string(object.digest.description)), JSONMember("size", .integer(object.size)),
            JSONMember("files", .integer(object.files)),
        ])
    }
}

extension ObjectKind {
    /// `file` or `tree`.
    var name: String {
        switch self {
        case .file: "file"
        case .tree: "tree"
        }
    }
}

extension Restoration {
    /// The restoration as a record shows it.
    package var record: JSONValue {
        .object([
            JSONMember("output", .string(output)), JSONMember("path", .string(path.text)), JSONMember("reason", .string(reason.rawValue)),
        ])
    }
}

extension StageFailure {
    /// The failure as a record shows it: the code and message of its first error, and the status it stands for.
    package var record: JSONValue {
        .object([
            JSONMember("code", .string(code)), JSONMember("message", .string(message)),
            JSONMember("status", .integer(Int(status.rawValue))),
        ])
    }
}
