import Numerics
import Testing

@Suite struct DecimalTextReadingTests {
    @Test(arguments: [
        ("0", 0.0), ("1", 1), ("+1", 1), ("-1", -1), ("1.", 1), (".5", 0.5), ("-.5", -0.5), ("+.5e1", 5), ("1.5e3", 1500),
        ("1E-3", 0.001),
        ("00012", 12), ("000.500", 0.5), ("1e+05", 100_000), ("123.", 123), ("0e0", 0), ("0.0e-999999999999", 0), ("0e999999999999", 0),
        ("12345678901234567890", 1.2345678901234568e19), ("1000000000000000000000000", 1e24), ("0.00000000000000000000001", 1e-23),
        ("10000000000000000000000000000000e-31", 1), ("0.000000000000000000000000000001e30", 1),
    ])
    func `decimal text is read`(text: String, value: Double) {
        #expect(DecimalText.parse(text) == value)
    }

    @Test(arguments: [
        "", "+", "-", ".", "+.", "e5", ".e5", "1e", "1e+", "1e-", " 1", "1 ", "1\n", "inf", "nan", "NaN", "Infinity", "-inf", "0x1",
        "0x1p3", "1_0",
        "1,5", "--1", "+-1", "1.2.3", "1e5.5", "1e5e5", "１", "1f", "1d", "1e5 ", "\u{0}", "1\u{0}", "٣",
    ])
    func `other text is no number`(text: String) {
        #expect(DecimalText.parse(text) == nil)
    }

    @Test func `what is too large is infinite and what is too small is zero, each with its sign`() {
        for text in ["1e309", "1e400", "1.8e308", "1e999999999999999999999999", "123456789e9999", "1" + String(repeating: "0", count: 400)]
        {
            #expect(DecimalText.parse(text) == .infinity)
            #expect(DecimalText.parse("-" + text) == -.infinity)
        }
        for text in ["1e-400", "0", "1e-999999999999999999999999", "0." + String(repeating: "0", count: 400) + "1", "2e-324"] {
            #expect(DecimalText.parse(text)?.bitPattern == 0)
            #expect(DecimalText.parse("-" + text)?.bitPattern == 1 << 63)
        }
    }

