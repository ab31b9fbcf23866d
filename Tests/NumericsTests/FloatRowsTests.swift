import Numerics
import Testing

/// The sum in 16 lanes and a tree, of Floats.
private func laneSum(_ terms: [Float]) -> Float {
    var lanes = [Float](repeating: 0, count: 16)
    for (index, term) in terms.enumerated() { lanes[index % 16] += term }
    for width in [8, 4, 2, 1] {
        for lane in 0..<width { lanes[lane] += lanes[lane + width] }
    }
    return lanes[0]
}

/// A row's values less the largest of those that are numbers.
private func shifted(_ row: ArraySlice<Float>) -> [Float] {
    let largest = row.reduce(-Float.infinity) { $1 > $0 ? $1 : $0 }
    return row.map { $0 - largest }
}

/// Logits of a sensible size; at times infinities and NaN.
private func logits(_ count: Int, seed: Int, withSpecials: Bool) -> [Float] {
    unevenNumbers(count, seed: seed, withSpecials: withSpecials).map { $0.isFinite ? Float($0 * 0x1p-20) : Float($0) }
}

@Suite(.serialized) struct FloatRowsTests {
    @Test(arguments: [(1, 1), (5, 2), (130, 10), (9, 16), (40, 33), (3, 5000)], [false, true])
    func `a softmax and its loss are as written`(shape: (rows: Int, columns: Int), withSpecials: Bool) {
        let (rows, columns) = shape
        let x = logits(rows * columns, seed: 1, withSpecials: withSpecials)
        let labels = (0..<rows).map { Int32($0 * 7 % columns) }
        var (expected, losses, logarithms): ([Float], [Float], [Float]) = ([], [], [])
        for row in 0..<rows {
            let differences = shifted(x[row * columns..<(row + 1) * columns])
            let powers = differences.map { Elementary.exp($0) }
            let sum = laneSum(powers)
            expected += powers.map { plain($0 / sum) }
            losses.append(plain(Elementary.log(sum) - differences[Int(labels[row])]))
            logarithms += differences.map { plain($0 - Elementary.log(sum)) }
        }
        forEachVariant { variant in
            for threads in [1, 2, 3, 8] {
                var (found, foundLosses) = (x, [Float](repeating: 0, count: rows))
                FloatRows.softmax(&found, rows: rows, columns: columns, labels: labels, losses: &foundLosses, threads: threads)
                #expect(bits(found) == bits(expected), "\(variant), \(threads) threads")
                #expect(bits(foundLosses) == bits(losses), "\(variant), \(threads) threads")
                found = x
                FloatRows.softmax(&found, rows: rows, columns: columns, threads: threads)
                #expect(bits(found) == bits(expected), "\(variant), \(threads) threads, without labels")
                found = x
                FloatRows.logSoftmax(&found, rows: rows, columns: columns, threads: threads)
                #expect(bits(found) == bits(logarithms), "\(variant), \(threads) threads, logarithms")
            }
        }
    }

    @Test func `a softmax survives large logits`() {
        var x: [Float] = [1000, 1000, -1000]
        FloatRows.softmax(&x, rows: 1, columns: 3)
        #expect(x == [0.5, 0.5, 0])
    }

    @Test(arguments: [(0, 3), (1, 1), (10, 100), (1024, 16), (1025, 7), (3000, 33), (5000, 64)], [false, true])
    func `a column's sum is made of blocks of rows in order`(shape: (rows: Int, columns: Int), withSpecials: Bool) {
        let (rows, columns) = shape
        let x = unevenFloats(rows * columns, seed: 2, withSpecials: withSpecials)
        var expected = [Float](repeating: 0, count: columns)
        for first in stride(from: 0, to: rows, by: 1024) {
            for column in 0..<columns {
                var sum: Float = 0
                for row in first..<min(rows, first + 1024) { sum += x[row * columns + column] }
                expected[column] += sum
            }
        }
        forEachVariant { variant in
            for threads in [1, 2, 3, 8] {
                var found = [Float](repeating: 7, count: columns)
                FloatRows.columnSums(x, rows: rows, columns: columns, into: &found, threads: threads)
                #expect(bits(found) == bits(expected.map(plain)), "\(variant), \(threads) threads")
            }
        }
    }

