import Actions
import Canonical
import Diagnostics
import Environments
import Locking
import Manifests
import Planning
import Platform
import Running
import Sandboxing
import Storage
import Synchronization
import TestSupport
import Testing

/// A workspace whose commands are performed one after the other, with the shell and the core utilities of this machine.
final class CommandBench: Sendable {
    let folder: TemporaryFolder
    let root: HostPath
    let store: DirectoryStore
    let graph: BuildGraph
    let lockfile: Lockfile
    let performer: StagePerformer
    /// What commands wrote, and what was said about their runs.
    private let said = Mutex<[UInt8]>([])
    private let noted = Mutex<[JSONMember]>([])
    var log: String { said.withLock { String(decoding: $0, as: UTF8.self) } }
    var facts: [JSONMember] { noted.withLock { $0 } }

    /// Why commands cannot be tried here; nil when they can.
    static let obstacle: String? = {
        if case .unavailable(let reason, _) = SandboxSupport.probe() { reason } else { nil }
    }()

    static let host = try? SandboxHost.start()

    /// - Parameters:
    ///   - stages: The stages of the manifest, as JSON members.
    ///   - files: The text of each file of the workspace.
    init(_ stages: String, files: [String: String] = [:], isolation: Isolation = .namespaces, sandbox: SandboxHost? = host) throws {
        folder = try TemporaryFolder()
        root = folder.appending("work")
        store = try DirectoryStore.open(folder.appending("cache"))
        for (name, text) in files { try folder.write(text, to: "work/" + name) }
        try Files.makeDirectories(root)
        let text = "{ \"version\": 1, \"name\": \"tried\", \"stages\": { \(stages) } }"
        let read = ManifestReader.read(SourceText(name: Manifest.fileName, text: text))
        guard let manifest = read.value, !read.hasErrors else { throw Bench.Strange(read.diagnostics) }
        let resolved = try EnvironmentResolver.resolve(
            manifest, previous: Lockfile(), root: root, store: store, scope: .everything, progress: { _ in })
        guard let resolution = resolved.value, !resolved.hasErrors else { throw Bench.Strange(resolved.diagnostics) }
        lockfile = resolution.lockfile
        let planned = Planner.plan(manifest, lockfile, platform: Host.platformClass, isolation: isolation)
        guard let graph = planned.value, !planned.hasErrors else { throw Bench.Strange(planned.diagnostics) }
        self.graph = graph
        performer = StagePerformer(workspace: root, lockfile: lockfile, store: store, sandbox: sandbox)
    }

    func action(_ stage: String) throws -> Action { try #require(graph.actions.first { $0.stage == stage }) }

    /// What lies at the places of the stage's inputs, in their order.
    func objects(_ action: Action) throws -> [StoredObject] {
        try action.inputs.map { try store.importData(root.appending($0.path.text)) }
    }

    func inputs(_ action: Action, _ objects: [StoredObject]) -> ActionInputs {
        let bound = zip(action.inputs, objects).map { ActionInputs.Bound(port: $0.name, object: $1, displayName: $0.path.text) }
        return ActionInputs(bound, store: store)
    }

    func environment(
        _ action: Action, _ bound: [StoredObject], variation: Variation? = nil, keepsFailed: Bool = false,
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) -> PerformEnvironment {
        let key = ActionKey.of(action, inputs: zip(action.inputs, bound).map { ($0.name, $1.digest, $1.kind) })
        return PerformEnvironment(
            threads: 1, key: key, variation: variation, keepsFailed: keepsFailed,
            log: { [self] bytes in said.withLock { $0 += bytes } }, fact: { [self] member in noted.withLock { $0.append(member) } },
            isCancelled: isCancelled)
    }

    /// The outputs of one stage.
    @discardableResult
    func perform(
        _ stage: String, variation: Variation? = nil, keepsFailed: Bool = false, isCancelled: @escaping @Sendable () -> Bool = { false }
    ) throws -> [String: ActionOutput] {
        let action = try action(stage)
        let objects = try objects(action)
        return try performer.perform(
            action, inputs: inputs(action, objects),
            environment: environment(action, objects, variation: variation, keepsFailed: keepsFailed, isCancelled: isCancelled))
    }

    /// The text of a stage's output that is a file.
    func text(_ stage: String, _ output: String, variation: Variation? = nil) throws -> String {
        let made = try perform(stage, variation: variation)
        guard case .stored(let object) = made[output] else { throw Bench.Strange([]) }
        return String(decoding: try store.read(object.digest), as: UTF8.self)
    }

    /// What is said of a stage that fails.
    func failure(_ stage: String, keepsFailed: Bool = false) throws -> [Diagnostic] {
        do {
            try perform(stage, keepsFailed: keepsFailed)
        } catch let failure as ActionFailure {
            switch failure {
            case .failed(let diagnostics), .refused(let diagnostics): return diagnostics
            default: throw failure
            }
        }
        return []
    }
}
