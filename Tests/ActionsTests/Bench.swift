import Actions
import Canonical
import Diagnostics
import Locking
import Manifests
import Planning
import Running
import Storage
import TestSupport
import Testing

/// The stages of a manifest, performed one after the other without a workspace: data and results lie in a store.
struct Bench {
    private let folder: TemporaryFolder
    private let graph: BuildGraph
    let store: DirectoryStore

    /// - Parameter data: The text of each data entry, by name.
    init(_ manifest: String, data: [String: String] = ["rows": Bench.rows]) throws {
        folder = try TemporaryFolder(inMemory: true)
        store = try DirectoryStore.open(folder.appending("cache"))
        let read = ManifestReader.read(SourceText(name: Manifest.fileName, text: manifest))
        guard let value = read.value, !read.hasErrors else { throw Strange(read.diagnostics) }
        var pins: [Lockfile.Entry<DataPin>] = []
        for (name, text) in data { pins.append(.init(name, DataPin(try store.put(file: Array(text.utf8))))) }
        let planned = Planner.plan(value, Lockfile(data: pins))
        guard let graph = planned.value, !planned.hasErrors else { throw Strange(planned.diagnostics) }
        self.graph = graph
    }

    /// A manifest with the data entry `rows` and these stages.
    static func manifest(_ stages: String) -> String {
        """
        { "version": 1, "name": "tried", "data": { "rows": { "path": "data/rows.csv" } }, "stages": { \(stages) } }
        """
    }

    static let split =
        #""split": { "uses": "split", "inputs": { "table": "data.rows" }, "with": { "test": 0.25, "stratify": "kind", "seed": 7 } }"#
    static let train = #"""
        "train": { "uses": "train", "inputs": { "table": "split.train" },
                   "with": { "target": "kind", "learner": { "kind": "boosted-trees", "trees": 5 } } }
        """#
    static let evaluate = #""evaluate": { "uses": "evaluate", "inputs": { "model": "train.model", "table": "split.test" } }"#
    static let predict = #"""
        "predict": { "uses": "predict", "inputs": { "model": "train.model", "table": "split.test" }, "with": { "columns": ["colour"] } }
        """#

    static let explain = #"""
        "explain": { "uses": "explain", "inputs": { "model": "train.model", "table": "split.test", "background": "split.train" },
                     "with": { "rows": 3, "repeats": 2 } }
        """#

    /// Sixty rows with two numbers, a category, gaps, and a target that follows from them.
    static let rows: String = {
        var text = "width,height,colour,kind\n"
        var state: UInt32 = 1
        for _ in 0..<60 {
            state = state &* 1_664_525 &+ 1_013_904_223
            let width = Int(state >> 24) % 50
            let height = Int(state >> 16) % 40
            let colour = ["red", "green", "blue"][Int(state >> 8) % 3]
            let isBig = width + height + (colour == "red" ? 20 : 0) > 50
            text += "\(width)\(width % 3 == 0 ? ".5" : ""),\(height % 7 == 0 ? "" : String(height)),\(colour),\(isBig ? "big" : "small")\n"
        }
        return text
    }()

    /// The outputs of every stage, by its name.
    func perform(
        threads: Int = 1, isCancelled: @escaping @Sendable () -> Bool = { false },
        progress: @escaping @Sendable (StageProgress) -> Void = { _ in }
    ) throws -> [String: [String: ActionOutput]] {
        var made: [String: [String: ActionOutput]] = [:]
        for action in graph.actions {
            let bound = try action.inputs.map { input in
                ActionInputs.Bound(port: input.name, object: try object(input, made), displayName: Self.name(of: input))
            }
            let contents = try action.inputs.map { input in
                let object = try object(input, made)
                return (name: input.name, digest: object.digest, kind: object.kind)
            }
            made[action.stage] = try KindPerformer().perform(
                action, inputs: ActionInputs(bound, store: store),
                environment: PerformEnvironment(
                    threads: threads, key: ActionKey.of(action, inputs: contents), progress: progress, isCancelled: isCancelled))
            #expect(Set(made[action.stage, default: [:]].keys) == Set(action.outputs.map(\.name)), "what is declared is what is made")
        }
        return made
    }

    private func object(_ input: ActionInput, _ made: [String: [String: ActionOutput]]) throws -> StoredObject {
        switch input.source {
        case .pinned(_, let pin): return pin.object
        case .output(let stage, let name): return try #require(made[stage]?[name]).put(in: store)
        case .file: throw Strange([])
        }
    }

    private static func name(of input: ActionInput) -> String {
        switch input.source {
        case .pinned(let data, _): "data/\(data).csv"
        case .output(let stage, let name): "build/\(stage)/\(name).csv"
        case .file(let path): path.text
        }
    }

    /// A manifest of a test that is not as meant.
    struct Strange: Error, CustomStringConvertible {
        let description: String
        init(_ diagnostics: [Diagnostic]) { description = diagnostics.map(\.message).joined(separator: "; ") }
    }
}

extension ActionOutput {
    /// The text of a file; nil for a tree.
    var text: String? {
        if case .file(let bytes) = self { String(decoding: bytes, as: UTF8.self) } else { nil }
    }

    /// Keeps the output as the runner would.
    func put(in store: DirectoryStore) throws -> StoredObject {
        switch self {
        case .file(let bytes): try store.put(file: bytes)
        case .tree(let files): try store.put(files: files)
        case .stored(let object): object
        }
    }
}
