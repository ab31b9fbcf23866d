internal import Actions
internal import Canonical
internal import Diagnostics
internal import Locking
internal import Manifests
internal import Planning
internal import Platform
internal import Running
internal import Sandboxing
internal import Storage

/// `trace`: runs one command once under observation, and lists what it looks for and does not declare.
struct TraceCommand {
    private let folder: WorkspaceFolder
    private let stage: String
    private let fixes: Bool
    private let opensShell: Bool

    init(_ arguments: Arguments) throws(CommandFailure) {
        stage = arguments.operands[0]
        fixes = arguments.has("fix")
        opensShell = arguments.has("shell")
        if fixes, opensShell { throw CommandFailure(.usage, "'--fix' and '--shell' exclude each other") }
        if opensShell, arguments.has("json") {
            throw CommandFailure(.usage, "'--shell' talks to a person, and '--json' to a program: they exclude each other")
        }
        folder = try WorkspaceFolder.find(arguments)
    }

    func run(_ reporter: Reporter) throws(CommandFailure) -> ExitStatus {
        if opensShell, !Terminal.hasInput || !Terminal.isTerminal(.output) {
            throw CommandFailure(.problem, "'--shell' needs a terminal, and this is none", hint: "run it from one, without a pipe")
        }
        let session = try Session(folder, reporter, sandboxes: SandboxStart())
        if let known = session.manifest.stage(stage), case .kind = known.work {
            throw CommandFailure(
                .problem, "stage '\(stage)' is built in, and reads its inputs and nothing else: only commands are traced")
        }
        let (lockfile, built) = try upstream(session)
        if let built, built.status != .done { return ExitStatus(built.status) }
        let graph = try session.plan(lockfile, [stage])
        guard let action = graph.actions.first(where: { $0.stage.utf8.elementsEqual(stage.utf8) }) else {
            preconditionFailure("a plan of a stage holds it")
        }
        reporter.summarise([])
        let inputs = try StageInputs.bind(action, session.workspace(lockfile, graph), built: built)
        let log = TraceLog(stage, reporter)
        let trace = try trace(action, inputs, try session.performer(lockfile, for: graph), log, session)
        if opensShell { return .done }
        return try show(trace, log, action, session)
    }

    /// Builds what the stage takes from others; the report is nil when it takes from none.
    private func upstream(_ session: Session) throws(CommandFailure) -> (Lockfile, BuildReport?) {
        var options = BuildOptions()
        options.jobs = Host.coreCount
        options.threads = Host.coreCount
        let lock = try session.lock()
        let lockfile = try BuildCommand.lockfile(session, options)
        try CommandFailure.catching { () throws(SystemError) in try lock.release() }
        let graph = try session.plan(lockfile, [stage])
        guard let index = graph.index(of: stage) else { preconditionFailure("a plan of a stage holds it") }
        options.stages = graph.dependencies(of: index).map { graph.actions[$0].stage }
        if options.stages.isEmpty { return (lockfile, nil) }
        let report = try BuildCommand.build(session, options)
        return (report.lockfile, report)
    }

    private func trace(
        _ action: Action, _ inputs: StageInputs, _ performer: StagePerformer, _ log: TraceLog, _ session: Session
    ) throws(CommandFailure) -> Trace {
        let key = ActionKey.of(action, inputs: inputs.objects.map { ($0.port, $0.object.digest, $0.object.kind) })
        let environment = PerformEnvironment(
            threads: Host.coreCount, key: key, log: { log.write($0) }, isCancelled: { Interruption.signal != nil })
        do throws(ActionFailure) {
            defer { log.end() }
            return try Trace.run(
                action, inputs: inputs.inputs, environment: environment, performer: performer, mode: opensShell ? .shell : .observed)
        } catch {
            let sources = [session.manifest.source]
            switch error {
            case .cancelled: throw CommandFailure(stoppedBy: Interruption.signal ?? 2)
            case .store(let error): throw CommandFailure(error)
            case .message(let message): throw CommandFailure(.stageFailed, "stage '\(stage)' failed: \(message)")
            case .failed(let diagnostics): throw CommandFailure(diagnostics, in: sources, status: .stageFailed)
            case .refused(let diagnostics): throw CommandFailure(diagnostics, in: sources, status: .refused)
            case .diagnostics(let diagnostics, let texts): throw CommandFailure(diagnostics, in: texts + sources)
            }
        }
    }

    /// Shows what was found and, when asked to, declares it.
    private func show(_ trace: Trace, _ log: TraceLog, _ action: Action, _ session: Session) throws(CommandFailure) -> ExitStatus {
        guard let declared = session.manifest.stage(stage), case .command(let work) = action.work else {
            preconditionFailure("a command that is traced is declared")
        }
        let modules = try OwnModules.find(log.modules, beside: action.inputs.map(\.path), root: folder.root)
        let proposals = session.manifest.proposals(for: trace.undeclared + modules.own, of: declared)
        let view = TraceView(
            session.reporter, declared, work, proposals: proposals, trace: trace, log: log, modules: modules.foreign)
        view.show()
        if fixes { return try fix(proposals, session, hasEnded: trace.termination == .exited(0)) }
        if !proposals.inputs.isEmpty { session.reporter.next("mlbuild trace \(stage) --fix") }
        if !view.isEmpty { return .problem }
        return trace.termination == .exited(0) ? .done : .stageFailed
    }

    /// Writes the inputs into the manifest, where that leaves one without errors.
    ///
    /// - Parameter hasEnded: whether the command came to its end; else it may miss more.
    private func fix(_ proposals: InputProposals, _ session: Session, hasEnded: Bool) throws(CommandFailure) -> ExitStatus {
        let reporter = session.reporter
        if proposals.inputs.isEmpty {
            reporter.say("\(folder.prefix)\(Manifest.fileName): there are no inputs to add")
            return proposals.refused.isEmpty ? .done : .problem
        }
        let lock = try session.lock()
        guard let source = try folder.text(Manifest.fileName), source.bytes == session.manifest.source.bytes else {
            throw CommandFailure(.problem, "\(folder.prefix)\(Manifest.fileName) changed meanwhile", hint: "run the same command again")
        }
        guard let fixIt = InputInsertion.fixIt(source, stage: stage, inputs: proposals.inputs) else {
            throw CommandFailure(.problem, "the inputs of stage '\(stage)' cannot be added to", hint: "add them by hand")
        }
        let mended = SourceText(name: source.name, bytes: FixIt.apply([fixIt], to: source.bytes).bytes)
        let read = ManifestReader.read(mended)
        guard read.value != nil, !read.hasErrors else {
            throw CommandFailure(read.diagnostics, in: [mended])
        }
        let path = folder.root.appending(Manifest.fileName)
        try CommandFailure.catching { () throws(SystemError) in try Files.write(mended.bytes, to: path, durable: true) }
        try CommandFailure.catching { () throws(SystemError) in try lock.release() }
        for input in proposals.inputs { reporter.say("\(source.name): stage '\(stage)' has the input \(input.text) now") }
        reporter.record(
            "fix", [JSONMember("file", .string(source.name)), JSONMember("added", .integer(proposals.inputs.count))])
        reporter.next(hasEnded ? "mlbuild build \(stage)" : "mlbuild trace \(stage)")
        return proposals.refused.isEmpty ? .done : .problem
    }
}
