import Canonical
import Platform
import TestSupport
import Testing

/// Manifests that are wrong, through the program.
@Suite struct CheckTests {
    private static let broken = """
        {
          "version": 1,
          "name": "demo",
          "data": { "rows": { "path": "data/rows.csv" } },
          "stages": {
            "split": { "uses": "splitt", "inputs": { "table": "data.rows" } },
            "train": { "uses": "train", "inputs": { "table": "split.train" }, "wiht": { "target": "y" } },
          }
        }
        """

    private static func bench(_ manifest: String) throws -> Workbench {
        let bench = try Workbench()
        try bench.write(manifest, to: "mlops.json")
        try bench.write("x,y\n1,a\n2,b\n", to: "data/rows.csv")
        return bench
    }

    @Test func `check reports every problem at once, with its place`() throws {
        let bench = try Self.bench(Self.broken)
        let checked = try bench.run("check")
        #expect(checked.status == 1)
        #expect(checked.output == "")
        for text in [
            "mlops.json:6:24: error: ", "'splitt'", "fix: replace with 'split'", "mlops.json:7:71: error: unknown key 'wiht'",
            "mlops.json:7:",
            "[json/trailing-comma]", "    |                        ^~~~~~~~\n", "hint: 'mlbuild check --fix' mends",
        ] {
            #expect(checked.words.contains(text), "'\(text)' in \(checked)")
        }
        #expect(try bench.read("mlops.json") == Self.broken)
    }

    @Test func `check --fix mends what is obvious, and a second one has nothing to do`() throws {
        let bench = try Self.bench(Self.broken)
        let fixed = try bench.run("check", "--fix")
        #expect(fixed.status == 0, "\(fixed)")
        let text = try bench.read("mlops.json")
        #expect(
            text
                == Self.broken.split(separator: "splitt").joined(separator: "split").split(separator: "wiht").joined(separator: "with")
                .split(separator: "} },\n  }").joined(separator: "} }\n  }"))
        #expect(try bench.read(".gitignore") == "/build/\n/dist/\n/.mlbuild/*\n!/.mlbuild/config.json\n!/.mlbuild/signers\n")
        let again = try bench.run("check", "--fix")
        #expect(again.status == 0 && again.words.contains("nothing to fix"))
        #expect(try bench.read("mlops.json") == text)
        #expect(try bench.temporaries().isEmpty)
    }

    @Test func `check --json gives each problem as a record with bytes, line and column`() throws {
        let bench = try Self.bench(Self.broken)
        let checked = try bench.run("check", "--json")
        #expect(checked.status == 1)
        let diagnostics = try checked.records().filter { $0["record"]?.stringValue == "diagnostic" }
        #expect(
            diagnostics.compactMap { $0["code"]?.stringValue } == ["manifest/unknown-kind", "manifest/unknown-key", "json/trailing-comma"])
        let bytes = Array(Self.broken.utf8)
        let kind = try #require(diagnostics.first)
        let start = try #require(kind["start"]?.integerValue)
        let end = try #require(kind["end"]?.integerValue)
        #expect(String(decoding: bytes[start..<end], as: UTF8.self) == "\"splitt\"")
        #expect(kind["file"]?.stringValue == "mlops.json")
        #expect(kind["line"]?.integerValue == 6 && kind["column"]?.integerValue == 24)
        #expect(kind["fix"]?["edits"]?.arrayValue?.first?["replacement"]?.stringValue == "\"split\"")
        #expect(try checked.summary("status")?.integerValue == 1)
    }

    @Test(arguments: [
        ["build"], ["lock"], ["status"], ["why", "train"], ["graph"], ["package"], ["build", "--dry-run"], ["lock", "--check"],
    ])
    func `no command does anything with a manifest that has errors`(line: [String]) throws {
        let bench = try Self.bench(Self.broken)
        let ending = Ending(try bench.start(line).finish())
        #expect(ending.status == 1, "\(ending)")
        #expect(ending.words.contains("mlops.json:6:24: error: "), "\(ending)")
        #expect(try Tree.everything(bench.root) == ["data/rows.csv", "mlops.json"])
    }

    @Test(arguments: [
        "", "{", "[]", "null", "\u{FEFF}{}", "{\"version\": 99}", "{\"a\":1,\"a\":2}", "{\"version\": 1e999}",
        String(repeating: "[", count: 100_000),
    ])
    func `a text that is no manifest gets an error with its place, never a trap`(text: String) throws {
        let bench = try Self.bench(text)
        for line in [["check"], ["check", "--fix"], ["build"], ["check", "--json"]] {
            let ending = Ending(try bench.start(line).finish())
            #expect(ending.status == 1, "\(line): \(ending)")
            #expect(ending.words.contains("error: "), "\(line): \(ending)")
        }
        #expect(try Files.status(bench.path("mlops.lock")) == nil)
    }

    @Test func `the place is named from where one stands`() throws {
        let bench = try Self.bench(Self.broken)
        let above = try bench.run("-C", "work", "check", directory: bench.folder.path)
        #expect(above.words.contains("work/mlops.json:6:24: error: "), "\(above)")
    }

    @Test func `a lock that is damaged, edited or of a later version is refused with the way out`() throws {
        let bench = try Workbench(template: "minimal")
        #expect(try bench.run("build").status == 0)
        let lock = try bench.read("mlops.lock")
        let cases: [(name: String, text: String, code: String)] = [
            (
                "conflict",
                lock.split(separator: "\"version\": 1\n", maxSplits: 1).joined(
                    separator: "<<<<<<< ours\n\"version\": 1\n=======\n\"version\": 1\n>>>>>>> theirs\n"), "lock/conflict"
            ),
            ("later", lock.split(separator: "\"version\": 1\n").joined(separator: "\"version\": 2\n"), "lock/newer-version"),
            ("digest", lock.split(separator: "sha256:").joined(separator: "sha256:zz"), "lock/"),
            ("cut", String(lock.prefix(lock.count / 2)), "json/"), ("empty", "", "json/empty"),
        ]
        let before = try bench.contents()
        for (name, text, code) in cases {
            try bench.write(text, to: "mlops.lock")
            for line in [["build"], ["build", "--locked"], ["status"], ["lock", "--check"]] {
                let refused = Ending(try bench.start(line).finish())
                #expect(refused.status == 1, "\(name): \(line): \(refused)")
                #expect(refused.words.contains("mlops.lock:") && refused.words.contains(code), "\(name): \(line): \(refused)")
                #expect(try bench.read("mlops.lock") == text, "\(name): \(line)")
            }
        }
        try bench.write(cases[0].text, to: "mlops.lock")
        #expect(try bench.run("lock").status == 0)
        #expect(try bench.run("build").status == 0)
        #expect(try bench.contents() == before)
    }
}
