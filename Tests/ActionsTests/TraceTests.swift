import Manifests
import Platform
import Planning
import Running

import Testing

@testable import Actions
@testable import Sandboxing

/// What a command looked for, sorted by what would help.
@Suite struct TraceTests {
    @Test func `what was not there is sorted into files, programs and the rest`() throws {
        let bench = try CommandBench(
            #""s": { "run": "true", "inputs": { "in": "./data/in" }, "outputs": { "out": "out/result" } }"#, files: ["data/in": "x"],
            isolation: .none, sandbox: nil)
        let accesses: [SandboxOutcome.Access] = [
            .init(kind: .open, path: "/work/data/in"), .init(kind: .open, path: "/work/./data//more.csv"),
            .init(kind: .look, path: "/work/lib"), .init(kind: .open, path: "/work/nothing"), .init(kind: .open, path: "/etc/locale.alias"),
            .init(kind: .look, path: "/usr/bin/git"), .init(kind: .execute, path: "/usr/bin/git"), .init(kind: .execute, path: "/bin/git"),
            .init(kind: .execute, path: "/bin/cat"), .init(kind: .execute, path: "/usr/bin/cat"),
            .init(kind: .write, path: "/work/data/in"), .init(kind: .write, path: "/work/out/result"), .init(kind: .open, path: "/tmp/x"),
            .init(kind: .open, path: "/work/data"), .init(kind: .open, path: "/proc/self/maps"), .init(kind: .open, path: "/work/../etc/x"),
        ]
        let trace = Trace(
            SandboxOutcome(termination: .exited(1), accesses: accesses), action: try bench.action("s"), workFolder: "/work",
            variables: [("PATH", "/usr/bin:/bin")], inside: { $0 == "/usr/bin/cat" ? .regular : nil },
            outside: { ["data/more.csv": FileKind.regular, "lib": .directory, "data/in": .regular][$0.text] })
        #expect(trace.undeclared.map(\.path.text) == ["data/more.csv", "lib"])
        #expect(trace.undeclared.map(\.isFolder) == [false, true])
        #expect(trace.programs == ["git"])
        #expect(trace.writtenInputs.map(\.text) == ["data/in"])
        #expect(trace.other.contains("/etc/locale.alias") && trace.other.contains("/work/nothing") && trace.other.contains("/etc/x"))
        #expect(!trace.other.contains { $0.hasPrefix("/tmp") || $0.hasPrefix("/proc") })
    }

    @Test(.enabled(if: CommandBench.obstacle == nil, "sandboxes cannot be made here"))
    func `a traced command is run once and nothing of it is kept`() throws {
        let bench = try CommandBench(
            #""s": { "run": "cat data/more.csv > ${outputs.out}", "outputs": { "out": "out" } }"#, files: ["data/more.csv": "x"])
        let action = try bench.action("s")
        let trace = try Trace.run(
            action, inputs: bench.inputs(action, []), environment: bench.environment(action, []), performer: bench.performer)
        #expect(trace.termination == .exited(1))
        #expect(trace.undeclared.map(\.path.text) == ["data/more.csv"])
        #expect(try Files.list(bench.root).map(\.name) == [Array("data".utf8)])
    }
}
