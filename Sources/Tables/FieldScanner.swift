import Diagnostics

/// Finds where fields and lines end, and notes bytes that cannot stand where they do.
struct FieldScanner {
    private(set) var bytes: UnsafeBufferPointer<UInt8>
    let dialect: TextDialect
    /// 1 for each byte at which a field without quotes may end or go wrong.
    private let isSpecial: UnsafeMutablePointer<UInt8>
    /// The delimiter, and what may be a quote, eight times.
    private let delimiterBytes: UInt64
    private let quoteBytes: UInt64
    /// Whether a byte that is not ASCII has been met since this was last set to false.
    var sawHighByte = false
    var problems: TableProblems

    init(bytes: UnsafeBufferPointer<UInt8>, _ dialect: TextDialect, problems: TableProblems) {
        self.bytes = bytes
        self.dialect = dialect
        self.problems = problems
        delimiterBytes = 0x0101_0101_0101_0101 &* UInt64(dialect.delimiter)
        quoteBytes = dialect.hasQuotes ? 0x2222_2222_2222_2222 : delimiterBytes
        isSpecial = .allocate(capacity: 256)
        isSpecial.initialize(repeating: 0, count: 256)
        for byte in 0x80...0xFF { isSpecial[byte] = 1 }
        for byte in [0, 10, 13, Int(dialect.delimiter)] { isSpecial[byte] = 1 }
        if dialect.hasQuotes { isSpecial[Int(UInt8(ascii: "\""))] = 1 }
    }

    func deallocate() {
        isSpecial.deallocate()
    }

    /// The same over the text up to `end`; it lives as long as this one.
    func limited(to end: Int) -> FieldScanner {
        var copy = self
        copy.bytes = UnsafeBufferPointer(rebasing: bytes[..<end])
        return copy
    }

    /// How many bytes the line end at `offset` has: 1, 2, or 0 at the end of the text; nil where there is none.
    @inline(__always)
    func lineEnd(at offset: Int) -> Int? {
        guard offset < bytes.count else { return 0 }
        if bytes[offset] == UInt8(ascii: "\n") { return 1 }
        if bytes[offset] == UInt8(ascii: "\r"), offset + 1 < bytes.count, bytes[offset + 1] == UInt8(ascii: "\n") { return 2 }
        return nil
    }

    /// The end of the field that starts at `start`; nil when its quote is never closed.
    mutating func fieldEnd(from start: Int) -> Int? {
        if dialect.hasQuotes, start < bytes.count, bytes[start] == UInt8(ascii: "\"") { return quotedEnd(from: start) }
        return plainEnd(from: start)
    }

    /// The first delimiter, line end or end of text from `offset` on.
    @inline(__always)
    mutating func plainEnd(from offset: Int) -> Int {
        var index = offset
        while true {
            index = firstSpecial(from: index)
            guard index < bytes.count else { return index }
            let byte = bytes[index]
            if byte == dialect.delimiter || byte == UInt8(ascii: "\n") { return index }
            if byte >= 0x80 {
                sawHighByte = true
            } else if lineEnd(at: index) != nil {
                return index
            } else {
                note(byte, at: index)
            }
            index += 1
        }
    }

    /// The first byte from `offset` on that is special, or the end of the text; bytes are looked at eight at a time.
    @inline(__always)
    private func firstSpecial(from offset: Int) -> Int {
        var index = offset
        let (count, ones, highs) = (bytes.count, 0x0101_0101_0101_0101 as UInt64, 0x8080_8080_8080_8080 as UInt64)
        guard let base = UnsafeRawPointer(bytes.baseAddress) else { return offset }
        while index &+ 8 <= count {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            // The high bit of each byte that is zero, at least of the first such.
            let (delimiters, feeds, returns, quotes) = (
                word ^ delimiterBytes, word ^ 0x0A0A_0A0A_0A0A_0A0A, word ^ 0x0D0D_0D0D_0D0D_0D0D, word ^ quoteBytes
            )
            var found = (delimiters &- ones) & ~delimiters | (feeds &- ones) & ~feeds | (returns &- ones) & ~returns
            found |= (quotes &- ones) & ~quotes | (word &- ones) & ~word | word
            found &= highs
            if found != 0 { return index &+ found.trailingZeroBitCount &>> 3 }
            index &+= 8
        }
        while index < count, isSpecial[Int(bytes[index])] == 0 { index &+= 1 }
        return index
    }

    private mutating func quotedEnd(from start: Int) -> Int? {
        var index = start + 1
        while true {
            while index < bytes.count, bytes[index] != UInt8(ascii: "\""), bytes[index] != 0, bytes[index] < 0x80 { index += 1 }
            guard index < bytes.count else {
                problems.add(
                    "unclosed-quote", "the quote of this field is never closed; expected '\"' before the end of the text",
                    from: start, to: start + 1)
                return nil
            }
            if bytes[index] == UInt8(ascii: "\"") {
                guard index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "\"") else { break }
                index += 1
            } else if bytes[index] == 0 {
                note(0, at: index)
            } else {
                sawHighByte = true
            }
            index += 1
        }
        let end = index + 1
        if end < bytes.count, bytes[end] == dialect.delimiter { return end }
        if lineEnd(at: end) != nil { return end }
        problems.add(
            "text-after-quote", "text follows the closing quote of a field; expected '\(delimiterName)' or the end of the line",
            from: end, to: end + 1)
        // What follows is looked at no further: quotes there would be reported again.
        var rest = end
        while rest < bytes.count, bytes[rest] != dialect.delimiter, lineEnd(at: rest) == nil { rest += 1 }
        return rest
    }

    private mutating func note(_ byte: UInt8, at offset: Int) {
        switch byte {
        case 0:
            problems.add(
                "nul-byte", "the text has a NUL byte; expected UTF-8 text", from: offset, to: offset + 1,
                notes: [
                    Diagnostic.Note(
                        "the file may be UTF-16, which 'iconv -f UTF-16 -t UTF-8' converts, or no text at all; nothing after this byte was looked at"
                    )
                ])
            problems.stop()
        case UInt8(ascii: "\r"):
            problems.add(
                "bare-carriage-return", "a carriage return without a line feed; expected lines that end in LF or CR LF",
                from: offset, to: offset + 1)
        default:
            problems.add(
                "stray-quote",
                "a quote inside a field that does not start with one; expected the field in quotes, with this quote doubled",
                from: offset, to: offset + 1)
        }
    }

    /// Notes the first byte in `range` that is not UTF-8.
    mutating func checkEncoding(_ range: Range<Int>) {
        guard let bad = FieldText.firstBadByte(in: UnsafeBufferPointer(rebasing: bytes[range])) else { return }
        let offset = range.lowerBound + bad
        problems.add(
            "bad-utf8", "byte 0x\(String(bytes[offset], radix: 16, uppercase: true)) is not UTF-8; expected text in UTF-8",
            from: offset, to: offset + 1)
    }

    private var delimiterName: String { dialect.delimiter == 9 ? "tab" : String(Unicode.Scalar(dialect.delimiter)) }
}
