import Archives
import Canonical
import Diagnostics
import Learning
import Locking
import Manifests
import Packing
import Planning
import Storage
import Tables
import TestSupport

/// A workspace that was built, without a runner: a manifest, a store, and a lock with results that were put there by hand.
struct Bench {
    private let folder: TemporaryFolder
    let store: DirectoryStore
    let manifest: Manifest
    let model: Model
    let lock: Lockfile
    let trained: TrainedModel

    static let rows =
        "width,colour,kind\n1,red,small\n2,red,small\n3,blue,small\n4,red,big\n5,blue,big\n6,red,big\n7,blue,big\n8,\"a,b\",big\n"
    static let metrics = JSONText.pretty(["accuracy": 0.75, "log_loss": 0.5, "rows": 8])

    /// - Parameters:
    ///   - section: What stands in the manifest's `model` beside `from` and `version`.
    ///   - without: Stages that have no result in the lock.
    init(_ section: String, without: Set<String> = []) throws {
        folder = try TemporaryFolder(inMemory: true)
        store = try DirectoryStore.open(folder.appending("cache"))
        let text = """
            {
              "version": 1, "name": "packed",
              "data": { "rows": { "path": "data/rows.csv" } },
              "stages": {
                "train": { "uses": "train", "inputs": { "table": "data.rows" }, "with": { "target": "kind", "learner": { "kind": "logistic" } } },
                "evaluate": { "uses": "evaluate", "inputs": { "model": "train.model", "table": "data.rows" } }
              },
              "model": { "from": "train.model", "version": "1.2.3"\(section.isEmpty ? "" : ", " + section) }
            }
            """
        let read = ManifestReader.read(SourceText(name: Manifest.fileName, text: text))
        guard let manifest = read.value, let model = manifest.model, !read.hasErrors else {
            throw Strange(read.diagnostics.map(\.message).joined(separator: "; "))
        }
        self.manifest = manifest
        self.model = model
        let source = SourceText(name: "data/rows.csv", text: Self.rows)
        guard let table = TableReader.read(source, .csv).value else { throw Strange("the rows are no table") }
        trained = try Trainer.train(table, options: TrainingOptions(["target": "kind", "learner": ["kind": "logistic"]]))
        let rowsPin = DataPin(try store.put(file: source.bytes))
        let modelPin = DataPin(try store.put(files: trained.files().map { ($0.path, $0.bytes) }))
        let empty = DataPin(try store.put(file: []))
        let metricsPin = DataPin(try store.put(file: Array(Self.metrics.utf8)))
        try store.flush()
        let key = Digest.of([1])
        let results: [Lockfile.Entry<ResultPin>] = [
            .init("train", ResultPin(key: key, outputs: [.init(name: "log", object: empty), .init(name: "model", object: modelPin)])),
            .init(
                "evaluate",
                ResultPin(
                    key: key,
                    outputs: [
                        .init(name: "curves", object: empty), .init(name: "metrics", object: metricsPin),
                        .init(name: "predictions", object: empty),
                    ])),
        ]
        lock = Lockfile(data: [.init("rows", rowsPin)], results: results.filter { !without.contains($0.name) })
    }

    func pack() throws -> ModelArchive {
        let planned = Planner.plan(manifest, lock, stages: Packer.stages(of: model))
        guard let graph = planned.value else { throw Strange("no plan") }
        return try Packer.pack(model, of: manifest, lock: lock, graph: graph, sources: [], store: store)
    }

    /// A test that is not as meant.
    struct Strange: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }
}
