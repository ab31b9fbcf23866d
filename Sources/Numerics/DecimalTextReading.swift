/// A decimal number taken apart: up to 19 significant digits as an integer, a power of ten, and where all of the digits stand.
struct DecimalDigits {
    /// The first 19 significant digits at most.
    private(set) var significand: UInt64 = 0
    /// The value is `significand` times ten to this power, plus what the digits that were left out amount to.
    private(set) var exponent = 0
    private(set) var isNegative = false
    /// Whether digits other than zero follow those in `significand`.
    private(set) var isCut = false

    /// Offsets of the first significant digit and of the end of the digits; a point may lie between.
    private var digitsStart = 0
    private var digitsEnd = 0
    /// The power of ten of the last digit before `digitsEnd`.
    private var lastExponent = 0

    private static let zero = UInt8(ascii: "0")

    /// A bound for written exponents: beyond it every number with less than 2^50 digits is zero or infinite.
    private static let largestExponent = 1 << 55

    /// Reads all of `text`; nil when it is not a number in the grammar of ``DecimalText/parse(_:)-swift.type.method``.
    @inline(__always)
    init?(_ text: UnsafeBufferPointer<UInt8>) {
        let count = text.count
        var index = 0
        if index < count, text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") {
            isNegative = text[index] == UInt8(ascii: "-")
            index += 1
        }
        let first = index
        var whole: UInt64 = 0
        while index < count, text[index] &- Self.zero <= 9 {
            whole = whole &* 10 &+ UInt64(text[index] &- Self.zero)
            index += 1
        }
        var digitCount = index - first
        var fractionCount = 0
        if index < count, text[index] == UInt8(ascii: ".") {
            index += 1
            let fraction = index
            while index < count, text[index] &- Self.zero <= 9 {
                whole = whole &* 10 &+ UInt64(text[index] &- Self.zero)
                index += 1
            }
            fractionCount = index - fraction
            digitCount += fractionCount
        }
        guard digitCount > 0 else { return nil }
        let end = index
        var written = 0
        if index < count, text[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            var isBelow = false
            if index < count, text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") {
                isBelow = text[index] == UInt8(ascii: "-")
                index += 1
            }
            let start = index
            while index < count, text[index] &- Self.zero <= 9 {
                if written < Self.largestExponent { written = written * 10 + Int(text[index] &- Self.zero) }
                index += 1
            }
            guard index > start else { return nil }
            if isBelow { written = -written }
        }
        guard index == count else { return nil }
        significand = whole
        exponent = written - fractionCount
        lastExponent = exponent
        digitsStart = first
        digitsEnd = end
        if digitCount > 19 { cut(text, digitCount: digitCount) }
    }

    /// Takes the digits again, this time only the first 19 significant ones: the integer of all of them overflowed.
    @inline(never)
    private mutating func cut(_ text: UnsafeBufferPointer<UInt8>, digitCount: Int) {
        var left = digitCount
        while digitsStart < digitsEnd, text[digitsStart] == Self.zero || text[digitsStart] == UInt8(ascii: ".") {
            if text[digitsStart] == Self.zero { left -= 1 }
            digitsStart += 1
        }
        significand = 0
        var taken = 0
        for index in digitsStart..<digitsEnd where text[index] != UInt8(ascii: ".") {
            if taken < 19 {
                significand = significand * 10 + UInt64(text[index] - Self.zero)
                taken += 1
            } else if text[index] != Self.zero {
                isCut = true
                break
            }
        }
        exponent = lastExponent + (left - taken)
    }

    /// The nearest binary64 to the number without its sign; ties go to the even one.
    @inline(__always)
    func magnitude(of text: UnsafeBufferPointer<UInt8>) -> Double {
        // Both operands are exact, so the one operation rounds correctly (Clinger).
        if significand <= 1 << 53, !isCut, -22 <= exponent, exponent <= 22 {
            let digits = Double(significand)
            if exponent == 0 { return digits }
            return exponent < 0 ? digits / PowersOfTen.exact(-exponent) : digits * PowersOfTen.exact(exponent)
        }
        return slowMagnitude(of: text)
    }

    @inline(never)
    private func slowMagnitude(of text: UnsafeBufferPointer<UInt8>) -> Double {
        let nearest = PowersOfTen.nearest(significand, exponent)
        // Between the number and its next neighbour in 19 digits lies the value; when both round alike, so does it.
        if !isCut || nearest == PowersOfTen.nearest(significand + 1, exponent) { return nearest }
        return exactMagnitude(of: text, atLeast: nearest)
    }

    /// Compares all digits with the middle between `lower` and its successor, in exact integers.
    ///
    /// `lower` is what the first 19 digits round to: the result is it or its successor.
    private func exactMagnitude(of text: UnsafeBufferPointer<UInt8>, atLeast lower: Double) -> Double {
        // 768 digits tell any number from a middle; of what follows it only counts whether it is zero.
        var digits = ExactNatural(0)
        var scale = lastExponent
        var taken = 0
        var dropped = 0
        var hasRest = false
        for index in digitsStart..<digitsEnd where text[index] != UInt8(ascii: ".") {
            if taken < 800 {
                digits.multiplyAdd(10, UInt64(text[index] - Self.zero))
                taken += 1
            } else {
                dropped += 1
                if text[index] != Self.zero { hasRest = true }
            }
        }
        scale += dropped
        if hasRest {
            digits.multiplyAdd(10, 1)
            scale -= 1
        }

        // The middle is (2 m + 1) * 2^(e - 1), where `lower` is m * 2^e.
        let bits = lower.bitPattern
        let isNormal = bits >> 52 != 0
        let mantissa = bits & ((1 << 52) - 1) | (isNormal ? 1 << 52 : 0)
        let binary = Int(isNormal ? bits >> 52 : 1) - 1075 - 1
        var middle = ExactNatural(2 * mantissa + 1)
        for _ in 0..<max(scale, 0) { digits.multiplyAdd(10, 0) }
        for _ in 0..<max(-scale, 0) { middle.multiplyAdd(10, 0) }
        if binary > 0 { middle.shiftLeft(binary) } else { digits.shiftLeft(-binary) }

        if digits.isLess(than: middle) { return lower }
        if middle.isLess(than: digits) { return lower.nextUp }
        return mantissa % 2 == 0 ? lower : lower.nextUp
    }
}

