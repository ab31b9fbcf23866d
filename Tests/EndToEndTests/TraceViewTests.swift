import Canonical
import TestSupport
import Testing

/// What `trace` says of a command, from outside.
@Suite(.enabled(if: SandboxesHere.areToBeHad, "sandboxes are not to be had here"))
struct TraceViewTests {
    private static func bench(_ line: String) throws -> Workbench {
        let bench = try Workbench()
        try bench.write(
            #"{ "version": 1, "name": "traced", "stages": { "a": { "run": "\#(line)", "outputs": { "a": "made/a" } } } }"#, to: "mlops.json"
        )
        return bench
    }

    @Test func `what is nowhere is shown as manifests write it, and nothing that only the system's libraries looked for`() throws {
        let bench = try Self.bench("cat missing.txt > made/a")
        let traced = try bench.run("trace", "a")
        #expect(traced.status == 3, "\(traced)")
        #expect(traced.words.contains("absent   ./missing.txt\na: there is nothing to declare: "), "\(traced)")
        #expect(!traced.words.contains("/etc/ld.so"), "\(traced)")
        #expect(try bench.run("trace", "a", "-v").words.contains("absent   /etc/ld.so"))
    }

    @Test func `a program that a command did without is not asked for`() throws {
        let bench = try Self.bench("nosuchtool || echo 1 > made/a")
        let traced = try bench.run("trace", "a", "--json")
        #expect(traced.status == 0, "\(traced)")
        let record = try #require(try traced.records().first { $0["record"]?.stringValue == "trace" })
        #expect(record["programs"] == [], "\(traced)")
        #expect(try bench.run("trace", "a", "-v").words.contains("spared   nosuchtool: "))
    }

    @Test func `a failed build names the file that has its whole output`() throws {
        let bench = try Self.bench("echo 1; exit 3")
        #expect(try bench.run("build").words.contains("note: the whole output is in '.mlbuild/logs/a.log'\n"))
        #expect(try bench.read(".mlbuild/logs/a.log") == "1\n")
    }
}
