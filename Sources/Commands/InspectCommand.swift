internal import Archives
internal import Canonical
internal import Diagnostics
internal import Numerics
internal import Packing
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
        let model: ArchivedModel.Outline?
        do throws(PackingError) { model = try ArchivedModel.outline(named.archive) } catch {
            throw CommandFailure(error, archive: "'\(name)'")
        }
        if let model {
            lines.append("model     \(model.learner), \(model.task)" + (model.target.map { " of '\($0)'" } ?? ""))
        } else {
            lines.append("model     opaque: made by a command")
        }
        lines += section(
            "metrics",
            Metrics.numbers(in: description.metrics).map { "\($0.name) = \(DecimalText.text($0.value))" })
        lines += section("gates", description.gates.map(MetricView.text))
        lines += section("inputs", ports(description.signature["inputs"]))
        lines += section("outputs", ports(description.signature["outputs"]))
        lines += section("data", description.data.map { "\($0.name)  \($0.digest)" })
        lines += section("stages", description.stages.map { "\($0.name) (\($0.kind))  key \($0.key)" })
        lines += section(
            "members", [ModelDescription.path + "  this description"] + named.archive.members.map { "\($0.path)  \($0.bytes.count) bytes" })
        // Names in an archive are whatever its maker chose.
        reporter.result(lines.map(DiagnosticRenderer.printable).joined(separator: "\n") + "\n")
        var known: [JSONMember] = []
        if let model {
            known = [
                JSONMember("task", .string(model.task)), JSONMember("target", model.target.map(JSONValue.string) ?? .null),
                JSONMember("learner", .string(model.learner)),
            ]
        }
        reporter.record(
            "archive",
            known + [
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
            let words = rest.compactMap { member -> String? in
                if member.name == "missing" { return member.value == .boolean(true) ? "may be missing" : nil }
                return "\(member.name) \(member.value.stringValue ?? JSONText.line(member.value))"
            }
            return name + "  " + words.joined(separator: ", ")
        }
    }
}
