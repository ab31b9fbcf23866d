internal import Canonical
internal import Diagnostics
internal import Locking
internal import Manifests
internal import Planning
internal import Platform
internal import Running
internal import Storage

/// `status`: shows what is up to date and what a build would do.
struct StatusCommand {
    private let folder: WorkspaceFolder
    private let stages: [String]
    private let rehash: Bool

    init(_ arguments: Arguments) throws(CommandFailure) {
        folder = try WorkspaceFolder.find(arguments)
        stages = arguments.operands
        rehash = arguments.has("rehash")
    }

    func run(_ reporter: Reporter) throws(CommandFailure) -> ExitStatus {
        let session = try Session(folder, reporter)
        guard let lockfile = try session.lockfile() else {
            reporter.result("there is no \(Lockfile.fileName): nothing is pinned, nothing is built\n")
            var isComplete = true
            for entry in session.manifest.data where try isMissing(entry) {
                show(DataReport(data: entry.name, state: .missing), reporter)
                isComplete = false
            }
            if isComplete { reporter.next("mlbuild lock") }
            return .done
        }
        var options = BuildOptions()
        options.stages = stages
        options.dryRun = true
        options.rehash = rehash
        // A graph needs every pin; data is shown even without.
        let environments = EnvironmentReport.all(session, lockfile)
        let isPinned = session.manifest.data.allSatisfy { lockfile.pin(data: $0.name) != nil }
        guard isPinned, environments.allSatisfy({ $0.state == .current }) else {
            var isComplete = true
            for entry in session.manifest.data {
                var state: DataReport.State = lockfile.pin(data: entry.name).map { .current($0.object) } ?? .unpinned
                if try isMissing(entry) {
                    state = .missing
                    isComplete = false
                }
                show(DataReport(data: entry.name, state: state), reporter)
            }
            for environment in environments { show(environment, reporter) }
            // A build pins what is new; what changed is for people to accept.
            let hasChanged = environments.contains { $0.state == .changed }
            if isComplete { reporter.next(hasChanged ? "mlbuild lock" : "mlbuild build") }
            return .problem
        }
        let forecast = Forecast(session.workspace(lockfile, try session.plan(lockfile, stages)), options: options)
        let data = forecast.data()
        for entry in data { show(entry, reporter) }
        for environment in environments { show(environment, reporter) }
        let isCurrent = data.allSatisfy(\.state.isCurrent)
        let status = try show(forecast.report(), session, namesNext: isCurrent)
        if isCurrent { return status }
        // Data that is not there cannot be pinned: then the line that says so is the next thing to mend.
        if data.allSatisfy(\.state.canBePinned) { reporter.next("mlbuild lock") }
        return .problem
    }

    private func isMissing(_ entry: DataEntry) throws(CommandFailure) -> Bool {
        guard case .path(let path) = entry.origin else { return false }
        return try CommandFailure.catching { () throws(SystemError) in try Files.status(folder.root.appending(path.text)) == nil }
    }

    private func show(_ report: DataReport, _ reporter: Reporter) {
        reporter.result("data \(report.data): \(report.state.text)\n")
        reporter.record("data", [JSONMember("data", .string(report.data)), JSONMember("state", .string(report.state.name))])
    }

    private func show(_ report: EnvironmentReport, _ reporter: Reporter) {
        reporter.result("environment \(report.environment): \(report.state.text)\n")
        reporter.record(
            "environment", [JSONMember("environment", .string(report.environment)), JSONMember("state", .string(report.state.rawValue))])
    }

    private func show(_ report: BuildReport, _ session: Session, namesNext: Bool) throws(CommandFailure) -> ExitStatus {
        for stage in report.stages {
            let level = try level(of: stage, session.store)
            let proven = level.map { ", \($0.text)" } ?? ""
            session.reporter.result("\(stage.stage): \(Self.text(stage.outcome))\(proven)\(stage.mark)\n")
            if session.reporter.verbose, let key = stage.key { session.reporter.result("  key \(key.digest)\n") }
            session.reporter.record("stage", stage.members + (level.map { [JSONMember("level", .string($0.text))] } ?? []))
        }
        for failure in report.failures {
            session.reporter.show(failure.diagnostics, in: failure.sources + [session.manifest.source])
        }
        session.reporter.summarise(report.summary)
        // What cannot be built, such as a stage whose input is missing, waits for people.
        if namesNext, report.status == .done, report.stages.contains(where: { $0.outcome.name != "upToDate" }) {
            session.reporter.next("mlbuild build")
        }
        return ExitStatus(report.status)
    }

    /// How well it is shown that the stage's result can be made again; nil when it has none.
    private func level(of stage: StageReport, _ store: DirectoryStore) throws(CommandFailure) -> ProofLevel? {
        guard stage.outcome.hasResult, let key = stage.key else { return nil }
        return try CommandFailure.storing { () throws(StoreError) in try ProofLevel.of(key.digest, store) }
    }

    private static func text(_ outcome: StageOutcome) -> String {
        switch outcome {
        case .upToDate: "up to date"
        case .wouldRun(let reason): "would run (\(DiagnosticRenderer.printable(reason.text)))"
        case .wouldRestore(let list): "would come from the cache (\(list.inWords))"
        case .wouldFollow(let stages): "depends on what \(stages.map { "'\($0)'" }.joined(separator: ", ")) gives"
        case .failed(let failure): "cannot be built: \(DiagnosticRenderer.printable(failure.message))"
        case .skipped(let stage): "waits for '\(stage)'"
        case .ran, .restored, .cancelled, .notStarted: outcome.name
        }
    }
}

extension DataReport.State {
    fileprivate var isCurrent: Bool {
        switch self {
        case .current, .notStored: true
        case .differs, .otherRules, .otherSource, .missing, .unreadable, .unpinned: false
        }
    }

    fileprivate var canBePinned: Bool {
        switch self {
        case .current, .differs, .otherRules, .otherSource, .notStored, .unpinned: true
        case .missing, .unreadable: false
        }
    }

    fileprivate var name: String {
        switch self {
        case .current: "current"
        case .differs: "differs"
        case .otherRules: "otherRules"
        case .otherSource: "otherSource"
        case .notStored: "notStored"
        case .missing: "missing"
        case .unreadable: "unreadable"
        case .unpinned: "unpinned"
        }
    }

    fileprivate var text: String {
        switch self {
        case .current: "as pinned"
        case .differs(let found, let pinned): "differs from its pin: it is \(found), pinned is \(pinned)"
        case .otherRules: "pinned by other rules for what is left out"
        case .otherSource: "pinned from another place"
        case .notStored: "as pinned, not in the store: a build fetches it"
        case .missing: "missing"
        case .unreadable(let reason): "cannot be read: \(reason)"
        case .unpinned: "not pinned"
        }
    }
}
