/// The SHA-256 of some bytes: the name under which mlbuild knows content.
///
/// Digests order as their bytes do.
package struct Digest: Hashable, Comparable, Sendable {
    /// Number of bytes in a digest.
    package static let byteCount = 32

    // Four big-endian words: comparing and hashing need no loop over bytes.
    private let word0, word1, word2, word3: UInt64

    /// Takes the 32 bytes of a digest.
    package init(bytes: some Collection<UInt8>) {
        precondition(bytes.count == Self.byteCount, "a digest has 32 bytes")
        var iterator = bytes.makeIterator()
        func word() -> UInt64 {
            var word: UInt64 = 0
            for _ in 0..<8 { word = word << 8 | UInt64(iterator.next() ?? 0) }
            return word
        }
        word0 = word()
        word1 = word()
        word2 = word()
        word3 = word()
    }

    /// Reads 64 lower-case hexadecimal digits; nil for anything else.
    package init?(hex: some StringProtocol) {
        let digits = hex.utf8
        guard digits.count == 2 * Self.byteCount else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.byteCount)
        var high: UInt8?
        for digit in digits {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        self.init(bytes: bytes)
    }

    /// Reads `sha256:` and 64 lower-case hexadecimal digits; nil for anything else.
    package init?(_ text: String) {
        guard text.utf8.starts(with: Self.prefix.utf8) else { return nil }
        self.init(hex: Substring(text.utf8.dropFirst(Self.prefix.utf8.count)))
    }

    private static let prefix = "sha256:"

    /// The digest of `bytes`.
    package static func of(_ bytes: [UInt8]) -> Digest {
        bytes.withUnsafeBytes { of($0) }
    }

    /// The digest of `bytes`.
    package static func of(_ bytes: UnsafeRawBufferPointer) -> Digest {
        var hasher = SHA256Hasher()
        hasher.update(bytes)
        return hasher.finalize()
    }

    /// The 32 bytes.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.byteCount)
        for word in [word0, word1, word2, word3] {
            for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: word >> UInt64(shift))) }
        }
        return bytes
    }

    /// 64 lower-case hexadecimal digits.
    package var hex: String {
        String(unsafeUninitializedCapacity: 2 * Self.byteCount) { digits in
            var next = 0
            for word in [word0, word1, word2, word3] {
                for shift in stride(from: 60, through: 0, by: -4) {
                    let value = UInt8(truncatingIfNeeded: word >> UInt64(shift)) & 0xF
                    digits[next] = value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + (value - 10)
                    next += 1
                }
            }
            return next
        }
    }

    /// The first 8 bytes as a number, the first of them highest: as evenly spread as anything can be.
    package var leadingWord: UInt64 { word0 }

    package static func < (first: Digest, second: Digest) -> Bool {
        if first.word0 != second.word0 { return first.word0 < second.word0 }
        if first.word1 != second.word1 { return first.word1 < second.word1 }
        if first.word2 != second.word2 { return first.word2 < second.word2 }
        return first.word3 < second.word3
    }
}

extension Digest: CustomStringConvertible {
    /// `sha256:` and 64 lower-case hexadecimal digits.
    package var description: String { Self.prefix + hex }
}
