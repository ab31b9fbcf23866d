import Canonical
import Diagnostics
import Locking
import Manifests
import Testing

@testable import Planning

@Suite struct CommandKeyTests {
    private static func digest(_ text: String) -> Digest { Digest.of(Array(text.utf8)) }

    private func key(
        _ stage: String = "figure", in text: String = commands, lock: (Manifest) -> Lockfile = { lockfileOfCommands(for: $0) },
        platform: String = "linux-x86-64-v3", isolation: Isolation = .namespaces, content: String = "rows"
    ) throws -> ActionKey {
        let manifest = try readManifest(text)
        let plan = Planner.plan(manifest, lock(manifest), platform: platform, isolation: isolation)
        let graph = try #require(plan.value, "\(plan.diagnostics.map(\.message))")
        let action = graph.actions[try #require(graph.index(of: stage))]
        return ActionKey.of(action, inputs: action.inputs.map { ($0.name, Self.digest(content), .ofFile) })
    }

    private func differences(_ before: ActionKey, _ after: ActionKey) -> [String] {
        KeyDifference.between(before.document, after.document).map(\.text)
    }

    @Test func `the example of the specification has the document and the digests that it says`() throws {
        let blocks = try codeBlocks(section("Example of a command", of: "action-key.md"))
        try #require(blocks.count == 4)
        let manifest = try readManifest(blocks[0])
        let read = LockfileReader.read(SourceText(name: "mlops.lock", text: blocks[1]))
        let lock = try #require(read.value, "\(read.diagnostics.map(\.message))")
        let graph = try #require(Planner.plan(manifest, lock, platform: "linux-x86-64-v3").value)
        let inputs = [("script", Self.digest("print(1)\n"), DataPin.Kind.ofFile)]
        let key = ActionKey.of(graph.actions[0], inputs: inputs)
        #expect(JSONText.pretty(key.document) == blocks[2])
        #expect("key      \(key.digest)\nentropy  \(key.entropyKey)\n" == blocks[3])
    }

    @Test func `every part of the specification's table is in a document, and no other`() throws {
        #expect(try Set(key().document.objectValue?.map(\.name) ?? []) == firstCells(section("Commands", of: "action-key.md")))
    }

    @Test(arguments: [
        ("\"figure\": {", "\"drawing\": {", "another name of the stage"),
        ("\"5m\"", "\"6m\"", "another time limit"),
        ("\"name\": \"figures\"", "\"name\": \"pictures\"", "another name of the workspace"),
        ("\"flag\": true", "\"flag\": false", "a parameter that the stage does not name"),
        ("\"requirements\": [\"numpy==1.26.4\"]", "\"requirements\": [\"numpy\"]", "another way to ask for the same environment"),
    ]) func `the key stays with`(find: String, replacement: String, what: String) throws {
        let text = commands.replacing(find, with: replacement)
        #expect(text != commands)
        let name = what.contains("name of the stage") ? "drawing" : "figure"
        #expect(try key(name, in: text).digest == key().digest, "\(what)")
    }

    @Test(arguments: [
        ("\"seed\": 42", "\"seed\": 43", ["command.arguments[2]: \"--seed=42\" -> \"--seed=43\"", "parameters.seed: 42 -> 43"]),
        ("\"threads\": 2", "\"threads\": 1", ["threads: 2 -> 1"]),
        ("\"screen\"", "\"talk\"", ["environment.variables.PLOT_STYLE: \"screen\" -> \"talk\""]),
        ("\"python\", \"${inputs", "\"python3\", \"${inputs", ["command.arguments[0]: \"python\" -> \"python3\""]),
        (
            "reports/figure.svg", "reports/figure.png",
            [
                "command.arguments[3]: \"reports/figure.svg\" -> \"reports/figure.png\"",
                "outputs.picture.path: \"reports/figure.svg\" -> \"reports/figure.png\"",
            ]
        ),
        (
            "src/figure.py", "src/draw.py",
            [
                "command.arguments[1]: \"src/figure.py\" -> \"src/draw.py\"", "inputs.script.path: \"src/figure.py\" -> \"src/draw.py\"",
            ]
        ),
        ("\"timeout\": \"5m\"", "\"timeout\": \"5m\", \"entropy\": \"host\"", ["entropy: \"derived\" -> \"host\""]),
    ]) func `the key changes with each part, and the difference names it`(find: String, replacement: String, expected: [String]) throws {
        let text = commands.replacing(find, with: replacement)
        #expect(text != commands)
        #expect(try differences(key(), key(in: text)) == expected)
    }

    @Test func `a pin is told by its version, and else by its content`() throws {
        let before = try key()
        let newer = try key(lock: {
            lockfileOfCommands(for: $0, numpy: "numpy-1.26.5-cp311-cp311-manylinux_2_17_x86_64.whl", wheel: "other")
        })
        #expect(differences(before, newer) == ["environment.wheels.numpy: 1.26.4 -> 1.26.5"])
        let rebuilt = try key(lock: { lockfileOfCommands(for: $0, wheel: "other") })
        let (old, new) = (Self.digest("wheel").hex.prefix(12), Self.digest("other").hex.prefix(12))
        #expect(differences(before, rebuilt) == ["environment.wheels.numpy: 1.26.4 (sha256:\(old)…) -> 1.26.4 (sha256:\(new)…)"])
        let python = try key(lock: { lockfileOfCommands(for: $0, python: "3.11.8") })
        #expect(differences(before, python) == ["environment.python: 3.11.7 -> 3.11.8"])
        let tool = try key(lock: { lockfileOfCommands(for: $0, tool: "git 2") })
        #expect(
            differences(before, tool) == [
                "environment.programs.git: sha256:\(Self.digest("git").hex.prefix(12))… -> sha256:\(Self.digest("git 2").hex.prefix(12))…"
            ])
    }

    @Test func `a change of a source file is a difference of the input`() throws {
        let changed = try differences(key(content: "a"), key(content: "b"))
        #expect(changed.map { $0.split(separator: ":")[0] } == ["inputs.rows", "inputs.script"])
    }

    @Test func `platform, isolation and threads are parts of the key`() throws {
        let before = try key()
        #expect(try differences(before, key(platform: "linux-x86-64-v4")) == ["platform: \"linux-x86-64-v3\" -> \"linux-x86-64-v4\""])
        #expect(try differences(before, key(isolation: .none)) == ["isolation: \"namespaces\" -> \"none\""])
    }

    @Test func `entropy follows from everything but the platform`() throws {
        let before = try key()
        let other = try key(platform: "linux-x86-64-v4")
        #expect(before.digest != other.digest)
        #expect(before.entropyKey == other.entropyKey)
        #expect(try key(content: "b").entropyKey != before.entropyKey)
        let kind = try key("split")
        #expect(kind.entropyKey == kind.digest)
    }

    @Test func `two long texts are shown from where they part`() throws {
        let start = String(repeating: "a", count: 100)
        let difference = KeyDifference(part: "command.arguments[2]", before: .string(start + "1"), after: .string(start + "2"))
        let shown = String(repeating: "a", count: 20)
        #expect(difference.text == "command.arguments[2]: …\(shown)1\" -> …\(shown)2\"")
    }
}
