import Diagnostics

/// What happens where the text is not JSON: says so, and goes on where it is clear what was meant.
extension JSONParser {
    /// After this many problems the reading ends.
    static let mostProblems = 100

    // MARK: - Saying

    /// Notes a problem that does not hide what follows.
    @inline(never)
    mutating func report(_ problem: JSONProblem, at span: SourceSpan?, notes: [Diagnostic.Note] = [], fixIt: FixIt? = nil) throws(Stop) {
        diagnostics.append(diagnostic(problem, at: span, notes: notes, fixIt: fixIt))
        if diagnostics.count >= Self.mostProblems {
            diagnostics.append(diagnostic(.tooMany(limit: Self.mostProblems), at: span))
            throw Stop()
        }
    }

    /// Notes a problem that makes the rest unclear, and ends the reading.
    @inline(never)
    mutating func stop(
        _ problem: JSONProblem, at span: SourceSpan?, notes: [Diagnostic.Note] = [], fixIt: FixIt? = nil
    ) throws(Stop) -> Never {
        diagnostics.append(diagnostic(problem, at: span, notes: notes, fixIt: fixIt))
        throw Stop()
    }

    private func diagnostic(
        _ problem: JSONProblem, at span: SourceSpan?, notes: [Diagnostic.Note] = [], fixIt: FixIt? = nil
    ) -> Diagnostic {
        Diagnostic(code: problem.code, problem.message, at: location(span), notes: notes, fixIt: fixIt)
    }

    private func location(_ span: SourceSpan?) -> Diagnostic.Location {
        Diagnostic.Location(source: name, span: span)
    }

    private func replacing(_ span: SourceSpan, with text: String) -> FixIt {
        FixIt("replace with '\(text)'", [FixIt.Edit(span, text)])
    }

    private func removing(_ span: SourceSpan, _ what: String) -> FixIt {
        FixIt("remove \(what)", [FixIt.Edit(span, "")])
    }

    // MARK: - Start and end

    /// Passes a byte order mark, and tells texts apart that hold no JSON at all.
    mutating func startText() throws(Stop) {
        let start = (byte(at: 0), byte(at: 1), byte(at: 2))
        if start.0 == 0xEF, start.1 == 0xBB, start.2 == 0xBF {
            let mark = SourceSpan(0, 3)
            try report(.byteOrderMark, at: mark, fixIt: removing(mark, "the byte order mark"))
            index = 3
        }
        if isUTF16 { try stop(.utf16, at: SourceSpan(0, 1)) }
        try skipSpace()
        if index >= bytes.count { try stop(.empty, at: SourceSpan(index, index)) }
    }

    /// Whether the text starts as UTF-16 does: with its mark, or with every other byte 0.
    private var isUTF16: Bool {
        guard bytes.count >= 2, bytes.count % 2 == 0 else { return false }
        if (bytes[0] == 0xFE && bytes[1] == 0xFF) || (bytes[0] == 0xFF && bytes[1] == 0xFE) { return true }
        let isHighFirst = bytes[0] == 0
        return bytes.prefix(4).enumerated().allSatisfy { ($1 == 0) == (($0 % 2 == 0) == isHighFirst) }
    }

    /// Checks that nothing stands after the value.
    mutating func endText() throws(Stop) {
        let end = index
        try skipSpace()
        if index >= bytes.count { return }
        try checkForeign()
        if isLoneString, index == end, continuesWord(index) {
            try stop(.bareQuote, at: SourceSpan(index, index + 1))
        }
        try stop(.trailingContent, at: here)
    }

    /// Reports `second`, which has the name that `first` has.
    mutating func reportDuplicate(_ second: JSONTape.Node, of first: JSONTape.Node) throws(Stop) {
        let span = SourceSpan(Int(second.start), Int(second.end))
        let firstSpan = SourceSpan(Int(first.start), Int(first.end))
        let text = UnsafeBufferPointer(rebasing: bytes[span.lower..<span.upper])
        let isRespelled = !text.elementsEqual(bytes[firstSpan.lower..<firstSpan.upper])
        let key = JSONString.content(text, isEscaped: second.marks.contains(.escaped))
        let note = Diagnostic.Note("it stands here first", at: location(firstSpan))
        try report(.duplicateKey(shortened(key), isRespelled: isRespelled), at: span, notes: [note])
    }

    // MARK: - What stands here

    /// The span of the character that stands here, empty at the end of the text.
    private var here: SourceSpan {
        guard index < bytes.count else { return SourceSpan(bytes.count, bytes.count) }
        var end = index + 1
        while end < bytes.count, end < index + 4, bytes[index] >= 0xC0, bytes[end] & 0xC0 == 0x80 { end += 1 }
        return SourceSpan(index, end)
    }

    /// The character that stands here, as messages name it.
    private var found: String {
        let span = here
        if span.lower == span.upper { return "the end of the text" }
        let text = String(decoding: bytes[span.lower..<span.upper], as: UTF8.self)
        guard let scalar = text.unicodeScalars.first, scalar.value >= 0x20, scalar.value != 0x7F else {
            return "U+" + JSONProblem.hexadecimal(text.unicodeScalars.first?.value ?? 0, digits: 4)
        }
        return "'\(text)'"
    }

