/// Reads the numbers that most tables consist of: a sign, digits, perhaps a point and digits.
enum PlainNumber {
    /// The number that fills the field at `start`, and the field's end; nil for any other field.
    ///
    /// At most 15 digits make an exact integer, and one division by an exact power of ten rounds once: the value is
    /// the correctly rounded one (Clinger, 1990).
    @inline(__always)
    static func read(
        _ bytes: UnsafeBufferPointer<UInt8>, from start: Int, _ delimiter: UInt8
    ) -> (value: Double, end: Int)? {
        var index = start
        guard index < bytes.count else { return nil }
        let first = bytes[index]
        let isNegative = first == UInt8(ascii: "-")
        if isNegative || first == UInt8(ascii: "+") { index += 1 }
        var digits: UInt64 = 0
        let whole = index
        while index < bytes.count {
            let digit = bytes[index] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            digits = digits &* 10 &+ UInt64(digit)
            index += 1
        }
        var count = index - whole
        var fraction = 0
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            index += 1
            let point = index
            while index < bytes.count {
                let digit = bytes[index] &- UInt8(ascii: "0")
                guard digit < 10 else { break }
                digits = digits &* 10 &+ UInt64(digit)
                index += 1
            }
            fraction = index - point
            count += fraction
        }
        guard count > 0, count <= 15 else { return nil }
        if index < bytes.count {
            let byte = bytes[index]
            guard byte == delimiter || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") else { return nil }
            // A carriage return alone is looked at by the scanner, which says what is wrong with it.
            if byte == UInt8(ascii: "\r"), index + 1 >= bytes.count || bytes[index + 1] != UInt8(ascii: "\n") { return nil }
        }
        let size = fraction == 0 ? Double(digits) : Double(digits) / powersOfTen[fraction]
        return (isNegative ? -size : size, index)
    }

    private static let powersOfTen: [Double] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15]
}
