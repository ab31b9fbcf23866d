/// A here-document of a shell line: the word that ends it, then its lines.
struct HereDocument {
    enum Step {
        /// The byte belongs to the delimiter or stands before it.
        case goesOn
        /// The byte stands behind the delimiter.
        case isRead
        /// The operator was `<<<`, whose text is a word like others.
        case isHereString
        /// No delimiter stands there; no shell takes such a line.
        case isNone
    }

    private var delimiter: [UInt8] = []
    /// Whether a part of the delimiter is quoted; then the shell replaces nothing in the lines.
    private(set) var isQuoted = false
    private var stripsTabs = false
    private var isBehindOperator = true
    private var hasDelimiter = false
    private var quote: UInt8?
    private var isEscaped = false
    private var line: [UInt8] = []

    /// Takes one byte behind `<<`.
    mutating func readDelimiter(_ byte: UInt8) -> Step {
        if isBehindOperator {
            isBehindOperator = false
            if byte == UInt8(ascii: "<") { return .isHereString }
            stripsTabs = byte == UInt8(ascii: "-")
            if stripsTabs { return .goesOn }
        }
        if isEscaped {
            isEscaped = false
            if byte != UInt8(ascii: "\n") { take(byte, quoted: true) }
            return .goesOn
        }
        if let quote {
            switch byte {
            case quote: self.quote = nil
            case UInt8(ascii: "\\") where quote == UInt8(ascii: "\""): isEscaped = true
            default: take(byte, quoted: true)
            }
            return .goesOn
        }
        switch byte {
        case UInt8(ascii: "\\"): isEscaped = true
        case UInt8(ascii: "'"), UInt8(ascii: "\""):
            quote = byte
            isQuoted = true
            hasDelimiter = true
        case UInt8(ascii: " "), UInt8(ascii: "\t"): return hasDelimiter ? .isRead : .goesOn
        case let end where "\n;&|<>()".utf8.contains(end): return hasDelimiter ? .isRead : .isNone
        default: take(byte, quoted: false)
        }
        return .goesOn
    }

    private mutating func take(_ byte: UInt8, quoted: Bool) {
        delimiter.append(byte)
        hasDelimiter = true
        if quoted { isQuoted = true }
    }

    /// Takes one byte of the lines; true when it ends the here-document.
    mutating func endsLine(with byte: UInt8) -> Bool {
        guard byte == UInt8(ascii: "\n") else {
            line.append(byte)
            return false
        }
        // A line goes on behind a backslash that is not escaped itself.
        if !isQuoted, !line.reversed().prefix(while: { $0 == UInt8(ascii: "\\") }).count.isMultiple(of: 2) {
            line.removeLast()
            return false
        }
        let text = stripsTabs ? line.drop { $0 == UInt8(ascii: "\t") } : line[...]
        defer { line = [] }
        return text.elementsEqual(delimiter)
    }
}
