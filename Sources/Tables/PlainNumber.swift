/// Reads the numbers that most tables consist of: a sign, digits, perhaps a point and digits.
enum PlainNumber {
    /// So many bytes behind a field's start may be looked at, whatever the field is.
    static let margin = 64

    /// The number that fills the field at `start`, and the field's end; nil for any other field.
    ///
    /// The digits make an exact integer up to 2^53, and one division by an exact power of ten rounds once: the value is
    /// the correctly rounded one (Clinger, 1990). Digits are taken eight at a time (Lemire, 2021).
    ///
    /// - Parameter limit: The end of the bytes that may be read.
    @inline(__always)
    static func read(
        _ bytes: UnsafePointer<UInt8>, from start: Int, limit: Int, _ delimiter: UInt8
    ) -> (value: Double, end: Int)? {
        guard start &+ margin <= limit else { return readSlowly(UnsafeBufferPointer(start: bytes, count: limit), from: start, delimiter) }
        let first = bytes[start]
        let isNegative = first == UInt8(ascii: "-")
        var index = start &+ (isNegative || first == UInt8(ascii: "+") ? 1 : 0)
        if let short = readShort(bytes, from: index, delimiter) {
            return (isNegative ? -short.size : short.size, short.end)
        }
        var digits: UInt64 = 0
        let whole = index
        guard take(bytes, &index, &digits) else { return nil }
        var count = index &- whole
        var fraction = 0
        if bytes[index] == UInt8(ascii: ".") {
            index &+= 1
            let point = index
            guard take(bytes, &index, &digits) else { return nil }
            fraction = index &- point
            count &+= fraction
        }
        guard count > 0, count <= 19, digits <= 1 << 53 else { return nil }
        let byte = bytes[index]
        if byte != delimiter, byte != UInt8(ascii: "\n") {
            // A carriage return alone is looked at by the scanner, which says what is wrong with it.
            guard byte == UInt8(ascii: "\r"), bytes[index &+ 1] == UInt8(ascii: "\n") else { return nil }
        }
        let size = fraction == 0 ? Double(digits) : Double(digits) / powersOfTen[fraction]
        return (isNegative ? -size : size, index)
    }

    /// The number without a sign at `index`, if it and what ends it lie within eight bytes, and its end; nil for any other.
    @inline(__always)
    private static func readShort(_ bytes: UnsafePointer<UInt8>, from index: Int, _ delimiter: UInt8) -> (size: Double, end: Int)? {
        let word = UInt64(littleEndian: UnsafeRawPointer(bytes + index).loadUnaligned(as: UInt64.self)) ^ 0x3030_3030_3030_3030
        // The high bit of each byte that is no digit; behind a byte that is not ASCII perhaps of others too.
        let others = ((word &+ 0x7676_7676_7676_7676) | word) & 0x8080_8080_8080_8080
        let more = others & (others &- 1)
        guard more != 0 else { return nil }
        let whole = others.trailingZeroBitCount &- 7
        let point = UInt8(truncatingIfNeeded: word &>> UInt64(whole)) == UInt8(ascii: ".") ^ 0x30
        let bits = point ? more.trailingZeroBitCount &- 7 : whole
        // The digits without the point: those behind it move down by one.
        let low = (1 as UInt64) &<< UInt64(whole) &- 1
        let digits = point ? word & low | word &>> 8 & ~low : word
        let count = point ? bits &- 8 : bits
        guard count > 0 else { return nil }
        let end = UInt8(truncatingIfNeeded: word &>> UInt64(bits)) ^ 0x30
        guard end == delimiter || end == UInt8(ascii: "\n") else { return nil }
        let size = Double(value(digits &<< UInt64(64 &- count)))
        return (point ? size / powersOfTen[(bits &- whole) &>> 3 &- 1] : size, index &+ bits &>> 3)
    }

    /// Takes the digits at `index`, which moves behind them; false when there are 24 or more.
    @inline(__always)
    private static func take(_ bytes: UnsafePointer<UInt8>, _ index: inout Int, _ digits: inout UInt64) -> Bool {
        var words = 0
        while true {
            let word = UInt64(littleEndian: UnsafeRawPointer(bytes + index).loadUnaligned(as: UInt64.self)) ^ 0x3030_3030_3030_3030
            // The high bit of each byte that is no digit, at least of the first such.
            let others = ((word &+ 0x7676_7676_7676_7676) | word) & 0x8080_8080_8080_8080
            if others == 0 {
                words &+= 1
                guard words < 3 else { return false }
                digits = digits &* 100_000_000 &+ value(word)
                index &+= 8
                continue
            }
            let bits = others.trailingZeroBitCount &- 7
            if bits == 8 {
                digits = digits &* 10 &+ word & 0xFF
            } else if bits > 0 {
                digits = digits &* powers[bits &>> 3] &+ value(word &<< UInt64(64 &- bits))
            }
            index &+= bits &>> 3
            return true
        }
    }

    /// The number of eight digits, the first in the lowest byte.
    @inline(__always)
    private static func value(_ digits: UInt64) -> UInt64 {
        let pairs = digits &* 10 &+ digits &>> 8
        let even = (pairs & 0x0000_00FF_0000_00FF) &* 0x000F_4240_0000_0064
        let odd = (pairs &>> 16 & 0x0000_00FF_0000_00FF) &* 0x0000_2710_0000_0001
        return (even &+ odd) &>> 32
    }

    /// The same, byte by byte, where the text ends soon.
    private static func readSlowly(
        _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, _ delimiter: UInt8
    ) -> (value: Double, end: Int)? {
        var index = start
        guard index < bytes.count else { return nil }
        let first = bytes[index]
        let isNegative = first == UInt8(ascii: "-")
        if isNegative || first == UInt8(ascii: "+") { index += 1 }
        var digits: UInt64 = 0
        let whole = index
        while index < bytes.count, (0x30...0x39).contains(bytes[index]) {
            digits = digits &* 10 &+ UInt64(bytes[index] &- 0x30)
            index += 1
        }
        var count = index - whole
        var fraction = 0
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            let point = index
            while index < bytes.count, (0x30...0x39).contains(bytes[index]) {
                digits = digits &* 10 &+ UInt64(bytes[index] &- 0x30)
                index += 1
            }
            fraction = index - point
            count += fraction
        }
        guard count > 0, count <= 19, digits <= 1 << 53 else { return nil }
        if index < bytes.count {
            let byte = bytes[index]
            guard byte == delimiter || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") else { return nil }
            if byte == UInt8(ascii: "\r"), index + 1 >= bytes.count || bytes[index + 1] != UInt8(ascii: "\n") { return nil }
        }
        let size = fraction == 0 ? Double(digits) : Double(digits) / powersOfTen[fraction]
        return (isNegative ? -size : size, index)
    }

    private static let powers: [UInt64] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000]
    private static let powersOfTen: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
    ]
}
