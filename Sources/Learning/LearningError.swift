package import Diagnostics

/// Why training, predicting or judging gave no result.
package enum LearningError: Error, Sendable {
    /// What is wrong with the table, with the options, or with the two together.
    case diagnostics([Diagnostic])
    /// Model files that ``TrainedModel/files()`` cannot have written; the text says what is wrong.
    case damagedModel(String)
    /// Model files of a later version of the format.
    case newerModel(version: Int)
    /// The caller asked to stop.
    case cancelled
}

extension LearningError {
    /// The error as diagnostics; none for ``cancelled``.
    package var diagnostics: [Diagnostic] {
        switch self {
        case .diagnostics(let list): list
        case .damagedModel(let fact): [Diagnostic(code: "learning/damaged-model", "the model is damaged: \(fact)", at: nil)]
        case .newerModel(let version):
            [
                Diagnostic(
                    code: "learning/newer-model", "the model has format version \(version), which this version of mlbuild cannot read",
                    at: nil)
            ]
        case .cancelled: []
        }
    }

    /// One thing that is wrong, with no place in a text.
    static func problem(_ code: String, _ message: String, notes: [String] = []) -> LearningError {
        .diagnostics([Diagnostic(code: "learning/\(code)", message, at: nil, notes: notes.map { Diagnostic.Note($0) })])
    }
}
