import Numerics
import Testing

func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }
func plain(_ value: Float) -> Float { value.isNaN ? .nan : value }

/// Floats of very different sizes, some zero or subnormal; at times infinities and NaN.
func unevenFloats(_ count: Int, seed: Int, withSpecials: Bool = false) -> [Float] {
    let stream = RandomStream(seed: seed, purpose: "test/floats")
    return unevenNumbers(count, seed: seed, withSpecials: withSpecials).enumerated().map { index, value in
        switch stream.below(30, UInt64(index)) {
        case 0: return 0
        case 1: return Float(value) * 0x1p-125
        // Few digits: sums meet the middle between two numbers.
        case 2, 3, 4: return Float(stream.below(16, UInt64(index) + 1 << 32)) * 0.125
        default: return Float(value)
        }
    }
}

/// The chain that the specification says, with the standard library's fused multiply-add.
private func chain(_ terms: [(Float, Float)], from start: Float = 0) -> Float {
    plain(terms.reduce(start) { $0.addingProduct($1.0, $1.1) })
}

private struct Shape: CustomTestStringConvertible {
    let rows: Int
    let depth: Int
    let columns: Int

    init(_ rows: Int, _ depth: Int, _ columns: Int) { (self.rows, self.depth, self.columns) = (rows, depth, columns) }

    var testDescription: String { "\(rows) x \(depth) x \(columns)" }

    static let all = [
        Shape(1, 1, 1), Shape(1, 20, 3), Shape(4, 7, 16), Shape(5, 3, 2), Shape(12, 9, 32), Shape(13, 8, 33), Shape(7, 400, 17),
        Shape(31, 64, 10), Shape(250, 33, 50), Shape(64, 800, 65), Shape(3, 5, 3100),
        // Narrow ones, which are turned, and low ones, whose right factor is read where it lies.
        Shape(24, 5, 1), Shape(300, 6, 12), Shape(2, 600, 40), Shape(11, 20, 70),
    ]
}

@Suite(.serialized) struct FloatMatrixTests {
    @Test(arguments: Shape.all, [false, true])
    private func `an element is one chain of fused products in every variant and layout`(shape: Shape, withSpecials: Bool) {
        let (rows, depth, columns) = (shape.rows, shape.depth, shape.columns)
        let a = unevenFloats(rows * depth, seed: 1, withSpecials: withSpecials)
        let b = unevenFloats(depth * columns, seed: 2, withSpecials: withSpecials)
        let start = unevenFloats(rows * columns, seed: 3, withSpecials: withSpecials)
        for (transposeA, transposeB, adding) in [(false, false, false), (true, false, true), (false, true, true), (true, true, false)] {
            var expected: [Float] = []
            for row in 0..<rows {
                for column in 0..<columns {
                    let terms = (0..<depth).map { k in
                        (a[transposeA ? k * rows + row : row * depth + k], b[transposeB ? column * depth + k : k * columns + column])
                    }
                    expected.append(chain(terms, from: adding ? start[row * columns + column] : 0))
                }
            }
            forEachVariant { variant in
                for threads in [1, 2, 3, 8] {
                    var result = start
                    FloatMatrix.multiply(
                        a, b, into: &result, rows: rows, columns: columns, depth: depth, transposeA: transposeA, transposeB: transposeB,
                        adding: adding, threads: threads)
                    #expect(bits(result) == bits(expected), "\(variant), \(threads) threads, \(transposeA), \(transposeB)")
                }
            }
        }
    }

    @Test func `rows may lie apart, and what lies between is left alone`() {
        let (rows, depth, columns) = (20, 11, 19)
        let a = unevenFloats(rows * (depth + 3), seed: 4)
        let b = unevenFloats(depth * (columns + 5), seed: 5)
        var expected = [Float](repeating: 7, count: rows * (columns + 2))
        for row in 0..<rows {
            for column in 0..<columns {
                expected[row * (columns + 2) + column] = chain(
                    (0..<depth).map { (a[row * (depth + 3) + $0], b[$0 * (columns + 5) + column]) })
            }
        }
        forEachVariant { variant in
            for threads in [1, 4] {
                var result = [Float](repeating: 7, count: expected.count)
                FloatMatrix.multiply(
                    a, b, into: &result, rows: rows, columns: columns, depth: depth, strideA: depth + 3, strideB: columns + 5,
                    strideC: columns + 2, threads: threads)
                #expect(bits(result) == bits(expected), "\(variant), \(threads) threads")
            }
        }
    }

