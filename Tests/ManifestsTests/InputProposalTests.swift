import Diagnostics
import Manifests
import Testing

@Suite struct InputProposalTests {
    private static func source(_ stages: String) -> SourceText {
        let text =
            #"{ "version": 1, "name": "x", "data": { "rows": { "path": "data/rows" } }, "stages": {"# + "\n" + stages + "\n} }\n"
        return SourceText(name: Manifest.fileName, text: text)
    }

    private static let stages = #"""
        "prepare": { "run": ["prepare"], "inputs": { "rows": "data.rows", "script": "./src/prepare.py" }, "outputs": { "table": "made/table/" } },
        "fit": { "run": ["fit"], "inputs": { "script": "./src/fit.py" }, "outputs": { "model": "made/model.bin" } },
        "report": { "run": ["report"], "inputs": { "model": "fit.model" }, "outputs": { "text": "made/report.md" } }
        """#

    private static func proposals(_ paths: [String], of stage: String = "fit") throws -> InputProposals {
        let manifest = try #require(ManifestReader.read(source(stages)).value)
        let read = try paths.map { path in
            let isFolder = path.hasSuffix("/")
            return (try #require(RelativePath(isFolder ? String(path.dropLast()) : path)), isFolder)
        }
        return manifest.proposals(for: read, of: try #require(manifest.stage(stage)))
    }

    @Test func `files, folders, data and what other stages make are each proposed by the reference that fits`() throws {
        let proposals = try Self.proposals(["src/words.txt", "lib/", "data/rows/a.csv", "made/table/part-1.csv", "made/table/part-2.csv"])
        #expect(
            proposals.inputs.map(\.text) == [
                #""words": "./src/words.txt""#, #""lib": "./lib/""#, #""rows": "data.rows""#, #""table": "prepare.table""#,
            ])
        #expect(proposals.refused.isEmpty)
    }

    @Test func `what is declared already, and what the stage makes itself, is left out`() throws {
        #expect(try Self.proposals(["src/fit.py", "made/model.bin"]).inputs == [])
        #expect(try Self.proposals(["data/rows/a.csv", "data/rows"], of: "prepare").inputs == [])
    }

    @Test func `what a later stage makes, what holds outputs and what is mlbuild's own is refused with the reason`() throws {
        let proposals = try Self.proposals(["made/report.md", "made/", "build/x", ".git/config"])
        #expect(proposals.inputs == [])
        #expect(proposals.refused.map(\.path.text) == ["made/report.md", "made", "build/x", ".git/config"])
        #expect(proposals.refused.first?.reason == "stage 'report' makes it, and takes what stage 'fit' gives")
    }

    @Test func `many files of one folder become the folder, and files in a folder that is asked for are not named beside it`() throws {
        let many = (0..<9).map { "corpus/\($0).txt" }
        #expect(try Self.proposals(["a.txt"] + many).inputs.map(\.reference) == ["./a.txt", "./corpus/"])
        #expect(try Self.proposals(Array(many.dropLast())).inputs.count == 8)
        #expect(try Self.proposals(["lib/a.py", "lib/", "lib/deep/b.py"]).inputs.map(\.reference) == ["./lib/"])
    }

    @Test(arguments: [
        ("script.sh", "script-2"), ("README", "readme"), ("9 lives.txt", "lives"), ("Übung.txt", "bung"), ("数据.csv", "input"),
        (".env", "env"),
    ])
    func `a port has an allowed name that is free`(_ path: String, _ name: String) throws {
        #expect(try Self.proposals([path]).inputs.map(\.name) == [name])
    }

    /// Inserts two inputs into stage `s` and gives the text of the stages.
    private static func inserted(_ stage: String) throws -> String {
        let source = source(stage)
        let manifest = try #require(ManifestReader.read(source).value)
        let paths = [("a.txt", false), ("b", true)].compactMap { text, isFolder in RelativePath(text).map { ($0, isFolder) } }
        let proposals = manifest.proposals(for: paths, of: try #require(manifest.stage("s")))
        let fixIt = try #require(InputInsertion.fixIt(source, stage: "s", inputs: proposals.inputs))
        let (bytes, applied) = FixIt.apply([fixIt], to: source.bytes)
        #expect(applied == 1)
        let again = ManifestReader.read(SourceText(name: Manifest.fileName, bytes: bytes))
        #expect(again.value?.stage("s")?.inputs.suffix(2).map(\.reference.description) == ["./a.txt", "./b"])
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").dropFirst().dropLast().joined(separator: "\n")
    }

    @Test func `inputs on one line get new ones on that line`() throws {
        #expect(
            try Self.inserted(#"  "s": { "run": ["x"], "inputs": { "c": "./c" }, "outputs": { "o": "o" } }"#)
                == #"  "s": { "run": ["x"], "inputs": { "c": "./c", "a": "./a.txt", "b": "./b/" }, "outputs": { "o": "o" } }"#)
    }

    @Test func `inputs on lines of their own get new lines with the same indentation`() throws {
        #expect(
            try Self.inserted(
                "\"s\": {\n\t\"run\": [\"x\"],\n\t\"inputs\": {\n\t\t\"c\": \"./c\"\n\t},\n\t\"outputs\": { \"o\": \"o\" }\n}")
                == "\"s\": {\n\t\"run\": [\"x\"],\n\t\"inputs\": {\n\t\t\"c\": \"./c\",\n\t\t\"a\": \"./a.txt\",\n\t\t\"b\": \"./b/\"\n\t},\n\t\"outputs\": { \"o\": \"o\" }\n}"
        )
    }

    @Test func `empty inputs are filled, and absent ones come behind the command`() throws {
        #expect(
            try Self.inserted(#""s": { "run": ["x"], "inputs": {}, "outputs": { "o": "o" } }"#)
                == #""s": { "run": ["x"], "inputs": { "a": "./a.txt", "b": "./b/" }, "outputs": { "o": "o" } }"#)
        #expect(
            try Self.inserted(#""s": { "run": ["x"], "outputs": { "o": "o" } }"#)
                == #""s": { "run": ["x"], "inputs": { "a": "./a.txt", "b": "./b/" }, "outputs": { "o": "o" } }"#)
        #expect(
            try Self.inserted("\"s\": { \"outputs\": { \"o\": \"o\" },\n   \"run\": [\"x\"] }")
                == "\"s\": { \"outputs\": { \"o\": \"o\" },\n   \"run\": [\"x\"],\n   \"inputs\": { \"a\": \"./a.txt\", \"b\": \"./b/\" } }"
        )
    }
}
