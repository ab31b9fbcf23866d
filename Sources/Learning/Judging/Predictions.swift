import Canonical
import Diagnostics
import Numerics
package import StageKinds
package import Tables

/// What a model says of each row of a table.
package struct Predictions: Hashable, Sendable {
    package let task: LearningTask
    /// The classes, sorted by bytes, or the clusters' numbers as texts; none for other tasks.
    package let classes: [String]
    /// For each row the place of its cluster, or of the likeliest class, the first of equally likely ones; else empty.
    package let classPlaces: [Int]
    /// The probability of each class, (rows, classes), row-major; else empty.
    package let probabilities: [Double]
    /// For each row the predicted number, the distance from its cluster's centre, or its components, (rows, components); else empty.
    package let values: [Double]
    /// How many components a row has; 0 for other tasks.
    package let componentCount: Int
    package let rowCount: Int

    /// For each row the likeliest class or the cluster; else empty.
    package var labels: [String] { classPlaces.map { classes[$0] } }

    init(classes: [String], probabilities: [Double]) {
        let count = classes.count
        let places = (0..<probabilities.count / count).map { row in
            var best = 0
            for place in 1..<count where probabilities[row * count + place] > probabilities[row * count + best] { best = place }
            return best
        }
        self.init(.classification, classes: classes, places: places, probabilities: probabilities, rowCount: places.count)
    }

    init(values: [Double]) {
        self.init(.regression, values: values, rowCount: values.count)
    }

    init(clusters: [String], places: [Int], distances: [Double]) {
        self.init(.clustering, classes: clusters, places: places, values: distances, rowCount: places.count)
    }

    init(components: [Double], count: Int) {
        self.init(.projection, values: components, componentCount: count, rowCount: components.count / max(count, 1))
    }

    private init(
        _ task: LearningTask, classes: [String] = [], places: [Int] = [], probabilities: [Double] = [], values: [Double] = [],
        componentCount: Int = 0, rowCount: Int
    ) {
        self.task = task
        self.classes = classes
        classPlaces = places
        self.probabilities = probabilities
        self.values = values
        self.componentCount = componentCount
        self.rowCount = rowCount
    }

    /// The names of the columns that ``text(format:carrying:from:)`` adds.
    package var columns: [String] {
        Self.columns(task, classes: classes, componentCount: componentCount)
    }

    static func columns(_ task: LearningTask, classes: [String], componentCount: Int) -> [String] {
        switch task {
        case .classification: ["prediction"] + classes.map { "probability_\($0)" }
        case .regression: ["prediction"]
        case .clustering: ["prediction", "distance"]
        case .projection: (0..<componentCount).map { "component_\($0 + 1)" }
        }
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
        let own = columns
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
            case .clustering:
                TableWriter.append(classes[classPlaces[row]], format, to: &bytes)
                bytes.append(delimiter)
                DecimalText.append(values[row], to: &bytes)
            case .projection:
                for place in 0..<componentCount {
                    if place > 0 { bytes.append(delimiter) }
                    DecimalText.append(values[row * componentCount + place], to: &bytes)
                }
            }
            bytes.append(UInt8(ascii: "\n"))
        }
        return bytes
    }
}
