import Diagnostics

/// Goes on after a problem where it is clear what was meant.
extension JSONParser {
    // MARK: - Separators

    /// Passes repeated commas after the one at `comma`; true when the container ends here.
    @inline(never)
    mutating func recoverComma(at comma: Int, isObject: Bool) throws(Stop) -> Bool {
        while byte(at: index) == UInt8(ascii: ",") {
            let span = SourceSpan(index, index + 1)
            try report(.extraComma, at: span, fixIt: removing(span, "the comma"))
            index += 1
            try skipSpace()
        }
        guard byte(at: index) == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else { return false }
        let span = SourceSpan(comma, comma + 1)
        try report(.trailingComma, at: span, fixIt: removing(span, "the comma"))
        return true
    }

    /// Goes on when a comma was forgotten between the value that ends at `end` and what stands here.
    @inline(never)
    mutating func recoverMissingComma(after end: Int, isObject: Bool) throws(Stop) {
        let next = byte(at: index)
        if next == UInt8(ascii: ";") {
            try report(.missingComma(isObject: isObject), at: here, fixIt: replacing(here, with: ","))
            index += 1
            try skipSpace()
            return
        }
        if end == index, bytes[end - 1] == UInt8(ascii: "\""), Self.isWordByte(next) || next == UInt8(ascii: "\"") {
            try checkForeign()
            try stop(.bareQuote, at: here)
        }
        if next == UInt8(ascii: "\"") || (!isObject && startsValue(next)) {
            let place = SourceSpan(end, end)
            // Two numbers side by side may be one with a space in it, such as 1 000.
            let isOneNumber = Self.isDigit(next) && !bytes[end..<index].contains(UInt8(ascii: "\n")) && Self.isWordByte(bytes[end - 1])
            let fixIt = isOneNumber ? nil : FixIt("insert ','", [FixIt.Edit(place, ",")])
            try report(.missingComma(isObject: isObject), at: place, fixIt: fixIt)
            return
        }
        try stopExpecting(isObject ? "',' or '}' after a member" : "',' or ']' after a value")
    }

    /// Goes on when the colon was forgotten or misspelled behind the name that ends at `end`.
    @inline(never)
    mutating func recoverMissingColon(after end: Int) throws(Stop) {
        let next = byte(at: index)
        if next == UInt8(ascii: "="), conflictMarkerEnd == nil {
            let length = byte(at: index + 1) == UInt8(ascii: ">") ? 2 : 1
            let span = SourceSpan(index, index + length)
            try report(.missingColon, at: span, fixIt: replacing(span, with: ":"))
            index += length
        } else if startsValue(next) {
            let place = SourceSpan(end, end)
            try report(.missingColon, at: place, fixIt: FixIt("insert ':'", [FixIt.Edit(place, ":")]))
        } else {
            try stopExpecting("':' after a name")
        }
    }

