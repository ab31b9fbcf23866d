import Canonical
import Platform
import TestSupport
import Testing

/// Where `-o` writes, and what it never writes over.
@Suite struct OutputTests {
    private static let archive = "dist/breast-cancer-1.0.0.mlar"
    private static let rows = "build/split/test.csv"

    private static func packed() throws -> Workbench {
        let bench = try Workbench(template: "tabular")
        let packed = try bench.run("package")
        guard packed.status == 0 else { throw NotPacked(ending: packed) }
        return bench
    }

    private struct NotPacked: Error { let ending: Ending }

    @Test func `nothing that a workspace stands on is overwritten, under whatever name`() throws {
        let bench = try Self.packed()
        try Files.makeSymbolicLink(bench.path("alias.csv"), to: Array("mlops.json".utf8))
        try Files.link(bench.path("mlops.lock"), to: bench.path("second.csv"))
        try Files.makeDirectories(bench.path(".git"))
        try bench.write("", to: "copy.csv")
        let before = try Tree.digests(bench.root)
        for place in [
            "mlops.json", "./mlops.json", "data/../mlops.json", "alias.csv", "second.csv", "mlops.lock", "data/breast-cancer.csv",
            "build/train/model", "build/train/model/new", "build", "data", Self.rows, ".mlbuild/index", ".git/config",
            bench.path("mlops.json").description, "",
        ] {
            for line in [["package", "-o", place], ["predict", Self.archive, Self.rows, "-o", place]] {
                let refused = Ending(try bench.start(line).finish())
                #expect(refused.status == 2, "\(line): \(refused)")
                #expect(refused.words.hasPrefix("error: '"), "\(line): \(refused)")
            }
        }
        #expect(try Tree.digests(bench.root) == before)
        try Files.makeSymbolicLink(bench.path("nowhere.csv"), to: Array("gone".utf8))
        for (place, words) in [
            ("nowhere.csv", "error: 'nowhere.csv' is a link that leads nowhere\n"),
            ("out/dir/x.csv", "error: there is no folder 'out/dir'\n"),
        ] {
            let refused = try bench.run("predict", Self.archive, Self.rows, "-o", place)
            #expect(refused.status == 4, "\(refused)")
            #expect(refused.words.hasPrefix(words), "\(refused)")
        }
        let own = try bench.run("predict", Self.archive, Self.rows, "-o", Self.archive)
        #expect(own.status == 2 && own.words.contains("which this command reads"), "\(own)")
        #expect(try Files.linkTarget(bench.path("nowhere.csv")) == Array("gone".utf8))
    }

    @Test func `a device is written into and stays what it is`() throws {
        let bench = try Self.packed()
        let plain = try bench.run("predict", Self.archive, Self.rows)
        let full = try bench.run("predict", Self.archive, Self.rows, "-o", "/dev/full")
        #expect(full.status == 4 && full.words.contains("no space left on device"), "\(full)")
        #expect(try Files.status(HostPath("/dev/full"))?.kind == .other)
        #expect(try bench.run("predict", Self.archive, Self.rows, "-o", "/dev/null").status == 0)
        #expect(try Files.status(HostPath("/dev/null"))?.kind == .other)
        let dash = try bench.run("predict", Self.archive, Self.rows, "-o", "-")
        #expect(dash.status == 0 && dash.output == plain.output && dash.words == "", "\(dash)")
    }

    @Test func `a link to a plain file is followed, and kept`() throws {
        let bench = try Self.packed()
        try bench.write("old", to: "real.csv")
        try Files.makeSymbolicLink(bench.path("link.csv"), to: Array("real.csv".utf8))
        #expect(try bench.run("predict", Self.archive, Self.rows, "-o", "link.csv").status == 0)
        #expect(try Files.status(bench.path("link.csv"), followLinks: false)?.kind == .symbolicLink)
        #expect(try bench.read("real.csv").hasPrefix("prediction,"))
    }

    @Test func `with --json predictions go to a file, with the columns that are kept`() throws {
        let bench = try Self.packed()
        let lost = try bench.run("predict", Self.archive, Self.rows, "--json")
        #expect(lost.status == 2 && lost.words.contains("'-o FILE' says where"), "\(lost)")
        let kept = try bench.run("predict", Self.archive, Self.rows, "--json", "-o", "out.csv", "--keep", "diagnosis")
        #expect(kept.status == 0, "\(kept)")
        let record = try #require(try kept.records().first { $0["record"]?.stringValue == "predictions" })
        #expect(record["path"]?.stringValue == "out.csv")
        let lines = try bench.read("out.csv").split(separator: "\n")
        #expect(record["rows"]?.integerValue == lines.count - 1)
        #expect(lines[0].hasPrefix("diagnosis,prediction,"))
        #expect(try bench.run("predict", Self.archive, Self.rows, "-o", "out.tsv").status == 0)
        #expect(try bench.read("out.tsv").hasPrefix("prediction\tprobability_"))
        #expect(try bench.run("predict", Self.archive, Self.rows, "--keep", "none").status == 1)
    }

    @Test func `a build shows what it measured, and how the gates stand`() throws {
        let bench = try Workbench(template: "tabular")
        let built = try bench.run("build", "--json")
        #expect(built.status == 0, "\(built)")
        #expect(built.words.contains("\nevaluate: ") && built.words.contains("accuracy 0.9"), "\(built)")
        #expect(built.words.contains("\ngate accuracy: at least 0.93, is 0.9"), "\(built)")
        let gates = try built.records().filter { $0["record"]?.stringValue == "gate" }
        #expect(gates.compactMap { $0["metric"]?.stringValue } == ["accuracy", "log_loss"])
        #expect(gates.allSatisfy { $0["met"] == .boolean(true) })
        #expect(try built.records().contains { $0["record"]?.stringValue == "metrics" && $0["metrics"]?["accuracy"] != nil })
        try bench.edit("mlops.json", "\"accuracy\": {", "\"acuracy\": {")
        let missing = try bench.run("package")
        #expect(missing.status == 1, "\(missing)")
        #expect(missing.words.contains("is missing: not met") || missing.words.contains("acuracy"), "\(missing)")
    }
}
