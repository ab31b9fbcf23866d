internal import Canonical
internal import Diagnostics
internal import Locking
internal import Manifests
internal import Planning
internal import Running
internal import Storage

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
        let draws = Self.draws(explanation.report.key?.digest, session.store)
        if let draws {
            reporter.result(
                "  random bytes: \(draws.bytes) in \(counted(draws.count, "request")); they follow from the key, so each run draws the same\n"
            )
        }
        if reporter.verbose {
            if let key = explanation.report.key { reporter.result("  key      \(key.digest)\n") }
            if let last = explanation.lastKey { reporter.result("  last key \(last)\n") }
        }
        var members = explanation.members
        if let draws { members += [JSONMember("draws", .integer(draws.count)), JSONMember("drawnBytes", .integer(draws.bytes))] }
        reporter.record("why", members)
        return .done
    }

    /// What a command drew when the recorded result of `key` was made, where that followed from its key.
    private static func draws(_ key: Digest?, _ store: DirectoryStore) -> (count: Int, bytes: Int)? {
        // Without a sound record there is a reason to tell, and no draws.
        guard let key, let facts = (try? store.record(for: key))?.facts, facts["entropy"] == nil,
            let count = facts["draws"]?.integerValue, let bytes = facts["drawnBytes"]?.integerValue
        else { return nil }
        return (count, bytes)
    }
}
