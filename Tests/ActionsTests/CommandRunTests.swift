import Canonical
import Diagnostics
import Planning
import Platform
import Running
import Storage
import TestSupport
import Testing

@testable import Actions

/// Commands in real sandboxes.
@Suite(.enabled(if: CommandBench.obstacle == nil, "sandboxes cannot be made here"), .serialized)
struct CommandRunTests {
    @Test func `a command sees its inputs and gives its outputs`() throws {
        let bench = try CommandBench(
            #"""
            "count": { "run": "wc -l < ${inputs.rows} > ${outputs.lines}; mkdir -p ${outputs.model}; cp ${inputs.rows} ${outputs.model}/a; pwd",
                       "inputs": { "rows": "./data/rows.csv" }, "outputs": { "lines": "out/lines.txt", "model": "out/model/" } }
            """#, files: ["data/rows.csv": "a\nb\nc\n"])
        #expect(try bench.text("count", "lines") == "3\n")
        #expect(bench.log == "/work\n")
        let made = try bench.perform("count")
        guard case .stored(let tree) = made["model"] else { throw Bench.Strange([]) }
        #expect(tree.kind == .tree && tree.files == 1 && tree.size == 6)
        #expect(bench.facts.contains { $0.name == "isolation" && $0.value == "namespaces" })
        try bench.store.flush()
        try bench.store.verify(tree)
        #expect(bench.store.quarantined == [])
    }

    @Test func `two runs give the same, and nothing of this machine is seen`() throws {
        let bench = try CommandBench(
            #""env": { "run": "env > ${outputs.all}; ls -a / /work /home /tmp >> ${outputs.all}; id >> ${outputs.all}; cat /etc/passwd >> ${outputs.all}", "outputs": { "all": "all" } }"#
        )
        let first = try bench.text("env", "all")
        #expect(try bench.text("env", "all") == first)
        #expect(first.contains("HOME=/home\n") && first.contains("uid=1000(mlbuild)"), "\(first)")
    }

    @Test func `an undeclared input is not there, and the way out is named`() throws {
        let bench = try CommandBench(
            #""read": { "run": "cat data/rows.csv > ${outputs.copy}", "outputs": { "copy": "copy.csv" } }"#,
            files: ["data/rows.csv": "a\n"])
        let failure = try #require(try bench.failure("read").first)
        #expect(failure.code == "run/exit")
        #expect(failure.message == "stage 'read' ended with status 1")
        #expect(
            failure.notes.contains {
                $0.message
                    == "'data/rows.csv' is in the workspace, but stage 'read' does not declare it: add it to 'inputs', or 'mlbuild trace read --fix'"
            })
    }

    @Test func `what a failed command lacked is said, and where its whole output is`() throws {
        let line = "echo 'os.environ[1]'; echo KeyError: \\u0027TOKEN\\u0027; echo Connection refused; frobnicate"
        let stages = #""s": { "run": "\#(line.replacing("\\u0027", with: #"\\'"#))", "outputs": { "x": "x" } }"#
        let bench = try CommandBench(stages)
        let notes = try #require(try bench.failure("s").first).notes.map(\.message)
        #expect(notes.contains("commands see no variables of yours; say \"variables\": { \"TOKEN\": ... }"), "\(notes)")
        #expect(notes.contains("commands have no network: what comes from outside is declared in 'data' or 'environment'"))
        #expect(notes.contains { $0.hasSuffix("; programs of Python packages come with 'requirements'") })
        #expect(!notes.contains { $0.contains(".mlbuild/logs") })
        try bench.folder.write(bench.log, to: "work/.mlbuild/logs/s.log")
        #expect(try bench.failure("s").first?.notes.last?.message == "the whole output is in '.mlbuild/logs/s.log'")
    }

    @Test func `what goes wrong has a code of its own, and store and workspace stay as they were`() throws {
        let cases = [
            ("true", "run/missing-output"), ("mkdir out", "run/output-kind"), ("ln -s /etc/passwd out", "run/output-link"),
            ("mkfifo out", "run/output-special"), ("echo 1 > out; echo 2 > more", "run/undeclared-output"), ("exit 3", "run/exit"),
            ("kill -SEGV $$", "run/signal"), ("echo 1 > out; sleep 100 & exit 0", "run/background-process"),
            ("sleep 100", "run/timeout"), ("frobnicate", "run/exit"), ("echo 1 > in", "run/input-written"),
            ("head -c 3000000 /dev/zero > out", "run/output-size"), ("head -c 3000000 /dev/zero > out; exit 1", "run/exit"),
            ("ulimit -c 0; head -c 9000000 /dev/zero > out", "run/exit"),
        ]
        let stages = cases.enumerated().map { index, item in
            let line = item.0.replacing("out", with: "o\(index)")
            return #"""
                "s\#(index)": { "run": "\#(line)", "timeout": "2s", "inputs": { "in": "./in" }, "outputs": { "out": "o\#(index)" },
                                "resources": { "outputSize": 1000000, "fileSize": 4000000 } }
                """#
        }
        let bench = try CommandBench(stages.joined(separator: ","), files: ["in": "input"])
        for (index, item) in cases.enumerated() {
            let failures = try bench.failure("s\(index)")
            #expect(failures.map(\.code).contains(item.1), "\(item.0): \(failures)")
            #expect(failures.allSatisfy { !$0.notes.isEmpty })
        }
        #expect(try bench.folder.read("work/in") == "input")
        #expect(try Files.list(bench.root).map(\.name) == [Array("in".utf8)])
        let temporaries = bench.store.root.appending("tmp")
        for lease in try Files.list(temporaries) {
            #expect(try Files.list(temporaries.appending(lease.name)).allSatisfy { $0.kind == .regular }, "no work folder is left")
        }
        try bench.store.flush()
        #expect(bench.store.quarantined == [])
        #expect(try bench.store.read(Digest.of(Array("input".utf8))) == Array("input".utf8))
    }

    @Test func `of undeclared files up to five are named, with the line that declares them`() throws {
        let bench = try CommandBench(
            #""s": { "run": "echo 1 > ${outputs.out}; mkdir Plots.d; for i in 1 2 3 4 5 6; do echo $i > file$i.txt; done", "outputs": { "out": "out" } }"#
        )
        let failure = try #require(try bench.failure("s").first)
        #expect(
            failure.message
                == "stage 's' wrote 'Plots.d/', 'file1.txt', 'file2.txt', 'file3.txt', 'file4.txt' and 2 more, which it does not declare")
        #expect(failure.notes[0].message.contains(#""plots": "Plots.d/", "file1": "file1.txt""#))
    }

    @Test func `a program that is not there is named before anything runs`() throws {
        let bench = try CommandBench(
            #"""
            "a": { "run": ["frobnicate", "x"], "outputs": { "out": "out" } },
            "b": { "run": ["src/run.sh"], "inputs": { "script": "./src/run.sh" }, "outputs": { "out": "out2" } }
            """#, files: ["src/run.sh": "#!/bin/sh\n"])
        let missing = try #require(try bench.failure("a").first)
        #expect(missing.code == "run/no-program")
        #expect(missing.notes.first?.message.contains("'frobnicate' is not in the environment") == true, "\(missing)")
        let script = try #require(try bench.failure("b").first)
        #expect(script.code == "run/no-program")
        #expect(script.notes.first?.message.contains("inputs are not executable") == true, "\(script)")
    }

    @Test func `what failed can be kept`() throws {
        let bench = try CommandBench(#""s": { "run": "mkdir -p a; echo 1 > a/b; exit 1", "outputs": { "out": "out" } }"#)
        let failure = try #require(try bench.failure("s", keepsFailed: true).first)
        #expect(failure.notes.first?.message.contains(".mlbuild/failed/s") == true)
        #expect(try bench.folder.read("work/.mlbuild/failed/s/a/b") == "1\n")
        _ = try bench.failure("s", keepsFailed: true)
        #expect(try bench.folder.read("work/.mlbuild/failed/s/a/b") == "1\n")
    }

    @Test(arguments: [Int64(0), 1_000_000_000])
    func `a cancelled command ends at once, also before it has begun`(_ delay: Int64) throws {
        let bench = try CommandBench(#""s": { "run": "sleep 100", "outputs": { "out": "out" } }"#)
        let start = Clock.monotonic()
        #expect {
            try bench.perform("s", isCancelled: { Clock.monotonic() - start >= delay })
        } throws: { error in
            if case ActionFailure.cancelled = error { true } else { false }
        }
        #expect(Clock.monotonic() - start < 20_000_000_000)
    }

    @Test func `what does not depend on a variation is the same under each`() throws {
        let bench = try CommandBench(
            #"""
            "s": { "run": "sort ${inputs.in} > ${outputs.out}; cat ${inputs.data}/* >> ${outputs.out}",
                   "inputs": { "in": "./in", "data": "./data/" }, "outputs": { "out": "out" } }
            """#, files: ["in": "b\na\n", "data/1": "x\n", "data/2": "y\n"])
        for variation in Variation.allCases {
            #expect(StagePerformer.applies(variation, to: try bench.action("s")) == nil || variation == .kernels)
            #expect(try bench.text("s", "out", variation: variation) == "a\nb\nx\ny\n", "\(variation)")
        }
    }

    @Test func `each variation changes what it says, and two runs without one are the same`() throws {
        let cases: [(variation: Variation, line: String)] = [
            (.hashSeed, "echo $PYTHONHASHSEED"), (.timeZone, "date +%Z"), (.locale, "echo $LC_ALL"), (.user, "id -un; echo $HOME"),
            (.path, "pwd"), (.fileOrder, "ls -U data"), (.processIds, "echo $$"), (.threads, "nproc; echo $OMP_NUM_THREADS"),
            (.time, "date +%s"), (.kernels, "echo $OPENBLAS_CORETYPE"),
            (.addresses, "while read a b; do case $b in *stack*) echo $a;; esac; done < /proc/self/maps"),
        ]
        let stages = cases.map { item in
            #"""
            "\#(item.variation.rawValue)": { "run": "(\#(item.line)) > ${outputs.out}", "inputs": { "data": "./data/" },
                                             "outputs": { "out": "\#(item.variation.rawValue).txt" } }
            """#
        }
        let files = Dictionary(uniqueKeysWithValues: (0..<20).map { ("data/f\($0)", "x") })
        let bench = try CommandBench(stages.joined(separator: ","), files: files)
        for (variation, _) in cases {
            let stage = variation.rawValue
            if variation == .kernels, StagePerformer.applies(variation, to: try bench.action(stage)) != nil { continue }
            let first = try bench.text(stage, "out")
            if variation != .time { #expect(try bench.text(stage, "out") == first, "\(variation)") }
            #expect(try bench.text(stage, "out", variation: variation) != first, "\(variation)")
        }
    }

    @Test func `what the manifest says itself is not varied`() throws {
        let bench = try CommandBench(
            #"""
            "s": { "run": "echo $TZ $LC_ALL > ${outputs.out}", "outputs": { "out": "out" }, "addresses": "random",
                   "variables": { "TZ": "Europe/Berlin", "PYTHONHASHSEED": "7" } }
            """#)
        let action = try bench.action("s")
        #expect(StagePerformer.applies(.timeZone, to: action) != nil)
        #expect(StagePerformer.applies(.hashSeed, to: action) != nil)
        #expect(StagePerformer.applies(.addresses, to: action) != nil)
        #expect(StagePerformer.applies(.fileOrder, to: action) == "no input is a folder")
        #expect(StagePerformer.applies(.locale, to: action) == nil)
        #expect(try bench.text("s", "out", variation: .timeZone) == "Europe/Berlin C.UTF-8\n")
    }

    // MARK: Without a sandbox

    @Test func `without a sandbox a command runs only when that was asked for`() throws {
        let stages = #""s": { "run": "cat ${inputs.in} > ${outputs.out}", "inputs": { "in": "./in" }, "outputs": { "out": "out" } }"#
        let refused = try CommandBench(stages, files: ["in": "x"], sandbox: nil)
        let failure = try #require(try refused.failure("s").first)
        #expect(failure.code == "run/no-sandbox")
        #expect(failure.notes.contains { $0.message.contains("--sandbox none") })
        let bench = try CommandBench(stages, files: ["in": "x"], isolation: .none, sandbox: nil)
        #expect(try bench.text("s", "out") == "x")
        #expect(bench.facts.contains { $0.name == "isolation" && $0.value == "none" })
    }

    @Test func `without a sandbox the same is refused as far as it can be seen`() throws {
        let cases = [
            ("echo 1 > in; echo 1 > out", "run/input-written"), ("echo 1 > out; sleep 100 & exit 0", "run/background-process"),
            ("sleep 100", "run/timeout"), ("exit 3", "run/exit"), ("echo 1 > out; echo 2 > more", "run/undeclared-output"),
            ("ln -s /etc/passwd out", "run/output-link"), ("kill -SEGV $$", "run/signal"),
        ]
        let stages = cases.enumerated().map { index, item in
            let line = item.0.replacing("out", with: "o\(index)")
            return #""s\#(index)": { "run": "\#(line)", "timeout": "2s", "inputs": { "in": "./in" }, "outputs": { "out": "o\#(index)" } }"#
        }
        let bench = try CommandBench(stages.joined(separator: ","), files: ["in": "input"], isolation: .none, sandbox: nil)
        for (index, item) in cases.enumerated() {
            let failures = try bench.failure("s\(index)")
            #expect(failures.map(\.code).contains(item.1), "\(item.0): \(failures)")
        }
        #expect(try bench.folder.read("work/in") == "input")
        #expect(try bench.store.read(Digest.of(Array("input".utf8))) == Array("input".utf8))
    }
}
