import Canonical
import Platform
import TestSupport
import Testing

enum SandboxesHere {
    /// Whether `doctor` finds that commands can be run in a sandbox.
    static let areToBeHad: Bool = {
        guard let bench = try? Workbench(), let records = try? bench.run("doctor", "--json").records() else { return false }
        return records.contains { $0["name"]?.stringValue == "sandbox" && $0["ok"]?.booleanValue == true }
    }()
}

/// Stages that run commands, from outside: locking, building, proving, tracing.
@Suite(.enabled(if: SandboxesHere.areToBeHad, "sandboxes are not to be had here"))
struct CommandStageTests {
    private static func bench(_ stages: String, _ head: String = "") throws -> Workbench {
        let bench = try Workbench()
        try bench.write(#"{ "version": 1, "name": "commands", \#(head)"stages": {"# + "\n" + stages + "\n} }\n", to: "mlops.json")
        return bench
    }

    private static let stages = #"""
        "sort": { "run": "sort ${inputs.words} > ${outputs.sorted}", "inputs": { "words": "./words.txt" }, "outputs": { "sorted": "made/sorted.txt" } },
        "count": { "run": ["sh", "-c", "wc -l < made/sorted.txt > made/count.txt"], "inputs": { "sorted": "sort.sorted" },
                   "outputs": { "count": "made/count.txt" } }
        """#

    private static func sorting() throws -> Workbench {
        let bench = try bench(stages)
        try bench.write("b\na\n", to: "words.txt")
        return bench
    }

    @Test func `a build pins the environment, runs the commands, and has nothing to do afterwards`() throws {
        let bench = try Self.sorting()
        let built = try bench.run("build")
        #expect(built.status == 0, "\(built)")
        #expect(built.words.hasPrefix("there is no mlops.lock yet: pinning data and environments\nenvironment 'base' is new: 2 tools\n"))
        #expect(try bench.read("made/sorted.txt") == "a\nb\n")
        #expect(try bench.read("made/count.txt") == "2\n")
        #expect(try bench.read("mlops.lock").contains("\"environment/base\":"))
        try bench.expectNothingToDo(stages: 2)
        #expect(try bench.run("lock", "--check").words == "mlops.lock is current\n")
        let status = try bench.run("status")
        #expect(status.output == "environment base: as pinned\nsort: up to date, R0\ncount: up to date, R0\n", "\(status)")
    }

    @Test func `an environment that asks for something else stops a build until it is locked`() throws {
        let bench = try Self.sorting()
        #expect(try bench.run("build").status == 0)
        try bench.edit("mlops.json", #""name": "commands","#, #""name": "commands", "environment": { "tools": ["cat"] },"#)
        // The commands run in the default environment now, which has no pin yet.
        let frozen = try bench.run("build", "--locked")
        #expect(frozen.status == 1)
        #expect(frozen.words == "error: environment 'default' has no pin in mlops.lock\n  hint: 'mlbuild lock' pins it\n")
        #expect(try bench.run("status").output.hasPrefix("environment default: not pinned\n"))
        #expect(try bench.run("build").status == 0)

        try bench.edit("mlops.json", #"["cat"]"#, #"["cat", "env"]"#)
        let stopped = try bench.run("build")
        #expect(stopped.status == 1)
        #expect(stopped.words.contains("environment 'default' asks for something else than 'mlops.lock' pins [lock/environment-changed]"))
        #expect(stopped.words.contains("note: 'mlbuild lock' pins what it asks for now"))
        let check = try bench.run("lock", "--check", "--json")
        #expect(check.status == 1)
        let lock = try #require(try check.records().first { $0["record"]?.stringValue == "lock" })
        #expect(lock["outdated"] == ["default"] && lock["current"] == false && lock["written"] == false)
        #expect(try bench.run("lock").status == 0)
        #expect(try bench.run("build").status == 0)
    }

    @Test func `lock --update takes the names of environments and programs, and says what was meant`() throws {
        let bench = try Self.sorting()
        #expect(try bench.run("lock").status == 0)
        let before = try bench.read("mlops.lock")
        for name in ["base", "sh", "coreutils"] { #expect(try bench.run("lock", "--update", name).status == 0) }
        #expect(try bench.read("mlops.lock") == before)
        let wrong = try bench.run("lock", "--update", "coreutil")
        #expect(wrong.status == 1)
        #expect(wrong.words.contains("[lock/unknown-name]\nnote: did you mean 'coreutils'?\n"), "\(wrong)")
    }

    @Test func `a check builds every stage once more and raises its level`() throws {
        let bench = try Self.sorting()
        let checked = try bench.run("build", "--check", "--json")
        #expect(checked.status == 0, "\(checked)")
        let proofs = try checked.records().filter { $0["record"]?.stringValue == "proof" }
        #expect(proofs.map { $0["stage"]?.stringValue } == ["sort", "count"])
        #expect(proofs.allSatisfy { $0["level"]?.stringValue == "R1" && $0["trials"] == [["variation": "again", "verdict": "same"]] })
        #expect(try checked.summary("proof") == ["level": "R1", "stages": 2, "differing": 0])
        #expect(try bench.run("status").output.hasSuffix("sort: up to date, R1\ncount: up to date, R1\n"))
    }

    @Test func `random bytes follow from the key, and why says how many were drawn`() throws {
        let bench = try Self.bench(
            #""draw": { "run": "head -c 16 /dev/urandom | od -An -tx1 > ${outputs.bytes}", "outputs": { "bytes": "made/bytes.txt" } }"#)
        #expect(try bench.run("build", "--check").status == 0)
        let first = try bench.read("made/bytes.txt")
        let why = try bench.run("why", "draw")
        #expect(why.output.contains("  random bytes: ") && why.output.contains("they follow from the key"), "\(why)")
        let again = try bench.run("build", "--force")
        #expect(again.status == 0, "\(again)")
        #expect(try bench.read("made/bytes.txt") == first)
        try bench.edit("mlops.json", "-tx1 >", "-t x1 >")
        #expect(try bench.run("build").status == 0)
        #expect(try bench.read("made/bytes.txt") != first)
    }

    @Test func `what leans on the sandbox is named, and what the clock brings about ends with 5`() throws {
        let bench = try Self.bench(#""zone": { "run": "echo $TZ > ${outputs.zone}", "outputs": { "zone": "made/zone.txt" } }"#)
        let held = try bench.run("build", "--vary=time-zone")
        #expect(held.status == 0, "\(held)")
        #expect(
            held.words.contains("R1  zone: the same when it is run again; leans on what the sandbox holds: time-zone\n"), "\(held)")
        #expect(
            held.words.contains(
                "warning: stage 'zone' leans on what its sandbox holds (time-zone): run in another time zone, output 'zone' differs from byte 0"
            ),
            "\(held)")
        #expect(try bench.read("made/zone.txt") == "UTC\n")

        let clock = try Self.bench(#""now": { "run": "date +%s > ${outputs.now}", "outputs": { "now": "made/now.txt" } }"#)
        #expect(try clock.run("build").status == 0)
        // The next second gives another one.
        Clock.sleep(nanoseconds: 1_100_000_000)
        let checked = try clock.run("build", "--check")
        #expect(checked.status == 5, "\(checked)")
        #expect(checked.words.contains("stage 'now' is not reproducible: run once more, output 'now' differs from byte "), "\(checked)")
        #expect(checked.words.contains("this is likely to be a time stamp"), "\(checked)")
        #expect(try clock.run("status").output.hasSuffix("now: up to date, R0\n"))
    }

    @Test func `what runs without a sandbox is marked, and is not taken for what runs in one`() throws {
        let bench = try Self.sorting()
        let open = try bench.run("build", "--sandbox", "none")
        #expect(open.status == 0, "\(open)")
        #expect(open.words.contains("sort: done in ") && open.words.contains(" [no sandbox]\n"))
        #expect(open.words.contains("2 commands without a sandbox: their results are marked, never taken for those of a sandbox"))
        let closed = try bench.run("build", "--json")
        #expect(closed.status == 0)
        #expect(try closed.stages().values.allSatisfy { $0.hasPrefix("ran") }, "\(closed)")
        #expect(!closed.output.contains("\"isolation\": \"none\""))
    }

    @Test func `a command that fails says how it ended and shows the end of its log`() throws {
        let bench = try Self.bench(
            #""fail": { "run": "echo one; echo two >&2; exit 3", "outputs": { "x": "made/x" } }"#)
        let failed = try bench.run("build", "-v")
        #expect(failed.status == 3)
        #expect(failed.words.contains("fail | one\nfail | two\n"), "\(failed)")
        #expect(failed.words.contains("stage 'fail' ended with status 3 [run/exit]"))
        #expect(try bench.read(".mlbuild/logs/fail.log") == "one\ntwo\n")
    }

    @Test func `a trace lists what is not declared, and --fix declares it`() throws {
        let bench = try Self.bench(
            #"  "join": { "run": "nosuchtool || true; cat words.txt data/*.txt > made/all.txt",\#n            "outputs": { "all": "made/all.txt" } }"#
        )
        try bench.write("w\n", to: "words.txt")
        #expect(try bench.run("build").status == 3)
        let traced = try bench.run("trace", "join", "--json")
        #expect(traced.status == 1, "\(traced)")
        let record = try #require(try traced.records().first { $0["record"]?.stringValue == "trace" })
        #expect(record["inputs"] == [["name": "words", "reference": "./words.txt"]], "\(traced)")
        #expect(record["programs"] == ["nosuchtool"], "\(traced)")
        #expect(try bench.run("trace", "join", "--fix").status == 0)
        let text = try bench.read("mlops.json")
        #expect(text.contains("> made/all.txt\",\n            \"inputs\": { \"words\": \"./words.txt\" },\n"), "\(text)")
        #expect(try !bench.run("trace", "join", "--json").output.contains("words.txt"))
    }

    @Test func `a trace of what is no command, is not there, or has no terminal says so`() throws {
        let bench = try Self.sorting()
        #expect(try bench.run("trace", "sotr").words.contains("no stage is named 'sotr' [plan/unknown-stage]"))
        let shell = try bench.run("trace", "sort", "--shell")
        #expect(shell.status == 1 && shell.words.hasPrefix("error: '--shell' needs a terminal, and this is none\n"))
        #expect(try bench.run("trace", "sort", "--shell", "--fix").status == 2)
        let done = try bench.run("trace", "count")
        #expect(done.status == 0, "\(done)")
        #expect(done.output == "")
        #expect(try Files.status(bench.path("made/count.txt")) == nil)
    }

    @Test func `the model of a command is packed once its gate on reproducibility is met`() throws {
        let bench = try Self.bench(Self.stages)
        try bench.write("b\na\n", to: "words.txt")
        try bench.edit(
            "mlops.json", "}\n} }",
            #"} }, "model": { "from": "sort.sorted", "version": "1.0.0", "gates": { "reproducibility": { "min": 1 } } } }"#)
        let built = try bench.run("build")
        #expect(built.status == 0, "\(built)")
        #expect(built.words.hasSuffix("gate reproducibility: at least R1, is R0: not met\nnext: mlbuild build --check\n"), "\(built)")
        #expect(try bench.run("package").status == 1)
        let proven = try bench.run("build", "--check", "--json")
        let gate = try #require(try proven.records().first { $0["record"]?.stringValue == "gate" })
        #expect(gate["metric"] == "reproducibility" && gate["min"] == 1 && gate["value"] == 1 && gate["met"] == true)
        let packed = try bench.run("package")
        #expect(packed.status == 0, "\(packed)")
        let verified = try bench.run("verify", "dist/commands-1.0.0.mlar")
        #expect(verified.status == 0 && !verified.words.contains("samples"), "\(verified)")
        #expect(verified.words.contains("predictions: none checked; a command made the model, so mlbuild cannot run it\n"), "\(verified)")
    }

    @Test func `the files of a command's model come out of the archive as the hint says`() throws {
        let bench = try Self.bench(Self.stages)
        try bench.write("b\na\n", to: "words.txt")
        try bench.write("x\n1\n", to: "rows.csv")
        try bench.edit("mlops.json", "}\n} }", #"} }, "model": { "from": "sort.sorted", "version": "1.0.0" } }"#)
        #expect(try bench.run("package").status == 0)
        let predicted = try bench.run("predict", "dist/commands-1.0.0.mlar", "rows.csv")
        #expect(predicted.status == 1)
        let hint = try #require(predicted.words.split(separator: "\n").last)
        let words = hint.split(separator: " ").map(String.init)
        #expect(words.suffix(5) == ["tar", "--zstd", "-xf", "dist/commands-1.0.0.mlar", "model/"], "\(predicted)")
    }

    @Test func `a missing input is mended before a build is the next step`() throws {
        let bench = try Self.sorting()
        #expect(try bench.run("build").status == 0)
        try bench.write("c\n", to: "words.txt")
        #expect(try bench.run("status").words.contains("next: mlbuild build"))
        try bench.remove("words.txt")
        let status = try bench.run("status")
        #expect(status.status == 1 && !status.words.contains("next:"), "\(status)")
    }

    @Test func `variations in which the bytes are the same are counted out of all`() throws {
        let bench = try Self.bench(#""zone": { "run": "echo $TZ > ${outputs.zone}", "outputs": { "zone": "made/zone.txt" } }"#)
        let proven = try bench.run("build", "--vary=time-zone,hash-seed,path")
        #expect(
            proven.words.contains("R1  zone: the same in 2 of 3 variations; leans on what the sandbox holds: time-zone\n"), "\(proven)")
        let all = try bench.run("build", "--vary=hash-seed,path")
        #expect(all.words.contains("  zone: the same in 2 variations\n"), "\(all)")
    }
}
