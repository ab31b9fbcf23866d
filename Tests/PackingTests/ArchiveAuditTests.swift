import Archives
import Canonical
import Packing
import Testing

/// Archives of which every digest is right, and which mlbuild cannot have packed all the same.
@Suite struct ArchiveAuditTests {
    private static let full = """
        "metrics": "evaluate.metrics", "samples": { "from": "data.rows", "rows": 3 },
        "gates": { "accuracy": { "min": 0.7 }, "log_loss": { "max": 0.4 } }
        """

    private let archive: ModelArchive

    init() throws { archive = try Bench(Self.full).pack() }

    private func replacing(_ path: String, by text: String?) -> ModelArchive {
        var members = archive.members.filter { $0.path != path }
        if let text { members.append(ArchiveMember(path: path, bytes: Array(text.utf8))) }
        return ModelArchive(description: archive.description, members: members)
    }

    private func describing(_ change: (inout ModelDescription) -> Void) -> ModelArchive {
        var description = archive.description
        change(&description)
        let card = ModelCard.render(description, task: "classification")
        let others = archive.members.filter { $0.path != ModelArchive.cardPath }
        return ModelArchive(
            description: description, members: others + [ArchiveMember(path: ModelArchive.cardPath, bytes: Array(card.utf8))])
    }

    @Test func `a packed archive contradicts itself nowhere`() throws {
        #expect(try ArchiveAudit.findings(archive) == [])
        #expect(try ArchiveAudit.findings(Bench("").pack()) == [])
    }

    @Test func `another name, version, verdict, metric, pin, stage or count of rows is found`() throws {
        let changes: [(inout ModelDescription) -> Void] = [
            { $0.name = "other" }, { $0.modelVersion = "9.9.9" }, { $0.gates = [] }, { $0.metrics = ["accuracy": 1.0] }, { $0.data = [] },
            { $0.stages = [] }, { $0.samples = SampleRecord(rows: 2, files: $0.samples?.files ?? []) }, { $0.signature = [:] },
            { $0.samples = nil }, { $0.kind = .opaque },
        ]
        for (index, change) in changes.enumerated() {
            #expect(try ArchiveAudit.findings(describing(change)) != [], "change \(index)")
        }
    }

    @Test func `another card, recipe or sample, one too many or one too few is found`() throws {
        let changed = [
            replacing(ModelArchive.cardPath, by: "# other\n"), replacing("recipe/mlops.json", by: "{}"),
            replacing("recipe/mlops.lock", by: "{}"),
            replacing("recipe/mlops.json", by: nil), replacing("recipe/extra.txt", by: "x"), replacing("samples/rows.csv", by: nil),
            replacing("samples/rows.tsv", by: "x\n"),
        ]
        for (index, archive) in changed.enumerated() {
            #expect(try ArchiveAudit.findings(archive) != [], "change \(index)")
        }
    }

    @Test func `a model that cannot be read is an error`() throws {
        #expect(throws: PackingError.self) { try ArchiveAudit.findings(replacing("model/model.json", by: "1")) }
    }
}