    /// The letters, digits and signs from `start` on.
    private func wordEnd(from start: Int) -> Int {
        var end = start
        while end < bytes.count, Self.isWordByte(bytes[end]) || bytes[end] == UInt8(ascii: "+") { end += 1 }
        return end
    }

    private func text(_ span: SourceSpan) -> String {
        String(decoding: bytes[span.lower..<span.upper], as: UTF8.self)
    }

    /// The first 60 characters of a text that a message names.
    private func shortened(_ text: String) -> String {
        text.unicodeScalars.count <= 60 ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(60))) + "…"
    }

    private var openedHere: [Diagnostic.Note] {
        guard let innermost else { return [] }
        let start = Int(innermost.node.start)
        let message = innermost.isObject ? "the object starts here" : "the array starts here"
        return [Diagnostic.Note(message, at: location(SourceSpan(start, start + 1)))]
    }

    /// Ends the reading at bytes that no JSON has anywhere outside of strings: conflict markers, other spaces, other encodings.
    private mutating func checkForeign() throws(Stop) {
        if let end = conflictMarkerEnd { try stop(.conflictMarker, at: SourceSpan(index, end)) }
        guard byte(at: index) >= 0x80 else { return }
        let span = here
        let text = text(span)
        guard text.utf8.elementsEqual(bytes[span.lower..<span.upper]), let scalar = text.unicodeScalars.first else {
            try stop(.notUTF8(bytes[index]), at: SourceSpan(index, index + 1))
        }
        if scalar.properties.isWhitespace || scalar == "\u{FEFF}" || scalar == "\u{200B}" {
            let name = "U+" + JSONProblem.hexadecimal(scalar.value, digits: 4)
            let fixIt = FixIt("replace with a plain space", [FixIt.Edit(span, " ")])
            try stop(.foreignSpace(name), at: span, fixIt: fixIt)
        }
    }

    /// The end of the conflict marker that git left on the line that starts here.
    private var conflictMarkerEnd: Int? {
        guard index == 0 || byte(at: index - 1) == UInt8(ascii: "\n"), index + 7 <= bytes.count else { return nil }
        let sign = bytes[index]
        guard [UInt8(ascii: "<"), UInt8(ascii: "="), UInt8(ascii: ">"), UInt8(ascii: "|")].contains(sign) else { return nil }
        guard bytes[index..<(index + 7)].allSatisfy({ $0 == sign }), byte(at: index + 7) <= 0x20 else { return nil }
        return index + 7
    }

    /// Says that `what` is missing here, in the words that fit what stands here instead.
    private mutating func stopExpecting(_ what: String) throws(Stop) -> Never {
        try checkForeign()
        let notes = openedHere
        if let isObject = innermost?.isObject {
            if index >= bytes.count { try stop(.unclosed(isObject: isObject), at: here, notes: notes) }
            let isWrongBracket = byte(at: index) == (isObject ? UInt8(ascii: "]") : UInt8(ascii: "}"))
            if isWrongBracket { try stop(.mismatched(isObject: isObject, found: found), at: here, notes: notes) }
        }
        try stop(.expected(what, found: found), at: here)
    }

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
            try report(.missingComma(isObject: isObject), at: place, fixIt: FixIt("insert ','", [FixIt.Edit(place, ",")]))
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
        let name = text(span)
        let edits = [FixIt.Edit(SourceSpan(index, index), "\""), FixIt.Edit(SourceSpan(end, end), "\"")]
        try checkUTF8(span)
        try report(.unquotedKey(shortened(name)), at: span, fixIt: FixIt("put the name in double quotes", edits))
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
        let word = text(span)
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
            try report(.unknownWord(shortened(word)), at: span, fixIt: meant.map { replacing(span, with: $0) })
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
        while !bytes[min(end, bytes.count)...].starts(with: close.utf8) {
            let byte = byte(at: end)
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                try stop(.quotes(quoteName(open)), at: opening)
            }
            end += 1
        }
        try checkUTF8(SourceSpan(content, end))
        let after = end + close.utf8.count
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
        // What follows the backslash is looked at again as plain text, unless it is one byte that cannot be.
        return letter >= 0x80 ? position + 1 : position + 2
    }

    /// Reads a number that is not written as JSON wants it.
    @inline(never)
    mutating func recoverNumber() throws(Stop) {
        let span = SourceSpan(index, wordEnd(from: index))
        try checkUTF8(span)
        let text = text(span)
        index = span.upper
        switch text.lowercased().drop(while: { $0 == "-" || $0 == "+" }) {
        case "nan", "inf", "infinity": try report(.notFinite(shortened(text)), at: span)
        default:
            let meant = Self.strictNumber(Array(text.utf8))
            try report(.numberSyntax(shortened(text)), at: span, fixIt: meant.map { replacing(span, with: $0) })
        }
        add(.number, from: span.lower, to: span.upper, .repaired)
    }

    /// The JSON number that `text` must mean: without a plus, leading zeros and grouping, with a digit on both sides of the point.
    private static func strictNumber(_ text: [UInt8]) -> String? {
        guard text.count <= 64 else { return nil }
        var rest = text[...]
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
        return isStrict && meant != text ? String(decoding: meant, as: UTF8.self) : nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") <= 9
    }
}