    @Test func `hard cases round to nearest`() {
        let cases: [(text: String, bits: UInt64)] = [
            ("2.2250738585072011e-308", 0x000F_FFFF_FFFF_FFFF),
            ("2.2250738585072012e-308", 0x0010_0000_0000_0000),
            ("2.2250738585072014e-308", 0x0010_0000_0000_0000),
            ("4.9406564584124654e-324", 1),
            ("2.4703282292062328e-324", 1),
            ("2.4703282292062327e-324", 0),
            ("1.7976931348623157e308", 0x7FEF_FFFF_FFFF_FFFF),
            ("1.7976931348623158e308", 0x7FEF_FFFF_FFFF_FFFF),
            ("1.7976931348623159e308", 0x7FF0_0000_0000_0000),
            ("9007199254740993", 0x4340_0000_0000_0000),
            ("9007199254740993.00000000000000000000000000000001", 0x4340_0000_0000_0001),
            ("9007199254740995", 0x4340_0000_0000_0002),
            ("1.00000000000000011102230246251565404236316680908203125", 0x3FF0_0000_0000_0000),
            ("1.00000000000000011102230246251565404236316680908203124", 0x3FF0_0000_0000_0000),
            ("1.00000000000000011102230246251565404236316680908203126", 0x3FF0_0000_0000_0001),
            ("6.9294956446009195e15", 0x4338_9E56_EE5E_7A58),
            ("3.7455744005952583e15", 0x432A_9D28_FF41_2A75),
            ("2.2250738585072013830e-308", 0x0010_0000_0000_0000),
        ]
        for (text, bits) in cases { #expect(DecimalText.parse(text)?.bitPattern == bits, "\(text)") }
    }

    /// `mantissa` times two to the power `exponent`, with all its decimal digits.
    private func exactDecimal(_ mantissa: UInt64, _ exponent: Int) -> (digits: String, exponent: Int) {
        // Digits from the last to the first; halving is multiplying by five and moving the point.
        var digits = String(mantissa).utf8.reversed().map { Int($0 - UInt8(ascii: "0")) }
        for _ in 0..<abs(exponent) {
            var carry = 0
            for index in digits.indices {
                carry += digits[index] * (exponent < 0 ? 5 : 2)
                digits[index] = carry % 10
                carry /= 10
            }
            if carry > 0 { digits.append(carry) }
        }
        return (digits.reversed().map(String.init).joined(), min(exponent, 0))
    }

    @Test func `the exact middle of two numbers goes to the even one, and the least more or less to its side`() {
        var generator = SplitMix(seed: 3)
        let least = Double.leastNormalMagnitude
        var values = [0, Double.leastNonzeroMagnitude, least.nextDown, least, 1, Double.greatestFiniteMagnitude.nextDown]
        for _ in 0..<60 {
            let value = Double(bitPattern: generator.next() >> 1)
            if value.isFinite, value.nextUp.isFinite { values.append(value) }
        }
        for value in values {
            let bits = value.bitPattern
            let isNormal = bits >> 52 != 0
            let mantissa = bits & (1 << 52 - 1) | (isNormal ? 1 << 52 : 0)
            let exponent = Int(isNormal ? bits >> 52 : 1) - 1075
            let even = bits % 2 == 0 ? value : value.nextUp
            let (digits, power) = exactDecimal(2 * mantissa + 1, exponent - 1)
            #expect(DecimalText.parse("\(digits)e\(power)") == even)
            #expect(DecimalText.parse("\(digits)0000000000e\(power - 10)") == even)
            let point = digits.index(digits.startIndex, offsetBy: digits.count / 2)
            let fraction = digits[point...]
            #expect(DecimalText.parse("\(digits[..<point]).\(fraction)e\(power + fraction.count)") == even)
            let zeros = String(repeating: "0", count: 900)
            #expect(DecimalText.parse("\(digits)\(zeros)1e\(power - 901)") == value.nextUp)
            if let last = digits.last?.wholeNumberValue, last > 0 {
                let nines = String(repeating: "9", count: 900)
                #expect(DecimalText.parse("\(digits.dropLast())\(last - 1)\(nines)e\(power - 900)") == value)
            }
        }
    }

    @Test func `random decimal text is read as the standard library reads it`() {
        var generator = SplitMix(seed: 4)
        for _ in 0..<50_000 {
            let count = Int.random(in: 1...Int.random(in: 1...40, using: &generator), using: &generator)
            var text = (0..<count).map { _ in String(Int.random(in: 0...9, using: &generator)) }.joined()
            if Bool.random(using: &generator) {
                text.insert(".", at: text.index(text.startIndex, offsetBy: Int.random(in: 1...count, using: &generator)))
            }
            if text.last == "." { text.append("0") }
            text += "e\(Int.random(in: -345...310, using: &generator))"
            let parsed = DecimalText.parse(text)
            if parsed != Double(text) { Issue.record("\(text): \(String(describing: parsed))") }
        }
    }

    @Test func `the neighbourhood of shortest texts is read as the standard library reads it`() {
        var generator = SplitMix(seed: 5)
        for _ in 0..<20_000 {
            let value = Double(bitPattern: generator.next() >> 1)
            guard value.isFinite else { continue }
            // 17 digits and more around the text of a number lie near the middle to its neighbours.
            let parts = value.description.split(separator: "e")
            let text = String(parts[0]) + String(generator.next()) + (parts.count > 1 ? "e" + String(parts[1]) : "")
            let parsed = DecimalText.parse(text)
            if parsed != Double(text) { Issue.record("\(text): \(String(describing: parsed))") }
        }
    }
}
