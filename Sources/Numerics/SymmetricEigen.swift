/// The eigenvalues and eigenvectors of a symmetric matrix, largest value first.
///
/// Householder reflections make the matrix tridiagonal, then the QL method with implicit shifts makes it diagonal (Golub and
/// Van Loan, "Matrix Computations", 8.3). One thread, one order of operations: + - * / and square roots.
package struct SymmetricEigen: Sendable {
    package let size: Int
    /// Descending.
    package let values: [Double]
    /// (size, size), row-major: row i is the vector of value i, of length 1; its largest element, the first of equal ones, is
    /// positive.
    package let vectors: [Double]

    /// More rounds for one value than this are never needed for finite matrices; then it stays as it is.
    private static let mostRounds = 100

    /// - Parameter matrix: (size, size), finite; only the lower triangle is read.
    /// - Complexity: O(size³)
    package init(_ matrix: [Double], size: Int) {
        precondition(matrix.count == size * size, "a square matrix has size times size elements")
        self.size = size
        // A power of two, so that squares cannot overflow and scaling rounds nothing.
        let largest = matrix.reduce(0) { max($0, $1.magnitude) }
        let scale = largest > 0 ? Double(sign: .plus, exponent: max(-1000, min(1000, -largest.exponent)), significand: 1) : 1
        var work = Tridiagonal(matrix.map { $0 * scale }, size)
        work.diagonalise(mostRounds: Self.mostRounds)
        let order = (0..<size).sorted { (work.diagonal[$1], $0) < (work.diagonal[$0], $1) }
        values = order.map { work.diagonal[$0] / scale }
        var vectors: [Double] = []
        vectors.reserveCapacity(size * size)
        for place in order {
            let row = work.vectors[place * size..<(place + 1) * size]
            var peak = 0.0
            for element in row where element.magnitude > peak.magnitude { peak = element }
            vectors += row.map { (peak < 0 ? -$0 : $0) + 0 }
        }
        self.vectors = vectors
    }
}

/// A matrix on its way to being diagonal.
private struct Tridiagonal {
    let size: Int
    var diagonal: [Double]
    /// Element i couples i and i + 1; the last is 0.
    var coupling: [Double]
    /// The vectors so far, (size, size), one per row.
    var vectors: [Double]

    init(_ matrix: [Double], _ size: Int) {
        self.size = size
        var a = matrix
        for row in 0..<size {
            for column in row + 1..<max(size, row + 1) { a[row * size + column] = a[column * size + row] }
        }
        vectors = [Double](repeating: 0, count: size * size)
        for row in 0..<size { vectors[row * size + row] = 1 }
        coupling = [Double](repeating: 0, count: size)
        var mirror = [Double](repeating: 0, count: size)
        var product = mirror
        for step in 0..<max(0, size - 2) {
            let rest = step + 1..<size
            var norm = 0.0
            for row in rest { norm += a[row * size + step] * a[row * size + step] }
            norm = norm.squareRoot()
            guard norm > 0 else { continue }
            let first = a[(step + 1) * size + step]
            let end = first > 0 ? -norm : norm
            for row in rest { mirror[row] = a[row * size + step] }
            mirror[step + 1] -= end
            var length = 0.0
            for row in rest { length += mirror[row] * mirror[row] }
            guard length > 0 else {
                coupling[step] = first
                continue
            }
            let factor = 2 / length
            for row in rest {
                var sum = 0.0
                for column in rest { sum += a[row * size + column] * mirror[column] }
                product[row] = factor * sum
            }
            var overlap = 0.0
            for row in rest { overlap += product[row] * mirror[row] }
            let half = factor / 2 * overlap
            for row in rest { product[row] -= half * mirror[row] }
            for row in rest {
                for column in rest { a[row * size + column] -= mirror[row] * product[column] + product[row] * mirror[column] }
            }
            // The reflection acts on the coordinates from step + 1 on: rows of `vectors` are columns of the product.
            for column in 0..<size {
                var sum = 0.0
                for row in rest { sum += mirror[row] * vectors[row * size + column] }
                product[column] = factor * sum
            }
            for row in rest {
                for column in 0..<size { vectors[row * size + column] -= mirror[row] * product[column] }
            }
            coupling[step] = end
        }
        if size > 1 { coupling[size - 2] = a[(size - 1) * size + size - 2] }
        diagonal = (0..<size).map { a[$0 * size + $0] }
    }

    mutating func diagonalise(mostRounds: Int) {
        for low in 0..<size {
            for _ in 0..<mostRounds {
                var high = low
                while high < size - 1 {
                    let near = diagonal[high].magnitude + diagonal[high + 1].magnitude
                    if coupling[high].magnitude <= Double.ulpOfOne * near { break }
                    high += 1
                }
                if high == low { break }
                sweep(low, high)
            }
        }
    }

    /// One implicit QL step on the block from `low` to `high`.
    private mutating func sweep(_ low: Int, _ high: Int) {
        var g = (diagonal[low + 1] - diagonal[low]) / (2 * coupling[low])
        var r = (g * g + 1).squareRoot()
        g = diagonal[high] - diagonal[low] + coupling[low] / (g + (g < 0 ? -r : r))
        var (sine, cosine, shift) = (1.0, 1.0, 0.0)
        for place in stride(from: high - 1, through: low, by: -1) {
            let f = sine * coupling[place]
            let b = cosine * coupling[place]
            r = (f * f + g * g).squareRoot()
            coupling[place + 1] = r
            if r == 0 {
                diagonal[place + 1] -= shift
                coupling[high] = 0
                return
            }
            sine = f / r
            cosine = g / r
            g = diagonal[place + 1] - shift
            r = (diagonal[place] - g) * sine + 2 * cosine * b
            shift = sine * r
            diagonal[place + 1] = g + shift
            g = cosine * r - b
            rotate(place, sine, cosine)
        }
        diagonal[low] -= shift
        coupling[low] = g
        coupling[high] = 0
    }

    private mutating func rotate(_ place: Int, _ sine: Double, _ cosine: Double) {
        let size = size
        vectors.withUnsafeMutableBufferPointer { vectors in
            let (first, second) = (place * size, (place + 1) * size)
            for column in 0..<size {
                let (upper, lower) = (vectors[first + column], vectors[second + column])
                vectors[second + column] = sine * upper + cosine * lower
                vectors[first + column] = cosine * upper - sine * lower
            }
        }
    }
}
