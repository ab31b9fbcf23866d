import Canonical
import Platform
import TestSupport
import Testing

/// Data with a URL as people use it.
@Suite struct SourceTests {
    private static func bench(_ data: String) throws -> Workbench {
        let bench = try Workbench(inMemory: true)
        try bench.folder.write("a,b,label\n1,2,x\n3,4,y\n", to: "outside/rows.csv")
        try bench.write(manifest(bench, data), to: "mlops.json")
        return bench
    }

    private static func manifest(_ bench: Workbench, _ data: String) -> String {
        """
        {"version": 1, "name": "w", "data": {"rows": {\(data.replacing("HERE", with: "file://\(bench.folder.path)/outside"))}},
         "stages": {"split": {"uses": "split", "inputs": {"table": "data.rows"}, "with": {"test": 0.5, "seed": 1}}}}
        """
    }

    @Test func `it is fetched once, pinned, and renewed when asked for`() throws {
        let bench = try Self.bench("\"url\": \"HERE/rows.csv\"")
        let unpinned = try bench.run("lock", "--check")
        #expect(unpinned.status == 1 && unpinned.words.contains("[lock/unpinned-source]"), "\(unpinned)")
        #expect(try bench.run("lock").status == 0)
        #expect(try bench.read("mlops.lock").contains("\"url\": \"file://\(bench.folder.path)/outside/rows.csv\""))
        #expect(try bench.run("build").status == 0)
        try bench.folder.write("a,b,label\n1,2,x\n3,4,y\n5,6,y\n", to: "outside/rows.csv")
        #expect(try bench.run("lock").words.contains("is current"))
        #expect(try bench.run("build").words.contains("1 stage up to date"))
        let renewed = try bench.run("lock", "--update", "rows")
        #expect(renewed.status == 0 && renewed.words.contains("rows: 2 -> 3") && renewed.words.contains("y: 1 -> 2"), "\(renewed)")
        #expect(try bench.run("data", "status").output == "data rows: as pinned\n")
        #expect(try bench.run("data", "checkout").output.contains("has no place in the workspace"))
        #expect(try bench.run("build").status == 0)
    }

    @Test func `what the store lost comes back as it was pinned, or not at all`() throws {
        let bench = try Self.bench("\"url\": \"HERE/rows.csv\"")
        #expect(try bench.run("lock").status == 0)
        try Files.removeTree(bench.cache)
        #expect(try bench.run("data", "status").output == "data rows: as pinned, not in the store: a build fetches it\n")
        #expect(try bench.run("build").status == 0)
        try Files.removeTree(bench.cache)
        try bench.folder.write("a,b\n", to: "outside/rows.csv")
        let changed = try bench.run("build")
        #expect(changed.status == 1 && changed.words.contains("[lock/source-changed]"), "\(changed)")
        #expect(changed.words.contains("found  sha256:") && changed.words.contains("pinned sha256:"))
        try bench.write(Self.manifest(bench, "\"url\": \"HERE/other.csv\""), to: "mlops.json")
        let moved = try bench.run("build")
        #expect(moved.status == 1 && moved.words.contains("[build/data-source]"), "\(moved)")
        let missing = try bench.run("lock")
        #expect(missing.status == 1 && missing.words.contains("data 'rows' cannot be fetched: "), "\(missing)")
    }
}
