import Canonical
import Diagnostics
import Locking
import Manifests
import StageKinds
import Testing

@testable import Planning

@Suite struct ActionKeyTests {
    private static func digest(_ text: String) -> Digest { Digest.of(Array(text.utf8)) }

    /// The key of stage `name` when each of its inputs has the content `content`.
    private func key(_ name: String, in text: String, content: String = "rows", kind: DataPin.Kind = .ofFile) throws -> ActionKey {
        let manifest = try readManifest(text)
        let graph = try #require(Planner.plan(manifest, lockfile(for: manifest)).value)
        let action = graph.actions[try #require(graph.index(of: name))]
        return ActionKey.of(action, inputs: action.inputs.map { ($0.name, Self.digest(content), kind) })
    }

    @Test func `the example of the specification has the document and the digest that it says`() throws {
        let blocks = try codeBlocks(section("Example", of: "action-key.md"))
        try #require(blocks.count == 4)
        let key = try key("train", in: blocks[0], content: "hello\n")
        #expect(JSONText.pretty(key.document) == blocks[1])
        #expect(String(decoding: CanonicalJSON.encode(key.document), as: UTF8.self) + "\n" == blocks[2])
        #expect(key.digest.description + "\n" == blocks[3])
        #expect(Digest.of(Array(blocks[2].utf8.dropLast())) == key.digest)
    }

    @Test func `the key is the digest of the document`() throws {
        let key = try key("evaluate", in: penguins)
        #expect(CanonicalJSON.digest(key.document) == key.digest)
        #expect(key.document["kind"] == "evaluate")
        #expect(key.document["parameters"] == .object([]))
        #expect(key.document["inputs"]?["model"]?["format"] == nil)
        #expect(key.document["inputs"]?["table"]?["format"] == "csv")
    }

    @Test(arguments: [
        ("\"train\": {", "\"learn\": {", "another name of the stage"),
        ("data/penguins.csv", "elsewhere/birds.CSV", "another path of the data"),
        ("\"name\": \"penguins\"", "\"name\": \"birds\"", "another name of the workspace"),
        ("\"unused\": 1", "\"unused\": 2", "a parameter that the stage does not name"),
        ("\"trees\": 200", "\"trees\":    200", "another layout"),
        ("\"target\": \"species\", ", "", "another order of options"),
        ("split.train", "split.test", "another upstream with the same content"),
    ]) func `the key stays with`(find: String, replacement: String, what: String) throws {
        var text = penguins.replacing(find, with: replacement)
        if replacement.isEmpty {
            text = text.replacing("\"trees\": \"${trees}\" }", with: "\"trees\": \"${trees}\" }, \"target\": \"species\"")
        }
        if what.contains("name of the stage") { text = text.replacing("train.model", with: "learn.model") }
        #expect(text != penguins)
        let name = what.contains("name of the stage") ? "learn" : "train"
        #expect(try key(name, in: text).digest == key("train", in: penguins).digest, "\(what)")
    }

    @Test(arguments: [
        ("\"trees\": 200", "\"trees\": 201", ["options.learner.trees: 200 -> 201", "parameters.trees: 200 -> 201"]),
        ("\"seed\": 42", "\"seed\": 0", ["options.seed: 42 -> 0", "parameters.seed: 42 -> 0"]),
        ("\"${trees}\"", "200", ["parameters.trees: 200 -> absent"]),
        ("\"target\": \"species\"", "\"target\": \"island\"", ["options.target: \"species\" -> \"island\""]),
        ("penguins.csv", "penguins.tsv", ["inputs.table.format: \"csv\" -> \"tsv\""]),
        ("\"seed\": \"${seed}\" } },\n    \"again\"", "\"seed\": 42 } },\n    \"again\"", ["parameters.seed: 42 -> absent"]),
    ]) func `the key changes with each part, and the difference names it`(find: String, replacement: String, expected: [String]) throws {
        let text = penguins.replacing(find, with: replacement)
        #expect(text != penguins)
        let before = try key("train", in: penguins)
        let after = try key("train", in: text)
        #expect(before.digest != after.digest)
        #expect(KeyDifference.between(before.document, after.document).map(\.text) == expected)
    }

    @Test func `the key changes with the content and the kind of an input`() throws {
        let before = try key("train", in: penguins)
        let content = try key("train", in: penguins, content: "other rows")
        #expect(content.digest != before.digest)
        let difference = KeyDifference.between(before.document, content.document)
        #expect(difference.map(\.part) == ["inputs.table"])
        #expect(difference.map(\.before) == [.string(Self.digest("rows").description)])
        #expect(difference.map(\.after) == [.string(Self.digest("other rows").description)])
        let tree = try key("train", in: penguins, kind: .ofTree)
        #expect(tree.digest != before.digest)
        #expect(KeyDifference.between(before.document, tree.document).map(\.text) == ["inputs.table.kind: \"file\" -> \"tree\""])
    }

    @Test func `the key changes with the outputs that the options ask for`() throws {
        let text = penguins.replacing("\"test\": 0.25", with: "\"test\": 0.25, \"validation\": 0.1")
        let difference = KeyDifference.between(try key("split", in: penguins).document, try key("split", in: text).document)
        #expect(difference.map(\.text) == ["options.validation: absent -> 0.1", "outputs.validation: absent -> \"table\""])
    }

    @Test func `every part of the specification's table is in a document, and no other`() throws {
        let document = try key("train", in: penguins).document
        #expect(try Set(document.objectValue?.map(\.name) ?? []) == firstCells(section("Parts", of: "action-key.md")))
    }

    @Test func `the order in which inputs become known does not matter`() throws {
        let manifest = try readManifest(penguins)
        let graph = try #require(Planner.plan(manifest, lockfile(for: manifest)).value)
        let action = graph.actions[try #require(graph.index(of: "evaluate"))]
        let inputs = [("model", Self.digest("m"), DataPin.Kind.ofTree), ("table", Self.digest("t"), DataPin.Kind.ofFile)]
        #expect(ActionKey.of(action, inputs: inputs).digest == ActionKey.of(action, inputs: inputs.reversed()).digest)
    }
}
