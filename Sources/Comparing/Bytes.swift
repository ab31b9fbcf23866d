/// Reading and comparing bytes.
enum Bytes {
    /// The first index at which both differ; the shorter length when one begins the other; nil when they are equal.
    static func firstDifference(_ first: [UInt8], _ second: [UInt8]) -> Int? {
        let shared = min(first.count, second.count)
        let found = first.withUnsafeBytes { left in
            second.withUnsafeBytes { right -> Int in
                var index = 0
                while index + 8 <= shared,
                    left.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                        == right.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                {
                    index += 8
                }
                while index < shared, left[index] == right[index] { index += 1 }
                return index
            }
        }
        return found < shared || first.count != second.count ? found : nil
    }

    /// The unsigned integer of `count` bytes at `offset`, little-endian; nil when they are not all there.
    static func little(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> UInt64? {
        guard offset >= 0, count <= 8, offset <= bytes.count, count <= bytes.count - offset else { return nil }
        var value: UInt64 = 0
        for index in 0..<count { value |= UInt64(bytes[offset + index]) << UInt64(8 * index) }
        return value
    }

    /// As ``little(_:_:_:)``, big-endian.
    static func big(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> UInt64? {
        little(bytes, offset, count).map { $0.byteSwapped >> UInt64(64 - 8 * max(count, 1)) }
    }

    /// A length or offset of a format as an index; nil when it is too large for one.
    static func length(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> Int? {
        little(bytes, offset, count).flatMap { Int(exactly: $0) }
    }

    /// The `count` bytes from `offset` on; nil when they are not all there.
    static func slice(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> ArraySlice<UInt8>? {
        guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else { return nil }
        return bytes[offset..<offset + count]
    }

    static func hasPrefix(_ bytes: [UInt8], _ text: StaticString) -> Bool {
        text.withUTF8Buffer { bytes.starts(with: $0) }
    }
}

/// What is shown of contents: short, on one line, without control characters.
enum Shown {
    static let longest = 72

    static func text(_ text: String) -> String {
        var result = ""
        for (index, scalar) in text.unicodeScalars.enumerated() {
            if index == longest { return result + "..." }
            switch scalar.value {
            case 0x0A: result += "\\n"
            case 0x0D: result += "\\r"
            case 0x09: result += "\\t"
            case 0..<0x20, 0x7F..<0xA0, 0x200B...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF:
                result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    static func text(_ bytes: some Collection<UInt8>) -> String {
        text(String(decoding: bytes.prefix(4 * longest), as: UTF8.self))
    }

    /// Up to `count` bytes from `offset` on, in hexadecimal; `end` when there are none.
    static func hex(_ bytes: [UInt8], _ offset: Int, _ count: Int = 16) -> String {
        let lower = min(max(offset, 0), bytes.count)
        let part = bytes[lower..<min(bytes.count, lower + count)]
        if part.isEmpty { return "end" }
        let digits = Array("0123456789abcdef".utf8)
        let text = part.map { String(decoding: [digits[Int($0 >> 4)], digits[Int($0 & 15)]], as: UTF8.self) }
        return text.joined(separator: " ")
    }
}

/// What no format explains: the offset, and the bytes.
enum BinaryComparison {
    static func finding(_ pair: Pair) -> Finding {
        guard let offset = Bytes.firstDifference(pair.first, pair.second) else { return Finding(nil, nil, "", "") }
        return Finding("byte \(offset)", nil, Shown.hex(pair.first, offset), Shown.hex(pair.second, offset))
    }
}
