import Archives
import Canonical
import Diagnostics
import Learning
import Locking
import Manifests
import Packing
import Testing

@Suite struct PackerTests {
    private static let full = """
        "metrics": "evaluate.metrics", "samples": { "from": "data.rows", "rows": 3 },
        "gates": { "accuracy": { "min": 0.7 }, "log_loss": { "max": 0.4 } }
        """

    private static func paths(_ archive: ModelArchive) -> [String] { archive.members.map(\.path) }

    @Test func `an archive holds the model, the recipe, the samples and a card, and nothing else`() throws {
        let archive = try Bench(Self.full).pack()
        #expect(
            Self.paths(archive) == [
                "MODEL_CARD.md", "model/model.json", "model/weights.safetensors", "recipe/mlops.json", "recipe/mlops.lock",
                "samples/predictions.csv",
                "samples/rows.csv",
            ])
        #expect(archive.description.name == "packed")
        #expect(archive.description.modelVersion == "1.2.3")
        #expect(archive.description.stages.map(\.name) == ["train", "evaluate"])
        #expect(archive.description.metrics["accuracy"]?.numberValue == 0.75)
        #expect(archive.description.samples?.rows == 3)
    }

    @Test func `without metrics, samples and gates there is just the model and its recipe`() throws {
        let archive = try Bench("").pack()
        #expect(
            Self.paths(archive) == [
                "MODEL_CARD.md", "model/model.json", "model/weights.safetensors", "recipe/mlops.json", "recipe/mlops.lock",
            ])
        #expect(archive.description.gates == [] && archive.description.samples == nil)
    }

    @Test func `the recipe is the manifest byte for byte, and a lock of the pins alone`() throws {
        let bench = try Bench(Self.full)
        let archive = try bench.pack()
        #expect(archive.bytes(of: "recipe/mlops.json") == bench.manifest.source.bytes)
        let lock = try #require(archive.bytes(of: "recipe/mlops.lock"))
        let read = LockfileReader.read(SourceText(name: "mlops.lock", bytes: lock))
        #expect(read.value == Lockfile(data: bench.lock.data))
    }

    @Test func `packing again gives the same identity, and reading gives back what was packed`() throws {
        let one = try Bench(Self.full).pack()
        let two = try Bench(Self.full).pack()
        let packed = try ModelArchive.pack(one)
        #expect(try packed.identity == ModelArchive.pack(two).identity)
        #expect(try ModelArchive.read(packed.file) == one)
    }

    @Test func `a stage without a result is named`() throws {
        for stage in ["train", "evaluate"] {
            let bench = try Bench(Self.full, without: [stage])
            let error = #expect(throws: PackingError.self) { _ = try bench.pack() }
            guard case .notBuilt(stage) = error else {
                Issue.record("\(stage): \(String(describing: error))")
                continue
            }
        }
    }

    @Test func `more samples than the table has rows is an error at the place in the manifest`() throws {
        let bench = try Bench(#""samples": { "from": "data.rows", "rows": 9 }"#)
        let error = #expect(throws: PackingError.self) { _ = try bench.pack() }
        guard case .diagnostics(let diagnostics, let sources) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        let text = DiagnosticRenderer(sources: sources + [bench.manifest.source]).render(diagnostics)
        #expect(text.hasPrefix("mlops.json:8:"), "\(text)")
        #expect(text.contains("the samples are to have 9 rows, and 'data.rows' has 8 [package/too-few-rows]"), "\(text)")
    }

    // MARK: Gates

    @Test(arguments: [
        (#""accuracy": { "min": 0.75 }"#, true), (#""accuracy": { "min": 0.7500001 }"#, false), (#""log_loss": { "max": 0.5 }"#, true),
        (#""log_loss": { "max": 0.49 }"#, false), (#""accuracy": { "min": 0.7, "max": 0.8 }"#, true), (#""roc_auc": { "min": 0 }"#, false),
    ])
    func `a gate is met when the metric is there and within its bounds`(gate: String, isMet: Bool) throws {
        let bench = try Bench(#""metrics": "evaluate.metrics", "gates": { \#(gate) }"#)
        let verdicts = try Gates.verdicts(of: bench.model, in: bench.manifest, lock: bench.lock, store: bench.store)
        #expect(verdicts.map(\.isMet) == [isMet])
        #expect(try bench.pack().description.gates == verdicts, "a gate that is not met is a verdict, not an error")
    }

    // MARK: Samples

    @Test func `samples replay byte for byte, from the archive alone`() throws {
        let archive = try ModelArchive.read(try ModelArchive.pack(Bench(Self.full).pack()).file)
        #expect(try SampleRows.replay(archive) == .same(rows: 3))
        #expect(
            archive.bytes(of: "samples/rows.csv") == Array(Bench.rows.split(separator: "\n").prefix(4).joined(separator: "\n").utf8) + [10])
    }

    @Test func `samples with other predictions are told by line`() throws {
        let archive = try Bench(Self.full).pack()
        var members = archive.members
        let place = try #require(members.firstIndex { $0.path == "samples/predictions.csv" })
        var lines = String(decoding: members[place].bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        let expected = lines[2]
        lines[2] = "x" + lines[2]
        members[place] = ArchiveMember(path: members[place].path, bytes: Array((lines.joined(separator: "\n") + "\n").utf8))
        let changed = ModelArchive(description: archive.description, members: members)
        #expect(try SampleRows.replay(changed) == .different(line: 3, expected: "x" + expected, found: expected))
    }

    @Test func `an archive without samples says so`() throws {
        let archive = try Bench("").pack()
        let error = #expect(throws: PackingError.self) { _ = try SampleRows.replay(archive) }
        guard case .noSamples = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    // MARK: The model

    @Test func `the packed model predicts what the trained one did`() throws {
        let bench = try Bench(Self.full)
        #expect(try ArchivedModel.read(bench.pack()) == bench.trained)
    }

    @Test func `a model that is damaged or opaque is no model to run`() throws {
        let archive = try Bench("").pack()
        var members = archive.members
        let place = try #require(members.firstIndex { $0.path == "model/weights.safetensors" })
        members[place] = ArchiveMember(path: members[place].path, bytes: [1, 2, 3])
        let damaged = #expect(throws: PackingError.self) {
            _ = try ArchivedModel.read(ModelArchive(description: archive.description, members: members))
        }
        if case .model = damaged {} else { Issue.record("\(String(describing: damaged))") }
        var description = archive.description
        description.kind = .opaque
        let opaque = #expect(throws: PackingError.self) {
            _ = try ArchivedModel.read(ModelArchive(description: description, members: archive.members))
        }
        if case .opaque = opaque {} else { Issue.record("\(String(describing: opaque))") }
    }
}
