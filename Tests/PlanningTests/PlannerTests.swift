import Canonical
import Diagnostics
import Locking
import Manifests
import StageKinds
import Testing

@testable import Planning

@Suite struct PlannerTests {
    @Test func `an action stands behind what it needs, and else where the manifest has it`() throws {
        let manifest = try readManifest(penguins)
        let graph = try #require(Planner.plan(manifest, lockfile(for: manifest)).value)
        #expect(graph.actions.map(\.stage) == ["split", "train", "evaluate", "again"])
        #expect(graph.actions.indices.map { graph.dependencies(of: $0) } == [[], [0], [1, 0], []])
        #expect(graph.actions.indices.map { graph.dependents(of: $0) } == [[1, 2], [2], [], []])
        #expect(graph.index(of: "train") == 1)
        #expect(graph.index(of: "nobody") == nil)
        #expect(graph.downstream(of: 0) == [0, 1, 2])
    }

    @Test func `an action holds all that its stage says`() throws {
        let manifest = try readManifest(penguins)
        let graph = try #require(Planner.plan(manifest, lockfile(for: manifest)).value)
        let split = graph.actions[0]
        guard case .kind(let kind, let options) = split.work else { return #expect(Bool(false), "a built-in kind is no command") }
        #expect(kind == .split)
        #expect(options == ["test": 0.25, "seed": 42])
        #expect(split.parameters.map(\.name) == ["seed"])
        #expect(split.outputs.map(\.name) == ["train", "test"])
        let pin = try #require(lockfile(for: manifest).pin(data: "penguins"))
        #expect(split.inputs.map(\.source) == [.pinned(data: "penguins", pin)])
        #expect(split.inputs.map(\.format) == [.csv])
        let evaluate = graph.actions[2]
        #expect(evaluate.inputs.map(\.name) == ["model", "table"])
        #expect(evaluate.inputs.map(\.source) == [.output(stage: "train", name: "model"), .output(stage: "split", name: "test")])
        #expect(evaluate.inputs.map(\.format) == [nil, .csv])
        #expect(graph.actions[3].inputs.map(\.format) == [.tsv])
        #expect(graph.actions[1].parameters.map(\.value) == [42, 200])
    }

    @Test func `a selection holds what it needs and nothing else`() throws {
        let manifest = try readManifest(penguins)
        let graph = try #require(Planner.plan(manifest, lockfile(for: manifest)).value)
        #expect(graph.selecting([]).value == [0, 1, 2, 3])
        #expect(graph.selecting(["train"]).value == [0, 1])
        #expect(graph.selecting(["again", "split", "again"]).value == [0, 3])
        let part = try #require(Planner.plan(manifest, lockfile(for: manifest), stages: ["train"]).value)
        #expect(part.actions.map(\.stage) == ["split", "train"])
        #expect(part.dependents(of: 0) == [1])
    }

    @Test func `a stage that takes two outputs of another needs it once`() throws {
        let text = """
            {"version": 1, "name": "w", "data": {"rows": {"path": "rows.csv"}}, "stages": {
             "split": {"uses": "split", "inputs": {"table": "data.rows"}, "with": {"validation": 0.1}},
             "train": {"uses": "train", "inputs": {"table": "split.train", "validation": "split.validation"}, "with": {"target": "y"}}}}
            """
        let manifest = try readManifest(text)
        let graph = try #require(Planner.plan(manifest, lockfile(for: manifest)).value)
        #expect(graph.dependencies(of: 1) == [0])
        #expect(graph.dependents(of: 0) == [1])
    }

    @Test func `a name that is no stage is answered with the one that was meant`() throws {
        let manifest = try readManifest(penguins)
        let result = Planner.plan(manifest, lockfile(for: manifest), stages: ["trian", "split", "penguins"])
        #expect(result.value == nil)
        #expect(result.diagnostics.map(\.code) == ["plan/unknown-stage", "plan/unknown-stage"])
        #expect(result.diagnostics.map(\.message) == ["no stage is named 'trian'", "no stage is named 'penguins'"])
        #expect(result.diagnostics.map { $0.notes.map(\.message) } == [["did you mean 'train'?"], ["'mlbuild graph' shows the stages"]])
        let graph = try #require(Planner.plan(manifest, lockfile(for: manifest)).value)
        #expect(graph.selecting(["trian", "penguins"]).diagnostics == result.diagnostics)
        let empty = try readManifest("{\"version\": 1, \"name\": \"empty\", \"stages\": {}}")
        #expect(Planner.plan(empty, Lockfile(), stages: ["a"]).diagnostics.first?.notes.map(\.message) == ["the manifest has no stages"])
    }

    /// Plans the text without its marker, and gives the diagnostics, of which the first must stand at the marker.
    private func diagnose(
        _ marked: String, stages: [String] = [], locked: Bool = true, _ place: SourceLocation = #_sourceLocation
    ) throws -> [Diagnostic] {
        let marker = Array("1️⃣".utf8)
        let bytes = Array(marked.utf8)
        let offset = try #require(bytes.indices.first { bytes[$0...].starts(with: marker) }, sourceLocation: place)
        let manifest = try readManifest(String(decoding: bytes[..<offset] + bytes[(offset + marker.count)...], as: UTF8.self), place)
        let result = Planner.plan(manifest, locked ? lockfile(for: manifest) : Lockfile(), stages: stages)
        #expect((result.value == nil) == result.hasErrors, sourceLocation: place)
        if let first = result.diagnostics.first {
            #expect(first.location?.source == "mlops.json", sourceLocation: place)
            #expect(first.location?.span?.lower == offset, sourceLocation: place)
        }
        return result.diagnostics
    }

    @Test func `data without a pin is one error where the manifest names it`() throws {
        let text = """
            {"version": 1, "name": "w", "data": {"spare": {"path": "s.csv"}, 1️⃣"rows": {"path": "rows.csv"}}, "stages": {
             "a": {"uses": "split", "inputs": {"table": "data.rows"}},
             "b": {"uses": "split", "inputs": {"table": "data.rows"}},
             "c": {"uses": "split", "inputs": {"table": "a.train"}}}}
            """
        let diagnostics = try diagnose(text, locked: false)
        #expect(diagnostics.map(\.code) == ["plan/missing-pin"])
        #expect(diagnostics.map(\.message) == ["data 'rows' has no pin in 'mlops.lock'"])
        #expect(diagnostics.first?.notes.map(\.message) == ["'mlbuild lock' pins it"])
        #expect(try diagnose(text).isEmpty)
    }

    @Test func `all problems are reported in one go`() throws {
        let text = """
            {"version": 1, "name": "w", "data": {"p": {"path": "p.csv"}, "q": {"path": "q.csv"}}, "stages": {
             "x": {"run": ["true"], "outputs": {"y": "y.csv"}},
             "a": {"uses": "split", "inputs": {"table": "data.p"}},
             "b": {"uses": "split", "inputs": {"table": "data.q"}}}}
            """
        let diagnostics = Planner.plan(try readManifest(text), Lockfile()).diagnostics
        #expect(diagnostics.map(\.code).sorted() == ["plan/missing-environment", "plan/missing-pin", "plan/missing-pin"])
    }

    /// A manifest of splits in random order, each of data or of an earlier one of them.
    private func randomManifest(_ numbers: inout Numbers) -> [(name: String, text: String, needs: String?)] {
        (0..<(1 + numbers.next(30))).map { index in
            let needs = index == 0 || numbers.next(4) == 0 ? nil : "s\(numbers.next(index))"
            let table = needs.map { "\($0).train" } ?? "data.rows"
            let text = "\"s\(index)\": {\"uses\": \"split\", \"inputs\": {\"table\": \"\(table)\"}, \"with\": {\"seed\": \(index)}}"
            return ("s\(index)", text, needs)
        }
    }

    private func text(_ stages: [(name: String, text: String, needs: String?)]) -> String {
        "{\"version\": 1, \"name\": \"w\", \"data\": {\"rows\": {\"path\": \"rows.csv\"}}, \"stages\": {"
            + stages.map(\.text).joined(separator: ", ") + "}}"
    }

    @Test(arguments: 0..<100) func `the order of a manifest decides ties and nothing else`(seed: Int) throws {
        var numbers = Numbers(seed: seed)
        let stages = randomManifest(&numbers)
        let shuffled = numbers.shuffled(stages)
        let manifest = try readManifest(text(shuffled))
        let graph = try #require(Planner.plan(manifest, lockfile(for: manifest)).value)

        // The rule, said naively: again and again the first in the manifest of those that could come next.
        var expected: [String] = []
        while let next = shuffled.first(where: { stage in
            !expected.contains(stage.name) && stage.needs.map { expected.contains($0) } ?? true
        }) { expected.append(next.name) }
        #expect(graph.actions.map(\.stage) == expected)

        let original = try readManifest(text(stages))
        let other = try #require(Planner.plan(original, lockfile(for: original)).value)
        for action in graph.actions {
            let same = other.actions[try #require(other.index(of: action.stage))]
            let inputs = action.inputs.map { (name: $0.name, digest: Digest.of([]), kind: DataPin.Kind.ofFile) }
            #expect(ActionKey.of(action, inputs: inputs).digest == ActionKey.of(same, inputs: inputs).digest)
        }
    }

    @Test(arguments: 0..<50) func `a selection is the least set that holds the names and what they need`(seed: Int) throws {
        var numbers = Numbers(seed: seed)
        let stages = numbers.shuffled(randomManifest(&numbers))
        let manifest = try readManifest(text(stages))
        let graph = try #require(Planner.plan(manifest, lockfile(for: manifest)).value)
        let chosen = (0..<(1 + numbers.next(3))).map { _ in stages[numbers.next(stages.count)].name }

        var expected = Set(chosen)
        var grows = true
        while grows {
            let needed = stages.filter { expected.contains($0.name) }.compactMap(\.needs)
            grows = !expected.isSuperset(of: needed)
            expected.formUnion(needed)
        }
        let selection = try #require(graph.selecting(chosen).value)
        #expect(Set(selection.map { graph.actions[$0].stage }) == expected)
        let part = try #require(Planner.plan(manifest, lockfile(for: manifest), stages: chosen).value)
        #expect(part.actions.map(\.stage) == selection.map { graph.actions[$0].stage })
    }

    @Test func `a chain of 10,000 stages is planned and walked without running out of stack`() throws {
        let stages = (0..<10_000).map { index in
            let table = index == 9_999 ? "data.rows" : "s\(index + 1).train"
            return "\"s\(index)\": {\"uses\": \"split\", \"inputs\": {\"table\": \"\(table)\"}}"
        }
        let manifest = try readManifest(
            "{\"version\": 1, \"name\": \"w\", \"data\": {\"rows\": {\"path\": \"rows.csv\"}}, \"stages\": {"
                + stages.joined(separator: ", ") + "}}")
        let graph = try #require(Planner.plan(manifest, lockfile(for: manifest)).value)
        #expect(graph.actions.first?.stage == "s9999")
        #expect(graph.actions.last?.stage == "s0")
        #expect(graph.selecting(["s0"]).value?.count == 10_000)
        #expect(graph.selecting(["s9998"]).value == [0, 1])
        #expect(graph.downstream(of: 0).count == 10_000)
    }
}
