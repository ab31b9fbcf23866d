internal import Archives
internal import Canonical
internal import Diagnostics
internal import Numerics
internal import Platform

/// `inspect`: shows what is in a model archive, after checking that it is one.
struct InspectCommand {
    private let name: String
    private let start: HostPath

    init(_ arguments: Arguments) throws(CommandFailure) {
        name = arguments.operands[0]
        start = try WorkspaceFolder.start(arguments)
    }

    func run(_ reporter: Reporter) throws(CommandFailure) -> ExitStatus {
        let named = try NamedArchive(name, from: start)
        let description = named.archive.description
        var lines = [
            "\(description.name) \(description.modelVersion)",
            "identity  \(named.identity)",
            "file      \(named.size) bytes, \(counted(named.archive.members.count + 1, "member"))",
        ]
        lines += section(
            "metrics",
            (description.metrics.objectValue ?? []).compactMap { member in
                member.value.numberValue.map { "\(member.name) = \(DecimalText.text($0))" }
            })
        lines += section("gates", description.gates.map(Self.text))
        lines += section("inputs", ports(description.signature["inputs"]))
        lines += section("outputs", ports(description.signature["outputs"]))
        lines += section("data", description.data.map { "\($0.name)  \($0.digest)" })
        lines += section("stages", description.stages.map { "\($0.name) (\($0.kind))  key \($0.key)" })
        lines += section("members", named.archive.members.map { "\($0.path)  \($0.bytes.count) bytes" })
        // Names in an archive are whatever its maker chose.
        reporter.result(lines.map(DiagnosticRenderer.printable).joined(separator: "\n") + "\n")
        reporter.record(
            "archive",
            [
                JSONMember("identity", .string(named.identity.description)), JSONMember("size", .integer(named.size)),
                JSONMember("name", .string(description.name)), JSONMember("version", .string(description.modelVersion)),
                JSONMember("metrics", description.metrics), JSONMember("signature", description.signature),
                JSONMember(
                    "members",
                    .array(
                        named.archive.members.map { member in
                            [
                                "path": .string(member.path), "size": .integer(member.bytes.count),
                                "digest": .string(Digest.of(member.bytes).description),
                            ]
                        })),
            ])
        return .done
    }

    private func section(_ title: String, _ lines: [String]) -> [String] {
        lines.isEmpty ? [] : ["", title] + lines.map { "  " + $0 }
    }

    private func ports(_ value: JSONValue?) -> [String] {
        (value?.arrayValue ?? []).map { port in
            let name = port["name"]?.stringValue ?? ""
            let rest = (port.objectValue ?? []).filter { $0.name != "name" }
            return name + "  " + rest.map { "\($0.name) \($0.value.stringValue ?? JSONText.line($0.value))" }.joined(separator: ", ")
        }
    }

    /// One gate in words: what was asked, what was measured, and whether that is enough.
    static func text(_ gate: GateVerdict) -> String {
        var bounds: [String] = []
        if let minimum = gate.minimum { bounds.append("at least \(DecimalText.text(minimum))") }
        if let maximum = gate.maximum { bounds.append("at most \(DecimalText.text(maximum))") }
        let value = gate.value.map(DecimalText.text) ?? "missing"
        return "\(gate.metric): \(bounds.joined(separator: " and ")), is \(value): \(gate.isMet ? "met" : "not met")"
    }
}
