import Numerics
import Testing

@Suite struct PowerTests {
    /// References are correctly rounded, so that an error below 1 ULP shows as a distance of at most 1.
    @Test func `sin, cos and pow are within an ULP`() throws {
        var count = 0
        for line in powerReferences.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            var numbers: [Double] = []
            for word in words.dropFirst() { numbers.append(Double(bitPattern: try #require(UInt64(word, radix: 16)))) }
            var found = Elementary.pow(numbers[0], numbers[1])
            if words[0] != "pow" {
                let function = try #require(elementaryFunctions[words[0]])
                found = function(numbers[0])
            }
            let expected = try #require(numbers.last)
            #expect(found == expected || found == expected.nextUp || found == expected.nextDown, "\(line)")
            count += 1
        }
        #expect(count == 180)
    }

    @Test func `functions on Float give the nearest number`() throws {
        var count = 0
        for line in floatReferences.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            #expect(elementaryResult(of: words) == words.last, "\(line)")
            count += 1
        }
        #expect(count == 310)
    }

    @Test func `powers that a Double holds are exact`() {
        for base in 2...31 {
            var product = 1.0
            for exponent in 0... {
                guard product <= 0x1p53 else { break }
                #expect(Elementary.pow(Double(base), Double(exponent)) == product)
                #expect(Elementary.pow(Double(-base), Double(exponent)) == (exponent % 2 == 0 ? product : -product))
                product *= Double(base)
            }
        }
        for exponent in -1074...1023 {
            #expect(Elementary.pow(2, Double(exponent)) == Double(sign: .plus, exponent: exponent, significand: 1))
        }
        for root in 1...1000 { #expect(Elementary.pow(Double(root * root), 0.5) == Double(root)) }
    }

    @Test func `powers at the ends are those of IEEE-754`() {
        let infinity = Double.infinity
        let huge = 0x1p53
        let cases: [(Double, Double, Double)] = [
            (.nan, 0, 1), (.nan, -0.0, 1), (0, 0, 1), (infinity, 0, 1), (1, .nan, 1), (1, infinity, 1), (1, -infinity, 1),
            (-1, infinity, 1),
            (-1, -infinity, 1), (.nan, 1, .nan), (2, .nan, .nan), (-1, .nan, .nan), (0, .nan, .nan),
            (0, 3, 0), (-0.0, 3, -0.0), (-0.0, 2, 0), (-0.0, 2.5, 0), (0, -3, infinity), (-0.0, -3, -infinity), (-0.0, -2, infinity),
            (-0.0, -0.5, infinity), (0, infinity, 0), (0, -infinity, infinity), (-0.0, -infinity, infinity), (-0.0, huge, 0),
            (-0.0, huge - 1, -0.0), (0.5, infinity, 0), (0.5, -infinity, infinity), (-0.5, infinity, 0), (2, infinity, infinity),
            (2, -infinity, 0), (-2, infinity, infinity), (infinity, 2, infinity), (infinity, -2, 0), (infinity, infinity, infinity),
            (infinity, -infinity, 0), (-infinity, 3, -infinity), (-infinity, 2, infinity), (-infinity, 2.5, infinity),
            (-infinity, -3, -0.0), (-infinity, -2, 0), (-infinity, infinity, infinity), (-2, 0.5, .nan), (-2, 3, -8), (-2, 2, 4),
            (-2, -3, -0.125),
            (-1, huge, 1), (-1, huge - 1, -1), (-1, huge + 2, 1), (-8, 1.0 / 3, .nan), (2, 1024, infinity), (2, -1075, 0),
            (-2, 1025, -infinity),
            (-2, -1077, -0.0), (1.5, 1e300, infinity), (1.5, -1e300, 0), (0.5, 1e300, 0), (.leastNonzeroMagnitude, -1, infinity),
            (1 - 0x1p-53, 1e300, 0), (1 + 0x1p-52, 1e300, infinity), (4, -0.5, 0.5),
            (.greatestFiniteMagnitude, 1, .greatestFiniteMagnitude),
        ]
        for (base, exponent, expected) in cases {
            #expect(Elementary.pow(base, exponent).bitPattern == expected.bitPattern, "pow(\(base), \(exponent))")
            // Numbers that Float does not hold make another case.
            if Double(Float(base)) == base || base.isNaN, Double(Float(exponent)) == exponent || exponent.isNaN {
                #expect(
                    Elementary.pow(Float(base), Float(exponent)).bitPattern == Float(expected).bitPattern,
                    "Float: pow(\(base), \(exponent))")
            }
        }
    }

    @Test func `sines and cosines at the ends are defined`() {
        for argument in [Double.infinity, -.infinity, .nan, -.nan] {
            for value in [Elementary.sin(argument), Elementary.cos(argument)] { #expect(value.bitPattern == 0x7FF8_0000_0000_0000) }
            for value in [Elementary.sin(Float(argument)), Elementary.cos(Float(argument))] { #expect(value.bitPattern == 0x7FC0_0000) }
        }
        for tiny in [0, -0.0, .leastNonzeroMagnitude, -.leastNormalMagnitude, 1e-20] {
            #expect(Elementary.sin(tiny).bitPattern == tiny.bitPattern)
            #expect(Elementary.cos(tiny) == 1)
            #expect(Elementary.sin(Float(tiny)).bitPattern == Float(tiny).bitPattern)
        }
        let stream = RandomStream(seed: 1, purpose: "test/angles")
        for index in 0..<2000 {
            let x = Double(bitPattern: stream.bits(UInt64(index)))
            guard x.isFinite else { continue }
            let (sine, cosine) = (Elementary.sin(x), Elementary.cos(x))
            #expect(abs(sine * sine + cosine * cosine - 1) < 0x1p-51, "\(x)")
            #expect(Elementary.sin(-x) == -sine && Elementary.cos(-x) == cosine)
        }
    }

    @Test func `every kind of NaN gives the one NaN of Float`() {
        for argument in [Float.nan, -.nan, .signalingNaN, Float(nan: 5, signaling: false)] {
            for (name, function) in floatFunctions { #expect(function(argument).bitPattern == 0x7FC0_0000, "\(name)") }
            #expect(Elementary.pow(argument, 2).bitPattern == 0x7FC0_0000)
        }
    }
}