/// A natural number of any size, with just the operations that an exact comparison needs.
struct ExactNatural {
    /// Base 2^64, least significant word first, no leading zero word.
    private(set) var words: [UInt64] = []

    init(_ value: UInt64) {
        if value > 0 { words = [value] }
    }

    /// Multiplies by `factor` and adds `summand`.
    mutating func multiplyAdd(_ factor: UInt64, _ summand: UInt64) {
        var carry = summand
        for index in words.indices {
            let product = words[index].multipliedFullWidth(by: factor)
            let (low, overflow) = product.low.addingReportingOverflow(carry)
            words[index] = low
            carry = product.high + (overflow ? 1 : 0)
        }
        if carry > 0 { words.append(carry) }
    }

    /// Divides by `divisor`, dropping the remainder.
    mutating func divide(by divisor: UInt64) {
        var remainder: UInt64 = 0
        for index in words.indices.reversed() {
            (words[index], remainder) = divisor.dividingFullWidth((remainder, words[index]))
        }
        while words.last == 0 { words.removeLast() }
    }

    mutating func shiftLeft(_ count: Int) {
        guard !words.isEmpty else { return }
        let bits = UInt64(count % 64)
        if bits > 0 {
            var carry: UInt64 = 0
            for index in words.indices {
                let word = words[index]
                words[index] = word << bits | carry
                carry = word >> (64 - bits)
            }
            if carry > 0 { words.append(carry) }
        }
        words.insert(contentsOf: repeatElement(0, count: count / 64), at: 0)
    }

    func isLess(than other: ExactNatural) -> Bool {
        if words.count != other.words.count { return words.count < other.words.count }
        for index in words.indices.reversed() where words[index] != other.words[index] {
            return words[index] < other.words[index]
        }
        return false
    }

    /// Number of bits without leading zeros.
    var bitWidth: Int {
        guard let last = words.last else { return 0 }
        return words.count * 64 - last.leadingZeroBitCount
    }

    /// The 64 bits that start at bit `position`; bits outside are zero.
    func bits(at position: Int) -> UInt64 {
        var result: UInt64 = 0
        let word = position >> 6
        let shift = UInt64(position & 63)
        if words.indices.contains(word) { result = words[word] >> shift }
        if shift > 0, words.indices.contains(word + 1) { result |= words[word + 1] << (64 - shift) }
        return result
    }
}
