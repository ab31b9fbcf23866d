/// Takes lines of JSON objects apart (RFC 8259), without building values.
struct JSONLineScanner {
    enum Kind {
        case number, string, boolean, null
    }

    /// A member of an object.
    struct Member {
        /// The key without its quotes.
        let key: Range<Int>
        let kind: Kind
        /// The value; of a string without its quotes.
        let value: Range<Int>
        /// Whether key or string have escapes.
        let keyHasEscapes: Bool
        let valueHasEscapes: Bool
    }

    let bytes: UnsafeBufferPointer<UInt8>
    var problems: TableProblems
    private var next = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>, _ problems: TableProblems) {
        self.bytes = bytes
        self.problems = problems
    }

    /// Calls `body` with each member of the object that fills `line`, which has no line end; false after noting what is wrong.
    mutating func read(_ line: Range<Int>, _ body: (Member) -> Void) -> Bool {
        next = line.lowerBound
        skipSpace(line.upperBound)
        guard next < line.upperBound else {
            problems.add("blank-line", "the line is empty; expected an object", from: line.lowerBound, to: line.upperBound)
            return false
        }
        guard takes("{", line.upperBound) else { return fail("an object in braces, '{', on a line of its own", line.upperBound) }
        skipSpace(line.upperBound)
        if !takes("}", line.upperBound) {
            while true {
                skipSpace(line.upperBound)
                guard let key = string(line.upperBound, "a key in quotes") else { return false }
                skipSpace(line.upperBound)
                guard takes(":", line.upperBound) else { return fail("':' after the key", line.upperBound) }
                skipSpace(line.upperBound)
                guard let value = value(line.upperBound) else { return false }
                body(
                    Member(
                        key: key.range, kind: value.kind, value: value.range, keyHasEscapes: key.hasEscapes,
                        valueHasEscapes: value.hasEscapes))
                skipSpace(line.upperBound)
                if takes(",", line.upperBound) { continue }
                guard takes("}", line.upperBound) else { return fail("',' or '}' after the value", line.upperBound) }
                break
            }
        }
        skipSpace(line.upperBound)
        return next == line.upperBound || fail("the end of the line after the object", line.upperBound)
    }

    private mutating func value(_ end: Int) -> (kind: Kind, range: Range<Int>, hasEscapes: Bool)? {
        let start = next
        guard next < end else {
            _ = fail("a value", end)
            return nil
        }
        switch bytes[next] {
        case UInt8(ascii: "\""):
            guard let found = string(end, "a string") else { return nil }
            return (.string, found.range, found.hasEscapes)
        case UInt8(ascii: "t") where takes("true", end), UInt8(ascii: "f") where takes("false", end):
            return (.boolean, start..<next, false)
        case UInt8(ascii: "n") where takes("null", end): return (.null, start..<next, false)
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            let isList = bytes[next] == UInt8(ascii: "[")
            problems.add(
                "nested-value", "the value is \(isList ? "a list" : "an object"); expected a string, a number, true, false or null",
                from: next, to: next + 1)
            return nil
        case UInt8(ascii: "-"), 0x30...0x39:
            guard number(end) else { return nil }
            return (.number, start..<next, false)
        default:
            let isNumber = takes("NaN", end) || takes("Infinity", end)
            next = start
            _ = fail(isNumber ? "null where a value is missing, and finite numbers elsewhere" : "a value", end)
            return nil
        }
    }

    /// Passes over `-? (0 | [1-9] digits) (. digits)? ([eE] [+-]? digits)?`.
    private mutating func number(_ end: Int) -> Bool {
        _ = takes("-", end)
        let whole = next
        guard digits(end) else { return fail(takes("Infinity", end) ? "null or a finite number" : "a digit after '-'", end) }
        if next - whole > 1, bytes[whole] == UInt8(ascii: "0") {
            next = whole
            return fail("a number without leading zeros", end)
        }
        if takes(".", end), !digits(end) { return fail("a digit after the point", end) }
        if takes("e", end) || takes("E", end) {
            if !takes("+", end) { _ = takes("-", end) }
            guard digits(end) else { return fail("a digit in the exponent", end) }
        }
        return true
    }

    private mutating func digits(_ end: Int) -> Bool {
        let start = next
        while next < end, (0x30...0x39).contains(bytes[next]) { next += 1 }
        return next > start
    }

    private mutating func string(_ end: Int, _ expected: String) -> (range: Range<Int>, hasEscapes: Bool)? {
        let start = next
        guard takes("\"", end) else {
            _ = fail(expected, end)
            return nil
        }
        var hasEscapes = false
        var isASCII = true
        while next < end, bytes[next] != UInt8(ascii: "\"") {
            let byte = bytes[next]
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                guard escape(end) else {
                    _ = fail("an escape that JSON has: \\\", \\\\, \\/, \\b, \\f, \\n, \\r, \\t, or \\u and four hexadecimal digits", end)
                    return nil
                }
                continue
            }
            if byte < 0x20 {
                _ = fail("no control characters in a string, but escapes", end)
                return nil
            }
            if byte >= 0x80 { isASCII = false }
            next += 1
        }
        guard next < end else {
            problems.add(
                "unclosed-quote", "the quote of this string is never closed; expected '\"' before the end of the line",
                from: start, to: start + 1)
            return nil
        }
        let range = start + 1..<next
        next += 1
        if !isASCII, let bad = FieldText.firstBadByte(in: UnsafeBufferPointer(rebasing: bytes[range])) {
            let offset = range.lowerBound + bad
            problems.add(
                "bad-utf8", "byte 0x\(String(bytes[offset], radix: 16, uppercase: true)) is not UTF-8; expected text in UTF-8",
                from: offset, to: offset + 1)
            return nil
        }
        return (range, hasEscapes)
    }

    /// Passes over an escape; false, without moving, when it is none. Halves of a surrogate pair must stand together.
    private mutating func escape(_ end: Int) -> Bool {
        guard next + 1 < end else { return false }
        guard bytes[next + 1] == UInt8(ascii: "u") else {
            guard Self.escaped(bytes[next + 1]) != nil else { return false }
            next += 2
            return true
        }
        guard let first = Self.codeUnit(bytes, next, end), !(0xDC00...0xDFFF).contains(first) else { return false }
        if (0xD800...0xDBFF).contains(first) {
            guard let second = Self.codeUnit(bytes, next + 6, end), (0xDC00...0xDFFF).contains(second) else { return false }
            next += 12
        } else {
            next += 6
        }
        return true
    }

    private static func escaped(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): byte
        case UInt8(ascii: "b"): 8
        case UInt8(ascii: "f"): 12
        case UInt8(ascii: "n"): 10
        case UInt8(ascii: "r"): 13
        case UInt8(ascii: "t"): 9
        default: nil
        }
    }

    /// The number of `\uXXXX` at `offset`.
    private static func codeUnit(_ bytes: UnsafeBufferPointer<UInt8>, _ offset: Int, _ end: Int) -> UInt32? {
        guard offset + 6 <= end, bytes[offset] == UInt8(ascii: "\\"), bytes[offset + 1] == UInt8(ascii: "u") else { return nil }
        var value: UInt32 = 0
        for byte in bytes[offset + 2..<offset + 6] {
            switch byte {
            case 0x30...0x39: value = value << 4 | UInt32(byte - 0x30)
            case 0x41...0x46: value = value << 4 | UInt32(byte - 0x37)
            case 0x61...0x66: value = value << 4 | UInt32(byte - 0x57)
            default: return nil
            }
        }
        return value
    }

    /// Calls `body` with what a string that was read says.
    static func withContent<Result>(
        _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, hasEscapes: Bool, _ spare: inout [UInt8],
        _ body: (UnsafeBufferPointer<UInt8>) -> Result
    ) -> Result {
        guard hasEscapes else { return body(UnsafeBufferPointer(rebasing: bytes[range])) }
        spare.removeAll(keepingCapacity: true)
        var index = range.lowerBound
        while index < range.upperBound {
            guard bytes[index] == UInt8(ascii: "\\"), index + 1 < range.upperBound else {
                spare.append(bytes[index])
                index += 1
                continue
            }
            if let plain = escaped(bytes[index + 1]) {
                spare.append(plain)
                index += 2
                continue
            }
            var scalar = codeUnit(bytes, index, range.upperBound) ?? 0xFFFD
            index += 6
            if (0xD800...0xDBFF).contains(scalar), let second = codeUnit(bytes, index, range.upperBound) {
                scalar = 0x10000 + (scalar - 0xD800) << 10 + (second &- 0xDC00)
                index += 6
            }
            spare.append(contentsOf: String(Unicode.Scalar(scalar) ?? "\u{FFFD}").utf8)
        }
        return spare.withUnsafeBufferPointer { body($0) }
    }

    private mutating func skipSpace(_ end: Int) {
        while next < end, bytes[next] == 0x20 || bytes[next] == 0x09 || bytes[next] == 0x0D { next += 1 }
    }

    @inline(__always)
    private mutating func takes(_ word: StaticString, _ end: Int) -> Bool {
        guard next + word.utf8CodeUnitCount <= end else { return false }
        for index in 0..<word.utf8CodeUnitCount where bytes[next + index] != word.utf8Start[index] { return false }
        next += word.utf8CodeUnitCount
        return true
    }

    private mutating func fail(_ expected: String, _ end: Int) -> Bool {
        problems.add("json-line", "the line is no JSON object; expected \(expected)", from: min(next, end), to: min(next + 1, end))
        return false
    }
}