    @Test func `a product is rounded once`() {
        // The square has 25 bits: rounded before the addition it would leave nothing.
        let a: Float = 1 + 0x1p-12
        forEachVariant { variant in
            #expect(FloatMatrix.multiply([-1, a], [1 + 0x1p-11, a], rows: 1, columns: 1, depth: 2) == [0x1p-24], "\(variant)")
        }
    }

    @Test(
        arguments: [
            // On the middle between two Floats, and just beside it by what Double cannot hold.
            (1 + 0x1p-23, 0x1p-24, 1), (0x1p-24, 1 - 0x1p-24, 1), (0x1p-24, 1 + 0x1p-23, 1), (-0x1p-24, 1 + 0x1p-23, 1),
            (0x1p-60, 0x1p-60, 1 + 0x1p-23), (0x1p-12, 0x1p-12, 0x1.fffffep+127), (0x1.fffffep+127, 1, 0x1p+103),
            (0x1.fffffep+127, 1, 0x1.fffffep+102), (0x1p-75, 0x1p-75, 0), (0x1p-75, -0x1p-75, 0), (0x1.8p-75, 0x1p-75, 0),
            (0x1p-75, 0x1p-74, 0x1p-149), (0x1p-100, 0x1p-49, 0x1p-126), (-0x1p-100, 0x1p-50, 0x1p-126),
            (.infinity, 0, 1), (.infinity, 1, -.infinity), (.infinity, 1, 1), (0, -0.0, 0), (.nan, 0, 0), (1, 1, .nan),
        ] as [(Float, Float, Float)])
    func `a fused product is that of the standard library at the edges`(a: Float, b: Float, c: Float) {
        for (x, y, z) in [(a, b, c), (-a, b, -c), (b, -a, c)] {
            forEachVariant { variant in
                var result = [z]
                FloatMatrix.multiply([x], [y], into: &result, rows: 1, columns: 1, depth: 1, adding: true)
                #expect(result[0].bitPattern == plain(z.addingProduct(x, y)).bitPattern, "\(variant): \(x) \(y) \(z)")
            }
        }
    }

    @Test func `fused products of random bits are those of the standard library`() {
        let stream = RandomStream(seed: 1, purpose: "test/bits")
        let count = 20_000
        func number(_ index: Int) -> Float { Float(bitPattern: UInt32(truncatingIfNeeded: stream.bits(UInt64(index)))) }
        for index in 0..<count {
            let (a, b) = (number(index), number(index + count))
            // A sum near the product, so that digits meet.
            let c = index % 2 == 0 ? number(index + 2 * count) : -(a * b) * (1 + Float(stream.below(64, UInt64(index)) - 32) * 0x1p-20)
            let expected = plain(c.addingProduct(a, b)).bitPattern
            forEachVariant { variant in
                var result = [c]
                FloatMatrix.multiply([a], [b], into: &result, rows: 1, columns: 1, depth: 1, adding: true)
                #expect(result[0].bitPattern == expected, "\(variant): \(a) \(b) \(c)")
            }
        }
    }

    @Test func `matrices without rows, columns or depth are allowed`() {
        #expect(FloatMatrix.multiply([], [1, 2], rows: 0, columns: 2, depth: 1) == [])
        #expect(FloatMatrix.multiply([], [], rows: 2, columns: 2, depth: 0) == [0, 0, 0, 0])
        var result: [Float] = [1, -.nan]
        FloatMatrix.multiply([], [], into: &result, rows: 1, columns: 2, depth: 0, adding: true)
        #expect(bits(result) == bits([1, .nan]))
    }
}
