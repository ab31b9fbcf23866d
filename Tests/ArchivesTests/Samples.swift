import Canonical

@testable import Archives

/// A generator of numbers that are the same in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        // SplitMix64.
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
    }
}

/// An archive such as `package` makes, small enough to be taken apart bit by bit.
enum Samples {
    static let weights = Array("weights of no model in particular".utf8)
    static let sampleRows = Array("length,species\n1.5,setosa\n".utf8)

    static var description: ModelDescription {
        ModelDescription(
            name: "iris", modelVersion: "1.0.0", kind: .engine,
            signature: [
                "inputs": [["name": "length", "type": "number", "least": 1.0, "most": 6.9]],
                "outputs": [["name": "species", "type": "category", "levels": ["setosa", "virginica"]]],
            ],
            metrics: ["accuracy": 0.9666666666666667, "rows": 30],
            gates: [
                GateVerdict(metric: "accuracy", minimum: 0.95, value: 0.9666666666666667),
                GateVerdict(metric: "log_loss", maximum: 0.5, value: nil),
            ],
            samples: SampleRecord(rows: 1, files: ["samples/rows.csv", "samples/expected.csv"]),
            data: [ContentRecord(name: "iris", isTree: false, digest: Digest.of(sampleRows), size: 26, files: 1)],
            stages: [
                StageRecord(
                    name: "train", kind: "train", key: Digest.of(Array("key".utf8)),
                    outputs: [ContentRecord(name: "model", isTree: true, digest: Digest.of(weights), size: 33, files: 1)])
            ])
    }

    static var members: [ArchiveMember] {
        [
            ArchiveMember(path: "model/weights.safetensors", bytes: weights),
            ArchiveMember(path: "MODEL_CARD.md", bytes: Array("# iris\n".utf8)),
            ArchiveMember(path: "recipe/mlops.json", bytes: Array("{\"version\": 1}\n".utf8)),
            ArchiveMember(path: "recipe/src/clean.sh", bytes: Array("exit 0\n".utf8), isExecutable: true),
            ArchiveMember(path: "samples/rows.csv", bytes: sampleRows),
            ArchiveMember(path: "samples/expected.csv", bytes: sampleRows),
        ]
    }

    static var archive: ModelArchive { ModelArchive(description: description, members: members) }

    /// The file of an archive whose `archive.json` says what `edit` makes of it, and whose members are `members`.
    static func file(members: [ArchiveMember] = members, _ edit: (String) -> String) throws -> [UInt8] {
        let text = JSONText.pretty(description.document(archive.members.map(MemberEntry.init)))
        let described = ArchiveMember(path: "archive.json", bytes: Array(edit(text).utf8))
        return ArchiveFile.sealed(ZstandardFrame.storing(try TarStream.encode([described] + members)))
    }
}

extension String {
    /// Every `old` replaced by `new`.
    func replacing(_ old: String, by new: String) -> String {
        var result: [UInt8] = []
        var rest = Array(utf8)[...]
        let wanted = Array(old.utf8)
        while let first = rest.first {
            if rest.starts(with: wanted) {
                result += new.utf8
                rest = rest.dropFirst(wanted.count)
            } else {
                result.append(first)
                rest = rest.dropFirst()
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
