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
        appendShortest(value.magnitude, to: &bytes)
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

    /// Appends the shortest digits, laid out by the cases of ECMA-262, `Number::toString`; n there is `point` here, k the number of digits.
    private static func appendShortest(_ magnitude: Double, to bytes: inout [UInt8]) {
        let zero = UInt8(ascii: "0")
        let dot = UInt8(ascii: ".")
        let start = bytes.count
        let point = appendDigits(magnitude, to: &bytes)
        let count = bytes.count - start
        if count <= point, point <= 21 {
            bytes.append(contentsOf: repeatElement(zero, count: point - count))
        } else if 0 < point, point <= 21 {
            bytes.insert(dot, at: start + point)
        } else if -6 < point, point <= 0 {
            bytes.insert(contentsOf: repeatElement(zero, count: 2 - point), at: start)
            bytes[start + 1] = dot
        } else {
            if count > 1 { bytes.insert(dot, at: start + 1) }
            bytes.append(UInt8(ascii: "e"))
            if point > 0 { bytes.append(UInt8(ascii: "+")) }
            append(integer: Int64(point - 1), to: &bytes)
        }
    }

    /// Appends the fewest digits d1d2d3... for which 0.d1d2d3... times ten to the power of the result is nearest to `magnitude`.
    ///
    /// They come from the standard library's description, which has the fewest digits and of those the nearest; only its layout is
    /// another one. `magnitude` is positive; neither the first nor the last digit is zero.
    private static func appendDigits(_ magnitude: Double, to bytes: inout [UInt8]) -> Int {
        let zero = UInt8(ascii: "0")
        let start = bytes.count
        var point = 0
        var description = magnitude.description
        description.withUTF8 { text in
            var index = 0
            var isFraction = false
            while index < text.count, text[index] != UInt8(ascii: "e") {
                let byte = text[index]
                index += 1
                if byte == UInt8(ascii: ".") {
                    isFraction = true
                    continue
                }
                // Zeros in front of the first other digit only move the point.
                let isLeading = byte == zero && bytes.count == start
                if !isLeading { bytes.append(byte) }
                if isFraction {
                    if isLeading { point -= 1 }
                } else if !isLeading {
                    point += 1
                }
            }
            if index < text.count {
                var exponent = 0
                let isNegative = text[index + 1] == UInt8(ascii: "-")
                for byte in text[(index + 2)...] { exponent = exponent * 10 + Int(byte - zero) }
                point += isNegative ? -exponent : exponent
            }
        }
        while bytes[bytes.count - 1] == zero { bytes.removeLast() }
        return point
    }
}
