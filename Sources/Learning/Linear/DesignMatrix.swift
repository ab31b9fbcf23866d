import Numerics

/// The columns that a linear model has for the features of a pipeline.
///
/// A number is one standardised column, a missing one its mean, 0. A category is one column of 0 and 1 for each level, one
/// for other levels and one for missing fields if training had any; a level that training never saw is all zeros. Features
/// that were the same in every training row have no column.
struct DesignLayout: Hashable, Sendable {
    enum Column: Hashable, Sendable {
        case standardised(feature: Int, mean: Double, deviation: Double)
        case indicator(feature: Int, code: Int32)
    }

    let columns: [Column]

    init(_ pipeline: FeaturePipeline) {
        var columns: [Column] = []
        for (index, feature) in pipeline.features.enumerated() {
            switch feature.kind {
            case .number(let profile):
                if profile.deviation > 0 {
                    columns.append(.standardised(feature: index, mean: profile.mean, deviation: profile.deviation))
                }
            case .category(let profile):
                var codes = profile.levels.indices.map(Int32.init)
                if profile.others > 0 { codes.append(profile.otherCode) }
                if profile.missing > 0 { codes.append(profile.missingCode) }
                if codes.count > 1 { columns += codes.map { .indicator(feature: index, code: $0) } }
            }
        }
        self.columns = columns
    }
}

/// The rows of a table as a linear model sees them, with a last column of ones for the intercept.
struct DesignMatrix: Sendable {
    /// Numbers further from the mean than this many deviations count as this far, so that no product overflows.
    static let furthest = 1e100
    /// More elements than this are refused: 4 GiB.
    static let mostElements = 1 << 29

    let rows: Int
    /// Columns of the layout, and 1.
    let width: Int
    /// (rows, width), row-major.
    let elements: [Double]

    /// - Throws: ``LearningError/diagnostics(_:)`` when the matrix would not fit into memory.
    init(_ table: FeatureTable, _ layout: DesignLayout, threads: Int) throws(LearningError) {
        let rows = table.rowCount
        let width = layout.columns.count + 1
        guard rows.multipliedReportingOverflow(by: width).partialValue <= Self.mostElements else {
            throw .problem("too-large", "\(rows) rows of \(width) columns are too large for a linear model")
        }
        self.rows = rows
        self.width = width
        elements = [Double](unsafeUninitializedCapacity: rows * width) { buffer, initialized in
            nonisolated(unsafe) let elements = buffer
            ParallelLoop.run(count: width, threads: threads) { place in
                if place == width - 1 {
                    for row in 0..<rows { elements.initializeElement(at: row * width + place, to: 1) }
                    return
                }
                switch layout.columns[place] {
                case .standardised(let feature, let mean, let deviation):
                    guard case .numbers(let numbers) = table.columns[feature] else {
                        preconditionFailure("a number's column holds numbers")
                    }
                    for row in 0..<rows {
                        let distance = numbers[row].isNaN ? 0 : (numbers[row] - mean) / deviation
                        elements.initializeElement(at: row * width + place, to: min(max(distance, -Self.furthest), Self.furthest))
                    }
                case .indicator(let feature, let code):
                    guard case .codes(let codes) = table.columns[feature] else { preconditionFailure("a category's column holds codes") }
                    for row in 0..<rows { elements.initializeElement(at: row * width + place, to: codes[row] == code ? 1 : 0) }
                }
            }
            initialized = rows * width
        }
    }
}
