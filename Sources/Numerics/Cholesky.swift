/// The factor L of a symmetric positive definite matrix A = L L^T, and solutions of A x = b with it.
///
/// Element (i, j) of L takes from A's the dot product of the first j elements of the rows i and j of L, in the shape of
/// ``Reduction``.
package struct Cholesky: Sendable {
    package let size: Int
    /// L, (size, size), row-major; above the diagonal zero.
    private var factor: [Double]

    /// Nil when `matrix` is not positive definite, as far as rounding lets one see; NaN and infinity are not either.
    ///
    /// `matrix` is (size, size); its lower triangle is read.
    ///
    /// - Complexity: O(size³).
    package init?(_ matrix: [Double], size: Int) {
        precondition(size >= 0 && matrix.count == size * size, "the matrix is square")
        self.size = size
        var factor = [Double](repeating: 0, count: matrix.count)
        let isDefinite = factor.withUnsafeMutableBufferPointer { factor -> Bool in
            for row in 0..<size {
                for column in 0...row {
                    let left = UnsafeBufferPointer(rebasing: factor[row * size..<row * size + column])
                    let right = UnsafeBufferPointer(rebasing: factor[column * size..<column * size + column])
                    let rest = matrix[row * size + column] - Reduction.dot(left, right)
                    if column < row {
                        factor[row * size + column] = rest / factor[column * size + column]
                    } else {
                        guard rest > 0, rest < .infinity else { return false }
                        factor[row * size + row] = rest.squareRoot()
                    }
                }
            }
            return true
        }
        guard isDefinite else { return nil }
        self.factor = factor
    }

    /// The solution x of A x = `right`; `right` and x are (size).
    ///
    /// - Complexity: O(size²).
    package func solve(_ right: [Double]) -> [Double] {
        precondition(right.count == size, "the right side has an element for each row")
        var x = right
        // Forward along rows, then backward along columns, so that both go through memory in order.
        for row in 0..<size {
            var rest = x[row]
            for column in 0..<row { rest -= factor[row * size + column] * x[column] }
            x[row] = rest / factor[row * size + row]
        }
        for row in stride(from: size - 1, through: 0, by: -1) {
            let value = x[row] / factor[row * size + row]
            x[row] = Reduction.plain(value)
            for column in 0..<row { x[column] -= factor[row * size + column] * value }
        }
        return x
    }
}
