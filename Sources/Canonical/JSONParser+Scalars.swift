import Diagnostics

/// The scanners of strings, numbers and words.
extension JSONParser {
    // MARK: - Strings

    private static let quotes: UInt64 = 0x2222_2222_2222_2222
    private static let backslashes: UInt64 = 0x5C5C_5C5C_5C5C_5C5C
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080
    private static let spaces: UInt64 = 0x2020_2020_2020_2020

    /// Reads the string whose first quote stands here.
    @inline(__always)
    mutating func scanString() throws(Stop) -> JSONTape.Marks {
        let start = index
        var position = index &+ 1
        var marks: JSONTape.Marks = []
        while true {
            // Eight bytes at a time up to the first that is a quote, a backslash, a control character or not ASCII. The borrow of
            // these subtractions can only mark bytes above one that is marked rightly, and the lowest mark is what counts.
            while position &+ 8 <= bytes.count {
                let word = word(at: position)
                let quote = word ^ Self.quotes
                let backslash = word ^ Self.backslashes
                let special =
                    ((quote &- Self.ones) & ~quote) | ((backslash &- Self.ones) & ~backslash) | ((word &- Self.spaces) & ~word) | word
                let found = special & Self.highs
                if found != 0 {
                    position &+= found.trailingZeroBitCount >> 3
                    break
                }
                position &+= 8
            }
            let byte = byte(at: position)
            if byte == UInt8(ascii: "\"") {
                add(.string, from: start, to: position &+ 1, marks)
                index = position &+ 1
                return marks
            }
            if byte >= 0x80 {
                let end = try scanUTF8(from: position)
                while position < end {
                    if JSONDuplicateKeys.mayRespell(bytes[position]) { marks.insert(.respellable) }
                    position &+= 1
                }
            } else if byte == UInt8(ascii: "\\") {
                marks.insert(.escaped)
                position = try scanEscape(at: position, stringStart: start)
            } else if byte < 0x20 {
                position = try scanControl(at: position, stringStart: start)
            } else {
                position &+= 1
            }
        }
    }

    /// Checks the bytes above 0x7F that start at `start`, and says where they end.
    private mutating func scanUTF8(from start: Int) throws(Stop) -> Int {
        let end = Self.wellFormedEnd(bytes, from: start)
        if byte(at: end) >= 0x80 { try stop(.notUTF8(bytes[end]), at: SourceSpan(end, end + 1)) }
        return end
    }

    /// The end of the well-formed sequences of bytes above 0x7F from `start` on.
    ///
    /// Those are the ones of the Unicode Standard, table 3-7: no overlong forms, no surrogates, at most U+10FFFF.
    private static func wellFormedEnd(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        func continues(_ position: Int) -> Bool { position < bytes.count && bytes[position] & 0xC0 == 0x80 }
        var position = start
        while position < bytes.count {
            let first = bytes[position]
            guard first >= 0xC2, first <= 0xF4, continues(position &+ 1) else { return position }
            let second = bytes[position &+ 1]
            if first < 0xE0 {
                position &+= 2
            } else if first < 0xF0 {
                guard continues(position &+ 2), first != 0xE0 || second >= 0xA0, first != 0xED || second < 0xA0 else { return position }
                position &+= 3
            } else {
                guard continues(position &+ 2), continues(position &+ 3) else { return position }
                guard first != 0xF0 || second >= 0x90, first != 0xF4 || second < 0x90 else { return position }
                position &+= 4
            }
        }
        return position
    }

    /// The offset of the first byte in `text` that is not part of well-formed UTF-8.
    static func firstIllFormed(_ text: UnsafeBufferPointer<UInt8>) -> Int? {
        var position = 0
        while position < text.count {
            if text[position] < 0x80 {
                position += 1
            } else {
                let end = wellFormedEnd(text, from: position)
                if end == position { return position }
                position = end
            }
        }
        return nil
    }

    /// Checks the escape whose backslash stands at `position`, and says where it ends.
    @inline(never)
    private mutating func scanEscape(at position: Int, stringStart: Int) throws(Stop) -> Int {
        let letter = byte(at: position + 1)
        if JSONString.simpleEscape(letter) != nil { return position + 2 }
        guard letter == UInt8(ascii: "u") else { return try recoverEscape(at: position, stringStart: stringStart) }
        guard let unit = JSONString.codeUnit(bytes, at: position + 2) else {
            return try recoverEscape(at: position, stringStart: stringStart)
        }
        let end = position + 6
        if unit & 0xF800 != 0xD800 { return end }
        if unit & 0xFC00 == 0xD800, JSONString.lowSurrogate(bytes, at: end) != nil { return end + 6 }
        try report(.loneSurrogate, at: SourceSpan(position, end))
        return end
    }

    // MARK: - Numbers

    /// What the bytes of a number look like.
    struct NumberShape {
        var end: Int
        var wholeCount = 0
        var kind = JSONNode.Kind.integer
        /// Whether it follows the grammar of RFC 8259, section 6.
        var isStrict = true
        /// Whether it is long enough to be beyond binary64.
        var mayOverflow = false
    }

