import Numerics
import Testing

private func bits(_ values: [Double]) -> [UInt64] { values.map(\.bitPattern) }

extension DenseTests {
    @Test(arguments: [(1, 1), (5, 2), (40, 17), (1025, 33), (2100, 31), (1024, 48), (3000, 81)], [0, 1, 2])
    func `one pass over a logistic loss gives the bits of its steps`(shape: (rows: Int, columns: Int), kind: Int) {
        let (rows, columns) = shape
        var x = unevenNumbers(rows * columns, seed: 5, withSpecials: kind == 2)
        for row in 0..<rows { x[row * columns + columns - 1] = 1 }
        let weights = unevenNumbers(columns, seed: 6).map { $0 / 64 }
        let stream = RandomStream(seed: 7, purpose: "test")
        let codes = (0..<rows).map { Int32(stream.below(2, UInt64($0))) }
        let rowWeights = kind == 0 ? nil : (0..<rows).map { stream.uniform(UInt64(rows + $0)) }

        let scores = Dense.multiply(x, rows: rows, columns: columns, by: weights)
        var losses = zip(scores, codes).map { $1 == 1 ? -$0 : $0 }
        Elementwise.apply(.softplus, to: &losses)
        var residuals = scores
        Elementwise.apply(.sigmoid, to: &residuals)
        var shares = scores.map { -$0.magnitude }
        Elementwise.apply(.sigmoid, to: &shares)
        for row in 0..<rows {
            residuals[row] -= Double(codes[row])
            shares[row] *= 1 - shares[row]
            guard let weight = rowWeights?[row] else { continue }
            losses[row] *= weight
            residuals[row] *= weight
            shares[row] *= weight
        }
        let gradient = Dense.transposedMultiply(x, rows: rows, columns: columns, by: residuals)
        let curvature = Dense.gram(x, rows: rows, columns: columns, weights: shares)

        forEachVariant { variant in
            for threads in [1, 3] {
                let all = LogisticSums(
                    x, rows: rows, columns: columns, weights: weights, codes: codes, rowWeights: rowWeights, withCurvature: true,
                    threads: threads)
                #expect(all.loss.bitPattern == Reduction.sum(losses).bitPattern, "\(variant), \(threads) threads")
                #expect(bits(all.gradient) == bits(gradient), "\(variant), \(threads) threads")
                #expect(bits(all.curvature) == bits(curvature), "\(variant), \(threads) threads")
                let some = LogisticSums(
                    x, rows: rows, columns: columns, weights: weights, codes: codes, rowWeights: rowWeights, withCurvature: false,
                    threads: threads)
                #expect(some.loss.bitPattern == all.loss.bitPattern && bits(some.gradient) == bits(gradient) && some.curvature.isEmpty)
            }
        }
    }

    @Test(arguments: [1, 7, 8, 19]) func `standardised numbers are bounded, and 0 where there is none`(_ count: Int) {
        let columns = (0..<count).map { column -> [Double] in
            var numbers = unevenNumbers(37, seed: 8 + column)
            numbers[3] = .nan
            numbers[36] = .nan
            numbers[7] = 1e90
            numbers[column] = -1e90
            return numbers
        }
        let standard = StandardColumns(
            columns.enumerated().map { StandardColumns.Column($1, mean: 0.75 - Double($0), deviation: 3) }, furthest: 1e80)
        forEachVariant { variant in
            for (rows, stride) in [(0..<37, count), (5..<36, count + 3), (2..<7, 20)] {
                var target = [Double](repeating: 7, count: 37 * stride)
                target.withUnsafeMutableBufferPointer { target in
                    guard let base = target.baseAddress else { return }
                    standard.fill(rows, into: base, stride: stride)
                }
                var expected = [Double](repeating: 7, count: 37 * stride)
                for row in rows {
                    for (column, numbers) in columns.enumerated() {
                        let element = numbers[row].isNaN ? 0 : min(max((numbers[row] - (0.75 - Double(column))) / 3, -1e80), 1e80)
                        expected[(row - rows.lowerBound) * stride + column] = element
                    }
                }
                #expect(bits(target) == bits(expected), "\(variant)")
            }
        }
    }
}
