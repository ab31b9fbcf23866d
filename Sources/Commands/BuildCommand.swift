internal import Actions
internal import Canonical
internal import Diagnostics
internal import Locking
internal import Manifests
internal import Planning
internal import Platform
internal import Running

/// `build`: brings the stages up to date, from the cache where possible.
struct BuildCommand {
    private let folder: WorkspaceFolder
    private let options: BuildOptions
    private let proof: ProofRequest?
    private let isOffline: Bool

    init(_ arguments: Arguments) throws(CommandFailure) {
        var options = BuildOptions()
        options.stages = arguments.operands
        options.jobs = try Self.jobs(arguments.value("jobs"))
        options.threads = Host.coreCount
        options.keepGoing = arguments.has("keep-going")
        options.dryRun = arguments.has("dry-run")
        options.force = arguments.has("force")
        options.locked = arguments.has("locked")
        options.rehash = arguments.has("rehash")
        options.keepFailed = arguments.has("keep-failed")
        options.isolation = try Self.isolation(arguments.value("sandbox"))
        self.options = options
        isOffline = arguments.has("offline")
        proof = try ProofRequest(arguments)
        if options.dryRun {
            for flag in ["check", "vary", "keep-failed"] where arguments.has(flag) || arguments.value(flag) != nil {
                throw CommandFailure(.usage, "'--dry-run' runs nothing, and '--\(flag)' is about what is run: they exclude each other")
            }
        }
        folder = try WorkspaceFolder.find(arguments)
    }

    private static func jobs(_ text: String?) throws(CommandFailure) -> Int {
        // Two more than there are processors: a sandbox that is made or taken down waits for the kernel much of the time.
        guard let text else { return Host.coreCount + 2 }
        guard let jobs = Int(text), (1...1024).contains(jobs) else {
            throw CommandFailure(.usage, "'--jobs' is '\(text)', and has to be a number from 1 to 1024")
        }
        return jobs
    }

    private static func isolation(_ name: String?) throws(CommandFailure) -> Isolation {
        guard let name else { return .namespaces }
        if let isolation = Isolation(rawValue: name) { return isolation }
        let known = Isolation.allCases.map(\.rawValue)
        throw CommandFailure(
            .usage, "there is no sandbox '\(name)'",
            hint: Suggestion.closest(to: name, among: known).map { "did you mean '\($0)'?" } ?? "there are 'namespaces' and 'none'")
    }

    func run(_ reporter: Reporter) throws(CommandFailure) -> ExitStatus {
        if let stages = try nothingToDo() {
            reporter.say("nothing to do: \(counted(stages, "stage")) up to date")
            reporter.summarise([JSONMember("stages", .object([JSONMember("upToDate", .integer(stages))]))])
            return .done
        }
        let session = try Session(folder, reporter, sandboxes: options.dryRun ? nil : SandboxStart())
        let report = try Self.build(session, options, isOffline: isOffline)
        if report.status == .done, let proof { return try prove(session, report, proof) }
        if report.status == .done { try finish(session, report) }
        return ExitStatus(report.status)
    }

    /// Shows the gate on reproducibility, and names what to do next.
    private func finish(_ session: Session, _ report: BuildReport) throws(CommandFailure) {
        let reporter = session.reporter
        var next: String? = session.manifest.model == nil ? "mlbuild status" : "mlbuild package"
        if options.dryRun || options.isolation == .none {
            next = "mlbuild build"
        } else if let gate = try LevelGate(session, report) {
            gate.show(reporter)
            // What a proof has just failed to show, another of the same kind does not show either.
            if !gate.isMet { next = proof != nil ? nil : gate.least == .repeated ? "mlbuild build --check" : "mlbuild build --vary" }
        }
        // What misses a gate is not to be packed, and how it could meet it nobody knows.
        if next == "mlbuild package", MetricView(reporter: reporter, manifest: session.manifest, store: session.store).hasUnmetGate(report)
        {
            next = nil
        }
        if options.stages.isEmpty, let next { reporter.next(next) }
    }

