import Canonical
import Platform
import TestSupport
import Testing

/// The command line from outside: what is said where, and how it ends.
@Suite struct CommandLineTests {
    private static let verbs = [
        "init", "check", "lock", "build", "status", "why", "trace", "graph", "package", "inspect", "verify", "predict", "data",
        "remote", "push", "pull", "cache", "doctor", "completion",
    ]

    /// Starts a program where no /proc is mounted.
    private static let withoutProc = ["unshare", "-m", "sh", "-c", "umount -l /proc && exec \"$@\"", "sh"]
    private static let canHideProc = (try? ProcessRunner.run(withoutProc + ["true"]).status) == 0

    @Test(.enabled(if: canHideProc, "only root may hide /proc")) func `without a /proc that is what is said`() throws {
        let ending = try Workbench().run("build", "--force", wrapper: Self.withoutProc)
        #expect(ending.status == 4)
        #expect(ending.output.isEmpty)
        #expect(ending.words.hasPrefix("error: cannot read '/proc/self/cmdline': "), "\(ending)")
        #expect(ending.words.contains("mount /proc"))
    }

    /// A command line that is wrong, and all that is said to it.
    struct Wrong: Sendable, CustomTestStringConvertible {
        let line: [String]
        let words: String
        var testDescription: String { line.joined(separator: " ") }

        init(_ line: String..., words: String) {
            self.line = line
            self.words = words
        }

        private static let buildUsage = "usage: mlbuild build [FLAGS] [STAGE...]\n  'mlbuild help build' shows its flags\n"

        static let all: [Wrong] = [
            Wrong("biuld", words: "error: unknown command 'biuld'\n  hint: did you mean 'build'?\n  'mlbuild --help' shows the commands\n"),
            Wrong("frobnicate", words: "error: unknown command 'frobnicate'\n  'mlbuild --help' shows the commands\n"),
            Wrong(
                "help", "biuld",
                words: "error: unknown command 'biuld'\n  hint: did you mean 'build'?\n  'mlbuild --help' shows the commands\n"),
            Wrong(
                "--jobs", "2", "build", words: "error: unknown flag '--jobs' before the command\n  'mlbuild --help' shows the commands\n"),
            Wrong("-q", words: "error: no command is named\n  'mlbuild --help' shows the commands\n"),
            Wrong("b\u{1B}[31m", words: "error: unknown command 'b\\u{1b}[31m'\n  'mlbuild --help' shows the commands\n"),
            Wrong("build", "--help=3", words: "error: '--help' takes no value\n" + buildUsage),
            Wrong("init", "", words: "error: 'init' needs the name of a folder, and got an empty one\n"),
            Wrong("build", "--job", "2", words: "error: unknown flag '--job' for 'build'\n  hint: did you mean '--jobs'?\n" + buildUsage),
            Wrong("build", "--jobs", words: "error: '--jobs' needs a value: N\n" + buildUsage),
            Wrong("build", "-j", "2", "-j", "3", words: "error: '--jobs' is given twice\n" + buildUsage),
            Wrong("build", "--force=yes", words: "error: '--force' takes no value\n" + buildUsage),
            Wrong("build", "-x", words: "error: unknown flag '-x' for 'build'\n" + buildUsage),
            Wrong("build", "-qv", words: "error: unknown flag '-qv'; flags of one letter are not joined\n" + buildUsage),
            Wrong("build", "--jobs", "0", words: "error: '--jobs' is '0', and has to be a number from 1 to 1024\n"),
            Wrong(
                "build", "-j9999999999999999999", words: "error: '--jobs' is '9999999999999999999', and has to be a number from 1 to 1024\n"
            ),
            Wrong("-C", "none", "build", words: "error: 'none' is no folder\n"),
            Wrong("-C", "mlops.json", "build", words: "error: 'mlops.json' is no folder\n"),
            Wrong(
                "why",
                words: "error: 'why' needs STAGE: the stage to explain\nusage: mlbuild why STAGE\n  'mlbuild help why' shows its flags\n"),
            Wrong(
                "check", "this",
                words: "error: 'check' does not take 'this'\nusage: mlbuild check [FLAGS]\n  'mlbuild help check' shows its flags\n"),
            Wrong(
                "verify",
                words:
                    "error: 'verify' needs ARCHIVE: a model archive, NAME-VERSION.mlar\nusage: mlbuild verify ARCHIVE\n  'mlbuild help verify' shows its flags\n"
            ),
            Wrong(
                "predict", "a.mlar",
                words:
                    "error: 'predict' needs ROWS: a table with the model's inputs: a file, or a folder of arrays or images\nusage: mlbuild predict [FLAGS] ARCHIVE ROWS\n  'mlbuild help predict' shows its flags\n"
            ),
            Wrong("lock", "--check", "--update", "x", words: "error: '--check' and '--update' exclude each other\n"),
            Wrong(
                "graph", "--format", "dto",
                words: "error: there is no form 'dto'\n  hint: did you mean 'dot'? there are: tree, dot, mermaid, json\n"),
            Wrong("build", "--vary=trheads", words: "error: there is no variation 'trheads'\n  hint: did you mean 'threads'?\n"),
            Wrong(
                "build", "--vary=time,frobnicate",
                words:
                    "error: there is no variation 'frobnicate'\n  hint: there are threads, hash-seed, addresses, time, time-zone, locale, user, path, file-order, process-ids, kernels\n"
            ),
            Wrong("build", "--sandbox", "nome", words: "error: there is no sandbox 'nome'\n  hint: did you mean 'none'?\n"),
            Wrong("build", "--sandbox", words: "error: '--sandbox' needs a value: NAME\n" + buildUsage),
            Wrong(
                "build", "--dry-run", "--check",
                words: "error: '--dry-run' runs nothing, and '--check' is about what is run: they exclude each other\n"),
            Wrong(
                "build", "--dry-run", "--vary=time",
                words: "error: '--dry-run' runs nothing, and '--vary' is about what is run: they exclude each other\n"),
            Wrong("completion", "tcsh", words: "error: there is no completion for 'tcsh'\n  hint: bash, zsh and fish are known\n"),
        ]
    }

