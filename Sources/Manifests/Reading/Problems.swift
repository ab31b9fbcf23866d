import Canonical
import Diagnostics

/// What there is to say so far about one manifest.
struct Problems {
    /// Most errors, and most warnings, that are told; nobody reads more, and each is shown with its line.
    private static let most = 1000

    let source: SourceText
    private(set) var diagnostics: [Diagnostic] = []
    private(set) var errorCount = 0
    private var warningCount = 0
    /// Comparisons of words that are still granted: thousands of misspelt names among thousands must not take minutes.
    private var comparisons = 200_000

    init(source: SourceText) {
        self.source = source
    }

    /// Adds an error; `code` comes without `manifest/`.
    mutating func error(_ code: String, _ message: String, at span: SourceSpan, notes: [Diagnostic.Note] = [], fixIt: FixIt? = nil) {
        errorCount += 1
        switch errorCount {
        case ...Self.most: add(.error, code, message, span, notes, fixIt)
        case Self.most + 1: add(.error, "too-many-problems", "more than \(Self.most) errors; mend those first", span, [], nil)
        default: break
        }
    }

    mutating func warning(_ code: String, _ message: String, at span: SourceSpan, notes: [Diagnostic.Note] = [], fixIt: FixIt? = nil) {
        warningCount += 1
        switch warningCount {
        case ...Self.most: add(.warning, code, message, span, notes, fixIt)
        case Self.most + 1: add(.warning, "more-warnings", "there are more than \(Self.most) warnings", span, [], nil)
        default: break
        }
    }

    private mutating func add(
        _ severity: Diagnostic.Severity, _ code: String, _ message: String, _ span: SourceSpan, _ notes: [Diagnostic.Note], _ fixIt: FixIt?
    ) {
        let location = Diagnostic.Location(source: source.name, span: span)
        // Messages name what the text holds, and a key may have megabytes.
        let said = message.utf8.count <= 1000 ? message : String(message.unicodeScalars.prefix(300)) + "..."
        diagnostics.append(Diagnostic(severity, code: "manifest/\(code)", said, at: location, notes: notes, fixIt: fixIt))
    }

    func note(_ message: String, at span: SourceSpan) -> Diagnostic.Note {
        Diagnostic.Note(message, at: Diagnostic.Location(source: source.name, span: span))
    }

    /// The candidate that was probably meant.
    mutating func closest(to word: String, among candidates: [String]) -> String? {
        guard candidates.count <= comparisons, word.utf8.count <= NameRule.longest else { return nil }
        comparisons -= candidates.count
        return Suggestion.closest(to: word, among: candidates)
    }
}

extension Problems {
    /// The place of some bytes of a string's content.
    func span(of range: Range<Int>, in node: JSONNode) -> SourceSpan {
        guard let text = node.string else { return node.span }
        let start = node.span.lower + 1
        if node.span.upper - node.span.lower == text.utf8.count + 2 {
            return SourceSpan(start + range.lowerBound, start + range.upperBound)
        }
        return SourceSpan(place(of: range.lowerBound, in: node), place(of: range.upperBound, in: node))
    }

    /// The place of a byte of a string's content, which is written with escapes.
    private func place(of offset: Int, in node: JSONNode) -> Int {
        let bytes = source.bytes
        var place = node.span.lower + 1
        var passed = 0
        while passed < offset, place < node.span.upper - 1 {
            guard bytes[place] == UInt8(ascii: "\\") else {
                place += 1
                passed += 1
                continue
            }
            guard bytes[place + 1] == UInt8(ascii: "u") else {
                place += 2
                passed += 1
                continue
            }
            let unit = Int(String(decoding: bytes[place + 2..<place + 6], as: UTF8.self), radix: 16) ?? 0
            place += 6
            switch unit {
            case ..<0x80: passed += 1
            // Each half of a pair stands for two of its four bytes.
            case ..<0x800, 0xD800..<0xE000: passed += 2
            default: passed += 3
            }
        }
        return place
    }

    /// The text of a value as it stands in the manifest, on one line and cut to a length that a message bears.
    func written(_ node: JSONNode) -> String {
        let span = node.span
        let limit = 40
        guard span.upper - span.lower > limit else { return String(decoding: source.bytes[span.lower..<span.upper], as: UTF8.self) }
        let start = String(decoding: source.bytes[span.lower..<span.lower + limit], as: UTF8.self)
        return start.trimmingReplacement() + "..."
    }
}

extension String {
    /// The text without a replacement character at its end, which a cut through a character leaves.
    fileprivate func trimmingReplacement() -> String {
        last == "\u{FFFD}" ? String(dropLast()) : self
    }
}

extension FixIt {
    /// Puts the JSON string of `text` in the place of the string at `span`.
    static func replaceString(at span: SourceSpan, with text: String) -> FixIt {
        FixIt("replace with '\(text)'", [Edit(span, JSONText.quoted(text))])
    }

    /// Puts `before` and `after` around `span`, whose text the fix-it does not repeat.
    static func wrap(_ span: SourceSpan, _ before: String, _ after: String, _ title: String) -> FixIt {
        FixIt(title, [Edit(SourceSpan(span.lower, span.lower), before), Edit(SourceSpan(span.upper, span.upper), after)])
    }

    /// Puts `text` as it is in the place of `span`.
    static func replace(_ span: SourceSpan, with text: String) -> FixIt {
        FixIt("replace with '\(text)'", [Edit(span, text)])
    }
}

extension JSONNode {
    /// What the value is, for messages.
    var phrase: String {
        switch kind {
        case .null: "null"
        case .boolean: "a boolean"
        case .integer, .number: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "an object"
        }
    }

    /// Whether the JSON reader has already refused this number, so that nothing more is to be said of it.
    var isRefused: Bool {
        kind == .integer && integer == nil
    }

    /// The value as a whole number: an integral literal, or one such as `1.0`, which JSON Schema counts as an integer too.
    var wholeNumber: Int? {
        if let integer { return integer }
        guard kind == .number, let number, let whole = Int(exactly: number), abs(whole) <= 9_007_199_254_740_992 else { return nil }
        return whole
    }
}

/// `'a', 'b', 'c'`
func quotedList(_ words: [String]) -> String {
    words.map { "'\($0)'" }.joined(separator: ", ")
}
