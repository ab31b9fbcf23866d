internal import Diagnostics
internal import Environments
internal import Manifests
internal import Planning
internal import Platform
internal import Running
internal import Sandboxing
internal import Storage

/// What to say when a command cannot be run, or has failed: codes `run/...`, each with the declaration or the way out.
enum CommandRunFailure {
    /// A stage as such stands nowhere in particular.
    static var manifest: Diagnostic.Location { Diagnostic.Location(source: Manifest.fileName, span: nil) }

    private static func diagnostic(_ code: String, _ message: String, _ notes: [String]) -> Diagnostic {
        Diagnostic(code: code, message, at: manifest, notes: notes.map { Diagnostic.Note($0) })
    }

    // MARK: Nothing was run

    static func environment(_ error: EnvironmentError, name: String, stage: String) -> ActionFailure {
        switch error {
        case .store(.refused(let refusal)): return .store(.refused(refusal))
        case .platform:
            return .refused([
                diagnostic(
                    "run/environment", "stage '\(stage)' cannot have the environment '\(name)': \(error)",
                    ["'mlbuild lock --update \(name)' locks it for this machine"])
            ])
        case .missing, .missingLibraries, .store(.missing):
            return .refused([
                diagnostic(
                    "run/environment", "stage '\(stage)' cannot have the environment '\(name)': \(error)",
                    ["'mlbuild pull' fetches it from a remote, 'mlbuild lock' brings it back from here"])
            ])
        case .store, .clash, .badWheel, .changed:
            return .refused([
                diagnostic(
                    "run/environment", "stage '\(stage)' cannot have the environment '\(name)': \(error)",
                    ["'mlbuild lock --update \(name)' resolves it anew"])
            ])
        }
    }

    static func noSandbox(stage: String, reason: String, remedy: String) -> ActionFailure {
        var notes: [String] = []
        if !remedy.isEmpty { notes.append("to have one: \(remedy)") }
        notes.append("'mlbuild build --sandbox none' runs commands without one; such results are marked, never shared and never packaged")
        return .refused([diagnostic("run/no-sandbox", "stage '\(stage)' needs a sandbox, and none is to be had: \(reason)", notes)])
    }

    static func from(_ error: SandboxError, _ run: CommandRun) -> ActionFailure {
        let stage = run.action.stage
        switch error {
        case .unavailable(let reason, let remedy): return noSandbox(stage: stage, reason: reason, remedy: remedy)
        case .setUp(let step, let code):
            let reason = SystemError(operation: step, path: nil, code: code).description
            return .refused([
                diagnostic(
                    "run/no-sandbox", "the sandbox of stage '\(stage)' could not be made: \(reason)",
                    ["'mlbuild doctor' looks for the cause"])
            ])
        case .noProgram(let program, let code): return .failed([noProgram(program, code, run)])
        }
    }

    static func noProgram(_ program: String, _ code: Int32, _ run: CommandRun) -> Diagnostic {
        let reason = SystemError(operation: "start", path: program, code: code)
        let path = LogReading.path(program, workFolder: SandboxView.workFolder)
        let input = path.flatMap { path in run.action.inputs.first { $0.path.holds(path) } }
        var notes: [String] = []
        if let path, input != nil {
            notes.append(
                "'\(path)' is an input, and inputs are not executable: name the program that reads it, such as [\"sh\", \"\(path)\"]")
        } else if program.utf8.contains(UInt8(ascii: "/")) {
            if let path, run.isInWorkspace(path) { notes.append(undeclared(path, stage: run.action.stage)) }
            notes.append("a command sees the programs of its environment '\(run.work.environmentName)' and its inputs, nothing else")
        } else {
            notes.append(missingProgram(program, environment: run.work.environmentName))
        }
        return diagnostic("run/no-program", "stage '\(run.action.stage)' cannot start '\(program)': \(reason.reason)", notes)
    }

    // MARK: It has run

    /// Why a command that has ended counts as failed; nil when it does not.
    static func ending(_ termination: SandboxOutcome.Termination, _ run: CommandRun, log: LogReading) -> Diagnostic? {
        let stage = run.action.stage
        let findings = run.findings(log)
        var notes = hints(findings, run)
        notes += lastLines(log, run)
        switch termination {
        case .exited(0), .cancelled: return nil
        case .exited(let status):
            if let input = findings.writtenInputs.first {
                return diagnostic(
                    "run/input-written", "stage '\(stage)' tried to write to '\(input)', which is one of its inputs", notes)
            }
            return diagnostic("run/exit", "stage '\(stage)' ended with status \(status)", notes)
        case .signalled(let signal):
            return diagnostic(
                "run/signal", "stage '\(stage)' was ended by \(name(of: signal))", signalNotes(signal, run) + notes)
        case .timedOut:
            let seconds = run.work.timeout ?? 0
            return diagnostic(
                "run/timeout", "stage '\(stage)' had not ended after \(seconds) s",
                ["'timeout' of the stage is the bound; raise it if the command is to take longer"] + notes)
        }
    }

