import Numerics
import Testing

/// A matrix in which some three of ten elements are kept.
func sparse(rows: Int, columns: Int, seed: Int, withSpecials: Bool = false) -> (matrix: SparseMatrix, dense: [Double?])? {
    let stream = RandomStream(seed: seed, purpose: "test/sparse")
    let numbers = unevenNumbers(rows * columns, seed: seed, withSpecials: withSpecials)
    let dense = numbers.enumerated().map { stream.below(10, UInt64($0)) < 3 ? $1 : nil }
    var starts = [0]
    var indices: [Int32] = []
    var values: [Double] = []
    for row in 0..<rows {
        for column in 0..<columns {
            guard let value = dense[row * columns + column] else { continue }
            indices.append(Int32(column))
            values.append(value)
        }
        starts.append(values.count)
    }
    return SparseMatrix(rows: rows, columns: columns, starts: starts, indices: indices, values: values).map { ($0, dense) }
}

@Suite(.serialized) struct SparseMatrixTests {
    @Test(arguments: [(1, 1), (7, 5), (300, 40), (1000, 33)], [false, true])
    func `an element of a product is one chain over the entries of a row`(shape: (rows: Int, columns: Int), withSpecials: Bool) throws {
        let (rows, columns) = shape
        let (matrix, dense) = try #require(sparse(rows: rows, columns: columns, seed: 1, withSpecials: withSpecials))
        for width in [1, 2, 3, 5, 8, 10, 16, 17, 40] {
            let right = unevenNumbers(columns * width, seed: 2, withSpecials: withSpecials)
            var expected: [Double] = []
            for row in 0..<rows {
                for column in 0..<width {
                    var sum = 0.0
                    for k in 0..<columns {
                        if let value = dense[row * columns + k] { sum += value * right[k * width + column] }
                    }
                    expected.append(sum.isNaN ? .nan : sum)
                }
            }
            forEachVariant { variant in
                for threads in [1, 2, 3, 8] {
                    let product = matrix.multiply(right, width: width, threads: threads)
                    #expect(product.map(\.bitPattern) == expected.map(\.bitPattern), "\(variant), \(threads) threads, width \(width)")
                }
            }
        }
    }

    @Test func `transposing exchanges rows and columns, and again gives the matrix back`() throws {
        let (matrix, dense) = try #require(sparse(rows: 50, columns: 31, seed: 3))
        let transposed = matrix.transposed()
        #expect(transposed.rows == 31 && transposed.columns == 50)
        for column in 0..<31 {
            let entries = (transposed.starts[column]..<transposed.starts[column + 1])
            let expected = (0..<50).compactMap { row in dense[row * 31 + column].map { (Int32(row), $0) } }
            #expect(entries.map { transposed.indices[$0] } == expected.map(\.0))
            #expect(entries.map { transposed.values[$0] } == expected.map(\.1))
        }
        #expect(transposed.transposed() == matrix)
        // The parts pass their own validation.
        #expect(
            SparseMatrix(rows: 31, columns: 50, starts: transposed.starts, indices: transposed.indices, values: transposed.values)
                == transposed)
    }

    @Test func `gathered rows are the rows named, in their order`() throws {
        let (matrix, _) = try #require(sparse(rows: 9, columns: 6, seed: 4))
        let right = unevenNumbers(6 * 2, seed: 5)
        let whole = matrix.multiply(right, width: 2)
        let rows = [8, 0, 3, 3]
        #expect(matrix.gathered(rows).multiply(right, width: 2) == rows.flatMap { [whole[$0 * 2], whole[$0 * 2 + 1]] })
        #expect(matrix.gathered([]).rows == 0)
    }

    @Test func `parts that do not belong together make no matrix`() {
        func make(_ rows: Int, _ columns: Int, _ starts: [Int], _ indices: [Int32], _ values: [Double]) -> SparseMatrix? {
            SparseMatrix(rows: rows, columns: columns, starts: starts, indices: indices, values: values)
        }
        #expect(make(2, 3, [0, 1, 3], [2, 0, 1], [1, 2, 3]) != nil)
        #expect(make(0, 0, [0], [], []) != nil)
        #expect(make(2, 3, [0, 1], [2], [1]) == nil)
        #expect(make(2, 3, [], [], []) == nil)
        #expect(make(-1, 3, [], [], []) == nil)
        #expect(make(2, 3, [1, 1, 3], [2, 0, 1], [1, 2, 3]) == nil)
        #expect(make(2, 3, [0, 4, 3], [2, 0, 1], [1, 2, 3]) == nil)
        #expect(make(2, 3, [0, 2, 1], [2], [1]) == nil)
        #expect(make(2, 3, [0, -1, 3], [2, 0, 1], [1, 2, 3]) == nil)
        #expect(make(2, 3, [0, 1, 3], [2, 1, 1], [1, 2, 3]) == nil)
        #expect(make(2, 3, [0, 1, 3], [2, 1, 0], [1, 2, 3]) == nil)
        #expect(make(2, 3, [0, 1, 3], [3, 0, 1], [1, 2, 3]) == nil)
        #expect(make(2, 3, [0, 1, 3], [-1, 0, 1], [1, 2, 3]) == nil)
        #expect(make(2, 3, [0, 1, 3], [2, 0, 1], [1, 2]) == nil)
        #expect(make(1, Int(Int32.max) + 1, [0, 0], [], []) == nil)
    }

    @Test func `a product without rows, columns or width is empty or zero`() throws {
        let empty = try #require(SparseMatrix(rows: 2, columns: 0, starts: [0, 0, 0], indices: [], values: []))
        #expect(empty.multiply([], width: 3) == [0, 0, 0, 0, 0, 0])
        #expect(empty.multiply([], width: 0) == [])
        #expect(empty.transposed().multiply([1, 2]) == [])
    }
}
