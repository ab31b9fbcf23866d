/// What an artifact is, as far as the port that takes it cares.
package enum ArtifactType: String, CaseIterable, Sendable {
    /// Rows under named columns, in one of the table formats.
    case table
    /// A trained model: the tree that `train` writes.
    case model
    /// Flat numbers by metric name, as JSON.
    case metrics
    /// One row for each input row with what a model says about it; it reads as a table.
    case predictions
    /// Points of the usual curves (receiver operating characteristic and the like), as JSON.
    case curves
    /// JSON Lines that tell how a stage went.
    case log
    /// A file that no port knows more about.
    case file
    /// A folder that no port knows more about.
    case tree
}

extension ArtifactType {
    /// The type with its article, for messages: `a table`.
    package var phrase: String {
        switch self {
        case .table: "a table"
        case .model: "a model"
        case .metrics: "metrics"
        case .predictions: "predictions"
        case .curves: "curves"
        case .log: "a log"
        case .file: "a file"
        case .tree: "a folder"
        }
    }

    /// Whether the artifact is a folder rather than one file.
    package var isTree: Bool {
        switch self {
        case .model, .tree: true
        case .table, .metrics, .predictions, .curves, .log, .file: false
        }
    }
}
