import Numerics
import Testing

@Suite struct SymmetricEigenTests {
    @Test func `values and vectors of a matrix are those worked out by hand`() {
        let eigen = SymmetricEigen([2, 0, 0, 0, 3, 4, 0, 4, 9], size: 3)
        for (found, wanted) in zip(eigen.values, [11.0, 2, 1]) { #expect(abs(found - wanted) < 1e-14) }
        let root = 5.0.squareRoot()
        for (found, wanted) in zip(eigen.vectors, [0, 1 / root, 2 / root, 1, 0, 0, 0, 2 / root, -1 / root]) {
            #expect(abs(found - wanted) < 1e-14)
        }
    }

    @Test(arguments: [1, 2, 3, 10, 61, 150])
    func `a matrix is made of its values and vectors, which are at right angles`(_ size: Int) {
        let stream = RandomStream(seed: 5, purpose: "test/eigen")
        var matrix = [Double](repeating: 0, count: size * size)
        for row in 0..<size {
            for column in 0...row {
                let value = stream.uniform(UInt64(row * size + column)) - 0.5
                matrix[row * size + column] = value
                matrix[column * size + row] = value
            }
        }
        let eigen = SymmetricEigen(matrix, size: size)
        #expect(zip(eigen.values, eigen.values.dropFirst()).allSatisfy { $0 >= $1 })
        var worst = 0.0
        for row in 0..<size {
            for column in 0..<size {
                var rebuilt = 0.0
                var product = 0.0
                for part in 0..<size {
                    rebuilt += eigen.vectors[part * size + row] * eigen.values[part] * eigen.vectors[part * size + column]
                    product += eigen.vectors[row * size + part] * eigen.vectors[column * size + part]
                }
                worst = max(worst, abs(rebuilt - matrix[row * size + column]), abs(product - (row == column ? 1 : 0)))
            }
        }
        #expect(worst < 1e-12)
    }

    @Test(arguments: [0.0, 1e-300, 1e300])
    func `matrices of zeros, of tiny and of huge numbers have values`(_ scale: Double) {
        let eigen = SymmetricEigen([2, 1, 1, 2].map { $0 * scale }, size: 2)
        #expect(abs(eigen.values[0] - 3 * scale) <= 1e-15 * scale * 3 && abs(eigen.values[1] - scale) <= 1e-15 * scale * 3)
    }

    @Test func `equal values and no columns at all are no trouble`() {
        #expect(SymmetricEigen([7, 0, 0, 7], size: 2).values == [7, 7])
        #expect(SymmetricEigen([], size: 0).values.isEmpty)
        #expect(SymmetricEigen([-4], size: 1).vectors == [1])
    }
}