    @Test(arguments: Wrong.all) func `a wrong command line ends with 2, says why, and changes nothing`(wrong: Wrong) throws {
        let bench = try Workbench(template: "minimal")
        let before = try Tree.digests(bench.folder.path)
        let ending = Ending(try bench.start(wrong.line).finish())
        #expect(ending.status == 2, "\(ending)")
        #expect(ending.words == wrong.words)
        #expect(ending.output == "")
        #expect(try Tree.digests(bench.folder.path) == before)
    }

    @Test func `without a command the overview goes to standard error, with --help to standard output`() throws {
        let bench = try Workbench()
        let bare = try bench.run()
        #expect(bare.status == 2 && bare.output == "")
        for line in [["--help"], ["-h"], ["help"]] {
            let help = Ending(try bench.start(line).finish())
            #expect(help.status == 0 && help.words == "")
            #expect(help.output == bare.words)
        }
        for verb in Self.verbs { #expect(bare.words.contains("\n  \(verb) "), "\(verb)") }
    }

    @Test(arguments: verbs) func `each command has its help, without a workspace`(verb: String) throws {
        let bench = try Workbench()
        let help = try bench.run(verb, "--help")
        #expect(help.status == 0 && help.words == "")
        #expect(help.output.hasPrefix("mlbuild \(verb): "))
        #expect(help.output.contains("\nUsage: mlbuild \(verb)"))
        #expect(
            help.output.contains("\nFlags:\n") && help.output.contains("--json") && help.output.contains("\nExit status:\n  0    done\n"))
        #expect(try bench.run("help", verb).output == help.output)
        #expect(try bench.run(verb, "-h", "surplus", "more", "words").output == help.output)
    }

    @Test func `the version is one line`() throws {
        let bench = try Workbench()
        let shown = try bench.run("--version")
        #expect(shown.status == 0 && shown.words == "")
        #expect(shown.output.wholeMatch(of: /mlbuild \d+\.\d+\.\d+\n/) != nil, "\(shown)")
    }

    @Test func `flags may stand anywhere, in every spelling, and two dashes end them`() throws {
        let bench = try Workbench(template: "minimal")
        #expect(try bench.run("lock").status == 0)
        for line in [
            ["build", "--jobs", "2", "--dry-run"], ["build", "--jobs=2", "split", "--dry-run"], ["build", "--dry-run", "-j2"],
            ["build", "-j=2", "--dry-run", "--", "split"], ["-q", "build", "--dry-run", "-C", "."], ["-C", "data", "build", "--dry-run"],
        ] {
            let ending = Ending(try bench.start(line).finish())
            #expect(ending.status == 0, "\(line): \(ending)")
        }
        let operand = try bench.run("build", "--dry-run", "--", "--force")
        #expect(operand.status == 1, "\(operand)")
        #expect(operand.words.contains("--force"), "\(operand)")
    }

