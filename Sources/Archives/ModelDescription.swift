package import Canonical

/// What `archive.json` says about a model, apart from the list of members.
///
/// Everything in it follows from the build's inputs: no time, no machine, no person.
// SPEC: archive.md#archivejson
package struct ModelDescription: Hashable, Sendable {
    /// The path of the description in an archive.
    package static let path = "archive.json"
    /// The format that this mlbuild writes and reads.
    package static let formatVersion = 1

    /// The workspace's name.
    package var name: String
    /// The model's version, as the manifest says it.
    package var modelVersion: String
    package var kind: ModelKind
    /// The model's inputs and outputs with their types and ranges; an object.
    package var signature: JSONValue
    /// The metrics by name; an object, empty when none were declared.
    package var metrics: JSONValue
    /// The gates' verdicts, in the manifest's order.
    package var gates: [GateVerdict]
    /// The rows with expected predictions that the archive carries.
    package var samples: SampleRecord?
    /// The data that the build read, by its pins.
    package var data: [ContentRecord]
    /// The stages that led to the model, upstream first.
    package var stages: [StageRecord]

    package init(
        name: String, modelVersion: String, kind: ModelKind, signature: JSONValue, metrics: JSONValue = [:],
        gates: [GateVerdict] = [], samples: SampleRecord? = nil, data: [ContentRecord] = [], stages: [StageRecord] = []
    ) {
        self.name = name
        self.modelVersion = modelVersion
        self.kind = kind
        self.signature = signature
        self.metrics = metrics
        self.gates = gates
        self.samples = samples
        self.data = data
        self.stages = stages
    }
}

/// Who can run the model.
package enum ModelKind: String, CaseIterable, Hashable, Sendable {
    /// The built-in engine: `predict` works, and the samples replay bit for bit.
    case engine
    /// A command stage made it: it is verified by its digest, and only a declared command can run it.
    case opaque
}

/// What a gate asked of a metric, and whether it got it.
package struct GateVerdict: Hashable, Sendable {
    /// The metric's name.
    package let metric: String
    /// The least value that is good enough.
    package let minimum: Double?
    /// The greatest value that is good enough.
    package let maximum: Double?
    /// What was measured; nil when the metric is missing or not a number.
    package let value: Double?

    /// A verdict over `value`; one that is not finite counts as missing.
    package init(metric: String, minimum: Double? = nil, maximum: Double? = nil, value: Double?) {
        self.metric = metric
        self.minimum = minimum
        self.maximum = maximum
        self.value = value.flatMap { $0.isFinite ? $0 : nil }
    }

    /// Whether there is a value and it lies within the bounds, both included.
    package var isMet: Bool {
        guard let value else { return false }
        return value >= minimum ?? -.infinity && value <= maximum ?? .infinity
    }
}

/// The sample rows in `samples/`.
package struct SampleRecord: Hashable, Sendable {
    /// The number of rows, at least 1.
    package let rows: Int
    /// The paths of all members below `samples/`, sorted by bytes.
    package let files: [String]

    package init(rows: Int, files: [String]) {
        self.rows = rows
        self.files = files.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}

/// A named file or tree of which the archive knows the digest, not the bytes.
package struct ContentRecord: Hashable, Sendable {
    package let name: String
    package let isTree: Bool
    package let digest: Digest
    /// Bytes, of all files for a tree.
    package let size: Int
    /// Number of files, 1 unless it is a tree.
    package let files: Int

    package init(name: String, isTree: Bool, digest: Digest, size: Int, files: Int) {
        self.name = name
        self.isTree = isTree
        self.digest = digest
        self.size = size
        self.files = files
    }
}

/// A stage that led to the model.
package struct StageRecord: Hashable, Sendable {
    package let name: String
    /// The built-in kind, such as `train`, or `run` for a command.
    package let kind: String
    /// The digest of the action key: everything that could change the outputs.
    package let key: Digest
    package let outputs: [ContentRecord]

    package init(name: String, kind: String, key: Digest, outputs: [ContentRecord]) {
        self.name = name
        self.kind = kind
        self.key = key
        self.outputs = outputs
    }
}
