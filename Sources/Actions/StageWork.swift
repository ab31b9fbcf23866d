internal import Canonical
internal import Diagnostics
internal import Learning
internal import Manifests
internal import Planning
internal import Running
internal import StageKinds
internal import Storage
internal import Tables

/// An action at work: its options, and its inputs as tables and models.
struct StageWork: Sendable {
    let action: Action
    let kind: StageKind
    let options: JSONValue
    let inputs: ActionInputs
    let environment: PerformEnvironment

    /// The table on `port`.
    func table(_ port: String) throws(ActionFailure) -> Table {
        let name = inputs.displayName(port)
        guard let form = action.inputs.first(where: { $0.name == port })?.form else {
            throw .message("'\(name)' is no table of a format that '\(kind.rawValue)' reads")
        }
        let input: TableInput
        switch inputs.object(port).kind {
        case .file: input = .file(SourceText(name: name, bytes: try inputs.bytes(port)))
        case .tree: input = .folder(name: name, files: try inputs.tree(port).map { TableFile(path: $0.path, bytes: $0.bytes) })
        }
        let read = TableReader.read(
            input, TableFormatKind(form.format), delimiter: form.delimiter?.byte, threads: environment.threads)
        guard let table = read.value, !read.hasErrors else { throw .diagnostics(read.diagnostics, sources: [input.source]) }
        return table
    }

    /// The model on `port`.
    func model(_ port: String) throws(ActionFailure) -> TrainedModel {
        let files = try inputs.tree(port)
        return try learning { () throws(LearningError) in try TrainedModel.read(files) }
    }

    /// Runs a piece of the engine; what it has to say about `tables` becomes diagnostics with their places.
    func learning<Value>(
        about tables: [Table] = [], _ body: () throws(LearningError) -> Value
    ) throws(ActionFailure) -> Value {
        do throws(LearningError) {
            return try body()
        } catch {
            if case .cancelled = error { throw .cancelled }
            throw .diagnostics(error.diagnostics.map(placed), sources: tables.map(\.source))
        }
    }

    /// What stands in no table is about the stage's options, and these stand in the manifest.
    private func placed(_ diagnostic: Diagnostic) -> Diagnostic {
        guard diagnostic.location == nil, !Self.modelCodes.contains(diagnostic.code) else { return diagnostic }
        let location = Diagnostic.Location(source: Manifest.fileName, span: nil)
        return Diagnostic(
            diagnostic.severity, code: diagnostic.code, "stage '\(action.stage)': \(diagnostic.message)", at: location,
            notes: diagnostic.notes, fixIt: diagnostic.fixIt)
    }

    /// Problems of a model's own files, whatever the options say.
    private static let modelCodes = ["learning/damaged-model", "learning/newer-model"]
}

extension TableFormatKind {
    /// The reader's word for a format of the manifest.
    init(_ format: TableFormat) {
        switch format {
        case .csv: self = .csv
        case .tsv: self = .tsv
        case .jsonl: self = .jsonl
        case .npy: self = .npy
        case .idx: self = .idx
        case .png: self = .png
        }
    }
}

extension ActionOutput {
    /// A table, or a part of one.
    init(_ table: TableOutput) {
        switch table {
        case .file(let bytes): self = .file(bytes)
        case .tree(let files): self = .tree(files.map { ($0.path, $0.bytes) })
        }
    }
}
