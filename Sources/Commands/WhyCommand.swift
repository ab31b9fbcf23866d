internal import Canonical
internal import Diagnostics
internal import Locking
internal import Manifests
internal import Planning
internal import Running

/// `why`: says why a stage would run, down to the value that changed, or why it would not.
struct WhyCommand {
    private let folder: WorkspaceFolder
    private let stage: String

    init(_ arguments: Arguments) throws(CommandFailure) {
        folder = try WorkspaceFolder.find(arguments)
        stage = arguments.operands[0]
    }

    func run(_ reporter: Reporter) throws(CommandFailure) -> ExitStatus {
        let session = try Session(folder, reporter)
        guard let lockfile = try session.lockfile() else {
            throw CommandFailure(
                .problem, "there is no \(folder.prefix)\(Lockfile.fileName), so nothing was built", hint: "'mlbuild lock' makes it")
        }
        let graph = try session.plan(lockfile, [stage])
        let forecast = Forecast(session.workspace(lockfile, graph))
        let explanation = forecast.explain(stage)
        if case .failed(let failure) = explanation.report.outcome {
            throw CommandFailure(
                failure.diagnostics, in: failure.sources + [session.manifest.source], status: ExitStatus(failure.status))
        }
        for line in explanation.lines { reporter.result(DiagnosticRenderer.printable(line) + "\n") }
        if reporter.verbose {
            if let key = explanation.report.key { reporter.result("  key      \(key.digest)\n") }
            if let last = explanation.lastKey { reporter.result("  last key \(last)\n") }
        }
        reporter.record("why", explanation.members)
        return .done
    }
}
