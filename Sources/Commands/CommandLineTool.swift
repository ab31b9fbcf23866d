internal import Platform

/// The whole program: reads the command line, runs one command, ends with its status.
package enum CommandLineTool {
    package static func run() -> Never {
        // They are read from /proc, and the program's own name is always among them.
        let words = Array(CommandLine.arguments.dropFirst())
        if CommandLine.arguments.isEmpty {
            Reporter().show(missingArguments)
            Host.exit(ExitStatus.refused.rawValue)
        }
        run(words)
    }

    /// As ``run()``, for words that come from elsewhere.
    package static func run(_ words: [String]) -> Never {
        if let request = EngineProcess.request(words) { EngineProcess.run(request) }
        Interruption.install()
        let status = perform(words)
        // A result that could not be written is no result: a full disk behind a redirection must not look like success.
        if status == .done, let failure = Terminal.failure {
            Reporter().show(CommandFailure(failure))
            Host.exit(ExitStatus.refused.rawValue)
        }
        Host.exit(status.rawValue)
    }

    private static var missingArguments: CommandFailure {
        do throws(SystemError) {
            _ = try Files.read(HostPath("/proc/self/cmdline"))
            return CommandFailure(.refused, "the command line could not be read from '/proc/self/cmdline'")
        } catch {
            return CommandFailure(.refused, error.description, hint: "mount /proc: mlbuild reads its command line there")
        }
    }

    private static func perform(_ words: [String]) -> ExitStatus {
        let request: Arguments.Request
        do throws(UsageError) {
            request = try Arguments.read(words)
        } catch {
            return show(error, words)
        }
        switch request {
        case .overview:
            Terminal.write(HelpText.overview, to: words.isEmpty ? .error : .output)
            return words.isEmpty ? .usage : .done
        case .help(let verb):
            Terminal.write(HelpText.help(for: verb), to: .output)
            return .done
        case .topic(let topic):
            Terminal.write(topic.text, to: .output)
            return .done
        case .version:
            Terminal.write("mlbuild \(HelpText.version)\n", to: .output)
            return .done
        case .run(let arguments): return perform(arguments)
        }
    }

    private static func perform(_ arguments: Arguments) -> ExitStatus {
        let reporter = Reporter(arguments)
        var status: ExitStatus
        do throws(CommandFailure) {
            status = try dispatch(arguments, reporter)
        } catch {
            reporter.show(error)
            status = error.status
        }
        if let signal = Interruption.signal, status == .done { status = ExitStatus(signal: signal) }
        reporter.summary(arguments.verb, status)
        return status
    }

    private static func dispatch(_ arguments: Arguments, _ reporter: Reporter) throws(CommandFailure) -> ExitStatus {
        switch arguments.verb {
        case .initialise: try InitCommand(arguments).run(reporter)
        case .check: try CheckCommand(arguments).run(reporter)
        case .lock: try LockCommand(arguments).run(reporter)
        case .build: try BuildCommand(arguments).run(reporter)
        case .status: try StatusCommand(arguments).run(reporter)
        case .why: try WhyCommand(arguments).run(reporter)
        case .trace: try TraceCommand(arguments).run(reporter)
        case .graph: try GraphCommand(arguments).run(reporter)
        case .package: try PackageCommand(arguments).run(reporter)
        case .inspect: try InspectCommand(arguments).run(reporter)
        case .verify: try VerifyCommand(arguments).run(reporter)
        case .predict: try PredictCommand(arguments).run(reporter)
        case .data: try DataCommand(arguments).run(reporter)
        case .remote: try RemoteCommand(arguments).run(reporter)
        case .push: try PushCommand(arguments).run(reporter)
        case .pull: try PullCommand(arguments).run(reporter)
        case .cache: try CacheCommand(arguments).run(reporter)
        case .doctor: try DoctorCommand(arguments).run(reporter)
        case .completion: try CompletionCommand(arguments).run(reporter)
        }
    }

    private static func show(_ error: UsageError, _ words: [String]) -> ExitStatus {
        let reporter = Reporter(json: words.prefix { $0 != "--" }.contains("--json"))
        let hint = error.suggestion.map { "did you mean '\($0)'?" }
        reporter.show(CommandFailure(.usage, error.message, hint: hint))
        let text =
            error.verb.map { "usage: \($0.usage)\n  'mlbuild help \($0.rawValue)' shows its flags\n" }
            ?? "  'mlbuild --help' shows the commands\n"
        Terminal.write(text, to: .error)
        reporter.summary(error.verb, .usage)
        return .usage
    }
}
