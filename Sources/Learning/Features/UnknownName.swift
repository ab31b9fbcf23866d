import Diagnostics
import Tables

extension FeatureColumn {
    /// Who wants a column.
    enum Asker {
        /// An option of the stage, by its name: what is wrong stands in the manifest.
        case option(String)
        /// A model, as what it says: the table lacks something.
        case model(String)
    }

    /// Most names that a message lists.
    private static let mostListed = 12

    /// The error for a column that is not in the table.
    static func unknown(_ name: String, in table: Table, _ asker: Asker) -> LearningError {
        let names = table.columns.map(\.name)
        var notes = nearest(to: name, among: names, "the table's columns are")
        if let separator = otherSeparator(of: table) { notes = [separator] }
        switch asker {
        case .option(let option):
            let message = "option '\(option)' names the column '\(name)', which '\(table.source.name)' does not have"
            return .diagnostics([Diagnostic(code: "learning/unknown-column", message, at: nil, notes: notes)])
        case .model(let role):
            let location = Diagnostic.Location(source: table.source.name, span: nil)
            let message = "there is no column '\(name)', \(role)"
            return .diagnostics([Diagnostic(code: "learning/unknown-column", message, at: location, notes: notes)])
        }
    }

    /// What was probably meant, else the names there are.
    static func nearest(to name: String, among names: [String], _ lead: String) -> [Diagnostic.Note] {
        if let guess = Suggestion.closest(to: name, among: names) { return [Diagnostic.Note("did you mean '\(guess)'?")] }
        let listed = names.prefix(mostListed).map { "'\($0)'" }.joined(separator: ", ")
        let rest = names.count > mostListed ? " and \(names.count - mostListed) more" : ""
        return [Diagnostic.Note("\(lead) \(listed)\(rest)")]
    }

    /// A table of one column whose name holds what separates fields elsewhere was written for another reader.
    private static func otherSeparator(of table: Table) -> Diagnostic.Note? {
        guard table.columns.count == 1 else { return nil }
        let header = table.columns[0].name
        let separators: [(byte: UInt8, name: String)] = [
            (UInt8(ascii: ";"), "';'"), (UInt8(ascii: "\t"), "tabs"), (UInt8(ascii: ","), "','"), (UInt8(ascii: "|"), "'|'"),
        ]
        guard let found = separators.first(where: { header.utf8.contains($0.byte) }) else { return nil }
        let own = table.format == .csv ? "a .csv file has ','" : "a .tsv file has tabs"
        return Diagnostic.Note("the table has one column, '\(header)': its fields seem to be separated by \(found.name), but \(own)")
    }
}