    /// The shape of the number that starts at `start` with a digit or a minus.
    @inline(__always)
    static func numberShape(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> NumberShape {
        func byte(at position: Int) -> UInt8 { position < bytes.count ? bytes[position] : 0 }
        var shape = NumberShape(end: start)
        var position = start
        if byte(at: position) == UInt8(ascii: "-") { position &+= 1 }
        let whole = position
        position = digitsEnd(bytes, from: position)
        shape.wholeCount = position &- whole
        shape.isStrict = shape.wholeCount == 1 || (shape.wholeCount > 1 && byte(at: whole) != UInt8(ascii: "0"))
        shape.mayOverflow = shape.wholeCount > 300
        if byte(at: position) == UInt8(ascii: ".") {
            shape.kind = .number
            position &+= 1
            let fraction = position
            position = digitsEnd(bytes, from: position)
            shape.isStrict = shape.isStrict && position > fraction
        }
        if byte(at: position) | 0x20 == UInt8(ascii: "e") {
            shape.kind = .number
            position &+= 1
            if byte(at: position) == UInt8(ascii: "-") || byte(at: position) == UInt8(ascii: "+") { position &+= 1 }
            let exponent = position
            position = digitsEnd(bytes, from: position)
            shape.isStrict = shape.isStrict && position > exponent
            shape.mayOverflow = shape.wholeCount > 200 || position &- exponent > 2
        }
        shape.end = position
        return shape
    }

    /// The end of the digits that start at `start`.
    @inline(__always)
    private static func digitsEnd(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var position = start
        while position &+ 8 <= bytes.count {
            let start = UnsafeRawPointer(bytes.baseAddress.unsafelyUnwrapped + position)
            // A digit leaves 0...9, and only those stay below 0x80 when 0x76 is added; a carry only reaches bytes that come later.
            let values = UInt64(littleEndian: start.loadUnaligned(as: UInt64.self)) ^ 0x3030_3030_3030_3030
            let others = ((values &+ 0x7676_7676_7676_7676) | values) & highs
            if others != 0 { return position &+ others.trailingZeroBitCount >> 3 }
            position &+= 8
        }
        while position < bytes.count, bytes[position] &- UInt8(ascii: "0") <= 9 { position &+= 1 }
        return position
    }

    /// Reads the number whose first digit or minus stands here.
    @inline(__always)
    mutating func scanNumber() throws(Stop) {
        let start = index
        // Most numbers are short integers without a sign, with a separator behind them.
        let digits = Self.digitsEnd(bytes, from: start)
        let count = digits &- start
        if Self.isSeparator(byte(at: digits)), count == 1 || (count &- 1 < 15 && bytes[start] != UInt8(ascii: "0")), count > 0 {
            index = digits
            add(.integer, from: start, to: digits)
            return
        }
        try scanLongNumber()
    }

    private mutating func scanLongNumber() throws(Stop) {
        let start = index
        let shape = Self.numberShape(bytes, from: start)
        if !shape.isStrict || continuesWord(shape.end) {
            try recoverNumber()
            return
        }
        index = shape.end
        if shape.kind == .integer, shape.wholeCount >= 16 {
            try checkInteger(from: start)
        } else {
            if shape.mayOverflow { try checkRange(from: start) }
            add(shape.kind, from: start, to: shape.end)
        }
    }

    /// Whether the byte at `position` would belong to a number or word that ends before it.
    @inline(__always)
    func continuesWord(_ position: Int) -> Bool {
        let byte = byte(at: position)
        return !Self.isSeparator(byte) && byte < 0x80 && Self.isWordByte(byte)
    }

    /// Whether `byte` ends a number or word for certain: a space, a comma, a closing bracket, or some other low byte.
    @inline(__always)
    private static func isSeparator(_ byte: UInt8) -> Bool {
        byte <= UInt8(ascii: ",") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}")
    }

    /// Whether `byte` is a letter, a digit or one of `_ . -`, or not ASCII.
    static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "$"), 0x80...0xFF:
            true
        default:
            false
        }
    }

    /// Adds the integral literal from `start` to here, which has 16 digits or more.
    @inline(never)
    private mutating func checkInteger(from start: Int) throws(Stop) {
        let text = UnsafeBufferPointer(rebasing: bytes[start..<index])
        if JSONNumber.isSafe(text) {
            add(.integer, from: start, to: index)
        } else if limits.allowsLargeIntegers {
            if text.count > 300 { try checkRange(from: start) }
            add(.number, from: start, to: index)
        } else {
            try report(.unsafeInteger, at: SourceSpan(start, index))
            add(.integer, from: start, to: index, .repaired)
        }
    }

    /// Reports the literal from `start` to here if it is beyond the largest binary64.
    @inline(never)
    private mutating func checkRange(from start: Int) throws(Stop) {
        if JSONNumber.isFinite(UnsafeBufferPointer(rebasing: bytes[start..<index])) { return }
        try report(.numberRange, at: SourceSpan(start, index))
    }

    // MARK: - Words

    /// Reads `true`, `false` or `null`.
    @inline(__always)
    mutating func scanWord() throws(Stop) {
        let start = index
        let kind: JSONNode.Kind
        let length: Int
        if matches("true") {
            kind = .boolean
            length = 4
        } else if matches("false") {
            kind = .boolean
            length = 5
        } else if matches("null") {
            kind = .null
            length = 4
        } else {
            try scanStrayValue()
            return
        }
        if continuesWord(start &+ length) {
            try scanStrayValue()
            return
        }
        index = start &+ length
        add(kind, from: start, to: index)
    }

    @inline(__always)
    private func matches(_ text: StaticString) -> Bool {
        guard index &+ text.utf8CodeUnitCount <= bytes.count else { return false }
        for offset in 0..<text.utf8CodeUnitCount where bytes[index &+ offset] != text.utf8Start[offset] { return false }
        return true
    }
}
