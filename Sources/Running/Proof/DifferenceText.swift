import Canonical
import Comparing
import Diagnostics

/// An output that differs, in words.
struct DifferenceText {
    /// `output 'model' differs from byte 17 of 'model/a.pkl' on`
    let phrase: String
    /// Where that is, both sides, the likely cause, and what would help.
    let notes: [Diagnostic.Note]

    /// - Parameter path: where the output lies in the workspace.
    init(_ difference: OutputDifference, path: String) {
        let file = difference.path.isEmpty ? path : "\(path)/\(difference.path)"
        var phrase = "output '\(difference.output)' differs"
        var notes: [String] = []
        if let comparison = difference.comparison {
            phrase += " from byte \(comparison.offset) of '\(file)' on"
            if let place = comparison.place, place != "byte \(comparison.offset)" { notes.append("at \(place)") }
            notes.append("recorded \(comparison.first)")
            notes.append("now      \(comparison.second)")
            if let cause = comparison.cause { notes.append("this is likely to be \(cause)") }
            if let remedy = comparison.remedy { notes.append(remedy) }
        } else {
            phrase += " in '\(file)'"
            notes.append("recorded \(difference.before?.description ?? "nothing")")
            notes.append("now      \(difference.after?.description ?? "nothing")")
        }
        if difference.others > 0 {
            let isOne = difference.others == 1
            notes.append("\(difference.others) more \(isOne ? "file" : "files") of '\(path)' \(isOne ? "differs" : "differ")")
        }
        self.phrase = phrase
        self.notes = notes.map { Diagnostic.Note($0) }
    }
}
