import Canonical
import Diagnostics
import Locking
import Manifests
import Planning
import Platform
import Running
import Storage
import TestSupport
import Testing

@testable import Actions

/// One stage of a built-in kind with its input in a store.
private struct Scene {
    private let folder: TemporaryFolder
    let store: DirectoryStore
    let action: Action
    let inputs: ActionInputs
    let key: ActionKey

    init() throws {
        folder = try TemporaryFolder(inMemory: true)
        store = try DirectoryStore.open(folder.appending("cache"))
        let text = Bench.manifest(
            #""train": { "uses": "train", "inputs": { "table": "data.rows" }, "with": { "target": "kind", "learner": { "kind": "logistic" } } }"#
        )
        let manifest = try #require(ManifestReader.read(SourceText(name: Manifest.fileName, text: text)).value)
        let rows = try store.put(file: Array(Bench.rows.utf8))
        let graph = try #require(Planner.plan(manifest, Lockfile(data: [.init("rows", DataPin(rows))])).value)
        action = graph.actions[0]
        inputs = ActionInputs([ActionInputs.Bound(port: "table", object: rows, displayName: "data/rows.csv")], store: store)
        key = ActionKey.of(action, inputs: [("table", rows.digest, rows.kind)])
    }

    func environment(_ variation: Variation?) -> PerformEnvironment { PerformEnvironment(threads: 1, key: key, variation: variation) }

    func request() throws -> JSONValue {
        try EngineRequest(action, inputs: inputs, environment: environment(nil), store: store).document
    }

    /// What the engine gives here, as objects.
    func expected() throws -> [String: StoredObject] {
        try KindPerformer().perform(action, inputs: inputs, environment: environment(nil)).mapValues { try $0.object() }
    }
}

private func replaced(_ value: JSONValue, _ key: String, by other: JSONValue) -> JSONValue {
    .object((value.objectValue ?? []).map { $0.name == key ? JSONMember(key, other) : $0 })
}

private func read(_ answer: [UInt8]) throws -> JSONValue {
    try #require(JSONDocument.parse(SourceText(name: "answer", bytes: answer)).value).root.value
}

@Test func `the engine's own process gives the outputs that the engine gives here, and has put them into the store`() throws {
    let scene = try Scene()
    let answer = try read(EmulatedKind.answer(CanonicalJSON.encode(scene.request())))
    let outputs = try #require(answer["outputs"]?.objectValue)
    let made = Dictionary(
        uniqueKeysWithValues: outputs.compactMap { output in EngineRequest.object(output.value).map { (output.name, $0) } })
    #expect(made == (try scene.expected()))
    for object in made.values { try scene.store.verify(object) }
}

@Test func `a request for anything but the action of its key is refused`() throws {
    let scene = try Scene()
    let request = try scene.request()
    let action = try #require(request["action"])
    let changed = [
        replaced(request, "key", by: .string(Digest.of([1]).description)), replaced(request, "version", by: 2),
        replaced(request, "threads", by: 0), replaced(request, "store", by: 1), replaced(request, "ports", by: [:]),
        replaced(request, "action", by: replaced(action, "options", by: ["target": "colour"])),
        replaced(request, "action", by: replaced(action, "kind", by: "fly")), [:], [],
    ]
    for (index, request) in changed.enumerated() {
        #expect(try read(EmulatedKind.answer(CanonicalJSON.encode(request)))["failure"]?.stringValue != nil, "change \(index)")
    }
    #expect(try read(EmulatedKind.answer([0xFF]))["failure"]?.stringValue == "this is no request for the engine")
}

@Test func `few and many threads are both tried, and one that differs from the record is given`() throws {
    let scene = try Scene()
    let performer = StagePerformer(workspace: HostPath("/"), lockfile: Lockfile(), store: scene.store, sandbox: nil)
    let made = try performer.perform(scene.action, inputs: scene.inputs, environment: scene.environment(.threads))
    #expect(try made.mapValues { try $0.object() } == scene.expected())
}

@Test func `built-in stages are tried with other threads and processors, and with nothing else`() throws {
    let scene = try Scene()
    for variation in Variation.allCases {
        let obstacle = StagePerformer.applies(variation, to: scene.action)
        switch variation {
        case .again, .threads: #expect(obstacle == nil)
        case .kernels: #expect(obstacle == EmulatedKind.obstacle)
        default: #expect(obstacle == "a built-in stage is given nothing that could differ")
        }
    }
}

private let canEmulate = EmulatedKind.obstacle == nil && (try? Places.mlbuild()) != .some(nil)

@Test(.enabled(if: canEmulate, "'qemu-x86_64' (package 'qemu-user') and a built 'mlbuild' are needed"))
func `a processor without AVX and one with it give the engine's bytes`() throws {
    let scene = try Scene()
    let program = try #require(try Places.mlbuild())
    for processor in EmulatedKind.processors {
        let made = try EmulatedKind(store: scene.store, program: program)
            .perform(scene.action, inputs: scene.inputs, environment: scene.environment(.kernels), on: processor)
        #expect(try made.mapValues { try $0.object() } == scene.expected(), "\(processor)")
    }
}

@Test(.enabled(if: canEmulate, "'qemu-x86_64' (package 'qemu-user') and a built 'mlbuild' are needed"))
func `a processor that the emulator does not know is a failure with its words`() throws {
    let scene = try Scene()
    let program = try #require(try Places.mlbuild())
    let failure = #expect(throws: ActionFailure.self) {
        _ = try EmulatedKind(store: scene.store, program: program)
            .perform(scene.action, inputs: scene.inputs, environment: scene.environment(.kernels), on: "Abacus")
    }
    guard case .message(let message) = failure else {
        Issue.record("\(String(describing: failure))")
        return
    }
    #expect(message.contains("on processor Abacus the engine ended with status 1"), "\(message)")
}
