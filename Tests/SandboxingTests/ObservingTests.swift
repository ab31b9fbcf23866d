import Platform
import TestSupport
import Testing

@testable import Sandboxing

@Suite(.enabled(if: Sandbox.isAvailable, "no sandboxes here: \(Sandbox.support)"))
struct ObservingTests {
    private typealias Access = SandboxOutcome.Access

    @Test func `what is opened, written, looked at and executed is told, each once, whether it is there or not`() throws {
        let sandbox = try Sandbox()
        try sandbox.work.write("x", to: "folder/there")
        let ended = try sandbox.shell(
            """
            cat folder/there missing 2>/dev/null || true
            cd folder; cat ./there ../missing//again 2>/dev/null || true; cat there
            echo x > made; test -e /absent || true; absent-program 2>/dev/null || true; cat ../missing 2>/dev/null || true
            """
        ) { $0.observes = true }
        #expect(ended.outcome.termination == .exited(0))
        let accesses = ended.outcome.accesses
        func at(_ kind: Access.Kind, _ path: String) -> Int? { accesses.firstIndex(of: Access(kind: kind, path: path)) }
        #expect(accesses.first == Access(kind: .execute, path: "/bin/sh"))
        #expect(at(.execute, "/usr/bin/cat") != nil)
        #expect(at(.open, "/work/folder/there") != nil)
        #expect(at(.open, "/work/missing") != nil)
        #expect(at(.open, "/work/missing/again") != nil)
        #expect(at(.write, "/work/folder/made") != nil)
        #expect(at(.look, "/absent") != nil)
        #expect(at(.look, "/usr/bin/absent-program") ?? at(.execute, "/usr/bin/absent-program") != nil)
        #expect(Set(accesses).count == accesses.count)
        let there = try #require(at(.open, "/work/folder/there"))
        let missing = try #require(at(.open, "/work/missing"))
        let made = try #require(at(.write, "/work/folder/made"))
        #expect(there < missing && missing < made)
    }

    @Test func `without observing nothing is told`() throws {
        #expect(try Sandbox().shell("cat missing 2>/dev/null || true").outcome.accesses == [])
    }

    @Test func `paths are made absolute by text`() {
        #expect(AccessList.normalized("/a//b/./c/../d/") == "/a/b/d")
        #expect(AccessList.normalized("/../..") == "/")
        #expect(AccessList.normalized("/") == "/")
    }
}