    @Test func `an unknown stage is answered with the nearest one`() throws {
        let bench = try Workbench(template: "minimal")
        for line in [
            ["build", "evalute"], ["status", "evalute"], ["graph", "evalute"], ["why", "evalute"], ["build", "--dry-run", "evalute"],
        ] {
            #expect(try bench.run("lock").status == 0)
            let ending = Ending(try bench.start(line).finish())
            #expect(ending.status == 1, "\(line): \(ending)")
            #expect(ending.words.contains("'evalute'") && ending.words.contains("'evaluate'"), "\(line): \(ending)")
            #expect(ending.words.contains("[plan/unknown-stage]"), "\(line): \(ending)")
        }
    }

    @Test func `without a workspace every command that needs one says so`() throws {
        let bench = try Workbench()
        for line in [["check"], ["lock"], ["build"], ["status"], ["why", "x"], ["graph"], ["package"]] {
            let ending = Ending(try bench.start(line).finish())
            #expect(ending.status == 1, "\(line)")
            #expect(
                ending.words == """
                    error: there is no mlops.json here or in any folder above
                      hint: 'mlbuild init' makes a workspace, '-C DIR' names another folder

                    """, "\(line)")
        }
        #expect(try Tree.everything(bench.root) == [])
        #expect(try Files.status(bench.cache) == nil, "no store is made for nothing")
    }

    @Test func `a relative store is refused`() throws {
        let bench = try Workbench(template: "minimal")
        let refused = try bench.run("build", environment: ["MLBUILD_CACHE": "here"])
        #expect(refused.status == 2)
        #expect(refused.words == "error: MLBUILD_CACHE is 'here', and has to be an absolute path\n")
    }

    // MARK: Who reads what

    @Test func `results go to standard output, and everything else to standard error`() throws {
        let bench = try Workbench(template: "tabular")
        for (line, hasResult) in [
            (["check"], false), (["lock"], false), (["build"], false), (["build"], false), (["status"], true), (["graph"], true),
            (["package"], true), (["inspect", "dist/breast-cancer-1.0.0.mlar"], true),
            (["verify", "dist/breast-cancer-1.0.0.mlar"], false),
            (["why", "train"], true), (["doctor"], true), (["completion", "bash"], true), (["init", "--list"], true),
        ] {
            let ending = Ending(try bench.start(line).finish())
            #expect(ending.status == 0, "\(line): \(ending)")
            #expect(ending.output.isEmpty != hasResult, "\(line): \(ending)")
        }
    }

    @Test func `quiet says only what went wrong`() throws {
        let bench = try Workbench(template: "tabular")
        for line in [
            ["check", "-q"], ["lock", "-q"], ["build", "-q"], ["package", "--quiet"], ["verify", "-q", "dist/breast-cancer-1.0.0.mlar"],
        ] {
            let ending = Ending(try bench.start(line).finish())
            #expect(ending.status == 0 && ending.words == "", "\(line): \(ending)")
        }
        try bench.edit("mlops.json", "\"version\": 1,", "\"version\": 1, \"nmae\": 2,")
        let wrong = try bench.run("check", "-q")
        #expect(wrong.status == 1)
        #expect(wrong.words.hasPrefix("mlops.json:2:17: error: unknown key 'nmae'"), "\(wrong)")
    }

    @Test func `every line of --json is a record, and the last is the summary`() throws {
        let bench = try Workbench(template: "tabular")
        let lines: [(line: [String], status: Int32)] = [
            (["check"], 0), (["lock"], 0), (["lock", "--check"], 0), (["build"], 0), (["build"], 0), (["build", "--dry-run"], 0),
            (["status"], 0),
            (["why", "train"], 0), (["graph"], 0), (["package"], 0), (["inspect", "dist/breast-cancer-1.0.0.mlar"], 0),
            (["verify", "dist/breast-cancer-1.0.0.mlar"], 0),
            (["predict", "dist/breast-cancer-1.0.0.mlar", "build/split/test.csv", "-o", "out.csv"], 0),
            (["predict", "dist/breast-cancer-1.0.0.mlar", "build/split/test.csv"], 2), (["build", "--froce"], 2),
            (["doctor"], 0), (["completion", "fish"], 0), (["init", "--list"], 0), (["init"], 1), (["verify", "mlops.json"], 1),
            (["build", "none"], 1), (["build", "-j", "x"], 2), (["verify", "none"], 4),
        ]
        for (line, status) in lines {
            let ending = Ending(try bench.start(line + ["--json"]).finish())
            #expect(ending.status == status, "\(line): \(ending)")
            let records = try ending.records()
            for record in records { #expect(record["record"]?.stringValue != nil, "\(line): \(ending)") }
            #expect(records.last?["record"]?.stringValue == "summary", "\(line): \(ending)")
            #expect(records.last?["command"]?.stringValue == line[0])
            #expect(records.last?["status"]?.integerValue == Int(status))
            #expect(records.count { $0["record"]?.stringValue == "summary" } == 1)
            if status != 0 {
                #expect(records.contains { ["error", "diagnostic"].contains($0["record"]?.stringValue) }, "\(line): \(ending)")
            }
            #expect(ending.output.hasSuffix("\n") && !ending.output.contains("\u{1B}"))
        }
    }

    @Test func `what is not a terminal gets neither colours nor a line that is rewritten`() throws {
        let bench = try Workbench(template: "tabular")
        for variables in [["NO_COLOR": "1"], [:], ["TERM": "xterm-256color", "CLICOLOR_FORCE": "1"]] {
            try bench.remove("build", ".mlbuild")
            let ending = try bench.run("build", "--verbose", environment: variables)
            #expect(ending.status == 0)
            #expect(!ending.words.contains("\u{1B}") && !ending.words.contains("\r"))
        }
    }

    @Test func `a result that could not be written is no success`() throws {
        let bench = try Workbench(template: "tabular")
        #expect(try bench.run("package").status == 0)
        let shell = ["/bin/sh", "-c", "exec \"$@\" > /dev/full", "sh"]
        for line in [
            ["graph"], ["status"], ["inspect", "dist/breast-cancer-1.0.0.mlar"], ["completion", "bash"], ["--version"], ["--help"],
            ["build", "--json"],
            ["predict", "dist/breast-cancer-1.0.0.mlar", "build/split/test.csv"],
        ] {
            let ending = Ending(
                try ProcessRunner.run(
                    shell + [try Workbench.program().description] + line, environment: bench.environment(), directory: bench.root))
            #expect(ending.status == 4, "\(line): \(ending)")
            #expect(ending.words.contains("cannot write the output: no space left on device"), "\(line): \(ending)")
        }
    }

    @Test func `a reader that goes away early ends the command without a word of its own`() throws {
        let bench = try Workbench(template: "tabular")
        let outcome = try ProcessRunner.run(
            ["/bin/sh", "-c", "\"$@\" | head -c 1 > /dev/null", "sh", try Workbench.program().description, "graph"],
            environment: bench.environment(),
            directory: bench.root)
        #expect(outcome.status == 0)
        #expect(!outcome.errorText.contains("Fatal") && !outcome.errorText.contains("bug"), "\(outcome.errorText)")
    }

    // MARK: Completion

    @Test func `bash reads the completion script and completes with it`() throws {
        let bench = try Workbench()
        let script = try bench.run("completion", "bash").output
        try bench.write(script, to: "completion.bash")
        #expect(try ProcessRunner.run(["bash", "-n", bench.path("completion.bash").description]).status == 0)
        func completions(_ words: String..., last: Int) throws -> Set<String> {
            let line = words.map { "'\($0)'" }.joined(separator: " ")
            let program = ". ./completion.bash; COMP_WORDS=(\(line)); COMP_CWORD=\(last); _mlbuild; printf '%s\\n' \"${COMPREPLY[@]}\""
            let outcome = try ProcessRunner.run(["bash", "-c", program], environment: bench.environment(), directory: bench.root)
            #expect(outcome.status == 0 && outcome.errorText == "", "\(outcome.errorText)")
            return Set(outcome.outputText.split(separator: "\n").map(String.init))
        }
        #expect(try completions("mlbuild", "", last: 1) == Set(Self.verbs + ["help", "--version"]))
        #expect(try completions("mlbuild", "ver", last: 1) == ["verify"])
        #expect(try completions("mlbuild", "build", "--keep-g", last: 2) == ["--keep-going"])
        #expect(try completions("mlbuild", "check", "--f", last: 2) == ["--fix"])
    }

    @Test(arguments: ["zsh", "fish"]) func `other shells read their completion scripts`(shell: String) throws {
        let bench = try Workbench()
        let script = try bench.run("completion", shell)
        #expect(script.status == 0 && script.output.contains("keep-going"))
        guard try ProcessRunner.run(["/bin/sh", "-c", "command -v \(shell)"]).status == 0 else {
            try Test.cancel("there is no \(shell) here")
        }
        try bench.write(script.output, to: "completion")
        #expect(try ProcessRunner.run([shell, "-n", bench.path("completion").description]).status == 0)
    }
}
