internal import Learning

/// What each feature, or column, adds to the outputs of rows, from the base that all rows share.
package struct Contributions: Hashable, Sendable {
    /// More elements than this are refused: 1 GiB.
    static let mostElements = 1 << 27

    package let rowCount: Int
    package let outputCount: Int
    /// One for each output: what the model gives when nothing of a row is known.
    package let base: [Double]
    /// (rows, outputs, features); with the base they add up to the row's sum.
    package let elements: [Double]

    /// The elements of one row and output, in order.
    package func parts(row: Int, output: Int) -> ArraySlice<Double> {
        let width = elements.count / max(rowCount * outputCount, 1)
        let start = (row * outputCount + output) * width
        return elements[start..<start + width]
    }

    /// The base and a row's elements together: what the model's sum is.
    package func sum(row: Int, output: Int) -> Double {
        parts(row: row, output: output).reduce(base[output], +)
    }

    func byColumn(_ columns: ColumnList) -> Contributions {
        Contributions(
            rowCount: rowCount, outputCount: outputCount, base: base, elements: columns.sums(elements, each: rowCount * outputCount))
    }
}
