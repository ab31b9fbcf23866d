import Numerics

/// The rows of a table as a linear model sees them, made whenever they are wanted: all columns of which every element is kept.
struct DesignRows: Sendable {
    let count: Int
    /// Columns of the layout of which every element is kept, and 1 for the one of ones, which is never filled in.
    let width: Int
    private let parts: [Part]

    /// Columns that stand side by side.
    private enum Part: Sendable {
        case numbers(first: Int, StandardColumns)
        case indicator(place: Int, codes: [Int32], code: Int32)
    }

    init(_ table: FeatureTable, _ layout: DesignLayout) {
        count = table.rowCount
        width = layout.columns.count + 1
        var parts: [Part] = []
        var numbers: [StandardColumns.Column] = []
        func finish(before place: Int) {
            if !numbers.isEmpty {
                parts.append(.numbers(first: place - numbers.count, StandardColumns(numbers, furthest: DesignMatrix.furthest)))
            }
            numbers = []
        }
        for (place, column) in layout.columns.enumerated() {
            switch column {
            case .standardised(let feature, let mean, let deviation):
                guard case .numbers(let values) = table.columns[feature] else { preconditionFailure("a number's column holds numbers") }
                numbers.append(StandardColumns.Column(values, mean: mean, deviation: deviation))
            case .indicator(let feature, let code):
                guard case .codes(let codes) = table.columns[feature] else { preconditionFailure("a category's column holds codes") }
                finish(before: place)
                parts.append(.indicator(place: place, codes: codes, code: code))
            }
        }
        finish(before: layout.columns.count)
        self.parts = parts
    }

    /// Sets `target[r * stride + c]` to the element of row r of `rows` and column c, but for the column of ones.
    func fill(_ rows: Range<Int>, into target: UnsafeMutablePointer<Double>, stride: Int) {
        for part in parts {
            switch part {
            case .numbers(let first, let columns): columns.fill(rows, into: target + first, stride: stride)
            case .indicator(let place, let codes, let code):
                codes.withUnsafeBufferPointer { codes in
                    for row in rows { target[(row - rows.lowerBound) * stride + place] = codes[row] == code ? 1 : 0 }
                }
            }
        }
    }
}
