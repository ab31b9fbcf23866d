package import Diagnostics
import Numerics

/// A column of numbers that a few odd words have made into categories.
package struct NearlyNumeric: Hashable, Sendable {
    /// What a field may hold to say that its value is missing, for messages.
    package static let missingWords = "an empty field, NA, N/A, NaN, nan, null, NULL or None"

    /// A column with fewer values says too little.
    private static let fewest = 20

    /// The first field that is no number.
    package let word: String
    /// Where it stands.
    package let location: Diagnostic.Location
    /// How many of the values present are numbers, of how many.
    package let numberCount: Int
    package let valueCount: Int

    /// The column at `index`, if at least nine in ten of its values are numbers, not all are, and there are 20 or more.
    ///
    /// - Complexity: O(rows), plus reading each level as a number.
    package init?(_ table: Table, column index: Int) {
        guard case .categories(let codes, let levels) = table.columns[index].values else { return nil }
        let isNumber = levels.map { DecimalText.parse($0) != nil }
        guard isNumber.contains(true) else { return nil }
        var present = 0
        var numeric = 0
        for code in codes where code >= 0 {
            present += 1
            if isNumber[Int(code)] { numeric += 1 }
        }
        guard present >= Self.fewest, numeric >= present - present / 10 else { return nil }
        guard let row = codes.firstIndex(where: { $0 >= 0 && !isNumber[Int($0)] }) else { return nil }
        word = levels[Int(codes[row])]
        location = table.location(row: row, column: index)
        numberCount = numeric
        valueCount = present
    }

    /// A warning for each such column, at the first value that is no number.
    static func warnings(_ table: Table) -> [Diagnostic] {
        var warnings: [Diagnostic] = []
        for (index, column) in table.columns.enumerated() where warnings.count < TableProblems.limit {
            guard let found = NearlyNumeric(table, column: index) else { continue }
            let share = "\(found.numberCount) of its \(found.valueCount) values are numbers"
            warnings.append(
                Diagnostic(
                    .warning, code: "data/nearly-numeric",
                    "column '\(column.name)' is read as categories since '\(found.word)' is no number; \(share)",
                    at: found.location, notes: [Diagnostic.Note("a missing value is \(missingWords)")]))
        }
        return warnings
    }
}
