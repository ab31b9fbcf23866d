import Diagnostics
import Manifests
import Testing

@Suite struct EnvironmentTests {
    private static func manifest(_ head: String, _ stage: String = "") throws -> Manifest {
        let text =
            #"{ "version": 1, "name": "x", \#(head) "stages": { "s": { "run": ["make"], "outputs": { "all": "all.txt" } \#(stage) } } }"#
        let read = ManifestReader.read(SourceText(name: Manifest.fileName, text: text))
        return try #require(read.value, "\(read.diagnostics.map(\.message))")
    }

    private static func command(_ head: String, _ stage: String = "") throws -> Command {
        guard case .command(let command)? = try manifest(head, stage).stage("s")?.work else { throw Absent() }
        return command
    }

    private struct Absent: Error {}

    @Test func `a command that names no environment runs in the default one where it is declared, else in the base`() throws {
        #expect(try Self.command("").environment == "base")
        #expect(try Self.command(#""environments": { "plots": {} }, "#).environment == "base")
        #expect(try Self.command(#""environment": {}, "#).environment == "default")
        #expect(try Self.command(#""environment": {}, "#, #", "environment": "base""#).environment == "base")
        #expect(try Self.command(#""environments": { "plots": {} }, "#, #", "environment": "plots""#).environment == "plots")
    }

    @Test func `the default environment comes first and the others follow in the text's order`() throws {
        let manifest = try Self.manifest(
            #""environments": { "zeta": { "tools": ["git"] }, "alpha": { "variables": { "A": "1" } } }, "environment": {}, "#,
            #", "environment": "alpha""#)
        #expect(manifest.environments.map(\.name) == ["default", "zeta", "alpha"])
        #expect(manifest.environment("zeta")?.tools == ["git"])
        #expect(manifest.environment("alpha")?.variables.map { [$0.name, $0.value] } == [["A", "1"]])
        #expect(manifest.environment("base") == nil)
        #expect(manifest.usedEnvironments == ["alpha"])
    }

    @Test(arguments: [
        ("requirements.txt", false), ("pylock.toml", true), ("locks/pylock.gpu.toml", true), ("requirements/pylock.in", false),
    ])
    func `a lock of packages is told by its name`(_ file: String, _ isLocked: Bool) throws {
        let manifest = try Self.manifest(#""environment": { "python": { "version": "3.11", "requirementsFile": "\#(file)" } }, "#)
        #expect(manifest.environment("default")?.python?.isLocked == isLocked)
    }

    @Test(arguments: [
        ("1", 1), ("1048576", 1 << 20), (#""1KiB""#, 1 << 10), (#""512MiB""#, 512 << 20), (#""2GiB""#, 2 << 30),
        (#""8191TiB""#, 8191 << 40),
        ("9007199254740991", 9_007_199_254_740_991), ("2.0", 2),
    ])
    func `a size is a number of bytes or has a unit`(_ text: String, _ bytes: Int) throws {
        #expect(try Self.command("", #", "resources": { "memory": \#(text) }"#).resources == Command.Resources(memory: bytes))
    }

    @Test(arguments: [
        ("0MiB", nil), ("01MiB", nil), ("MiB", nil), ("5", nil), ("-5MiB", nil), ("99999999999999999KiB", nil), ("5 MiB", "5MiB"),
        ("5M", "5MiB"),
        ("5gb", "5GiB"), ("5mib", "5MiB"), ("5kb", "5KiB"), ("9000TB", nil), ("5PiB", nil), ("", nil), ("5MBB", nil),
    ])
    func `a size of another form is refused, with the one that was meant`(_ text: String, _ mended: String?) {
        let whole =
            #"{ "version": 1, "name": "x", "stages": { "s": { "run": ["make"], "outputs": { "all": "all.txt" }, "resources": { "memory": "\#(text)" } } } }"#
        let problems = ManifestReader.read(SourceText(name: Manifest.fileName, text: whole)).diagnostics
        #expect(problems.map(\.code) == ["manifest/bad-size"])
        #expect(problems.first?.fixIt?.title == mended.map { "replace with '\($0)'" })
    }

    @Test func `a gate on reproducibility is a level, and what a command makes is opaque`() throws {
        let text =
            #"{ "version": 1, "name": "x", "data": { "d": { "path": "d.csv" } }, "#
            + #""stages": { "s": { "run": ["make"], "outputs": { "all": "all.bin" } }, "#
            + #""t": { "uses": "train", "inputs": { "table": "data.d" }, "with": { "target": "y" } } }, "#
            + #""model": { "from": "s.all", "version": "1.0.0", "gates": { "reproducibility": { "min": 2.0 } } } }"#
        let manifest = try #require(ManifestReader.read(SourceText(name: Manifest.fileName, text: text)).value)
        #expect(manifest.model?.gates.map(\.level) == [2])
        #expect(manifest.isOpaque(.output(stage: "s", name: "all")))
        #expect(!manifest.isOpaque(.output(stage: "t", name: "model")))
        #expect(!manifest.isOpaque(.data("d")))
    }
}
