internal import Actions
internal import Canonical
internal import Diagnostics
internal import Manifests
internal import Planning
internal import Sandboxing

/// What a trace found, with what would declare each of it.
struct TraceView {
    let reporter: Reporter
    let stage: Stage
    /// The environment of its command.
    let environment: String
    let proposals: InputProposals
    let trace: Trace
    let log: TraceLog
    /// Modules that could not be imported and that do not lie in the workspace.
    let modules: [String]
    /// Programs that its environment lacks, once the command has failed: what it did without is not missing.
    private let programs: [String]
    /// Programs that it looked for and did without.
    private let spared: [String]
    private let absent: [String]

    init(
        _ reporter: Reporter, _ stage: Stage, _ work: CommandWork, proposals: InputProposals, trace: Trace, log: TraceLog, modules: [String]
    ) {
        self.reporter = reporter
        self.stage = stage
        environment = work.environmentName
        self.proposals = proposals
        self.trace = trace
        self.log = log
        self.modules = modules
        let sought = SoughtPrograms(trace.other, work)
        let names = Set(trace.programs + sought.names).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let hasEnded = trace.termination == .exited(0)
        programs = hasEnded ? [] : names
        spared = hasEnded ? names : []
        absent = sought.others
    }

    private static let shownOthers = 8

    func show() {
        reporter.say("\(stage.name): the command \(Self.words(trace.termination))")
        if trace.termination != .exited(0) {
            for line in log.last where !reporter.verbose { reporter.say("  | \(line)") }
        }
        for input in proposals.inputs { reporter.result("input    \(input.reference): declare \(input.text)\n") }
        for refused in proposals.refused { reporter.result("input    ./\(refused.path): cannot be declared: \(refused.reason)\n") }
        for program in programs { reporter.result("program  \(program): add \(JSONText.quoted(program)) to 'tools' of \(wayOut)\n") }
        for module in modules { reporter.result("module   \(module): add its package to the requirements of \(wayOut)\n") }
        for input in trace.writtenInputs {
            reporter.result("written  ./\(input): it is an input, which no command changes; write to an output, or below /tmp\n")
        }
        let shown = reporter.verbose ? absent : likely
        for path in shown { reporter.say("absent   \(Self.asDeclared(path))") }
        if reporter.verbose {
            for program in spared { reporter.say("spared   \(program): it looked for this program, and did without") }
        }
        if isEmpty {
            reporter.say(
                likely.isEmpty
                    ? "\(stage.name): it looked for nothing of the workspace that it does not declare"
                    : "\(stage.name): there is nothing to declare: what is absent is not in the workspace either")
        }
        reporter.record("trace", members)
    }

    /// Of what is nowhere, the paths that the command rather than its language looked for.
    private var likely: [String] {
        let own = absent.filter { Trace.belowWork($0) != nil && !$0.contains("/__pycache__") && !$0.hasSuffix(".pyc") }
        return Array(own.prefix(Self.shownOthers))
    }

    /// A path below the work folder as manifests write it.
    static func asDeclared(_ path: String) -> String {
        Trace.belowWork(path).map { "./" + $0 } ?? path
    }

    /// Whether there is nothing to mend.
    var isEmpty: Bool {
        proposals.inputs.isEmpty && proposals.refused.isEmpty && programs.isEmpty && trace.writtenInputs.isEmpty && modules.isEmpty
    }

    private var wayOut: String {
        switch environment {
        case Environment.baseName: "an environment: stage '\(stage.name)' runs in the base"
        case Environment.defaultName: "'environment'"
        default: "environment '\(environment)'"
        }
    }

    private static func words(_ termination: SandboxOutcome.Termination) -> String {
        switch termination {
        case .exited(0): "ended well"
        case .exited(let status): "ended with status \(status)"
        case .signalled(let signal): "was ended by signal \(signal)"
        case .timedOut: "ran out of time"
        case .cancelled: "was stopped"
        }
    }

    // SPEC: records.md#trace
    private var members: [JSONMember] {
        func texts(_ list: [String]) -> JSONValue { .array(list.map { .string($0) }) }
        var members = [JSONMember("stage", .string(stage.name))]
        switch trace.termination {
        case .exited(let status): members.append(JSONMember("exit", .integer(Int(status))))
        case .signalled(let signal): members.append(JSONMember("signal", .integer(Int(signal))))
        case .timedOut: members.append(JSONMember("timedOut", .boolean(true)))
        case .cancelled: break
        }
        members.append(
            JSONMember(
                "inputs", .array(proposals.inputs.map { ["name": .string($0.name), "reference": .string($0.reference)] })))
        members.append(
            JSONMember("refused", .array(proposals.refused.map { ["path": .string($0.path.text), "reason": .string($0.reason)] })))
        members += [
            JSONMember("programs", texts(programs)), JSONMember("modules", texts(modules)),
            JSONMember("writtenInputs", texts(trace.writtenInputs.map(\.text))), JSONMember("absent", texts(absent)),
        ]
        return members
    }
}
