import Diagnostics
import Numerics

/// Finds columns of numbers that a few odd words have made into categories.
enum NearlyNumeric {
    /// A column with fewer values says too little.
    private static let fewest = 20

    /// A warning for each column of which at least nine in ten values are numbers, at the first that is not.
    static func warnings(_ table: Table) -> [Diagnostic] {
        var warnings: [Diagnostic] = []
        for (index, column) in table.columns.enumerated() where warnings.count < TableProblems.limit {
            guard case .categories(let codes, let levels) = column.values else { continue }
            let isNumber = levels.map { DecimalText.parse($0) != nil }
            guard isNumber.contains(true) else { continue }
            var present = 0
            var numeric = 0
            for code in codes where code >= 0 {
                present += 1
                if isNumber[Int(code)] { numeric += 1 }
            }
            guard present >= fewest, numeric >= present - present / 10 else { continue }
            guard let row = codes.firstIndex(where: { $0 >= 0 && !isNumber[Int($0)] }) else { continue }
            let location = Diagnostic.Location(source: table.source.name, span: table.position(row: row, column: index))
            let word = levels[Int(codes[row])]
            warnings.append(
                Diagnostic(
                    .warning, code: "data/nearly-numeric",
                    "column '\(column.name)' is read as categories since '\(word)' is no number; \(numeric) of its \(present) values are numbers",
                    at: location, notes: [Diagnostic.Note("a missing value is an empty field, NA, N/A, NaN, nan, null, NULL or None")]))
        }
        return warnings
    }
}
