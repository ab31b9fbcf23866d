/// Decimal text to and from binary64, correctly rounded in both directions, independent of any locale.
///
/// Reading follows W. D. Clinger (1990) for short numbers, D. Lemire (2021, "Number parsing at a gigabyte per second") for the
/// others, and exact integers where that leaves a doubt. Writing gives the shortest text that reads back as the same value.
package enum DecimalText {
    /// Reads all of `text` as a number, rounded to nearest, ties to even; nil when it is not one.
    ///
    /// Grammar: `[+-]? (digits [. digits?] | . digits) ([eE] [+-]? digits)?`. No words such as `inf`, no hexadecimal, no spaces.
    /// What is too large gives an infinity, what is too small a zero, each with its sign.
    ///
    /// - Complexity: O(length); allocates only for more than 19 significant digits that lie next to the middle of two numbers.
    package static func parse(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
        guard let decimal = DecimalDigits(text) else { return nil }
        let magnitude = decimal.magnitude(of: text)
        return decimal.isNegative ? -magnitude : magnitude
    }

    /// Reads all of `text` as a number; see the other form.
    package static func parse(_ text: String) -> Double? {
        var text = text
        return text.withUTF8 { parse($0) }
    }

    /// Appends the shortest text that reads back as `value`, in the form of ECMAScript's `Number::toString`, as RFC 8785 wants it.
    ///
    /// `value` is finite. Zero of either sign is `0`; an exponent stands from 1e21 upwards and below 1e-6.
    package static func append(_ value: Double, to bytes: inout [UInt8]) {
        precondition(value.isFinite, "only finite numbers have a decimal text")
        if value == 0 {
            bytes.append(UInt8(ascii: "0"))
            return
        }
        if value.magnitude < 9_007_199_254_740_992, value == value.rounded(.towardZero) {
            append(integer: Int64(value), to: &bytes)
            return
        }
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        append(ShortestDigits(magnitude: value.magnitude), to: &bytes)
    }

    /// The text that ``append(_:to:)`` appends.
    package static func text(_ value: Double) -> String {
        var bytes: [UInt8] = []
        append(value, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends `integer` in base 10.
    package static func append(integer: Int64, to bytes: inout [UInt8]) {
        if integer < 0 { bytes.append(UInt8(ascii: "-")) }
        var rest = integer.magnitude
        let start = bytes.count
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }

    /// Sets the digits around the point, by the cases of ECMA-262, `Number::toString`; n is `point`, k the number of digits.
    private static func append(_ shortest: ShortestDigits, to bytes: inout [UInt8]) {
        let zero = UInt8(ascii: "0")
        let dot = UInt8(ascii: ".")
        let digits = shortest.digits
        let point = shortest.point
        if digits.count <= point, point <= 21 {
            bytes.append(contentsOf: digits)
            bytes.append(contentsOf: repeatElement(zero, count: point - digits.count))
        } else if 0 < point, point <= 21 {
            bytes.append(contentsOf: digits[..<point])
            bytes.append(dot)
            bytes.append(contentsOf: digits[point...])
        } else if -6 < point, point <= 0 {
            bytes.append(zero)
            bytes.append(dot)
            bytes.append(contentsOf: repeatElement(zero, count: -point))
            bytes.append(contentsOf: digits)
        } else {
            bytes.append(digits[0])
            if digits.count > 1 {
                bytes.append(dot)
                bytes.append(contentsOf: digits[1...])
            }
            bytes.append(UInt8(ascii: "e"))
            let exponent = point - 1
            if exponent > 0 { bytes.append(UInt8(ascii: "+")) }
            append(integer: Int64(exponent), to: &bytes)
        }
    }
}

/// The shortest decimal digits that denote one positive binary64 and no other.
///
/// The value is 0.d1d2d3... times ten to the power `point`; the first and the last digit are not zero.
private struct ShortestDigits {
    private(set) var digits: [UInt8] = []
    private(set) var point = 0

    /// Takes the digits from the standard library's description, which is the shortest and of those the nearest, and drops its layout.
    init(magnitude: Double) {
        digits.reserveCapacity(20)
        var description = magnitude.description
        description.withUTF8 { text in
            var index = 0
            var hasPoint = false
            while index < text.count, text[index] != UInt8(ascii: "e") {
                let byte = text[index]
                if byte == UInt8(ascii: ".") {
                    hasPoint = true
                } else {
                    // Zeros in front of the first other digit only move the point.
                    if byte != UInt8(ascii: "0") || !digits.isEmpty { digits.append(byte) }
                    if !hasPoint, !digits.isEmpty { point += 1 }
                    if hasPoint, digits.isEmpty { point -= 1 }
                }
                index += 1
            }
            if index < text.count {
                var exponent = 0
                let isNegative = text[index + 1] == UInt8(ascii: "-")
                for byte in text[(index + 2)...] { exponent = exponent * 10 + Int(byte - UInt8(ascii: "0")) }
                point += isNegative ? -exponent : exponent
            }
        }
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
    }
}
