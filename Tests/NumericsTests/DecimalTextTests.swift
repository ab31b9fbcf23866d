import Numerics
import Testing

@Suite struct DecimalTextTests {
    /// RFC 8785, appendix B.
    static let appendixB: [(bits: UInt64, text: String)] = [
        (0x0000_0000_0000_0000, "0"),
        (0x8000_0000_0000_0000, "0"),
        (0x0000_0000_0000_0001, "5e-324"),
        (0x8000_0000_0000_0001, "-5e-324"),
        (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
        (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
        (0x4340_0000_0000_0000, "9007199254740992"),
        (0xc340_0000_0000_0000, "-9007199254740992"),
        (0x4430_0000_0000_0000, "295147905179352830000"),
        (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
        (0x44b5_2d02_c7e1_4af6, "1e+23"),
        (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
        (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
        (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
        (0x444b_1ae4_d6e2_ef50, "1e+21"),
        (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
        (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
        (0x41b3_de43_5555_5553, "333333333.3333332"),
        (0x41b3_de43_5555_5554, "333333333.33333325"),
        (0x41b3_de43_5555_5555, "333333333.3333333"),
        (0x41b3_de43_5555_5556, "333333333.3333334"),
        (0x41b3_de43_5555_5557, "333333333.33333343"),
        (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
        (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
    ]

    @Test func `the vectors of RFC 8785, appendix B, are written and read`() {
        for (bits, text) in Self.appendixB {
            let value = Double(bitPattern: bits)
            #expect(DecimalText.text(value) == text)
            #expect(DecimalText.parse(text) == value)
        }
    }

    @Test func `random numbers read back as the same bits`() {
        var generator = SplitMix(seed: 1)
        for _ in 0..<200_000 {
            let value = Double(bitPattern: generator.next())
            guard value.isFinite else { continue }
            let text = DecimalText.text(value)
            #expect(DecimalText.parse(text)?.bitPattern == value.bitPattern, "\(text)")
        }
    }

    @Test func `integers are written without point and exponent`() {
        #expect(DecimalText.text(100) == "100")
        #expect(DecimalText.text(-9_007_199_254_740_991) == "-9007199254740991")
        #expect(DecimalText.text(1.2345678901234568e20) == "123456789012345680000")
        #expect(DecimalText.text(1e21) == "1e+21")
        #expect(DecimalText.text(0.000001) == "0.000001")
        #expect(DecimalText.text(0.0000001) == "1e-7")
        #expect(DecimalText.text(0.1 + 0.2) == "0.30000000000000004")
        #expect(DecimalText.text(12.5) == "12.5")
        var bytes = Array("x=".utf8)
        DecimalText.append(integer: .min, to: &bytes)
        DecimalText.append(0.25, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == "x=-92233720368547758080.25")
    }

    @Test func `every power of two and its neighbours read back`() {
        for exponent in -1074...1023 {
            let power = Double(sign: .plus, exponent: exponent, significand: 1)
            for value in [power.nextDown, power, power.nextUp] where value.isFinite {
                #expect(DecimalText.parse(DecimalText.text(value)) == value)
                #expect(DecimalText.text(value) == DecimalText.text(-value).dropFirst(value == 0 ? 0 : 1))
            }
        }
    }

    @Test func `what is not finite has no text`() async {
        await #expect(processExitsWith: .failure) { _ = DecimalText.text(.nan) }
        await #expect(processExitsWith: .failure) { _ = DecimalText.text(.infinity) }
    }
}

/// A seeded generator (SplitMix64).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}