    @Test(arguments: [(1, 1), (37, 10), (300, 256)], [false, true])
    func `bias, rectifier and its gradient go element by element`(shape: (rows: Int, columns: Int), withSpecials: Bool) {
        let (rows, columns) = shape
        let count = rows * columns
        let x = unevenFloats(count, seed: 3, withSpecials: withSpecials)
        let bias = unevenFloats(columns, seed: 4, withSpecials: withSpecials)
        let gradient = unevenFloats(count, seed: 5, withSpecials: withSpecials)
        func relu(_ value: Float) -> Float { value <= 0 ? 0 : plain(value) }
        let sums = (0..<count).map { plain(x[$0] + bias[$0 % columns]) }
        forEachVariant { variant in
            for threads in [1, 3] {
                var found = x
                FloatRows.addBias(bias, to: &found, rows: rows, columns: columns, threads: threads)
                #expect(bits(found) == bits(sums), "\(variant)")
                FloatRows.relu(&found, count: count, threads: threads)
                #expect(bits(found) == bits(sums.map(relu)), "\(variant)")
                found = x
                FloatRows.addBias(bias, to: &found, rows: rows, columns: columns, relu: true, threads: threads)
                #expect(bits(found) == bits(sums.map(relu)), "\(variant)")
                var back = gradient
                FloatRows.reluGradient(&back, result: found, count: count, threads: threads)
                #expect(bits(back) == bits((0..<count).map { found[$0] > 0 ? plain(gradient[$0]) : 0 }), "\(variant)")
            }
        }
    }

    @Test(arguments: [1, 15, 16, 100, 50_001], [false, true])
    func `three steps of Adam are as written`(count: Int, withSpecials: Bool) {
        let start = unevenFloats(count, seed: 6, withSpecials: withSpecials)
        let gradients = (7..<10).map { unevenFloats(count, seed: $0, withSpecials: withSpecials) }
        let (rate, beta1, beta2, epsilon, penalty, decay): (Float, Float, Float, Float, Float, Float) = (0.01, 0.9, 0.99, 1e-7, 0.125, 0.02)
        var (weights, first, second) = (start, [Float](repeating: 0, count: count), [Float](repeating: 0, count: count))
        var (power1, power2) = (1.0, 1.0)
        for gradient in gradients {
            power1 *= Double(beta1)
            power2 *= Double(beta2)
            let (step, scale) = (Float(Double(rate) / (1 - power1)), Float(1 / (1 - power2).squareRoot()))
            for i in 0..<count {
                let slope = gradient[i] + penalty * weights[i]
                first[i] = plain(beta1 * first[i] + (1 - beta1) * slope)
                second[i] = plain(beta2 * second[i] + (1 - beta2) * (slope * slope))
                let size = second[i].squareRoot() * scale + epsilon
                weights[i] = plain(Float(1 - Double(rate) * Double(decay)) * weights[i] - step * (first[i] / size))
            }
        }
        forEachVariant { variant in
            for threads in [1, 2, 3, 8] {
                var adam = Adam(rate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon, penalty: penalty, decay: decay)
                var (found, mean, square) = (start, [Float](repeating: 0, count: count), [Float](repeating: 0, count: count))
                for gradient in gradients {
                    adam.advance()
                    adam.update(&found, gradient: gradient, first: &mean, second: &square, count: count, threads: threads)
                }
                #expect(bits(found) == bits(weights) && bits(mean) == bits(first) && bits(square) == bits(second), "\(variant), \(threads)")
            }
        }
    }

    @Test(arguments: [1, 16, 17, 50_001], [false, true])
    func `steps with momentum are as written`(count: Int, looksAhead: Bool) {
        let start = unevenFloats(count, seed: 10, withSpecials: true)
        let gradients = (11..<14).map { unevenFloats(count, seed: $0) }
        let (rate, momentum, penalty): (Float, Float, Float) = (0.1, 0.9, 0.01)
        var (weights, velocity) = (start, [Float](repeating: 0, count: count))
        for gradient in gradients {
            for i in 0..<count {
                let slope = gradient[i] + penalty * weights[i]
                velocity[i] = plain(momentum * velocity[i] + slope)
                weights[i] = plain(weights[i] - rate * (looksAhead ? slope + momentum * velocity[i] : velocity[i]))
            }
        }
        forEachVariant { variant in
            for threads in [1, 3] {
                let descent = Momentum(rate: rate, momentum: momentum, penalty: penalty, looksAhead: looksAhead)
                var (found, speed) = (start, [Float](repeating: 0, count: count))
                for gradient in gradients {
                    descent.update(&found, gradient: gradient, velocity: &speed, count: count, threads: threads)
                }
                #expect(bits(found) == bits(weights) && bits(speed) == bits(velocity), "\(variant), \(threads) threads")
            }
        }
    }
}
