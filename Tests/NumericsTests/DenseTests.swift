import Numerics
import Testing

private func bits(_ values: [Double]) -> [UInt64] { values.map(\.bitPattern) }
private func plain(_ value: Double) -> Double { value.isNaN ? .nan : value }

/// The sum over rows by blocks as the specification says it.
private func naiveOuter(_ left: [Double], _ leftWidth: Int, _ right: [Double], _ rightWidth: Int, rows: Int) -> [Double] {
    var total = [Double](repeating: 0, count: leftWidth * rightWidth)
    for first in stride(from: 0, to: rows, by: 1024) {
        var block = [Double](repeating: 0, count: total.count)
        for row in first..<min(rows, first + 1024) {
            for i in 0..<leftWidth {
                for j in 0..<rightWidth { block[i * rightWidth + j] += left[row * leftWidth + i] * right[row * rightWidth + j] }
            }
        }
        for index in 0..<total.count { total[index] += block[index] }
    }
    return total.map(plain)
}

@Suite(.serialized) struct DenseTests {
    @Test(arguments: [(1, 1), (3, 5), (17, 16), (40, 30), (33, 64), (1030, 7), (2100, 19)], [false, true])
    func `a matrix times a vector is its rows' dot products`(shape: (rows: Int, columns: Int), withSpecials: Bool) {
        let (rows, columns) = shape
        let x = unevenNumbers(rows * columns, seed: 1, withSpecials: withSpecials)
        let vector = unevenNumbers(columns, seed: 2)
        let expected = (0..<rows).map { row in naiveSum((0..<columns).map { x[row * columns + $0] * vector[$0] }) }
        forEachVariant { variant in
            for threads in [1, 3] {
                let product = Dense.multiply(x, rows: rows, columns: columns, by: vector, threads: threads)
                #expect(bits(product) == bits(expected), "\(variant), \(threads) threads")
            }
        }
    }

    @Test(arguments: [(1, 1, 1), (5, 3, 2), (9, 64, 10), (4, 7, 16), (1027, 5, 33)], [false, true])
    func `an element of a product is one chain over the depth`(shape: (rows: Int, depth: Int, width: Int), withSpecials: Bool) {
        let (rows, depth, width) = shape
        let left = unevenNumbers(rows * depth, seed: 3, withSpecials: withSpecials)
        let right = unevenNumbers(depth * width, seed: 4)
        var expected: [Double] = []
        for row in 0..<rows {
            for column in 0..<width {
                var sum = 0.0
                for k in 0..<depth { sum += left[row * depth + k] * right[k * width + column] }
                expected.append(plain(sum))
            }
        }
        forEachVariant { variant in
            for threads in [1, 4] {
                let product = Dense.multiply(left, rows: rows, depth: depth, by: right, width: width, threads: threads)
                #expect(bits(product) == bits(expected), "\(variant), \(threads) threads")
            }
        }
    }

    @Test(arguments: [(1, 1, 1), (6, 3, 1), (40, 30, 10), (1024, 17, 1), (2500, 5, 3), (5000, 20, 17)], [false, true])
    func `sums over rows are made of blocks in order`(shape: (rows: Int, columns: Int, width: Int), withSpecials: Bool) {
        let (rows, columns, width) = shape
        let x = unevenNumbers(rows * columns, seed: 5, withSpecials: withSpecials)
        let right = unevenNumbers(rows * width, seed: 6)
        let expected = naiveOuter(x, columns, right, width, rows: rows)
        forEachVariant { variant in
            for threads in [1, 2, 5] {
                let product = Dense.transposedMultiply(
                    x, rows: rows, columns: columns, by: right, width: width, threads: threads)
                #expect(bits(product) == bits(expected), "\(variant), \(threads) threads")
            }
        }
    }

    @Test(arguments: [(3, 2), (50, 31), (1500, 16), (3000, 9)], [false, true])
    func `a Gram matrix is symmetric with its upper triangle as written`(shape: (rows: Int, columns: Int), hasWeights: Bool) {
        let (rows, columns) = shape
        let x = unevenNumbers(rows * columns, seed: 7)
        let weights = hasWeights ? unevenNumbers(rows, seed: 8) : nil
        var scaled = x
        if let weights {
            for index in 0..<x.count { scaled[index] = x[index] * weights[index / columns] }
        }
        var expected = naiveOuter(scaled, columns, x, columns, rows: rows)
        for i in 0..<columns {
            for j in 0..<i { expected[i * columns + j] = expected[j * columns + i] }
        }
        forEachVariant { variant in
            for threads in [1, 3] {
                let gram = Dense.gram(x, rows: rows, columns: columns, weights: weights, threads: threads)
                #expect(bits(gram) == bits(expected), "\(variant), \(threads) threads")
            }
        }
    }

    @Test func `matrices without rows or columns are allowed`() {
        #expect(Dense.multiply([], rows: 0, columns: 3, by: [1, 2, 3]) == [])
        #expect(Dense.multiply([], rows: 2, columns: 0, by: []) == [0, 0])
        #expect(Dense.multiply([], rows: 2, depth: 0, by: [], width: 2) == [0, 0, 0, 0])
        #expect(Dense.transposedMultiply([], rows: 0, columns: 2, by: []) == [0, 0])
        #expect(Dense.gram([], rows: 0, columns: 1) == [0])
    }

    @Test func `a factor solves the system it was made of`() throws {
        let size = 24
        let x = (0..<60 * size).map { RandomStream(seed: 1, purpose: "test/x").uniform(UInt64($0)) - 0.5 }
        let gram = Dense.gram(x, rows: 60, columns: size)
        let wanted = (0..<size).map { Double($0) - 7.5 }
        let right = Dense.multiply(gram, rows: size, columns: size, by: wanted)
        let solution = try #require(Cholesky(gram, size: size)).solve(right)
        for (found, expected) in zip(solution, wanted) { #expect(abs(found - expected) < 1e-10) }
    }

    @Test(arguments: [[1, 2, 2, 1], [0, 0, 0, 0], [1, 0, 0, -1], [.nan, 0, 0, 1], [1, .infinity, .infinity, 1], [.infinity, 0, 0, 1]])
    func `a matrix that is not positive definite has no factor`(matrix: [Double]) {
        #expect(Cholesky(matrix, size: 2) == nil)
    }
}
