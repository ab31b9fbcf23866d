import Archives
import Canonical
import Diagnostics
import Locking
import Manifests
import Packing
import Planning
import Storage
import Testing

@Suite struct OpaqueModelTests {
    private static let tree: [TreeEntry.File] = [
        .init("run.sh", "exit 0\n", isExecutable: true), .init("weights.pkl", "abc"),
        .init(Array("parts".utf8), folder: [.init("a.bin", "1"), .init(Array("deep".utf8), folder: [.init("b.bin", "2")])]),
    ]

    private func code(_ bench: CommandBench) throws -> String? {
        let graph = try bench.graph()
        do throws(PackingError) {
            _ = try Packer.pack(bench.model, of: bench.manifest, lock: bench.lock, graph: graph, sources: [], store: bench.store)
            return nil
        } catch {
            if case .diagnostics(let diagnostics, _) = error { return diagnostics.first?.code }
            return "\(error)"
        }
    }

    @Test func `a model that a command made is packed as it is, with no signature`() throws {
        let archive = try CommandBench().pack()
        #expect(archive.description.kind == .opaque)
        #expect(archive.description.signature == [:] && archive.description.samples == nil)
        #expect(archive.bytes(of: "model/model.pkl") == [1, 2, 3])
        #expect(
            archive.members.map(\.path) == [
                "MODEL_CARD.md", "model/model.pkl", "recipe/mlops.json", "recipe/mlops.lock", "recipe/requirements.txt",
                "recipe/src/fit.py", "recipe/src/lib/help.py",
            ])
        #expect(archive.description.stages.map(\.kind) == ["run"])
        let card = String(decoding: try #require(archive.bytes(of: "MODEL_CARD.md")), as: UTF8.self)
        #expect(card.contains("A model that a command of its workspace made."))
    }

