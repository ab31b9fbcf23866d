/// Everything that can be wrong with a JSON text: one case per rule, with its code and its words.
enum JSONProblem {
    case empty
    case tooLarge(bytes: Int, limit: Int)
    case tooMany(limit: Int)
    case depth(limit: Int)
    case notUTF8(UInt8)
    case utf16
    case byteOrderMark
    case foreignSpace(String)
    case comment
    case unclosedComment
    case conflictMarker

    /// Something else stands where `what` must stand.
    case expected(_ what: String, found: String)
    case unclosed(isObject: Bool)
    case mismatched(isObject: Bool, found: String)
    case trailingContent
    case trailingComma
    case extraComma
    case missingComma(isObject: Bool)
    case missingColon

    case duplicateKey(String, isRespelled: Bool)
    case unquotedKey(String)
    case quotes(String)
    case unknownWord(String)
    case notFinite(String)

    case unclosedString
    case bareQuote
    case controlCharacter(UInt8)
    case escape(String)
    case loneSurrogate

    case numberSyntax(String)
    case numberRange
    case unsafeInteger

    /// The stable name of the rule.
    var code: String {
        switch self {
        case .empty: "json/empty"
        case .tooLarge: "json/too-large"
        case .tooMany: "json/too-many-problems"
        case .depth: "json/depth"
        case .notUTF8, .utf16: "json/utf8"
        case .byteOrderMark: "json/byte-order-mark"
        case .foreignSpace: "json/foreign-space"
        case .comment, .unclosedComment: "json/comment"
        case .conflictMarker: "json/conflict-marker"
        case .expected: "json/syntax"
        case .unclosed: "json/unclosed"
        case .mismatched: "json/mismatched-bracket"
        case .trailingContent: "json/trailing-content"
        case .trailingComma: "json/trailing-comma"
        case .extraComma: "json/extra-comma"
        case .missingComma: "json/missing-comma"
        case .missingColon: "json/missing-colon"
        case .duplicateKey: "json/duplicate-key"
        case .unquotedKey: "json/unquoted-key"
        case .quotes: "json/quotes"
        case .unknownWord: "json/unknown-word"
        case .notFinite: "json/not-finite"
        case .unclosedString: "json/unclosed-string"
        case .bareQuote: "json/bare-quote"
        case .controlCharacter: "json/control-character"
        case .escape: "json/escape"
        case .loneSurrogate: "json/surrogate"
        case .numberSyntax: "json/number-syntax"
        case .numberRange: "json/number-range"
        case .unsafeInteger: "json/unsafe-integer"
        }
    }

    /// What is said about it.
    var message: String {
        switch self {
        case .empty:
            "the text is empty; the least JSON is '{}'"
        case .tooLarge(let bytes, let limit):
            "the text has \(bytes) bytes; \(limit) is the most that is read"
        case .tooMany(let limit):
            "more than \(limit) problems; reading stopped here, mend those above first"
        case .depth(let limit):
            "arrays and objects are nested more than \(limit) deep; flatten the value"
        case .notUTF8(let byte):
            "byte 0x\(Self.hexadecimal(UInt32(byte), digits: 2)) is not UTF-8 here; save the text as UTF-8"
        case .utf16:
            "the text is UTF-16; save it as UTF-8"
        case .byteOrderMark:
            "JSON starts without a byte order mark; save the text as UTF-8 without one"
        case .foreignSpace(let name):
            "\(name) is no space in JSON; use plain spaces"
        case .comment:
            "JSON has no comments; remove this one"
        case .unclosedComment:
            "JSON has no comments, and this one has no end; remove it"
        case .conflictMarker:
            "a merge left its conflict here; keep one side, and remove the lines with '<<<<<<<', '=======' and '>>>>>>>'"
        case .expected(let what, let found):
            "expected \(what) but found \(found)"
        case .unclosed(let isObject):
            isObject ? "the text ends inside an object; expected '}'" : "the text ends inside an array; expected ']'"
        case .mismatched(let isObject, let found):
            isObject
                ? "expected ',' or '}' to go on with the object but found \(found)"
                : "expected ',' or ']' to go on with the array but found \(found)"
        case .trailingContent:
            "a JSON text is one value; expected nothing after it"
        case .trailingComma:
            "nothing follows this comma; JSON allows commas only between values"
        case .extraComma:
            "expected one comma between values but found another; remove it"
        case .missingComma(let isObject):
            isObject ? "expected ',' between this member and the next" : "expected ',' between this value and the next"
        case .missingColon:
            "expected ':' between a name and its value"
        case .duplicateKey(let key, let isRespelled):
            isRespelled
                ? "the name '\(key)' stands twice in this object, spelled with other bytes; keep one of the two"
                : "the name '\(key)' stands twice in this object; keep one of the two"
        case .unquotedKey(let key):
            "a name stands in double quotes; write '\"\(key)\"'"
        case .quotes(let quote):
            "a string stands in double quotes, not in \(quote)"
        case .unknownWord(let word):
            "'\(word)' is no JSON value; the words are 'true', 'false' and 'null', and text stands in double quotes"
        case .notFinite(let word):
            "'\(word)' is no JSON value; numbers are finite, use 'null' or a string"
        case .unclosedString:
            "the string has no closing quote on its line; a line break inside a string is written '\\n'"
        case .bareQuote:
            "expected ',' or the end after this string; a quote inside a string is written '\\\"'"
        case .controlCharacter(let byte):
            "control character U+\(Self.hexadecimal(UInt32(byte), digits: 4)) in a string; write it as '\(JSONText.escape(byte))'"
        case .escape(let escape):
            "'\(escape)' is no escape in JSON; a backslash itself is written '\\\\'"
        case .loneSurrogate:
            "half of a surrogate pair stands for no character; write both halves, or the character itself"
        case .numberSyntax(let text):
            "'\(text)' is no JSON number; a number is like '-12', '0.5' or '1e-3'"
        case .numberRange:
            "the number is too large; the largest is about 1.8e308"
        case .unsafeInteger:
            "integers beyond 2^53 (9007199254740992) lose digits in JSON; write it as a string"
        }
    }

    /// `value` in upper-case hexadecimal, with at least `digits` digits.
    static func hexadecimal(_ value: UInt32, digits: Int) -> String {
        let text = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }
}
