import CKernels

/// What all rows add to a logistic loss of two classes, to its gradient and to its curvature, in one pass over the rows.
///
/// The bits are those of the steps one by one over the matrix of the rows, whose last column is ones: scores by ``Dense``'s product with
/// a vector, losses and probabilities by ``Elementwise``, the gradient by the transposed product, the curvature by the Gram matrix.
// SPEC: determinism.md#matrices
package struct LogisticSums: Sendable, Equatable {
    /// The sum of the rows' losses, in the shape of ``Reduction``.
    package let loss: Double
    /// For each column the sum of its elements times the rows' residuals.
    package let gradient: [Double]
    /// For each pair of columns the sum of their products with the rows' p (1 - p), (columns, columns); empty where nobody asked for it.
    package let curvature: [Double]

    /// More numbers than these are not kept for blocks that wait to be added.
    private static let mostWaiting = 1 << 19

    /// Sets `target[r * stride + c]` to the element of row r of `rows` and column c, but for the column of ones.
    package typealias Fill = @Sendable (_ rows: Range<Int>, _ target: UnsafeMutablePointer<Double>, _ stride: Int) -> Void

    /// - Parameters:
    ///   - columns: With the one of ones.
    ///   - weights: For each column one; the last is the intercept.
    ///   - codes: For each row its class, 0 or 1.
    ///   - rowWeights: How much each row counts; nil where all count 1.
    ///   - fill: Called with some rows at a time, on any thread.
    package init(
        columns: Int, weights: [Double], codes: [Int32], rowWeights: [Double]? = nil, withCurvature: Bool, threads: Int = 1,
        fill: Fill
    ) {
        let rows = codes.count
        precondition(columns > 0 && weights.count == columns, "there is a weight for each column")
        precondition(rowWeights.map { $0.count == rows } ?? true, "there is a weight for each row")
        let block = Dense.blockRows
        let blocks = (rows + block - 1) / block
        let size = columns + (withCurvature ? columns * columns : 0)
        let wave = max(1, min(blocks, max(2 * threads, min(16 * threads, Self.mostWaiting / size))))
        let room = ck_logistic_room(columns, withCurvature ? 1 : 0)
        let stride = ck_logistic_stride(columns)
        var total = [Double](repeating: 0, count: size)
        var losses = [Double](repeating: 0, count: rows)
        var parts = [Double](repeating: 0, count: size * wave)
        losses.withUnsafeMutableBufferPointer { losses in
            parts.withUnsafeMutableBufferPointer { parts in
                guard let output = parts.baseAddress, let rowLosses = losses.baseAddress else { return }
                let shared = Shared((losses: rowLosses, parts: output))
                // DETERMINISM: blocks are fixed and added in order; threads only decide who computes a block.
                for first in Swift.stride(from: 0, to: blocks, by: wave) {
                    let count = min(wave, blocks - first)
                    ParallelLoop.run(count: count, threads: threads) { index in
                        let (losses, parts) = shared.value
                        let lower = (first + index) * block
                        withUnsafeTemporaryAllocation(byteCount: room * 8, alignment: 64) { room in
                            guard let room = room.baseAddress?.assumingMemoryBound(to: Double.self) else { return }
                            ck_logistic_begin(room, columns, weights, withCurvature ? 1 : 0)
                            for row in Swift.stride(from: lower, to: min(rows, lower + block), by: Int(CK_LOGISTIC_ROWS)) {
                                let near = row..<min(rows, lower + block, row + Int(CK_LOGISTIC_ROWS))
                                fill(near, room, stride)
                                codes.withUnsafeBufferPointer { codes in
                                    Self.withBase(rowWeights) { rowWeights in
                                        ck_logistic_add(
                                            room, near.count, columns, withCurvature ? 1 : 0, codes.baseAddress.map { $0 + row },
                                            rowWeights.map { $0 + row }, losses + row)
                                    }
                                }
                            }
                            let part = parts + index * size
                            ck_logistic_end(room, columns, part, withCurvature ? part + columns : nil)
                        }
                    }
                    for index in 0..<count {
                        for element in 0..<size { total[element] += output[index * size + element] }
                    }
                }
            }
        }
        for element in 0..<size { total[element] = Reduction.plain(total[element]) }
        loss = Reduction.sum(losses)
        gradient = Array(total[..<columns])
        var curvature = Array(total[columns...])
        if withCurvature {
            for row in 0..<columns {
                for column in 0..<row { curvature[row * columns + column] = curvature[column * columns + row] }
            }
        }
        self.curvature = curvature
    }

    /// The same for a matrix, (rows, columns), whose last column is ones.
    package init(
        _ matrix: [Double], rows: Int, columns: Int, weights: [Double], codes: [Int32], rowWeights: [Double]? = nil,
        withCurvature: Bool, threads: Int = 1
    ) {
        let (elements, overflow) = rows.multipliedReportingOverflow(by: columns)
        precondition(!overflow && matrix.count == elements && codes.count == rows, "a matrix has rows times columns elements")
        self.init(
            columns: columns, weights: weights, codes: codes, rowWeights: rowWeights, withCurvature: withCurvature, threads: threads
        ) { rows, target, stride in
            matrix.withUnsafeBufferPointer { matrix in
                guard let base = matrix.baseAddress else { return }
                for (place, row) in rows.enumerated() {
                    (target + place * stride).update(from: base + row * columns, count: columns - 1)
                }
            }
        }
    }

    private static func withBase(_ values: [Double]?, _ body: (UnsafePointer<Double>?) -> Void) {
        guard let values else { return body(nil) }
        values.withUnsafeBufferPointer { body($0.baseAddress) }
    }
}