    /// Puts what was built to the test.
    private func prove(_ session: Session, _ built: BuildReport, _ request: ProofRequest) throws(CommandFailure) -> ExitStatus {
        let reporter = session.reporter
        let graph = try session.plan(built.lockfile, options.stages, isolation: options.isolation)
        let line = StatusLine(reporter, isTransient: true)
        let prover = Prover(
            session.workspace(built.lockfile, graph), performer: try session.performer(built.lockfile, for: graph), options: options,
            variations: request.variations
        ) { event in
            if case .stageProgress(let stage, let progress) = event { line.show("\(stage): \(progress.text)") }
        }
        let report = prover.prove()
        line.clear()
        ProofView(reporter: reporter, manifest: session.manifest).show(report)
        reporter.summarise(built.summary + [ProofView.summary(report)])
        if report.status == .done { try finish(session, built) }
        return ExitStatus(report.status)
    }

    /// The number of stages, when one look at the time stamps shows that all is as the last build left it.
    private func nothingToDo() throws(CommandFailure) -> Int? {
        // What is remembered is of builds in the sandbox, and a proof has work to do in any case.
        guard !options.force, !options.rehash, !options.dryRun, proof == nil, options.isolation == .namespaces else { return nil }
        guard
            case .nothingToDo(let stages) = NoOpIndex.check(
                root: folder.root, store: try WorkspaceFolder.storePath(), targets: options.stages)
        else { return nil }
        return stages
    }

    /// Builds, locking first when there is no lock, and shows how it went.
    ///
    /// - Parameter isOffline: whether no remote is asked for results of others.
    static func build(_ session: Session, _ options: BuildOptions, isOffline: Bool = false) throws(CommandFailure) -> BuildReport {
        let reporter = session.reporter
        let lock = options.dryRun ? nil : try session.lock()
        let lockfile = try lockfile(session, options)
        let graph = try session.plan(lockfile, options.stages, isolation: options.isolation)
        if !options.dryRun { try session.restoreSources(lockfile, for: graph) }
        let view = BuildView(reporter, session.manifest, lockfile, graph)
        var options = options
        if !isOffline, !options.dryRun, options.isolation != .none { options.source = try SharedResults(session) { view.note($0) } }
        let builder = Builder(
            session.workspace(lockfile, graph), performer: try session.performer(lockfile, for: graph), options: options,
            events: { event in view.show(event) })
        let report = builder.build(holding: lock)
        if let lock { try CommandFailure.catching { () throws(SystemError) in try lock.release() } }
        if options.dryRun { view.showStages(of: report) }
        view.finish(report)
        if !options.dryRun { MetricView(reporter: reporter, manifest: session.manifest, store: session.store).show(report) }
        return report
    }

    /// The lock to build with: what has no pin yet is pinned first; under the workspace's lock.
    static func lockfile(_ session: Session, _ options: BuildOptions) throws(CommandFailure) -> Lockfile {
        if let lockfile = try session.lockfile() {
            guard !options.dryRun, let new = session.unpinned(lockfile) else { return lockfile }
            if options.locked {
                throw CommandFailure(
                    .problem, "\(new) has no pin in \(session.folder.prefix)\(Lockfile.fileName)", hint: "'mlbuild lock' pins it")
            }
            // What has no pin yet is pinned as on the first build; what has one must still be as pinned.
            return try session.resolve(lockfile, scope: .unpinned).lockfile
        }
        if options.locked {
            throw CommandFailure(.problem, "there is no \(session.folder.prefix)\(Lockfile.fileName)", hint: "'mlbuild lock' makes it")
        }
        if options.dryRun {
            throw CommandFailure(
                .problem, "there is no \(session.folder.prefix)\(Lockfile.fileName)",
                hint: "'mlbuild lock' makes it, then '--dry-run' can tell")
        }
        session.reporter.say(
            "there is no \(session.folder.prefix)\(Lockfile.fileName) yet: pinning \(session.manifest.usedEnvironments.isEmpty ? "the data" : "data and environments")"
        )
        return try session.resolve(nil).lockfile
    }
}

extension ExitStatus {
    init(_ status: BuildStatus) {
        switch status {
        case .done: self = .done
        case .problem: self = .problem
        case .stageFailed: self = .stageFailed
        case .refused: self = .refused
        case .notReproducible: self = .notReproducible
        case .interrupted: self = .interrupted
        case .terminated: self = .terminated
        }
    }
}
