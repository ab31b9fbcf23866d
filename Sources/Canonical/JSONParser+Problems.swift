import Diagnostics

/// Says what is wrong with a text and where.
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

    func replacing(_ span: SourceSpan, with text: String) -> FixIt {
        FixIt("replace with '\(text)'", [FixIt.Edit(span, text)])
    }

    func removing(_ span: SourceSpan, _ what: String) -> FixIt {
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
    var here: SourceSpan {
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
    func wordEnd(from start: Int) -> Int {
        var end = start
        while end < bytes.count, Self.isWordByte(bytes[end]) || bytes[end] == UInt8(ascii: "+") { end += 1 }
        return end
    }

    func text(_ span: SourceSpan) -> String {
        String(decoding: bytes[span.lower..<span.upper], as: UTF8.self)
    }

    /// The text at `span` as messages name it: of what is longer than any word, only the start is read.
    func excerpt(_ span: SourceSpan) -> String {
        shortened(text(SourceSpan(span.lower, min(span.upper, span.lower + 256))))
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
    mutating func checkForeign() throws(Stop) {
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
    var conflictMarkerEnd: Int? {
        guard index == 0 || byte(at: index - 1) == UInt8(ascii: "\n"), index + 7 <= bytes.count else { return nil }
        let sign = bytes[index]
        guard [UInt8(ascii: "<"), UInt8(ascii: "="), UInt8(ascii: ">"), UInt8(ascii: "|")].contains(sign) else { return nil }
        guard bytes[index..<(index + 7)].allSatisfy({ $0 == sign }), byte(at: index + 7) <= 0x20 else { return nil }
        return index + 7
    }

    /// Says that `what` is missing here, in the words that fit what stands here instead.
    mutating func stopExpecting(_ what: String) throws(Stop) -> Never {
        try checkForeign()
        let notes = openedHere
        if let isObject = innermost?.isObject {
            if index >= bytes.count { try stop(.unclosed(isObject: isObject), at: here, notes: notes) }
            let isWrongBracket = byte(at: index) == (isObject ? UInt8(ascii: "]") : UInt8(ascii: "}"))
            if isWrongBracket { try stop(.mismatched(isObject: isObject, found: found), at: here, notes: notes) }
        }
        try stop(.expected(what, found: found), at: here)
    }
}
