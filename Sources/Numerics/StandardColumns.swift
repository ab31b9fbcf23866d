import CKernels

/// Columns of numbers that stand side by side in the rows of a matrix, each (number - mean) / deviation.
// The storage of an array stays where it is as long as the array lives, and nobody changes these arrays.
package struct StandardColumns: @unchecked Sendable {
    package struct Column: Sendable {
        let numbers: [Double]
        let mean: Double
        let deviation: Double

        package init(_ numbers: [Double], mean: Double, deviation: Double) {
            self.numbers = numbers
            self.mean = mean
            self.deviation = deviation
        }
    }

    private let columns: [Column]
    private let kernel: [ck_column]
    private let furthest: Double
    private let rowCount: Int

    /// - Parameter furthest: Elements are at most this in size.
    package init(_ columns: [Column], furthest: Double) {
        self.columns = columns
        self.furthest = furthest
        rowCount = columns.map(\.numbers.count).min() ?? .max
        kernel = columns.map { column in
            column.numbers.withUnsafeBufferPointer { ck_column(numbers: $0.baseAddress, mean: column.mean, deviation: column.deviation) }
        }
    }

    package var count: Int { columns.count }

    /// Sets `target[r * stride + c]` to the element of column c in row r of `rows`; to 0 where its number is NaN.
    package func fill(_ rows: Range<Int>, into target: UnsafeMutablePointer<Double>, stride: Int) {
        precondition(rows.lowerBound >= 0 && rows.upperBound <= rowCount, "every column has these rows")
        withExtendedLifetime(columns) {
            ck_standardise(kernel, kernel.count, rows.lowerBound, rows.upperBound, furthest, target, stride)
        }
    }
}
