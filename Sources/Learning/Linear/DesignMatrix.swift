import Numerics

/// The columns that a linear model has for the features of a pipeline.
///
/// A number is one standardised column, a missing one its mean, 0. A category is one column of 0 and 1 for each level, one
/// for other levels and one for missing fields if training had any; a level that training never saw is all zeros. Features
/// that were the same in every training row have no column. Texts and categories of very many levels have columns of their
/// own, of which only what is not zero is kept; they come after the others.
struct DesignLayout: Hashable, Sendable {
    enum Column: Hashable, Sendable {
        case standardised(feature: Int, mean: Double, deviation: Double)
        case indicator(feature: Int, code: Int32)
    }

    /// A feature's part of the sparse columns.
    struct SparsePart: Hashable, Sendable {
        enum Content: Hashable, Sendable {
            /// A text's terms, each row's of length 1.
            case terms
            /// For each code of a category its column, -1 where it has none.
            case indicators([Int32])
        }

        let feature: Int
        /// The first of its columns among the sparse ones.
        let first: Int
        let width: Int
        let content: Content
    }

    /// The length of a text's row: with it a penalty of strength 1 is to texts what C = 10 is elsewhere.
    static let textLength = 10.0.squareRoot()

    /// The columns of which every element is kept.
    let columns: [Column]
    /// The columns of which only what is not zero is kept.
    let sparse: [SparsePart]
    let sparseWidth: Int

    /// All columns; a model has one weight more, for the intercept.
    var width: Int { columns.count + sparseWidth }

    init(_ pipeline: FeaturePipeline) {
        var columns: [Column] = []
        var sparse: [SparsePart] = []
        var sparseWidth = 0
        func append(_ feature: Int, _ width: Int, _ content: SparsePart.Content) {
            sparse.append(SparsePart(feature: feature, first: sparseWidth, width: width, content: content))
            sparseWidth += width
        }
        for (index, feature) in pipeline.features.enumerated() {
            switch feature.kind {
            case .number(let profile):
                if profile.deviation > 0 {
                    columns.append(.standardised(feature: index, mean: profile.mean, deviation: profile.deviation))
                }
            case .text(let profile): append(index, profile.width, .terms)
            case .images: preconditionFailure("a linear model sees no images")
            case .category(let profile) where profile.levels.count > CategoryProfile.mostLevels:
                var places = profile.levels.indices.map(Int32.init)
                var width = Int32(places.count)
                for count in [profile.others, profile.missing] {
                    places.append(count > 0 ? width : -1)
                    if count > 0 { width += 1 }
                }
                append(index, Int(width), .indicators(places))
            case .category(let profile):
                var codes = profile.levels.indices.map(Int32.init)
                if profile.others > 0 { codes.append(profile.otherCode) }
                if profile.missing > 0 { codes.append(profile.missingCode) }
                if codes.count > 1 { columns += codes.map { .indicator(feature: index, code: $0) } }
            }
        }
        self.columns = columns
        self.sparse = sparse
        self.sparseWidth = sparseWidth
    }
}

/// The rows of a table as a linear model sees them, with a last column of ones for the intercept.
struct DesignMatrix: Sendable {
    /// Numbers further from the mean than this many deviations count as this far, so that no product overflows.
    static let furthest = 1e100
    /// More elements than this are refused: 4 GiB.
    static let mostElements = 1 << 29

    let rows: Int
    /// Columns of the layout of which every element is kept, and 1.
    let width: Int
    /// (rows, width), row-major.
    let elements: [Double]
    /// The other columns; nil when there are none.
    let sparse: SparseMatrix?

    /// All columns, and 1: the weights of an output.
    var weightCount: Int { width + (sparse?.columns ?? 0) }

    /// - Throws: ``LearningError/diagnostics(_:)`` when the matrix would not fit into memory.
    init(_ table: FeatureTable, _ layout: DesignLayout, threads: Int) throws(LearningError) {
        let rows = table.rowCount
        let width = layout.columns.count + 1
        guard rows.multipliedReportingOverflow(by: width).partialValue <= Self.mostElements else {
            throw .problem("too-large", "\(rows) rows of \(width) columns are too large for a linear model")
        }
        self.rows = rows
        self.width = width
        sparse = try layout.sparse.isEmpty ? nil : Self.sparse(table, layout)
        let source = DesignRows(table, layout)
        elements = [Double](unsafeUninitializedCapacity: rows * width) { buffer, initialized in
            if let base = buffer.baseAddress {
                nonisolated(unsafe) let elements = base
                ParallelLoop.run(count: (rows + Self.blockRows - 1) / Self.blockRows, threads: threads) { block in
                    let lower = block * Self.blockRows
                    let own = lower..<min(rows, lower + Self.blockRows)
                    source.fill(own, into: elements + lower * width, stride: width)
                    for row in own { (elements + row * width + width - 1).initialize(to: 1) }
                }
            }
            initialized = rows * width
        }
    }

    /// So few rows that their part of the matrix stays in a near cache while column after column comes.
    private static let blockRows = 64

    private static func sparse(_ table: FeatureTable, _ layout: DesignLayout) throws(LearningError) -> SparseMatrix {
        guard layout.sparseWidth <= Int(Int32.max) else {
            throw .problem("too-large", "\(layout.sparseWidth) columns of texts and levels are too many for a linear model")
        }
        var starts = [0]
        starts.reserveCapacity(table.rowCount + 1)
        var indices: [Int32] = []
        var values: [Double] = []
        for row in 0..<table.rowCount {
            for part in layout.sparse {
                switch (part.content, table.columns[part.feature]) {
                case (.terms, .sparse(let terms)):
                    for entry in terms.starts[row]..<terms.starts[row + 1] {
                        indices.append(Int32(part.first) + terms.indices[entry])
                        values.append(terms.values[entry] * DesignLayout.textLength)
                    }
                case (.indicators(let places), .codes(let codes)):
                    let place = places[Int(codes[row])]
                    guard place >= 0 else { continue }
                    indices.append(Int32(part.first) + place)
                    values.append(1)
                default: preconditionFailure("a feature's column has the feature's kind")
                }
            }
            starts.append(indices.count)
            guard indices.count <= mostElements else {
                throw .problem("too-large", "the texts of \(table.rowCount) rows have too many terms for a linear model")
            }
        }
        let matrix = SparseMatrix(
            rows: table.rowCount, columns: layout.sparseWidth, starts: starts, indices: indices, values: values)
        guard let matrix else { preconditionFailure("columns ascend in a row") }
        return matrix
    }
}
