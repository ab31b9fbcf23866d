import CKernels

/// Products of dense matrices of Double, in fixed order with any number of threads.
///
/// Matrices are row-major without gaps. Every product is rounded before it is added. A result that is not a number is
/// the one NaN.
// SPEC: determinism.md#matrices
package enum Dense {
    /// Sums over rows are made of blocks of so many rows, each summed alone; then the blocks are added in their order.
    package static let blockRows = 1024

    /// `x` times `vector`: for each row its dot product, in the shape of ``Reduction``.
    ///
    /// `x` is (rows, columns), `vector` is (columns); the result is (rows).
    package static func multiply(_ x: [Double], rows: Int, columns: Int, by vector: [Double], threads: Int = 1) -> [Double] {
        precondition(fits(x.count, rows, columns) && vector.count == columns, "a matrix has rows times columns elements")
        return filled(rows) { result in
            x.withUnsafeBufferPointer { x in
                vector.withUnsafeBufferPointer { vector in
                    guard let x = x.baseAddress, let vector = vector.baseAddress else { return }
                    let input = Shared((x: x, vector: vector, result: result))
                    forBlocks(rows, threads) { lower, upper in
                        let (x, vector, result) = input.value
                        ck_rows_dot(x + lower * columns, upper - lower, columns, vector, result + lower)
                        for row in lower..<upper { result[row] = Reduction.plain(result[row]) }
                    }
                }
            }
        }
    }

    /// `left` times `right`: each element is one chain over the depth, ascending, from zero.
    ///
    /// `left` is (rows, depth), `right` is (depth, width); the result is (rows, width).
    package static func multiply(
        _ left: [Double], rows: Int, depth: Int, by right: [Double], width: Int, threads: Int = 1
    ) -> [Double] {
        precondition(fits(left.count, rows, depth) && fits(right.count, depth, width), "a matrix has rows times columns elements")
        return filled(rows * width) { result in
            left.withUnsafeBufferPointer { left in
                right.withUnsafeBufferPointer { right in
                    guard let left = left.baseAddress, let right = right.baseAddress else { return }
                    let input = Shared((left: left, right: right, result: result))
                    forBlocks(rows, threads) { lower, upper in
                        let (left, right, result) = input.value
                        withUnsafeTemporaryAllocation(of: Double.self, capacity: depth * 16) { panel in
                            guard let panel = panel.baseAddress else { return }
                            ck_multiply(
                                left + lower * depth, upper - lower, depth, right, width, result + lower * width, panel)
                        }
                        for index in lower * width..<upper * width { result[index] = Reduction.plain(result[index]) }
                    }
                }
            }
        }
    }

    /// The transpose of `x` times `right`: for each pair of columns the sum over rows of their products, by blocks.
    ///
    /// `x` is (rows, columns), `right` is (rows, width); the result is (columns, width). With `width` 1 it is the
    /// gradient of a linear model.
    package static func transposedMultiply(
        _ x: [Double], rows: Int, columns: Int, by right: [Double], width: Int = 1, threads: Int = 1
    ) -> [Double] {
        precondition(fits(x.count, rows, columns) && fits(right.count, rows, width), "a matrix has rows times columns elements")
        return x.withUnsafeBufferPointer { x in
            right.withUnsafeBufferPointer { right in
                guard let x = x.baseAddress, let right = right.baseAddress else { return [Double](repeating: 0, count: columns * width) }
                let input = Shared((x: x, right: right))
                return blockSums(rows: rows, size: columns * width, threads) { lower, upper, result in
                    let (x, right) = input.value
                    if width == 1 {
                        // The same products and order as below, with the vectors along the columns.
                        ck_outer(right + lower, 1, x + lower * columns, columns, upper - lower, 0, result, columns)
                    } else {
                        ck_outer(x + lower * columns, columns, right + lower * width, width, upper - lower, 0, result, width)
                    }
                }
            }
        }
    }

    /// The Gram matrix of `x` with weights: element (i, j) is the sum over rows of (x[i] * weight) * x[j], by blocks, for j >= i.
    ///
    /// `x` is (rows, columns), `weights` is (rows) or nil for none; the result is (columns, columns), symmetric.
    package static func gram(_ x: [Double], rows: Int, columns: Int, weights: [Double]? = nil, threads: Int = 1) -> [Double] {
        precondition(fits(x.count, rows, columns), "a matrix has rows times columns elements")
        precondition(weights.map { $0.count == rows } ?? true, "there is a weight for each row")
        var result = x.withUnsafeBufferPointer { x -> [Double] in
            guard let x = x.baseAddress else { return [Double](repeating: 0, count: columns * columns) }
            let input = Shared(x)
            return blockSums(rows: rows, size: columns * columns, threads) { lower, upper, result in
                let x = input.value + lower * columns
                guard let weights else {
                    ck_outer(x, columns, x, columns, upper - lower, 1, result, columns)
                    return
                }
                withUnsafeTemporaryAllocation(of: Double.self, capacity: (upper - lower) * columns) { scaled in
                    guard let scaled = scaled.baseAddress else { return }
                    for row in 0..<upper - lower {
                        let weight = weights[lower + row]
                        for column in 0..<columns {
                            (scaled + row * columns + column).initialize(to: x[row * columns + column] * weight)
                        }
                    }
                    ck_outer(scaled, columns, x, columns, upper - lower, 1, result, columns)
                }
            }
        }
        for row in 0..<columns {
            for column in 0..<row { result[row * columns + column] = result[column * columns + row] }
        }
        return result
    }

    // MARK: Blocks

    /// Runs `body` for each block of rows. The blocks' results are independent of each other.
    private static func forBlocks(_ rows: Int, _ threads: Int, _ body: @Sendable (_ lower: Int, _ upper: Int) -> Void) {
        ParallelLoop.run(count: (rows + blockRows - 1) / blockRows, threads: threads) { block in
            body(block * blockRows, min(rows, (block + 1) * blockRows))
        }
    }

    /// The sum over blocks of rows of what `body` writes for each, `size` numbers, added in the order of the blocks.
    // DETERMINISM: blocks are fixed and added in order; threads only decide who computes a block.
    private static func blockSums(
        rows: Int, size: Int, _ threads: Int,
        _ body: @Sendable (_ lower: Int, _ upper: Int, _ result: UnsafeMutablePointer<Double>) -> Void
    ) -> [Double] {
        let blocks = (rows + blockRows - 1) / blockRows
        // A few blocks at a time, so that the memory does not grow with the rows.
        let wave = max(1, min(blocks, threads == 1 ? 1 : threads * 2))
        var total = [Double](repeating: 0, count: size)
        var parts = [Double](repeating: 0, count: size * wave)
        parts.withUnsafeMutableBufferPointer { parts in
            guard let base = parts.baseAddress else { return }
            let output = Shared(base)
            for first in stride(from: 0, to: blocks, by: wave) {
                let count = min(wave, blocks - first)
                ParallelLoop.run(count: count, threads: threads) { index in
                    let lower = (first + index) * blockRows
                    body(lower, min(rows, lower + blockRows), output.value + index * size)
                }
                for index in 0..<count {
                    for element in 0..<size { total[element] += base[index * size + element] }
                }
            }
        }
        for element in 0..<size { total[element] = Reduction.plain(total[element]) }
        return total
    }

    private static func fits(_ count: Int, _ rows: Int, _ columns: Int) -> Bool {
        let (product, overflow) = rows.multipliedReportingOverflow(by: columns)
        return rows >= 0 && columns >= 0 && !overflow && product == count
    }

    private static func filled(_ count: Int, _ body: (UnsafeMutablePointer<Double>) -> Void) -> [Double] {
        var result = [Double](repeating: 0, count: count)
        result.withUnsafeMutableBufferPointer { buffer in
            if let base = buffer.baseAddress { body(base) }
        }
        return result
    }
}
