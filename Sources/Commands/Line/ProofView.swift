internal import Canonical
internal import Comparing
internal import Diagnostics
internal import Manifests
internal import Running
internal import Storage

/// Shows what proofs of a build's results came to: a line for each stage, and what tells apart the bytes that differ.
struct ProofView {
    let reporter: Reporter
    let manifest: Manifest

    func show(_ report: ProofReport) {
        for stage in report.stages {
            reporter.say("\(stage.level.text)  \(stage.stage): \(Self.sentence(stage))")
            for (variation, verdict) in stage.trials {
                if case .notApplicable(let reason) = verdict { reporter.detail("      \(variation.rawValue) does not apply: \(reason)") }
            }
            reporter.record("proof", Self.members(of: stage))
        }
        reporter.show(report.remarks, in: [manifest.source])
        for failure in report.failures { reporter.show(failure.diagnostics, in: failure.sources + [manifest.source]) }
        if !report.stages.isEmpty {
            let counts = ProofLevel.allCases.compactMap { level in
                let count = report.stages.count { $0.level == level }
                return count == 0 ? nil : "\(count) at \(level.text)"
            }
            reporter.say("\(counted(report.stages.count, "stage")): \(counts.joined(separator: ", "))")
        }
    }

    /// The members of a summary that a proof adds.
    static func summary(_ report: ProofReport) -> JSONMember {
        let differing = report.stages.count { stage in
            stage.trials.contains { if case .differs = $0.verdict { true } else { false } }
        }
        return JSONMember(
            "proof",
            [
                "level": .string(report.level.text), "stages": .integer(report.stages.count), "differing": .integer(differing),
            ])
    }

    /// `the same in 9 of 10 variations; differs with kernels`.
    private static func sentence(_ stage: StageProof) -> String {
        var same: [Variation] = []
        var differing: [Variation] = []
        var held: [Variation] = []
        var failing: [Variation] = []
        var skipped = 0
        for (variation, verdict) in stage.trials {
            switch verdict {
            case .same: same.append(variation)
            case .differs: differing.append(variation)
            case .held: held.append(variation)
            case .failed: failing.append(variation)
            case .notApplicable: skipped += 1
            }
        }
        func names(_ variations: [Variation]) -> String {
            variations == [.again] ? "when it is run again" : "with " + variations.map(\.rawValue).joined(separator: ", ")
        }
        let varied = same.count { $0 != .again }
        var parts: [String] = []
        let tried = [same, differing, held, failing].joined().count { $0 != .again }
        if varied > 0 {
            parts.append("the same in \(varied < tried ? "\(varied) of " : "")\(counted(tried, "variation"))")
        } else if !same.isEmpty {
            parts.append("the same when it is run again")
        }
        if !held.isEmpty { parts.append("leans on what the sandbox holds: \(held.map(\.rawValue).joined(separator: ", "))") }
        if !differing.isEmpty { parts.append("differs \(names(differing))") }
        if !failing.isEmpty { parts.append("fails \(names(failing))") }
        if skipped > 0 { parts.append("\(skipped) not applicable") }
        return parts.isEmpty ? "not tried" : parts.joined(separator: "; ")
    }

    // SPEC: records.md#proof
    private static func members(of stage: StageProof) -> [JSONMember] {
        let trials = stage.trials.map { variation, verdict -> JSONValue in
            var members = [JSONMember("variation", .string(variation.rawValue))]
            switch verdict {
            case .same: members.append(JSONMember("verdict", "same"))
            case .differs(let differences):
                members += [JSONMember("verdict", "differs"), JSONMember("differences", .array(differences.map(record)))]
            case .held(let differences):
                members += [JSONMember("verdict", "held"), JSONMember("differences", .array(differences.map(record)))]
            case .failed(let failure): members += [JSONMember("verdict", "failed"), JSONMember("error", failure.record)]
            case .notApplicable(let reason):
                members += [JSONMember("verdict", "notApplicable"), JSONMember("reason", .string(reason))]
            }
            return .object(members)
        }
        return [
            JSONMember("stage", .string(stage.stage)), JSONMember("key", .string(stage.key.description)),
            JSONMember("level", .string(stage.level.text)), JSONMember("trials", .array(trials)),
        ]
    }

    private static func record(_ difference: OutputDifference) -> JSONValue {
        var members = [JSONMember("output", .string(difference.output))]
        if !difference.path.isEmpty { members.append(JSONMember("path", .string(difference.path))) }
        if difference.others > 0 { members.append(JSONMember("others", .integer(difference.others))) }
        if let before = difference.before { members.append(JSONMember("before", .string(before.description))) }
        if let after = difference.after { members.append(JSONMember("after", .string(after.description))) }
        if let comparison = difference.comparison {
            members.append(JSONMember("offset", .integer(comparison.offset)))
            if let place = comparison.place { members.append(JSONMember("place", .string(place))) }
            members += [JSONMember("first", .string(comparison.first)), JSONMember("second", .string(comparison.second))]
            if let cause = comparison.cause { members.append(JSONMember("cause", .string(cause))) }
            if let remedy = comparison.remedy { members.append(JSONMember("remedy", .string(remedy))) }
        }
        return .object(members)
    }
}