    private func startsValue(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "t"): bytes[index...].starts(with: "true".utf8)
        case UInt8(ascii: "f"): bytes[index...].starts(with: "false".utf8)
        case UInt8(ascii: "n"): bytes[index...].starts(with: "null".utf8)
        default: false
        }
    }

    /// Passes the comment that starts here; false when it is none.
    @inline(never)
    mutating func skipComment() throws(Stop) -> Bool {
        let start = index
        if byte(at: index) == UInt8(ascii: "/"), byte(at: index + 1) == UInt8(ascii: "*") {
            var end = index + 2
            while byte(at: end) != UInt8(ascii: "*") || byte(at: end + 1) != UInt8(ascii: "/") {
                if end >= bytes.count { try stop(.unclosedComment, at: SourceSpan(start, start + 2)) }
                end += 1
            }
            index = end + 2
        } else if byte(at: index) == UInt8(ascii: "#") || byte(at: index + 1) == UInt8(ascii: "/") {
            while index < bytes.count, bytes[index] != UInt8(ascii: "\n"), bytes[index] != UInt8(ascii: "\r") { index += 1 }
        } else {
            return false
        }
        try report(.comment, at: SourceSpan(start, index))
        return true
    }

    // MARK: - Names and values

    /// Reads a name that does not start with a double quote.
    @inline(never)
    mutating func scanStrayKey() throws(Stop) -> JSONTape.Marks {
        if let marks = try scanOtherQuotes() { return marks }
        let end = wordEnd(from: index)
        guard end > index else { try stopExpecting("a name in double quotes") }
        try checkForeign()
        let span = SourceSpan(index, end)
        let edits = [FixIt.Edit(SourceSpan(index, index), "\""), FixIt.Edit(SourceSpan(end, end), "\"")]
        try checkUTF8(span)
        try report(.unquotedKey(excerpt(span)), at: span, fixIt: FixIt("put the name in double quotes", edits))
        add(.string, from: index, to: end, .repaired)
        index = end
        return .repaired
    }

    /// Reads what stands in the place of a value and does not start like one.
    @inline(never)
    mutating func scanStrayValue() throws(Stop) {
        if try scanOtherQuotes() != nil { return }
        let first = byte(at: index)
        if first == UInt8(ascii: "+") || first == UInt8(ascii: ".") { return try recoverNumber() }
        let end = wordEnd(from: index)
        guard end > index, first < 0x80 else { try stopExpecting("a value") }
        let span = SourceSpan(index, end)
        try checkUTF8(span)
        let word = excerpt(span)
        index = end
        switch word.lowercased() {
        case "nan", "inf", "infinity":
            try report(.notFinite(word), at: span)
            add(.number, from: span.lower, to: end, .repaired)
        case "true", "false":
            try report(.unknownWord(word), at: span, fixIt: replacing(span, with: word.lowercased()))
            add(.boolean, from: span.lower, to: end, .repaired)
        case "null", "none", "nil", "undefined":
            try report(.unknownWord(word), at: span, fixIt: replacing(span, with: "null"))
            add(.null, from: span.lower, to: end, .repaired)
        default:
            let meant = Suggestion.closest(to: word, among: ["true", "false", "null"])
            try report(.unknownWord(word), at: span, fixIt: meant.map { replacing(span, with: $0) })
            add(.string, from: span.lower, to: end, .repaired)
        }
    }

    private mutating func checkUTF8(_ span: SourceSpan) throws(Stop) {
        if let wrong = Self.firstIllFormed(UnsafeBufferPointer(rebasing: bytes[span.lower..<span.upper])) {
            let place = span.lower + wrong
            try stop(.notUTF8(bytes[place]), at: SourceSpan(place, place + 1))
        }
    }

    /// Reads a string in single or typographic quotes; nil when none starts here.
    ///
    /// Goes on when it ends on its line and would mean the same in double quotes.
    private mutating func scanOtherQuotes() throws(Stop) -> JSONTape.Marks? {
        let start = index
        let open: String
        let close: String
        switch byte(at: index) {
        case UInt8(ascii: "'"): (open, close) = ("'", "'")
        case UInt8(ascii: "`"): (open, close) = ("`", "`")
        case 0xE2 where bytes[index...].starts(with: "\u{201C}".utf8): (open, close) = ("\u{201C}", "\u{201D}")
        case 0xE2 where bytes[index...].starts(with: "\u{2018}".utf8): (open, close) = ("\u{2018}", "\u{2019}")
        default: return nil
        }
        let content = start + open.utf8.count
        var end = content
        let opening = SourceSpan(start, content)
        let lead = close.utf8.first
        while true {
            let byte = byte(at: end)
            if byte == lead, bytes[end...].starts(with: close.utf8) { break }
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                try stop(.quotes(quoteName(open)), at: opening)
            }
            end += 1
        }
        try checkUTF8(SourceSpan(content, end))
        let after = end + close.utf8.count
        // An apostrophe in a word is no end.
        if continuesWord(after) { try stop(.quotes(quoteName(open)), at: opening) }
        let edits = [FixIt.Edit(opening, "\""), FixIt.Edit(SourceSpan(end, after), "\"")]
        try report(.quotes(quoteName(open)), at: SourceSpan(start, after), fixIt: FixIt("use double quotes", edits))
        add(.string, from: content, to: end, .repaired)
        index = after
        return .repaired
    }

    private func quoteName(_ quote: String) -> String {
        switch quote {
        case "'": "single quotes"
        case "`": "backquotes"
        default: "typographic quotes"
        }
    }

    // MARK: - Strings and numbers

    /// Passes the control character at `position` in a string, or ends the reading where the string has no end.
    @inline(never)
    mutating func scanControl(at position: Int, stringStart: Int) throws(Stop) -> Int {
        let byte = byte(at: position)
        if position >= bytes.count || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
            try stop(.unclosedString, at: SourceSpan(stringStart, stringStart + 1))
        }
        let span = SourceSpan(position, position + 1)
        try report(.controlCharacter(byte), at: span, fixIt: replacing(span, with: JSONText.escape(byte)))
        return position + 1
    }

    /// Passes an escape at `position` that JSON does not have.
    @inline(never)
    mutating func recoverEscape(at position: Int, stringStart: Int) throws(Stop) -> Int {
        let letter = byte(at: position + 1)
        if letter < 0x20 {
            // The text or the line ends behind the backslash, or a control character follows, which has its own message.
            if position + 1 < bytes.count, letter != UInt8(ascii: "\n"), letter != UInt8(ascii: "\r") {
                try report(.escape("\\"), at: SourceSpan(position, position + 1))
                return position + 1
            }
            try stop(.unclosedString, at: SourceSpan(stringStart, stringStart + 1))
        }
        var end = position + 2
        if letter == UInt8(ascii: "u") {
            while end < position + 6, end < bytes.count, Self.isWordByte(bytes[end]), bytes[end] < 0x80 { end += 1 }
        } else {
            while end < bytes.count, letter >= 0xC0, bytes[end] & 0xC0 == 0x80, end < position + 5 { end += 1 }
        }
        let span = SourceSpan(position, end)
        try checkUTF8(span)
        let fixIt = letter == UInt8(ascii: "'") ? replacing(span, with: "'") : nil
        try report(.escape(text(span)), at: span, fixIt: fixIt)
        // A letter beyond ASCII is looked at again, as the first byte of its character.
        return letter >= 0x80 ? position + 1 : position + 2
    }

    /// Reads a number that is not written as JSON wants it.
    @inline(never)
    mutating func recoverNumber() throws(Stop) {
        let span = SourceSpan(index, wordEnd(from: index))
        try checkUTF8(span)
        let text = excerpt(span)
        index = span.upper
        switch text.lowercased().drop(while: { $0 == "-" || $0 == "+" }) {
        case "nan", "inf", "infinity": try report(.notFinite(text), at: span)
        default:
            let meant = Self.strictNumber(bytes[span.lower..<min(span.upper, span.lower + 65)])
            try report(.numberSyntax(text), at: span, fixIt: meant.map { replacing(span, with: $0) })
        }
        add(.number, from: span.lower, to: span.upper, .repaired)
    }

    /// The JSON number that `text` must mean: without a plus, leading zeros and grouping, with a digit on both sides of the point.
    private static func strictNumber(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> String? {
        guard text.count <= 64 else { return nil }
        var rest = text
        var meant: [UInt8] = []
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            if sign == UInt8(ascii: "-") { meant.append(sign) }
            rest.removeFirst()
        }
        var groups = rest.filter { $0 != UInt8(ascii: "_") }[...]
        while groups.count > 1, groups.first == UInt8(ascii: "0"), let second = groups.dropFirst().first, isDigit(second) {
            groups.removeFirst()
        }
        if groups.first == UInt8(ascii: ".") { meant.append(UInt8(ascii: "0")) }
        for (offset, byte) in groups.enumerated() {
            meant.append(byte)
            let next = groups.dropFirst(offset + 1).first
            if byte == UInt8(ascii: "."), next.map({ !isDigit($0) }) ?? true { meant.append(UInt8(ascii: "0")) }
        }
        let isStrict = meant.withUnsafeBufferPointer { bytes in
            let shape = numberShape(bytes, from: 0)
            return shape.isStrict && shape.end == bytes.count
        }
        return isStrict && !meant.elementsEqual(text) ? String(decoding: meant, as: UTF8.self) : nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") <= 9
    }
}
