import Canonical
import Diagnostics
import Numerics
package import StageKinds
package import Tables

/// What a model says of each row of a table.
package struct Predictions: Hashable, Sendable {
    package let task: LearningTask
    /// The classes, sorted by bytes; none for regression.
    package let classes: [String]
    /// For each row the place of the likeliest class, the first of equally likely ones; empty for regression.
    package let classPlaces: [Int]
    /// The probability of each class, (rows, classes), row-major; empty for regression.
    package let probabilities: [Double]
    /// For each row the predicted number; empty for classification.
    package let values: [Double]

    package var rowCount: Int { task == .classification ? classPlaces.count : values.count }

    /// For each row the likeliest class; empty for regression.
    package var labels: [String] { classPlaces.map { classes[$0] } }

    init(classes: [String], probabilities: [Double]) {
        task = .classification
        self.classes = classes
        self.probabilities = probabilities
        values = []
        let count = classes.count
        classPlaces = (0..<probabilities.count / count).map { row in
            var best = 0
            for place in 1..<count where probabilities[row * count + place] > probabilities[row * count + best] { best = place }
            return best
        }
    }

    init(values: [Double]) {
        task = .regression
        self.values = values
        classes = []
        classPlaces = []
        probabilities = []
    }

    /// The names of the columns that ``text(format:carrying:from:)`` adds.
    package static func columnNames(classes: [String]) -> [String] {
        ["prediction"] + classes.map { "probability_\($0)" }
    }

    /// The predictions as CSV; see ``text(format:carrying:from:)``.
    package func csv(carrying names: [String], from table: Table) throws(LearningError) -> [UInt8] {
        try text(format: .csv, carrying: names, from: table)
    }

    /// The predictions as a table, one row for each row of `table`, after the columns of it that `names` says.
    ///
    /// Numbers are the shortest text that reads back as the same number; carried fields are as they were. TSV cannot say tabs
    /// and line ends: they become spaces.
    ///
    /// - Throws: ``LearningError/diagnostics(_:)`` for a column that does not exist or has a predicted column's name.
    package func text(
        format: TableFormatKind = .csv, carrying names: [String], from table: Table
    ) throws(LearningError) -> [UInt8] {
        let delimiter = format == .csv ? UInt8(ascii: ",") : UInt8(ascii: "\t")
        var carried: [Int] = []
        let own = Self.columnNames(classes: classes)
        for name in names {
            carried.append(try FeatureColumn(name, in: table, .option("columns")).index)
            if own.contains(where: { $0.utf8.elementsEqual(name.utf8) }) {
                throw .problem("column-name-taken", "column '\(name)' cannot be carried over: the predictions have a column of this name")
            }
        }
        var bytes: [UInt8] = []
        TableWriter.appendLine(names + own, format, to: &bytes)
        for row in 0..<rowCount {
            for column in carried {
                TableWriter.append(table.text(row: row, column: column), format, to: &bytes)
                bytes.append(delimiter)
            }
            switch task {
            case .regression: DecimalText.append(values[row], to: &bytes)
            case .classification:
                TableWriter.append(classes[classPlaces[row]], format, to: &bytes)
                for place in classes.indices {
                    bytes.append(delimiter)
                    DecimalText.append(probabilities[row * classes.count + place], to: &bytes)
                }
            }
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }
}
