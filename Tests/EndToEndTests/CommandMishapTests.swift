import Canonical
import Platform
import TestSupport
import Testing

/// Commands that do what they did not declare, or do not end well: a clear error each, store and workspace unharmed.
@Suite(.enabled(if: SandboxesHere.areToBeHad, "sandboxes are not to be had here"))
struct CommandMishapTests {
    private static func bench(_ stages: String, _ files: [String: String] = [:]) throws -> Workbench {
        let bench = try Workbench()
        try bench.write(#"{ "version": 1, "name": "mishaps", "stages": {"# + "\n" + stages + "\n} }\n", to: "mlops.json")
        for (name, text) in files { try bench.write(text, to: name) }
        return bench
    }

    /// What must hold after whatever a command did: no temporary, nothing damaged, every object and record whole.
    private static func expectSound(_ bench: Workbench, sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(try bench.temporaries() == [], sourceLocation: sourceLocation)
        #expect(try bench.quarantined() == [], sourceLocation: sourceLocation)
        let objects = bench.cache.appending("objects")
        for fan in try Files.list(objects) {
            for object in try Files.list(objects.appending(fan.name)) {
                let bytes = try Files.read(objects.appending(fan.name).appending(object.name))
                #expect(Digest.of(bytes).hex == String(decoding: fan.name + object.name, as: UTF8.self), sourceLocation: sourceLocation)
            }
        }
    }

    struct Mishap: Sendable, CustomTestStringConvertible {
        let line: String
        let code: String
        let words: [String]
        var testDescription: String { line }
    }

    static let mishaps = [
        Mishap(line: "cat data/rows.csv > out", code: "run/exit", words: ["add it to 'inputs', or 'mlbuild trace s --fix'"]),
        Mishap(line: "echo 1 > in.txt", code: "run/input-written", words: ["'in.txt', which is one of its inputs"]),
        Mishap(line: "chmod 777 in.txt", code: "run/input-written", words: ["'in.txt'"]),
        Mishap(line: "rm in.txt", code: "run/exit", words: ["ended with status 1"]),
        Mishap(line: "echo 1 > out; ln -s / away", code: "run/undeclared-output", words: [#""away": "away""#]),
        Mishap(line: "ln -s ../../../etc/passwd out", code: "run/output-link", words: ["leads to '../../../etc/passwd'"]),
        Mishap(line: "mkfifo out", code: "run/output-special", words: ["a fifo"]),
        Mishap(line: "mkdir out", code: "run/output-kind", words: [#"declare it with a slash at the end: "out/""#]),
        Mishap(line: "true", code: "run/missing-output", words: ["did not write its output 'out' at 'out'"]),
        Mishap(line: "sleep 60", code: "run/timeout", words: ["raise it"]),
        Mishap(line: "(sleep 60; echo late >> out) & echo 1 > out", code: "run/background-process", words: ["'sleep'"]),
        Mishap(line: "kill -ABRT $$", code: "run/signal", words: ["SIGABRT"]),
        Mishap(line: "exit 9", code: "run/exit", words: ["ended with status 9"]),
        Mishap(line: "head -c 9000000 /dev/zero > out", code: "run/output-size", words: ["'outputSize'"]),
        Mishap(line: "dd if=/dev/zero of=out bs=1G count=1", code: "run/exit", words: ["memory exhausted"]),
        Mishap(line: "git log > out", code: "run/exit", words: ["'git' is not in the environment"]),
    ]

    @Test(arguments: mishaps)
    func `a command that goes wrong ends in an error that names the way out, and harms nothing`(_ mishap: Mishap) throws {
        let bench = try Self.bench(
            #"""
            "s": { "run": "\#(mishap.line)", "inputs": { "in": "./in.txt" }, "outputs": { "out": "out" }, "timeout": "2s",
                   "resources": { "memory": "256MiB", "outputSize": "4MiB" } }
            """#, ["in.txt": "in", "data/rows.csv": "a\n"])
        let ending = try bench.run("build")
        #expect(ending.status == 3, "\(ending)")
        #expect(ending.words.contains("[\(mishap.code)"), "\(ending)")
        for words in mishap.words { #expect(ending.words.contains(words), "\(ending)") }
        let names = try Files.list(bench.root).map { String(decoding: $0.name, as: UTF8.self) }
        #expect(names.filter { !$0.hasPrefix(".") } == ["data", "in.txt", "mlops.json", "mlops.lock"])
        #expect(try bench.read("in.txt") == "in")
        #expect(try bench.read("mlops.lock").contains("\"results\"") == false || !bench.read("mlops.lock").contains("\"s\""))
        try Self.expectSound(bench)
    }

    @Test func `an input that is changed while a command runs has no effect on it`() throws {
        let bench = try Self.bench(
            #""s": { "run": "sleep 2; cat ${inputs.in} > ${outputs.out}", "inputs": { "in": "./in.txt" }, "outputs": { "out": "out" } }"#,
            ["in.txt": "before\n"])
        #expect(try bench.run("lock").status == 0)
        let build = try bench.start(["build"])
        Clock.sleep(nanoseconds: 1_000_000_000)
        try bench.write("after\n", to: "in.txt")
        let ending = Ending(try build.finish())
        // What was built is what was declared when the build began, whatever it says of the change.
        #expect(try ending.status != 0 || bench.read("out") == "before\n", "\(ending)")
        let second = try bench.run("build")
        #expect(second.status == 0, "\(second)")
        #expect(try bench.read("out") == "after\n")
        try Self.expectSound(bench)
    }

    @Test func `a build that is killed leaves no process and a sound store`() throws {
        let bench = try Self.bench(
            #""s": { "run": "sleep 47.11 & sleep 47.11; echo 1 > ${outputs.out}", "outputs": { "out": "out" } }"#)
        #expect(try bench.run("lock").status == 0)
        let build = try bench.start(["build"])
        var began = false
        for _ in 0..<100 where !began {
            Clock.sleep(nanoseconds: 50_000_000)
            began = try Self.sleepers() > 0
        }
        #expect(began)
        try build.send(9)
        _ = try build.finish()
        var left = 1
        for _ in 0..<100 where left > 0 {
            Clock.sleep(nanoseconds: 50_000_000)
            left = try Self.sleepers()
        }
        #expect(left == 0, "no process of the stage lives on")
        try bench.edit("mlops.json", "sleep 47.11 & sleep 47.11; ", "")
        let ending = try bench.run("build")
        #expect(ending.status == 0, "\(ending)")
        #expect(try bench.read("out") == "1\n")
        try Self.expectSound(bench)
    }

    /// Processes of the stage that is killed; their argument is like no other's.
    private static func sleepers() throws -> Int {
        try Files.list(HostPath("/proc")).count { entry in
            let line = try? Files.read(HostPath("/proc").appending(entry.name).appending("cmdline"))
            return line == Array("sleep\u{0}47.11\u{0}".utf8)
        }
    }

    @Test func `a command without a sandbox is marked, and its result is not the sandbox's`() throws {
        let bench = try Self.bench(
            #""s": { "run": "cat ${inputs.in} > ${outputs.out}", "inputs": { "in": "./in.txt" }, "outputs": { "out": "out" } }"#,
            ["in.txt": "in"])
        let open = try bench.run("build", "--sandbox", "none")
        #expect(open.status == 0, "\(open)")
        #expect(try bench.read("out") == "in")
        let closed = try bench.run("build")
        #expect(closed.status == 0 && !closed.words.contains("nothing to do"), "\(closed)")
        try Self.expectSound(bench)
    }
}
