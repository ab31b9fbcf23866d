import Canonical
import Platform
import TestSupport
import Testing

/// What a person is told about the next step, and what a build does on its own.
@Suite struct GuidanceTests {
    private static func addData(_ bench: Workbench) throws {
        try bench.write("x,y\n1,2\n", to: "data/more.csv")
        try bench.edit("mlops.json", "\"data\": {", "\"data\": { \"more\": { \"path\": \"data/more.csv\" },")
    }

    @Test func `a build pins data that is new, and still stops at data that changed`() throws {
        let bench = try Workbench(template: "tabular")
        #expect(try bench.run("build").status == 0)
        try Self.addData(bench)
        let frozen = try bench.run("build", "--locked")
        #expect(frozen.status == 1, "\(frozen)")
        let pinned = try bench.run("build")
        #expect(pinned.status == 0 && pinned.words.contains("data 'more' is new: sha256:"), "\(pinned)")
        #expect(try bench.run("build", "--locked").status == 0)
        #expect(try bench.run("lock", "--check").status == 0)
        try bench.write("x,y\n1,3\n", to: "data/more.csv")
        let rows = try bench.read("data/breast-cancer.csv")
        try bench.write(rows + String(rows.split(separator: "\n")[1]) + "\n", to: "data/breast-cancer.csv")
        let changed = try bench.run("build")
        #expect(changed.status == 1 && changed.words.contains("differs from its pin"), "\(changed)")
    }

    @Test func `lock is the next step only where it would do`() throws {
        let bench = try Workbench(template: "tabular")
        let fresh = try bench.run("status")
        #expect(fresh.status == 0 && fresh.words.contains("next: mlbuild lock"), "\(fresh)")
        let data = try bench.read("data/breast-cancer.csv")
        try bench.remove("data")
        let missing = try bench.run("status")
        #expect(missing.output.contains("data measurements: missing\n") && !missing.words.contains("next:"), "\(missing)")
        try bench.write(data, to: "data/breast-cancer.csv")
        #expect(try bench.run("lock").status == 0)
        try bench.remove("data")
        let gone = try bench.run("status")
        #expect(gone.status == 1 && !gone.words.contains("next: mlbuild lock"), "\(gone)")
    }

    @Test func `a model that misses a gate is not the next to be packed`() throws {
        let bench = try Workbench(template: "tabular")
        #expect(try bench.run("build").words.hasSuffix("next: mlbuild package\n"))
        try bench.edit("mlops.json", "\"min\": 0.93", "\"min\": 1")
        let missed = try bench.run("build", "--rehash")
        #expect(missed.status == 0 && missed.words.contains(": not met\n") && !missed.words.contains("next:"), "\(missed)")
    }

    @Test func `the state of a workspace keeps itself out of Git, and leaves what people put there`() throws {
        let bench = try Workbench(template: "minimal")
        try bench.remove(".gitignore")
        #expect(try bench.run("build").status == 0)
        #expect(try bench.read(".mlbuild/.gitignore") == "*\n!config.json\n!signers\n")
        try bench.write("logs\n", to: ".mlbuild/.gitignore")
        #expect(try bench.run("build", "--force").status == 0)
        #expect(try bench.read(".mlbuild/.gitignore") == "logs\n")
        try bench.remove(".mlbuild/.gitignore")
        #expect(try bench.run("build", "--force").status == 0)
        #expect(try Files.status(bench.path(".mlbuild/.gitignore")) == nil)
    }

    @Test func `lock --check --json tells whether the lock is current`() throws {
        let bench = try Workbench(template: "tabular")
        for (isCurrent, status) in [(false, Int32(1)), (true, 0)] {
            let checked = try bench.run("lock", "--check", "--json")
            #expect(checked.status == status, "\(checked)")
            let record = try #require(try checked.records().first { $0["record"]?.stringValue == "lock" })
            #expect(record["current"] == .boolean(isCurrent) && record["written"] == .boolean(false))
            #expect(try bench.run("lock").status == 0)
        }
    }

    @Test func `an archive of the same version with other content is not replaced in silence`() throws {
        let bench = try Workbench(template: "tabular")
        #expect(try bench.run("package").status == 0)
        #expect(try !bench.run("package").words.contains("replaces"))
        try bench.edit("mlops.json", "\"trees\": 100", "\"trees\": 60")
        let other = try bench.run("package")
        #expect(other.status == 0 && other.words.contains("replaces an archive with another identity, sha256:"), "\(other)")
    }

    @Test func `a workspace inside another one is told`() throws {
        let bench = try Workbench(template: "minimal")
        let inner = try bench.run("init", "inner")
        #expect(inner.status == 0 && inner.words.contains("it lies inside another workspace"), "\(inner)")
        let flags = try Workbench().run("build", "-j0")
        #expect(flags.status == 2, "\(flags)")
    }

    @Test func `inspect says what the model is and lists every member`() throws {
        let bench = try Workbench(template: "tabular")
        #expect(try bench.run("package").status == 0)
        let shown = try bench.run("inspect", "dist/breast-cancer-1.0.0.mlar")
        #expect(shown.output.contains("model     boosted-trees, classification of 'diagnosis'\n"), "\(shown)")
        #expect(shown.output.contains("\n  archive.json  ") && !shown.output.contains("version = 1"), "\(shown)")
    }
}
