import CKernels

/// What a network does to rows of Floats beside products: softmax, sums over rows, bias, rectifier.
///
/// Matrices are row-major without gaps. A result that is not a number is the NaN `0x7FC00000`.
// SPEC: determinism.md#rows-of-float
package enum FloatRows {
    /// Each row of `x` (rows, columns) becomes its softmax: `exp(x - largest)`, divided by the sum.
    ///
    /// - Parameters:
    ///   - labels: For each row the column of the right answer, from 0 to `columns` - 1.
    ///   - losses: For each row gets the negative logarithm of the right answer's probability; wanted with `labels` only.
    package static func softmax(
        _ x: UnsafeMutablePointer<Float>, rows: Int, columns: Int, labels: UnsafePointer<Int32>? = nil,
        losses: UnsafeMutablePointer<Float>? = nil, threads: Int = 1
    ) {
        precondition((labels == nil) == (losses == nil), "labels are there for the losses")
        if let labels {
            for row in 0..<rows { precondition(labels[row] >= 0 && Int(labels[row]) < columns, "a label is a column") }
        }
        let all = Shared((x: x, labels: labels, losses: losses))
        forRows(rows, columns * 16, threads) { lower, upper in
            let (x, labels, losses) = all.value
            ck_float_softmax(x + lower * columns, upper - lower, columns, labels.map { $0 + lower }, losses.map { $0 + lower })
        }
    }

    /// Each row of `x` (rows, columns) becomes the logarithms of its softmax.
    package static func logSoftmax(_ x: UnsafeMutablePointer<Float>, rows: Int, columns: Int, threads: Int = 1) {
        let x = Shared(x)
        forRows(rows, columns * 16, threads) { lower, upper in
            ck_float_log_softmax(x.value + lower * columns, upper - lower, columns)
        }
    }

    /// The sum of each column of `x` (rows, columns), by blocks of 1,024 rows that are added in order; (columns).
    package static func columnSums(
        _ x: UnsafePointer<Float>, rows: Int, columns: Int, into sums: UnsafeMutablePointer<Float>, threads: Int = 1
    ) {
        let blocks = (rows + Dense.blockRows - 1) / Dense.blockRows
        for column in 0..<columns { sums[column] = 0 }
        guard blocks > 0, columns > 0 else { return }
        withUnsafeTemporaryAllocation(of: Float.self, capacity: blocks * columns) { parts in
            guard let base = parts.baseAddress else { return }
            let all = Shared((x: x, parts: base))
            ParallelLoop.run(count: blocks, threads: usefulThreads(rows * columns, threads)) { block in
                let (x, parts) = all.value
                let lower = block * Dense.blockRows
                ck_float_column_sums(
                    x + lower * columns, min(Dense.blockRows, rows - lower), columns, parts + block * columns)
            }
            // DETERMINISM: blocks are fixed and added in order; threads only decide who sums a block.
            for block in 0..<blocks { ck_float_accumulate(sums, base + block * columns, columns) }
        }
    }

    /// Adds `bias` (columns) to each row of `x` (rows, columns); with `relu` what is not above zero then becomes zero.
    package static func addBias(
        _ bias: UnsafePointer<Float>, to x: UnsafeMutablePointer<Float>, rows: Int, columns: Int, relu: Bool = false, threads: Int = 1
    ) {
        let all = Shared((x: x, bias: bias))
        forRows(rows, columns, threads) { lower, upper in
            let (x, bias) = all.value
            ck_float_add_bias(x + lower * columns, upper - lower, columns, bias, relu ? 1 : 0)
        }
    }

    /// What is not above zero becomes zero; a NaN stays.
    package static func relu(_ x: UnsafeMutablePointer<Float>, count: Int, threads: Int = 1) {
        let x = Shared(x)
        forRows(count, 1, threads) { lower, upper in ck_float_relu(x.value + lower, upper - lower) }
    }

    /// The gradient of the rectifier: `gradient[i]` becomes zero where `result[i]`, what the rectifier gave, is not above zero.
    package static func reluGradient(
        _ gradient: UnsafeMutablePointer<Float>, result: UnsafePointer<Float>, count: Int, threads: Int = 1
    ) {
        let all = Shared((gradient: gradient, result: result))
        forRows(count, 1, threads) { lower, upper in
            let (gradient, result) = all.value
            ck_float_relu_gradient(gradient + lower, result + lower, upper - lower)
        }
    }

    // MARK: Threads

    /// Runs `body` for ranges of rows whose results are independent of each other; a row costs about `cost` additions.
    static func forRows(_ rows: Int, _ cost: Int, _ threads: Int, _ body: @Sendable (_ lower: Int, _ upper: Int) -> Void) {
        guard rows > 0 else { return }
        let useful = min(rows, usefulThreads(rows * cost, threads))
        let part = (rows + useful - 1) / useful
        ParallelLoop.run(count: (rows + part - 1) / part, threads: useful) { body($0 * part, min(rows, ($0 + 1) * part)) }
    }

    /// Below some microseconds of work another thread costs more than it brings.
    private static func usefulThreads(_ work: Int, _ threads: Int) -> Int {
        max(1, min(threads, work / 32768))
    }
}
