import Archives
import Canonical
import Diagnostics
import Locking
import Manifests
import Planning
import Storage
import TestSupport

@testable import Packing

/// A workspace whose model a command made, built without a runner: a manifest, a store with records, a lock with results.
struct CommandBench {
    private let folder: TemporaryFolder
    let store: DirectoryStore
    let manifest: Manifest
    let model: Model
    let lock: Lockfile

    /// - Parameters:
    ///   - section: What stands in the manifest's `model` beside `from` and `version`.
    ///   - tree: The files of the model; as one file without.
    ///   - metrics: What the command wrote as metrics.
    init(
        _ section: String = "", tree: [TreeEntry.File]? = nil, file: [UInt8] = [1, 2, 3], metrics: String = #"{"score": 0.75, "n": 3}"#,
        isolation: Isolation = .namespaces
    ) throws {
        folder = try TemporaryFolder(inMemory: true)
        store = try DirectoryStore.open(folder.appending("cache"))
        let text = """
            {
              "version": 1, "name": "packed",
              "data": { "rows": { "path": "data/rows.csv" } },
              "environment": { "python": { "version": "3.11", "requirementsFile": "requirements.txt" } },
              "stages": {
                "fit": { "run": ["python", "src/fit.py"], "inputs": { "code": "./src", "rows": "data.rows" },
                         "outputs": { "model": "out/model\(tree == nil ? ".pkl" : "/")" } },
                "score": { "run": ["python", "${inputs.code}"], "inputs": { "code": "./score.py", "model": "fit.model" },
                           "outputs": { "numbers": "out/scores.json" } }
              },
              "model": { "from": "fit.model", "version": "1.2.3"\(section.isEmpty ? "" : ", " + section) }
            }
            """
        let read = ManifestReader.read(SourceText(name: Manifest.fileName, text: text))
        guard let manifest = read.value, let model = manifest.model, !read.hasErrors else {
            throw Bench.Strange(read.diagnostics.map(\.message).joined(separator: "; "))
        }
        self.manifest = manifest
        self.model = model
        let digest = Digest.of([9])
        let pin = DataPin(try store.put(file: [9]))
        let program = ProgramPin(tree: DataPin(digest: digest, kind: .tree, size: 1, files: 1), origin: ["python3.11 3.11.2-6"])
        let environment = EnvironmentPin(
            request: digest, platform: "linux-x86_64", python: "python-3.11.2", tools: ["coreutils", "sh"],
            wheels: ["numpy-1.26.4-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"], libraries: nil)
        let stored = try Self.put(tree, file, in: store)
        let scores = try store.put(file: Array(metrics.utf8))
        let unbuilt = Lockfile(
            data: [.init("rows", pin)], environments: [.init("default", environment)],
            programs: [.init("python-3.11.2", program), .init("coreutils", program), .init("sh", program)],
            wheels: [.init(environment.wheels[0], WheelPin(digest: digest, size: 1))])
        let planned = Planner.plan(manifest, unbuilt, platform: "linux-x86-64-v3", isolation: isolation)
        guard let graph = planned.value else {
            throw Bench.Strange(planned.diagnostics.map { $0.message }.joined(separator: "; "))
        }
        var results: [Lockfile.Entry<ResultPin>] = []
        for action in graph.actions {
            let key = ActionKey.of(action, inputs: action.inputs.map { ($0.name, digest, .file) })
            let (name, object) = action.stage == "fit" ? ("model", stored) : ("numbers", scores)
            try store.flush()
            _ = try store.publish(ActionRecord(key: key.digest, document: key.document, outputs: [(name, object)]))
            results.append(.init(action.stage, ResultPin(key: key.digest, outputs: [.init(name: name, object: DataPin(object))])))
        }
        lock = unbuilt.recording(results)
    }

    private static func put(_ tree: [TreeEntry.File]?, _ file: [UInt8], in store: DirectoryStore) throws(StoreError) -> StoredObject {
        if let tree { try put(tree, store) } else { try store.put(file: file) }
    }

    /// Puts files with their folders, depth first.
    private static func put(_ files: [TreeEntry.File], _ store: DirectoryStore) throws(StoreError) -> StoredObject {
        var entries: [TreeEntry] = []
        for file in files {
            if let inner = file.folder {
                let tree = try put(inner, store)
                entries.append(TreeEntry(name: file.name, content: .tree(tree.digest, size: tree.size, files: tree.files)))
            } else {
                let object = try store.put(file: file.bytes)
                entries.append(
                    TreeEntry(name: file.name, content: .file(object.digest, size: object.size, isExecutable: file.isExecutable)))
            }
        }
        return try store.put(Tree(entries))
    }

    func graph() throws -> BuildGraph {
        guard let graph = Planner.plan(manifest, lock, stages: Packer.stages(of: model)).value else { throw Bench.Strange("no plan") }
        return graph
    }

    func pack() throws -> ModelArchive {
        let paths = ["requirements.txt", "src/fit.py", "src/lib/help.py"] + (model.metrics == nil ? [] : ["score.py"])
        let sources = paths.compactMap { RelativePath($0) }.map { (path: $0, bytes: Array($0.text.utf8)) }
        return try Packer.pack(model, of: manifest, lock: lock, graph: graph(), sources: sources, store: store)
    }

    func refusals(_ level: @escaping (Digest) -> Int) throws -> [Diagnostic] {
        try ShippingCheck.refusals(model, of: manifest, lock: lock, graph: graph(), store: store) { (key) throws(StoreError) in level(key) }
    }
}

extension TreeEntry {
    /// A file, or a folder of files, to be put.
    struct File {
        let name: [UInt8]
        var bytes: [UInt8] = []
        var isExecutable = false
        var folder: [File]?

        init(_ name: String, _ text: String, isExecutable: Bool = false) {
            self.name = Array(name.utf8)
            bytes = Array(text.utf8)
            self.isExecutable = isExecutable
        }

        init(_ name: [UInt8], folder: [File]?) {
            self.name = name
            self.folder = folder
        }
    }
}
