/// What the literals of strings mean.
enum JSONString {
    private static let backslash = UInt8(ascii: "\\")

    /// The content of a literal, given with its quotes; what has no double quotes was refused by the reader and is its own content.
    static func content(_ literal: UnsafeBufferPointer<UInt8>, isEscaped: Bool) -> String {
        guard literal.count >= 2, literal[0] == UInt8(ascii: "\"") else {
            return String(decoding: literal, as: UTF8.self)
        }
        let inner = UnsafeBufferPointer(rebasing: literal[1..<(literal.count - 1)])
        if !isEscaped { return String(decoding: inner, as: UTF8.self) }
        // Unescaped text is never longer.
        return String(unsafeUninitializedCapacity: inner.count) { unescape(inner, into: $0) }
    }

    /// Writes the text that `escaped` stands for and says how many bytes it has.
    ///
    /// Half a surrogate pair becomes U+FFFD, and an escape that does not exist stays as it is; the reader has refused both.
    private static func unescape(_ escaped: UnsafeBufferPointer<UInt8>, into text: UnsafeMutableBufferPointer<UInt8>) -> Int {
        var index = 0
        var count = 0
        while index < escaped.count {
            let byte = escaped[index]
            index += 1
            guard byte == backslash, index < escaped.count else {
                text[count] = byte
                count += 1
                continue
            }
            let letter = escaped[index]
            index += 1
            if let simple = simpleEscape(letter) {
                text[count] = simple
                count += 1
            } else if letter == UInt8(ascii: "u"), let unit = codeUnit(escaped, at: index) {
                index += 4
                var scalar = Unicode.Scalar(unit)
                if unit & 0xFC00 == 0xD800, let low = lowSurrogate(escaped, at: index) {
                    index += 6
                    scalar = Unicode.Scalar(0x10000 + (UInt32(unit & 0x3FF) << 10 | UInt32(low & 0x3FF)))
                }
                for byte in UTF8.encode(scalar ?? "\u{FFFD}")! {
                    text[count] = byte
                    count += 1
                }
            } else {
                text[count] = backslash
                text[count + 1] = letter
                count += 2
            }
        }
        return count
    }

    /// What a backslash and `letter` stand for, other than `u`.
    static func simpleEscape(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    /// The second half of a surrogate pair that is written as an escape at `index`.
    static func lowSurrogate(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> UInt16? {
        guard index + 6 <= text.count, text[index] == backslash, text[index + 1] == UInt8(ascii: "u") else { return nil }
        guard let unit = codeUnit(text, at: index + 2), unit & 0xFC00 == 0xDC00 else { return nil }
        return unit
    }

    /// The four hexadecimal digits at `index`.
    static func codeUnit(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> UInt16? {
        guard index + 4 <= text.count else { return nil }
        var unit: UInt16 = 0
        for byte in text[index..<(index + 4)] {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }
}
