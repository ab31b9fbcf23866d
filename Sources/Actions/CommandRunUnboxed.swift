internal import Locking
internal import Manifests
internal import Planning
internal import Platform
internal import Running
internal import Sandboxing
internal import Storage

/// A command without a sandbox, because it was asked for in so many words: a child process among all others.
///
/// It starts in the work folder with copies of its inputs; nothing keeps it from seeing and touching the rest of the machine.
// SPEC: determinism.md#without-a-sandbox
struct CommandRunUnboxed: Sendable {
    let run: CommandRun
    let view: SandboxView

    func run(_ log: inout LogReading) throws(ActionFailure) -> SandboxOutcome {
        let own: HostPath
        do throws(StoreError) {
            own = try run.place.store.workFolder()
        } catch {
            throw .store(error)
        }
        // What is left goes with the process's other temporaries.
        defer { try? run.place.store.removeWorkFolder(own) }
        var variables = Self.variables(run.work, root: view.root, own: own)
        if let kind = run.environment.variation {
            variables = CommandRunVariation.overriding(variables, with: CommandRunVariation(kind, of: run.work).changes())
        }
        do throws(SystemError) {
            for name in ["home", "tmp"] { try Files.makeDirectory(own.appending(name)) }
            try copyInputs()
        } catch {
            throw .store(.refused(error))
        }
        guard let program = Self.find(run.work.arguments[0], in: variables, from: view.work) else {
            throw .failed([CommandRunFailure.noProgram(run.work.arguments[0], 2, run)])
        }
        let outcome: ChildSession.Outcome
        do throws(SystemError) {
            outcome = try ChildSession.run(
                program, run.work.arguments, variables: variables, directory: view.work, seconds: run.work.timeout,
                log: { run.take($0, &log) }, isCancelled: run.environment.isCancelled)
        } catch {
            guard error.operation == "start" else { throw .store(.refused(error)) }
            throw .failed([CommandRunFailure.noProgram(run.work.arguments[0], error.code, run)])
        }
        if outcome.termination == .exited(0) { try checkInputs() }
        return SandboxOutcome(termination: outcome.termination.word, leftProcesses: outcome.left)
    }

    // MARK: Inputs

    private func copyInputs() throws(SystemError) {
        for input in view.inputs {
            let target = view.work.appending(input.path.text)
            try Files.makeDirectories(target.parent)
            switch input.shown {
            case .file(let file):
                // By number: the descriptor is what was checked.
                try FolderCopy.copy(
                    Descriptor.reading(HostPath("/proc/self/fd/\(file.number)")), to: target, isExecutable: false)
            case .folder(let folder): try FolderCopy.copy(folder, to: target)
            }
        }
    }

    /// An input that is another one afterwards was written to, as nothing keeps the command from doing.
    private func checkInputs() throws(ActionFailure) {
        for input in view.inputs {
            let copy = view.work.appending(input.path.text)
            guard (try? run.place.store.importData(copy, keep: false)) == input.object else {
                throw .failed([CommandRunFailure.writtenInput(input.path, run)])
            }
        }
    }

    // MARK: The environment

    /// The variables of the sandbox, with what lies in its root named where it lies on this machine.
    static func variables(_ work: CommandWork, root: HostPath, own: HostPath) -> [(name: String, value: String)] {
        var changes = [
            (name: "HOME", value: own.appending("home").description), (name: "TMPDIR", value: own.appending("tmp").description),
            (name: "PATH", value: "\(root)/env/bin:\(root)/usr/bin:/usr/bin:/bin"),
        ]
        if work.environment.python != nil { changes.append((name: "PYTHONHOME", value: "\(root)/env")) }
        return CommandRunVariation.overriding(
            work.variables, with: changes.filter { change in !work.ownVariables.contains { $0.name.utf8.elementsEqual(change.name.utf8) } })
    }

    /// The file of a program, looked up as a shell does.
    static func find(_ name: String, in variables: [(name: String, value: String)], from folder: HostPath) -> HostPath? {
        if name.utf8.contains(UInt8(ascii: "/")) { return folder.resolving(name) }
        let path = variables.last { $0.name == "PATH" }?.value ?? ""
        for part in path.utf8.split(separator: UInt8(ascii: ":")) {
            let file = HostPath(bytes: Array(part)).appending(name)
            if let status = try? Files.status(file), status.kind == .regular, status.isExecutable { return file }
        }
        return nil
    }
}

extension ChildSession.Termination {
    fileprivate var word: SandboxOutcome.Termination {
        switch self {
        case .exited(let status): .exited(status)
        case .signalled(let signal): .signalled(signal)
        case .timedOut: .timedOut
        case .cancelled: .cancelled
        }
    }
}