    static func leftProcesses(_ names: [String], _ run: CommandRun) -> Diagnostic {
        let shown = names.prefix(5).map { "'\($0)'" }.joined(separator: ", ")
        return diagnostic(
            "run/background-process", "stage '\(run.action.stage)' left processes behind: \(shown)",
            ["they were ended, and what they had written by then is not known; let the command wait for all that it starts"])
    }

    /// An input that can be written to, because nothing keeps the command from it, is another one now.
    static func writtenInput(_ path: RelativePath, _ run: CommandRun) -> Diagnostic {
        diagnostic(
            "run/input-written", "stage '\(run.action.stage)' changed '\(path)', which is one of its inputs",
            ["it changed a copy, and the input is as it was; let the command write to '$TMPDIR' or to an output"])
    }

    // MARK: Notes

    static func undeclared(_ path: RelativePath, stage: String) -> String {
        "'\(path)' is in the workspace, but stage '\(stage)' does not declare it: add it to 'inputs', or 'mlbuild trace \(stage) --fix'"
    }

    private static func missingProgram(_ program: String, environment: String) -> String {
        let ofPackages = "; programs of Python packages come with 'requirements'"
        return environment == Environment.baseName
            ? "'\(program)' is not in the environment: name it in 'tools' of 'environment' and run 'mlbuild lock'" + ofPackages
            : "'\(program)' is not in the environment '\(environment)': add it to its 'tools' and run 'mlbuild lock'" + ofPackages
    }

    private static func hints(_ findings: LogFindings, _ run: CommandRun) -> [String] {
        var notes: [String] = []
        for path in findings.writtenInputs.prefix(3) {
            notes.append("'\(path)' is an input and cannot be written to: copy it to '$TMPDIR' first, or write to an output")
        }
        for path in findings.startedInputs.prefix(3) {
            notes.append("'\(path)' is an input, and inputs are not executable: name the program that reads it, such as 'sh \(path)'")
        }
        for path in findings.undeclared.prefix(5) { notes.append(undeclared(path, stage: run.action.stage)) }
        for program in findings.programs.prefix(3) { notes.append(missingProgram(program, environment: run.work.environmentName)) }
        for module in findings.modules.prefix(3) {
            notes.append(
                "'\(module)' is neither in the environment '\(run.work.environmentName)' nor beside the script: "
                    + "add what has it to 'requirements', or the file to 'inputs'")
        }
        for name in findings.variables.prefix(3) {
            notes.append("commands see no variables of yours; say \"variables\": { \"\(name)\": ... }")
        }
        if findings.triedNetwork, run.work.isolation == .namespaces {
            notes.append("commands have no network: what comes from outside is declared in 'data' or 'environment'")
        }
        return notes
    }

    /// Whether the log of the stage is that of this run: trials keep none.
    private static func isKept(_ log: LogReading, _ run: CommandRun) -> Bool {
        // A hint hangs on it, nothing else.
        (try? Files.status(StateFolder(root: run.place.root).log(of: run.action.stage)))?.size == log.byteCount
    }

    private static func lastLines(_ log: LogReading, _ run: CommandRun) -> [String] {
        let last = log.last
        if last.isEmpty { return ["it wrote nothing to its output"] }
        var notes = ["the last lines of its output:"] + last.map { "| " + $0 }
        if isKept(log, run) { notes.append("the whole output is in '.mlbuild/logs/\(run.action.stage).log'") }
        return notes
    }

    private static func signalNotes(_ signal: Int32, _ run: CommandRun) -> [String] {
        switch signal {
        case 25: ["a file grew beyond 'fileSize' in the stage's 'resources' (\(run.work.resources.fileSize.map { "\($0)" } ?? "no") bytes)"]
        case 31: ["it asked the kernel for something that a sandbox does not allow"]
        case 9, 11, 6:
            run.work.resources.memory.map { ["'memory' in the stage's 'resources' bounds each process to \($0) bytes"] }
                ?? (signal == 9 ? ["the kernel ends processes in that way when memory runs out"] : [])
        default: []
        }
    }

    private static func name(of signal: Int32) -> String {
        let names: [Int32: String] = [
            1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL",
            10: "SIGUSR1", 11: "SIGSEGV", 12: "SIGUSR2", 13: "SIGPIPE", 14: "SIGALRM", 15: "SIGTERM", 24: "SIGXCPU", 25: "SIGXFSZ",
            31: "SIGSYS",
        ]
        return names[signal].map { "signal \(signal) (\($0))" } ?? "signal \(signal)"
    }
}
