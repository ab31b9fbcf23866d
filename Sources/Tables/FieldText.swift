import Numerics

/// What the bytes of one field mean.
enum FieldText {
    /// Whether a field says that its value is missing: empty, NA, N/A, NaN, nan, null, NULL or None.
    @inline(__always)
    static func isMissing(_ content: UnsafeBufferPointer<UInt8>) -> Bool {
        guard content.count <= 4 else { return false }
        var word: UInt32 = 0
        for byte in content { word = word << 8 | UInt32(byte) }
        switch (content.count, word) {
        case (0, _): return true
        case (2, 0x4E41): return true
        case (3, 0x4E2F41), (3, 0x4E614E), (3, 0x6E616E): return true
        case (4, 0x6E756C6C), (4, 0x4E554C4C), (4, 0x4E6F6E65): return true
        default: return false
        }
    }

    /// Calls `body` with what a field says: the field itself, or without its quotes, copied to `spare` if any are doubled.
    @inline(__always)
    static func withContent<Result>(
        of field: UnsafeBufferPointer<UInt8>, _ dialect: TextDialect, _ spare: inout [UInt8],
        _ body: (UnsafeBufferPointer<UInt8>) -> Result
    ) -> Result {
        guard dialect.hasQuotes, field.count >= 2, field[0] == UInt8(ascii: "\"") else { return body(field) }
        let inner = UnsafeBufferPointer(rebasing: field[1..<field.count - 1])
        guard inner.contains(UInt8(ascii: "\"")) else { return body(inner) }
        spare.removeAll(keepingCapacity: true)
        var isSecond = false
        for byte in inner {
            if byte == UInt8(ascii: "\""), isSecond {
                isSecond = false
                continue
            }
            isSecond = byte == UInt8(ascii: "\"")
            spare.append(byte)
        }
        return spare.withUnsafeBufferPointer { body($0) }
    }

    /// The offset of the first byte that is not part of well-formed UTF-8, if there is one.
    static func firstBadByte(in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        var index = 0
        while index < bytes.count {
            let first = bytes[index]
            if first < 0x80 {
                index += 1
                continue
            }
            // The second byte's range shuts out overlong forms, surrogates and numbers past U+10FFFF.
            let length: Int
            var lowest: UInt8 = 0x80
            var highest: UInt8 = 0xBF
            switch first {
            case 0xC2...0xDF: length = 2
            case 0xE0: (length, lowest) = (3, 0xA0)
            case 0xED: (length, highest) = (3, 0x9F)
            case 0xE1...0xEF: length = 3
            case 0xF0: (length, lowest) = (4, 0x90)
            case 0xF4: (length, highest) = (4, 0x8F)
            case 0xF1...0xF3: length = 4
            default: return index
            }
            guard index + length <= bytes.count, lowest <= bytes[index + 1], bytes[index + 1] <= highest else { return index }
            for next in 2..<max(2, length) where bytes[index + next] & 0xC0 != 0x80 { return index }
            index += length
        }
        return nil
    }
}