    @Test func `a tree keeps its folders and what may be run`() throws {
        let archive = try CommandBench(tree: Self.tree).pack()
        #expect(
            archive.members.filter { $0.path.hasPrefix("model/") }.map { "\($0.path) \($0.isExecutable)" } == [
                "model/parts/a.bin false", "model/parts/deep/b.bin false", "model/run.sh true", "model/weights.pkl false",
            ])
        #expect(try ModelArchive.read(ModelArchive.pack(archive).file) == archive)
        #expect(try ArchiveAudit.findings(archive) == [])
    }

    @Test func `the recipe's lock has the pins of environments, and no results`() throws {
        let bench = try CommandBench()
        let lock = try #require(try bench.pack().bytes(of: "recipe/mlops.lock"))
        #expect(lock == bench.lock.keepingResults(of: []).encode())
        #expect(LockfileReader.read(SourceText(name: "mlops.lock", bytes: lock)).value?.environments.map(\.name) == ["default"])
    }

    @Test func `metrics are those of the command's file, and gates may have any name`() throws {
        let section = #""metrics": "score.numbers", "gates": { "score": { "min": 0.7 }, "n": { "max": 2 }, "other": { "min": 0 } }"#
        let archive = try CommandBench(section).pack()
        #expect(archive.description.gates.map(\.metric) == ["score", "n", "other"])
        #expect(archive.description.gates.map(\.isMet) == [true, false, false])
        #expect(try ArchiveAudit.findings(archive) == [])
    }

    @Test(arguments: [
        (#"[1, 2]"#, "package/no-metrics"), (#"{"score": NaN}"#, "json/not-a-value"), ("", "json/empty"),
    ])
    func `metrics that are none are an error with their place`(text: String, expected: String) throws {
        let found = try #require(try code(CommandBench(#""metrics": "score.numbers""#, metrics: text)))
        #expect(expected.hasPrefix("json/") ? found.hasPrefix("json/") : found == expected, "\(found)")
    }

    @Test func `what no archive can hold is refused`() throws {
        for tree: [TreeEntry.File] in [
            [.init("a", "1"), .init(Array("empty".utf8), folder: [])], [.init(Array("empty".utf8), folder: [])], [],
            [.init([0x61, 0xFF], folder: nil)], [.init("a\\b", "1")], [.init("a\u{1}b", "1")],
        ] {
            #expect(try code(CommandBench(tree: tree)) == "package/model-files")
        }
    }

    @Test func `an opaque model has no prediction that mlbuild could make`() throws {
        let archive = try CommandBench().pack()
        #expect(try ArchivedModel.outline(archive) == nil)
        let error = #expect(throws: PackingError.self) { try ArchivedModel.read(archive) }
        if case .opaque = error {} else { Issue.record("\(String(describing: error))") }
    }

    @Test func `packing again gives the same identity, whatever the level of proof`() throws {
        let one = try ModelArchive.pack(CommandBench(#""gates": { "reproducibility": { "min": 2 } }"#).pack())
        let two = try ModelArchive.pack(CommandBench(#""gates": { "reproducibility": { "min": 2 } }"#).pack())
        #expect(one.identity == two.identity)
        let archive = try ModelArchive.read(one.file)
        #expect(archive.description.gates == [])
        #expect(try ArchiveAudit.findings(archive) == [])
    }

    // MARK: The audit

    @Test func `a tampered opaque archive contradicts itself`() throws {
        let archive = try CommandBench(tree: Self.tree).pack()
        func replacing(_ path: String, _ member: ArchiveMember?) -> ModelArchive {
            ModelArchive(
                description: archive.description, members: archive.members.filter { $0.path != path } + (member.map { [$0] } ?? []))
        }
        let changed = [
            replacing("model/weights.pkl", ArchiveMember(path: "model/weights.pkl", bytes: [0])),
            replacing("model/weights.pkl", ArchiveMember(path: "model/other.pkl", bytes: Array("abc".utf8))),
            replacing("model/weights.pkl", nil),
            replacing("model/run.sh", ArchiveMember(path: "model/run.sh", bytes: Array("exit 0\n".utf8))),
            replacing("", ArchiveMember(path: "model/more", bytes: [])), replacing("recipe/requirements.txt", nil),
            replacing("recipe/src/fit.py", ArchiveMember(path: "recipe/srcs/fit.py", bytes: [])),
            replacing("", ArchiveMember(path: "recipe/score.py", bytes: [])),
        ]
        for (index, archive) in changed.enumerated() {
            #expect(try ArchiveAudit.findings(archive) != [], "change \(index)")
        }
        var description = archive.description
        description.signature = ["inputs": []]
        #expect(try ArchiveAudit.findings(ModelArchive(description: description, members: archive.members)) != [])
    }

    // MARK: What may be shipped

    @Test func `results that ran without a sandbox are refused`() throws {
        let refusals = try CommandBench(isolation: .none).refusals { _ in 3 }
        #expect(refusals.map(\.code) == ["package/no-sandbox"])
        #expect(refusals[0].message == "stage 'fit' ran without a sandbox, and such results are not packaged")
        #expect(try CommandBench().refusals { _ in 0 } == [])
    }

    @Test func `the gate on reproducibility holds every stage that leads to the model to its level`() throws {
        let section = #""metrics": "score.numbers", "gates": { "reproducibility": { "min": 2 } }"#
        let bench = try CommandBench(section)
        #expect(try bench.refusals { _ in 2 } == [])
        let score = try #require(bench.lock.result(stage: "score")).key
        let refusal = try #require(try bench.refusals { $0 == score ? 1 : 3 }.first)
        #expect(refusal.code == "package/not-proven")
        #expect(refusal.message == "gate 'reproducibility' asks for R2, repeated under variations, and that is not shown")
        #expect(
            refusal.notes.map(\.message) == [
                "stage 'score' has reached R1, repeated on one machine", "'mlbuild build --vary' tries to show it",
            ])
        // A stage that only the metrics need does not lead to a model without metrics.
        #expect(try CommandBench(#""gates": { "reproducibility": { "min": 1 } }"#).refusals { $0 == score ? 0 : 1 } == [])
    }
}
