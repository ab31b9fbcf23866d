import Numerics
import Testing

/// Where functions change: zeros, ends of ranges, the bounds of their parts, and every kind of NaN.
private let specialDoubles: [Double] = {
    var values: [Double] = [
        0, .infinity, .nan, .signalingNaN, Double(nan: 5, signaling: false), .leastNonzeroMagnitude, .leastNormalMagnitude,
        .leastNormalMagnitude.nextDown, .greatestFiniteMagnitude, 1, 2, 3, 0.5, 1.5, 0.34, 0.29, 0.41, 0.414, 22, 40, 745.13, 745.14, 746,
        709.782712893384, 0x1.62e42fefa39f0p+9, 0x1p-54, 0x1p-28, 0x1p-29, 0x1p+20, 0x1p+52, 0x1p+53, 0x1p+53 - 1, 0x1p+54, 0x1p+65,
        0x1p+66,
        0x1.6a09ep-1, 0x1.6a09e667f3bcdp+0, 0x1.921fb54442d18p+0, 0x1.921fb54442d18p-1, 6_381_956_970_095_103 * 0x1p+797, 160, 161,
    ]
    values += values.filter { $0 > 0 && $0.isFinite }.flatMap { [$0.nextUp, $0.nextDown] }
    return values + values.map { -$0 }
}()

private let specialFloats: [Float] = {
    var values = specialDoubles.map { Float($0) }
    values += [.signalingNaN, .leastNonzeroMagnitude, .leastNormalMagnitude, .greatestFiniteMagnitude, 88.72284, 104, 103.97]
    return values + values.map { -$0 } + values.filter(\.isFinite).flatMap { [$0.nextUp, $0.nextDown] }
}()

private func forEachFunction(_ body: (Elementwise.Function, @Sendable (Double) -> Double, @Sendable (Float) -> Float) throws -> Void) throws
{
    for function in Elementwise.Function.allCases {
        let name = goldenName(function)
        try body(function, try #require(elementaryFunctions[name]), try #require(floatFunctions["float-" + name]))
    }
}

/// Where two results differ, with their argument; nil where they are the same bits.
private func difference<Number: BinaryFloatingPoint>(_ found: [Number], _ expected: [Number], _ arguments: [Number]) -> String? {
    for index in expected.indices {
        let (left, right) = (found[index], expected[index])
        if left.sign == right.sign, left.exponentBitPattern == right.exponentBitPattern,
            left.significandBitPattern == right.significandBitPattern
        {
            continue
        }
        return "at \(arguments[index]): \(left) instead of \(right)"
    }
    return nil
}

@Suite(.serialized) struct ElementwiseTests {
    @Test func `every variant has the bits of the function of one number`() throws {
        let doubles = specialDoubles + elementwiseInput(50_000, seed: 3)
        let floats = specialFloats + elementwiseFloatInput(50_000, seed: 3)
        try forEachFunction { function, ofDouble, ofFloat in
            let expected = doubles.map { ofDouble($0) }
            let expectedFloats = floats.map { ofFloat($0) }
            forEachVariant { variant in
                var values = doubles
                Elementwise.apply(function, to: &values)
                #expect(difference(values, expected, doubles) == nil, "\(function) \(variant)")
                var short = floats
                Elementwise.apply(function, to: &short)
                #expect(difference(short, expectedFloats, floats) == nil, "\(function) on Float, \(variant)")
            }
        }
    }

    @Test func `every variant has the bits of the power of one number`() {
        let pairs = specialDoubles.flatMap { base in specialDoubles.map { (base, $0) } }
        let bases = pairs.map(\.0) + elementwiseInput(50_000, seed: 4)
        let exponents = pairs.map(\.1) + elementwiseInput(50_000, seed: 5)
        let expected = zip(bases, exponents).map { Elementary.pow($0, $1) }
        let shortPairs = specialFloats.flatMap { base in specialFloats.map { (base, $0) } }
        let shortBases = shortPairs.map(\.0) + elementwiseFloatInput(50_000, seed: 4)
        let shortExponents = shortPairs.map(\.1) + elementwiseFloatInput(50_000, seed: 5)
        let shortExpected = zip(shortBases, shortExponents).map { Elementary.pow($0, $1) }
        forEachVariant { variant in
            var result = bases
            Elementwise.pow(bases, exponents, into: &result, count: result.count)
            #expect(difference(result, expected, bases) == nil, "\(variant)")
            var short = shortBases
            Elementwise.pow(shortBases, shortExponents, into: &short, count: short.count)
            #expect(difference(short, shortExpected, shortBases) == nil, "Float, \(variant)")
        }
    }

    @Test func `any count is computed, and nothing beyond it is touched`() {
        let doubles = elementwiseInput(100, seed: 6), floats = elementwiseFloatInput(100, seed: 6)
        forEachVariant { variant in
            for count in 0...70 {
                var values = [Double](repeating: 7, count: 71)
                Elementwise.apply(.sigmoid, to: doubles, into: &values, count: count)
                #expect(
                    difference(
                        values, doubles.prefix(count).map { Elementary.sigmoid($0) } + Array(repeating: 7, count: 71 - count), doubles)
                        == nil)
                var short = [Float](repeating: 7, count: 71)
                Elementwise.apply(.sigmoid, to: floats, into: &short, count: count)
                #expect(
                    difference(short, floats.prefix(count).map { Elementary.sigmoid($0) } + Array(repeating: 7, count: 71 - count), floats)
                        == nil)
                var powers = [Double](repeating: 7, count: 71)
                Elementwise.pow(doubles, doubles, into: &powers, count: count)
                #expect(
                    difference(
                        powers, doubles.prefix(count).map { Elementary.pow($0, $0) } + Array(repeating: 7, count: 71 - count), doubles)
                        == nil)
            }
        }
    }

    @Test func `the golden vectors on buffers hold for every variant`() throws {
        let lines = try goldenLines().filter { $0[0] == "elementwise" }
        #expect(lines.count == 20)
        forEachVariant { variant in
            for words in lines { #expect(elementaryResult(of: words) == words.last, "\(words.joined(separator: " ")) \(variant)") }
        }
    }
}
