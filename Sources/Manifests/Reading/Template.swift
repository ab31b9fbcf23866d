import Canonical
import Diagnostics

/// A string taken apart at its `${...}`.
struct Template {
    enum Piece {
        /// Literal text, with `$${` already read as `${`.
        case text(String)
        /// What stands between `${` and `}`, and the bytes of the whole in the string's content.
        case reference(String, Range<Int>)
    }

    let pieces: [Piece]

    /// Whether a string needs to be taken apart at all.
    static func isNeeded(for text: String) -> Bool {
        // By bytes: a combining mark after the brace would hide it from a search for characters.
        var isAfterDollar = false
        for byte in text.utf8 {
            if isAfterDollar, byte == UInt8(ascii: "{") { return true }
            isAfterDollar = byte == UInt8(ascii: "$")
        }
        return false
    }

    /// The only reference, where the string is nothing else.
    var soleReference: (name: String, range: Range<Int>)? {
        guard pieces.count == 1, case .reference(let name, let range) = pieces[0] else { return nil }
        return (name, range)
    }

    /// Takes the content of a string node apart and reports references that are not of the form `${name.path}`.
    static func read(_ text: String, in node: JSONNode, _ problems: inout Problems) -> Template? {
        let bytes = Array(text.utf8)
        let dollar = UInt8(ascii: "$")
        let brace = UInt8(ascii: "{")
        var pieces: [Piece] = []
        var literal: [UInt8] = []
        var index = 0
        var isGood = true
        while index < bytes.count {
            if bytes[index] == dollar, index + 2 < bytes.count, bytes[index + 1] == dollar, bytes[index + 2] == brace {
                literal += [dollar, brace]
                index += 3
            } else if bytes[index] == dollar, index + 1 < bytes.count, bytes[index + 1] == brace {
                guard let close = bytes[(index + 2)...].firstIndex(of: UInt8(ascii: "}")) else {
                    problems.error(
                        "parameter-syntax", "'${' is not closed by '}'; a literal '${' is written '$${'",
                        at: problems.span(of: index..<index + 2, in: node))
                    return nil
                }
                let name = String(decoding: bytes[index + 2..<close], as: UTF8.self)
                let range = index..<close + 1
                if isPath(name) {
                    if !literal.isEmpty { pieces.append(.text(String(decoding: literal, as: UTF8.self))) }
                    literal = []
                    pieces.append(.reference(name, range))
                } else {
                    reportSyntax(name, at: range, in: node, &problems)
                    isGood = false
                }
                index = close + 1
            } else {
                literal.append(bytes[index])
                index += 1
            }
        }
        if !literal.isEmpty { pieces.append(.text(String(decoding: literal, as: UTF8.self))) }
        return isGood ? Template(pieces: pieces) : nil
    }

    private static func reportSyntax(_ name: String, at range: Range<Int>, in node: JSONNode, _ problems: inout Problems) {
        let span = problems.span(of: range, in: node)
        let trimmed = name.split(whereSeparator: \.isWhitespace).joined()
        let isExact = span.upper - span.lower == range.count
        problems.error(
            "parameter-syntax", "'${...}' holds the name of a parameter, such as '${seed}'; a literal '${' is written '$${'", at: span,
            fixIt: isExact && isPath(trimmed) ? .replace(span, with: "${\(trimmed)}") : nil)
    }

    /// Whether a text is names joined by dots.
    static func isPath(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.allSatisfy { part in
            !part.isEmpty
                && part.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"): true
                    default: false
                    }
                }
        }
    }
}
