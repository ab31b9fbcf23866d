internal import Canonical
internal import Diagnostics
internal import Manifests
internal import Planning
internal import Platform
internal import Running
internal import Sandboxing
internal import Storage

/// One command, from its inputs to its outputs: shown, run, looked at, taken in.
struct CommandRun: Sendable {
    let action: Action
    let work: CommandWork
    let inputs: ActionInputs
    let environment: PerformEnvironment
    let place: CommandPlace

    func perform() throws(ActionFailure) -> [String: ActionOutput] {
        let root = try place.environment(of: work, stage: action.stage)
        let view = try SandboxView.make(action, root: root, inputs: inputs, store: place.store)
        let result: Result<[String: ActionOutput], ActionFailure>
        do throws(ActionFailure) {
            result = .success(try perform(in: view))
        } catch {
            result = .failure(keeping(view.work, error))
        }
        do throws(StoreError) {
            try place.store.removeWorkFolder(view.work)
        } catch {
            // What the command did counts; what is left goes with the process's other temporaries.
            if case .failure = result {} else { throw .store(error) }
        }
        return try result.get()
    }

    private func perform(in view: SandboxView) throws(ActionFailure) -> [String: ActionOutput] {
        var log = LogReading()
        let outcome =
            switch work.isolation {
            case .namespaces: try runInSandbox(view, &log)
            case .none: try CommandRunUnboxed(run: self, view: view).run(&log)
            }
        log.endLine()
        note(outcome)
        if outcome.termination == .cancelled { throw .cancelled }
        if let failure = CommandRunFailure.ending(outcome.termination, self, log: log) { throw .failed([failure]) }
        if !outcome.leftProcesses.isEmpty { throw .failed([CommandRunFailure.leftProcesses(outcome.leftProcesses, self)]) }
        for input in action.inputs { try inputs.check(input.name) }
        let intake = OutputIntake(
            action: action, store: place.store, work: view.work, limit: work.resources.outputSize, isQuiet: work.isolation == .namespaces)
        return try intake.take()
    }

    private func runInSandbox(_ view: SandboxView, _ log: inout LogReading) throws(ActionFailure) -> SandboxOutcome {
        guard let sandbox = place.sandbox else {
            throw CommandRunFailure.noSandbox(stage: action.stage, reason: "this build was started without one", remedy: "")
        }
        var plan = view.plan(work, key: environment.key)
        var variation: CommandRunVariation?
        if let kind = environment.variation {
            var chosen = CommandRunVariation(kind, of: work, isControl: environment.isControl)
            do throws(SystemError) {
                try chosen.apply(to: &plan, view: view)
            } catch {
                chosen.end()
                throw .store(.refused(error))
            }
            for fact in chosen.facts { environment.fact(fact) }
            variation = chosen
        }
        defer { variation?.end() }
        do throws(SandboxError) {
            return try sandbox.run(plan, log: { take($0, &log) }, isCancelled: environment.isCancelled)
        } catch {
            throw CommandRunFailure.from(error, self)
        }
    }

    /// Hands on what the command writes, and reads along.
    func take(_ bytes: UnsafeRawBufferPointer, _ log: inout LogReading) {
        log.take(bytes)
        environment.log(Array(bytes))
    }

    /// What is worth knowing beside the result.
    private func note(_ outcome: SandboxOutcome) {
        environment.fact(JSONMember("isolation", .string(work.isolation.rawValue)))
        if work.isolation == .none || work.entropy == .host { environment.fact(JSONMember("entropy", "host")) }
        if outcome.draws.count > 0 {
            environment.fact(JSONMember("draws", .integer(outcome.draws.count)))
            environment.fact(JSONMember("drawnBytes", .integer(outcome.draws.bytes)))
        }
        if outcome.droppedLog > 0 { environment.fact(JSONMember("droppedLog", .integer(outcome.droppedLog))) }
    }

    // MARK: Looking for causes

    func findings(_ log: LogReading) -> LogFindings {
        LogFindings(
            log.clues, inputs: action.inputs.map(\.path), outputs: action.outputs.map(\.path), workFolder: SandboxView.workFolder,
            isThere: isInWorkspace)
    }

    /// Whether the workspace has something at a path, apart from mlbuild's own files.
    func isInWorkspace(_ path: RelativePath) -> Bool {
        guard path.components.first != ".mlbuild" else { return false }
        // A hint hangs on it, nothing else.
        return (try? Files.status(place.root.appending(path.text))) != nil
    }

    // MARK: Keeping what failed

    /// Moves the work folder of a failed command to where people can look at it, if that was asked for.
    private func keeping(_ folder: HostPath, _ failure: ActionFailure) -> ActionFailure {
        guard environment.keepsFailed, case .failed(var diagnostics) = failure, let first = diagnostics.first else { return failure }
        let kept = place.root.appending(".mlbuild").appending("failed").appending(action.stage)
        let note: Diagnostic.Note
        do throws(SystemError) {
            try Files.removeTree(kept)
            try FolderCopy.move(folder, to: kept)
            note = Diagnostic.Note(
                "what it left is in '.mlbuild/failed/\(action.stage)'; 'mlbuild trace \(action.stage) --shell' opens a shell in the same sandbox"
            )
        } catch {
            note = Diagnostic.Note("what it left could not be kept: \(error)")
        }
        diagnostics[0] = Diagnostic(
            first.severity, code: first.code, first.message, at: first.location, notes: [note] + first.notes, fixIt: first.fixIt)
        return .failed(diagnostics)
    }
}
