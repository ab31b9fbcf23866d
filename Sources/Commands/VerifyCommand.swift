internal import Archives
internal import Canonical
internal import Packing
internal import Platform

/// `verify`: checks a model archive, and replays its samples bit for bit.
struct VerifyCommand {
    private let name: String
    private let start: HostPath

    init(_ arguments: Arguments) throws(CommandFailure) {
        name = arguments.operands[0]
        start = try WorkspaceFolder.start(arguments)
    }

    func run(_ reporter: Reporter) throws(CommandFailure) -> ExitStatus {
        // Opening refuses everything that packing could not have written.
        let named = try NamedArchive(name, from: start)
        reporter.say("'\(name)': sound, \(counted(named.archive.members.count + 1, "member")), identity \(named.identity)")
        try audit(named)
        let unmet = named.archive.description.gates.filter { !$0.isMet }
        var status = ExitStatus.done
        for gate in unmet {
            reporter.say("gate \(MetricView.text(gate))")
            status = .problem
        }
        status = max(status, try replay(named, reporter))
        return status
    }

    /// Refuses an archive whose parts contradict each other, as those of a packed one never do.
    private func audit(_ named: NamedArchive) throws(CommandFailure) {
        let findings: [String]
        do throws(PackingError) {
            findings = try ArchiveAudit.findings(named.archive)
        } catch {
            throw CommandFailure(error, archive: "'\(name)'")
        }
        guard let first = findings.first else { return }
        let others = findings.count == 1 ? "" : ", and \(counted(findings.count - 1, "more contradiction"))"
        throw CommandFailure(
            .problem, "'\(name)' is no archive that mlbuild packed: \(first)\(others)",
            hint: "ask for the archive again, from where it was packed")
    }

    private func replay(_ named: NamedArchive, _ reporter: Reporter) throws(CommandFailure) -> ExitStatus {
        var rows = 0
        let verdict: SampleRows.Verdict?
        do throws(PackingError) {
            verdict = try SampleRows.replay(named.archive)
        } catch {
            switch error {
            case .noSamples, .opaque:
                reporter.say(
                    named.archive.description.kind == .opaque
                        ? "predictions: none checked; a command made the model, so mlbuild cannot run it" : "samples: none in the archive")
            default: throw CommandFailure(error, archive: "'\(name)'")
            }
            verdict = nil
        }
        switch verdict {
        case .same(let count):
            rows = count
            reporter.say("samples: \(counted(count, "row")) predicted again, every byte the same")
        case .different(let line, let expected, let found):
            throw CommandFailure(
                .notReproducible, "the samples' predictions differ in line \(line): packed '\(expected)', now '\(found)'",
                hint: "the model or this mlbuild is not what made the archive")
        case nil: break
        }
        reporter.record(
            "verified", [JSONMember("identity", .string(named.identity.description)), JSONMember("samples", .integer(rows))])
        return .done
    }
}
