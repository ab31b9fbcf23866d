import Canonical
import Platform
import TestSupport
import Testing

/// `data`: what differs, and the way back.
@Suite struct DataCommandTests {
    private static let hasGit = (try? ProcessRunner.run(["git", "--version"]).status) == 0

    private static func locked() throws -> Workbench {
        let bench = try Workbench()
        try bench.write(
            #"""
            { "version": 1, "name": "grown", "data": { "rows": { "path": "data/rows.csv" }, "files": { "path": "data/files/" } }, "stages": {} }

            """#, to: "mlops.json")
        try bench.write("x,kind\n1,a\n2,a\n3,b\n", to: "data/rows.csv")
        for name in ["one", "two", "deep/three"] { try bench.write(name, to: "data/files/\(name)") }
        let locked = try bench.run("lock")
        try #require(locked.status == 0, "\(locked)")
        return bench
    }

    @Test func `status names entries and files that differ, and says the two ways on`() throws {
        let bench = try Self.locked()
        let current = try bench.run("data", "status")
        #expect(current.status == 0 && current.output == "data rows: as pinned\ndata files: as pinned\n", "\(current)")
        try bench.write("x,kind\n1,a\n", to: "data/rows.csv")
        try bench.write("changed", to: "data/files/one")
        try bench.write("new", to: "data/files/deep/new")
        try bench.remove("data/files/two")
        let before = try bench.contents()
        let status = try bench.run("data", "status")
        #expect(status.status == 1)
        #expect(
            status.output == """
                data rows: differs from its pin: 1 file changed
                data files: differs from its pin: 1 file changed, 1 added, 1 removed
                  A deep/new
                  M one
                  D two

                """, "\(status)")
        #expect(status.words.hasSuffix("'mlbuild lock' accepts what lies there, 'mlbuild data checkout' brings back what is pinned\n"))
        #expect(try bench.run("data", "status", "rows").output == "data rows: differs from its pin: 1 file changed\n")
        let record = try bench.run("data", "status", "files", "--json").records().first { $0["record"]?.stringValue == "data" }
        #expect(record?["state"]?.stringValue == "differs")
        #expect(record?["added"] == .array([.string("deep/new")]))
        #expect(try bench.contents() == before)
    }

    @Test func `checkout keeps what is saved nowhere, and brings back the rest once it is`() throws {
        let bench = try Self.locked()
        let pinned = try bench.read("mlops.lock")
        try bench.write("mine", to: "data/files/one")
        try bench.remove("data/rows.csv")
        let refused = try bench.run("data", "checkout", "files")
        #expect(refused.status == 1)
        #expect(
            refused.words.hasSuffix(
                """
                error: data 'files' holds what is saved nowhere: 'one'; nothing was changed
                  hint: 'mlbuild lock' saves and pins it; else move it out of the way

                """), "\(refused)")
        #expect(try bench.read("data/files/one") == "mine")
        let rows = try bench.run("data", "checkout", "rows")
        #expect(rows.status == 0 && rows.output == "data rows: as pinned again: 1 file added\n", "\(rows)")
        #expect(try bench.run("lock").status == 0)
        try bench.write(pinned, to: "mlops.lock")
        let back = try bench.run("data", "checkout")
        #expect(
            back.status == 0
                && back.output == "data rows: as pinned already\ndata files: as pinned again: 1 file changed\n  M one\n", "\(back)")
        #expect(try bench.read("data/files/one") == "one")
        #expect(try bench.run("data", "status").status == 0)
        #expect(try bench.temporaries() == [])
    }

    @Test(.enabled(if: hasGit, "there is no git")) func `diff compares with the lock of a commit`() throws {
        let bench = try Self.locked()
        func git(_ arguments: String...) throws {
            let outcome = try ProcessRunner.run(
                ["git", "-C", bench.root.description, "-c", "user.name=t", "-c", "user.email=t@t"] + arguments)
            try #require(outcome.status == 0, "\(outcome.errorText)")
        }
        let outside = try bench.run("data", "diff", "HEAD")
        #expect(outside.status == 1 && outside.words.contains("error: Git"), "\(outside)")
        try git("init", "-q")
        try git("add", "mlops.json", "mlops.lock")
        try git("commit", "-q", "-m", "first")
        try bench.write("x,kind,more\n1,a,1\n2,b,2\n3,b,3\n4,b,4\n", to: "data/rows.csv")
        try bench.write("longer than before", to: "data/files/two")
        #expect(try bench.run("lock").status == 0)
        let diff = try bench.run("data", "diff", "HEAD")
        #expect(
            diff.output == """
                data files: 1 file changed; 3 files of 16 bytes before, 3 files of 31 bytes now
                  M two
                data rows: changed; 19 bytes before, 36 bytes now
                  rows: 3 -> 4
                  new columns: 'more'
                  labels of 'kind':
                    a: 2 -> 1
                    b: 1 -> 3

                """, "\(diff)")
        #expect(diff.status == 0)
        let unknown = try bench.run("data", "diff", "no-such-commit")
        #expect(unknown.status == 1 && unknown.words.contains("error: Git knows no commit 'no-such-commit' here\n"), "\(unknown)")
        let option = try bench.run("data", "diff", "--", "--output=x")
        #expect(option.status == 1, "\(option)")
        #expect(try Files.status(bench.path("x")) == nil)
    }

    @Test func `a wrong word is answered with the right ones`() throws {
        let bench = try Self.locked()
        let wrong = try bench.run("data", "stauts")
        #expect(wrong.status == 2)
        #expect(
            wrong.words == "error: there is no 'data stauts'\n  hint: did you mean 'status'? there are: status, diff, checkout\n",
            "\(wrong)")
        let name = try bench.run("data", "status", "row")
        #expect(name.words.hasSuffix("error: there is no data 'row' in mlops.json\n  hint: did you mean 'rows'?\n"), "\(name)")
        try bench.remove("mlops.lock")
        let unlocked = try bench.run("data", "status")
        #expect(unlocked.status == 1 && unlocked.words.contains("'mlbuild lock' pins data"), "\(unlocked)")
    }
}
