import Diagnostics
import Manifests
import Testing

/// Texts far larger than people write: what is said stays short, and nothing recurses.
@Suite struct LargeManifestTests {
    private func read(stages: [String], rest: String = "") -> Diagnosed<Manifest> {
        let text =
            "{ \"version\": 1, \"name\": \"large\", \"data\": { \"a\": { \"path\": \"a.csv\" } }\(rest), \"stages\": {\n"
            + stages.joined(separator: ",\n") + "\n} }"
        return ManifestReader.read(SourceText(name: Manifest.fileName, text: text))
    }

    private func split(_ name: String, from reference: String) -> String {
        "\"\(name)\": { \"uses\": \"split\", \"inputs\": { \"table\": \"\(reference)\" } }"
    }

    @Test func `a chain of 10,000 stages is read, its format found from the far end`() throws {
        let stages = (0..<10_000).map { split("s\($0)", from: $0 == 9_999 ? "data.a" : "s\($0 + 1).train") }
        let manifest = try #require(read(stages: stages).value)
        #expect(manifest.stages.count == 10_000)
        #expect(manifest.stages[0].output("train")?.path.text == "build/s0/train.csv")
        #expect(manifest.stages[0].output("train")?.format == .csv)
    }

    @Test func `a cycle of 10,000 stages is one error that shows its ends`() throws {
        let stages = (0..<10_000).map { split("s\($0)", from: "s\(($0 + 1) % 10_000).train") }
        let errors = read(stages: stages).diagnostics
        #expect(
            errors.map(\.message) == [
                "stage 's0' waits for itself: s0 -> s1 -> s2 -> s3 -> ... 9993 more ... -> s9997 -> s9998 -> s9999 -> s0"
            ])
    }

    @Test func `stages downstream of a cycle are not part of it, and each knot is told once`() {
        let stages = [
            split("a", from: "b.train"), split("b", from: "a.train"), split("below", from: "a.train"),
            split("c", from: "c.train"), split("free", from: "data.a"),
        ]
        let errors = read(stages: stages).diagnostics
        #expect(errors.map(\.message) == ["stage 'a' waits for itself: a -> b -> a", "stage 'c' waits for itself: c -> c"])
    }

    @Test func `of a dense knot the shortest cycle is told`() {
        // Everyone takes from the next two; the way back is the third stage's.
        let stages = (0..<50).map { index in
            "\"s\(index)\": { \"uses\": \"train\", \"inputs\": { \"table\": \"s\((index + 1) % 50).log\", "
                + "\"validation\": \"s\((index + 7) % 50).log\" }, \"with\": { \"target\": \"y\" } }"
        }
        let cycles = read(stages: stages).diagnostics.filter { $0.code == "manifest/cycle" }
        #expect(cycles.map(\.message) == ["stage 's0' waits for itself: s0 -> s1 -> s8 -> s15 -> s22 -> s29 -> s36 -> s43 -> s0"])
    }

    @Test func `more problems than anybody reads are cut off, once`() {
        let stages = (0..<3000).map { split("s\($0)", from: "data.missing") }
        let diagnostics = read(stages: stages).diagnostics
        #expect(diagnostics.count == 1001)
        #expect(diagnostics.last?.code == "manifest/too-many-problems")
    }

    @Test func `more warnings than anybody reads are cut off and stay warnings`() {
        let stages = (0..<1500).map { split("s\($0)", from: "./a.csv") }
        let read = read(stages: stages)
        #expect(read.value?.stages.count == 1500)
        #expect(read.diagnostics.count == 1001)
        #expect(read.diagnostics.last?.code == "manifest/more-warnings")
    }

    @Test func `thousands of environments, each of one command, are read without a word`() {
        let names = (0..<20_000).map { "\"e\($0)\": {}" }
        let stages = (0..<20_000).map {
            "\"s\($0)\": { \"run\": [\"make\"], \"inputs\": { \"a\": \"data.a\" }, \"outputs\": { \"x\": \"out/\($0)\" }, \"environment\": \"e\($0)\" }"
        }
        let read = read(stages: stages, rest: ", \"environments\": { \(names.joined(separator: ", ")) }")
        #expect(read.diagnostics == [])
        #expect(read.value?.usedEnvironments.count == 20_000)
        #expect(read.value?.environment("e19999")?.name == "e19999")
    }

    @Test func `more stages than are read is one error`() {
        let stages = (0..<100_001).map { "\"s\($0)\": {}" }
        let diagnostics = read(stages: stages).diagnostics
        #expect(diagnostics.map(\.code) == ["manifest/too-many-stages"])
    }

    @Test func `thousands of outputs side by side do not clash, and one inside another does`() {
        func command(_ index: Int, _ path: String) -> String {
            "\"s\(index)\": { \"run\": [\"make\"], \"outputs\": { \"x\": \"\(path)\" } }"
        }
        var stages = (0..<5000).map { command($0, "out/part-\($0)/x.csv") }
        #expect(read(stages: stages).diagnostics.allSatisfy { $0.severity == .warning })
        stages.append(command(5000, "out/part-17"))
        let errors = read(stages: stages).diagnostics.filter { $0.severity == .error }
        #expect(errors.map(\.message) == ["output 's17.x' lies inside output 's5000.x', 'out/part-17'"])
    }
}
