internal import Canonical
internal import Diagnostics
internal import Learning
internal import Manifests
internal import Planning
internal import Running
internal import StageKinds
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
        let source = SourceText(name: name, bytes: try inputs.bytes(port))
        let read = TableReader.read(source, try format(of: port, name))
        guard let table = read.value, !read.hasErrors else { throw .diagnostics(read.diagnostics, sources: [source]) }
        return table
    }

    private func format(of port: String, _ name: String) throws(ActionFailure) -> TableFormatKind {
        switch action.inputs.first(where: { $0.name == port })?.format {
        case .csv: return .csv
        case .tsv: return .tsv
        case .jsonl, .npy, .idx, .png, nil:
            throw .message("'\(name)' is no table of a format that '\(kind.rawValue)' reads (csv, tsv)")
        }
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
