/// Powers of ten for reading decimal text: the exact ones, and all of binary64's range to 128 bits.
enum PowersOfTen {
    /// Ten to the power `exponent`, 0...22, which is exact.
    @inline(__always)
    static func exact(_ exponent: Int) -> Double {
        exactPowers[exponent]
    }

    private static let exactPowers: [Double] = (0...22).map { exponent in
        var power: UInt64 = 1
        if exponent <= 19 {
            for _ in 0..<exponent { power *= 10 }
            return Double(power)
        }
        for _ in 0..<(exponent - 4) { power *= 10 }
        return Double(power) * 10_000
    }

    private static let smallest = -342
    private static let largest = 308

    /// The binary64 nearest to `significand` times ten to the power `exponent`, ties to even.
    ///
    /// Algorithm and proof: D. Lemire, "Number parsing at a gigabyte per second" (2021); N. Mushtak and D. Lemire,
    /// "Fast number parsing without fallback" (2023).
    static func nearest(_ significand: UInt64, _ exponent: Int) -> Double {
        if significand == 0 || exponent < smallest { return 0 }
        if exponent > largest { return .infinity }
        let shiftToTop = significand.leadingZeroBitCount
        let normalised = significand << UInt64(shiftToTop)
        let power = table[exponent - smallest]

        var (high, low) = normalised.multipliedFullWidth(by: power.high)
        // Only when the bits below the mantissa are all ones can the rest of the power carry into it.
        if high & 0x1FF == 0x1FF {
            let second = normalised.multipliedFullWidth(by: power.low).high
            let (sum, overflow) = low.addingReportingOverflow(second)
            low = sum
            if overflow { high &+= 1 }
        }

        let upperBit = Int(high >> 63)
        let shift = UInt64(upperBit + 64 - 52 - 3)
        var mantissa = high >> shift
        var biased = ((152_170 + 65_536) * exponent) >> 16
        biased += 63 + upperBit - shiftToTop + 1023

        if biased <= 0 {
            if 1 - biased >= 64 { return 0 }
            mantissa >>= UInt64(1 - biased)
            mantissa += mantissa & 1
            mantissa >>= 1
            // A subnormal that rounds up to 2^52 is the smallest normal number: the same addition of bits.
            return Double(bitPattern: mantissa)
        }
        // A product that is exact up to here can be a tie, which goes to even.
        if low <= 1, -4 <= exponent, exponent <= 23, mantissa & 3 == 1, mantissa << shift == high {
            mantissa &= ~1
        }
        mantissa += mantissa & 1
        mantissa >>= 1
        if mantissa >= 1 << 53 {
            mantissa = 1 << 52
            biased += 1
        }
        if biased >= 0x7FF { return .infinity }
        return Double(bitPattern: UInt64(biased) << 52 | mantissa & ((1 << 52) - 1))
    }

    /// For each power -342...308 of five its leading 128 bits: cut for the positive, one more than cut for the negative.
    ///
    /// Computed at first use (some tenths of a millisecond), so that no table of 1,302 words must be believed.
    private static let table: [(high: UInt64, low: UInt64)] = {
        var table: [(high: UInt64, low: UInt64)] = []
        table.reserveCapacity(largest - smallest + 1)

        // Dividing 2^total by 5 again and again gives floor(2^total / 5^n) exactly; a shift gives it for every smaller power of 2.
        let total = 2 * 795 + 128
        var power = ExactNatural(1)
        var quotient = ExactNatural(1)
        quotient.shiftLeft(total)
        for n in 1...(-smallest) {
            power.multiplyAdd(5, 0)
            quotient.divide(by: 5)
            let width = power.bitWidth
            // `width` is the least z with 5^n < 2^z.
            let wanted = n <= 27 ? width + 127 : 2 * width + 128
            let excess = total - wanted
            // Of floor(2^wanted / 5^n) + 1 the leading 128 bits; adding one can carry only when all of them are ones.
            let length = quotient.bitWidth - excess
            table.append(topBits(quotient, excess: excess, length: length))
        }
        table.reverse()

        power = ExactNatural(1)
        for _ in 0...largest {
            let width = power.bitWidth
            table.append((power.bits(at: width - 64), power.bits(at: width - 128)))
            power.multiplyAdd(5, 0)
        }
        return table
    }()

    private static func topBits(_ quotient: ExactNatural, excess: Int, length: Int) -> (high: UInt64, low: UInt64) {
        let drop = length - 128
        var low = quotient.bits(at: excess + drop)
        var high = quotient.bits(at: excess + drop + 64)
        var carries = true
        for position in 0..<drop where carries {
            carries = quotient.bits(at: excess + position) & 1 == 1
        }
        if carries {
            let (sum, overflow) = low.addingReportingOverflow(1)
            low = sum
            if overflow { high += 1 }
        }
        return (high, low)
    }
}
