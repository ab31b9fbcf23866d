import Numerics

/// JSON for people and for line-based files: members stay in their order.
///
/// What is written reads back as the same value: a number with an integral amount keeps a fraction (`1.0`), an integer has none.
package enum JSONText {
    /// One line without a line feed at the end, with `": "` and `", "`.
    package static func line(_ value: JSONValue) -> String {
        var bytes: [UInt8] = []
        append(value, to: &bytes, indentation: nil)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// One member or element per line, two spaces deep, with a line feed at the end; empty containers are `{}` and `[]`.
    package static func pretty(_ value: JSONValue) -> String {
        var bytes: [UInt8] = []
        append(value, to: &bytes, indentation: 0)
        bytes.append(UInt8(ascii: "\n"))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `text` as a JSON string literal, with its quotes.
    package static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = []
        appendQuoted(text, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends `text` as a string literal with the escapes that RFC 8785 asks for and no others.
    static func appendQuoted(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { text in
            var start = 0
            for (index, byte) in text.enumerated() where byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<index]))
                bytes.append(contentsOf: escape(byte).utf8)
                start = index + 1
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start...]))
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// The escape for a quote, a backslash or a control character.
    static func escape(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "\""): return "\\\""
        case UInt8(ascii: "\\"): return "\\\\"
        case 0x08: return "\\b"
        case 0x09: return "\\t"
        case 0x0A: return "\\n"
        case 0x0C: return "\\f"
        case 0x0D: return "\\r"
        default:
            let digits = String(byte, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
        }
    }

    private static func append(_ value: JSONValue, to bytes: inout [UInt8], indentation: Int?) {
        switch value {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .boolean(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .integer(let value): DecimalText.append(integer: Int64(value), to: &bytes)
        case .number(let value):
            precondition(value.isFinite, "only finite numbers can be written as JSON")
            DecimalText.append(value, to: &bytes)
            // Below 1e21 ECMAScript writes an integral amount as an integer is written.
            if value == value.rounded(.towardZero), value.magnitude < 1e21 { bytes.append(contentsOf: ".0".utf8) }
        case .string(let value): appendQuoted(value, to: &bytes)
        case .array(let elements):
            appendContainer("[", "]", elements, to: &bytes, indentation: indentation) { element, bytes, indentation in
                append(element, to: &bytes, indentation: indentation)
            }
        case .object(let members):
            appendContainer("{", "}", members, to: &bytes, indentation: indentation) { member, bytes, indentation in
                appendQuoted(member.name, to: &bytes)
                bytes.append(contentsOf: ": ".utf8)
                append(member.value, to: &bytes, indentation: indentation)
            }
        }
    }

    private static func appendContainer<Item>(
        _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ items: [Item], to bytes: inout [UInt8], indentation: Int?,
        _ appendItem: (Item, inout [UInt8], Int?) -> Void
    ) {
        let inner = indentation.map { $0 + 2 }
        bytes.append(UInt8(ascii: open))
        for (index, item) in items.enumerated() {
            if index > 0 { bytes.append(contentsOf: (inner == nil ? ", " : ",").utf8) }
            appendLineStart(inner, to: &bytes)
            appendItem(item, &bytes, inner)
        }
        if !items.isEmpty { appendLineStart(indentation, to: &bytes) }
        bytes.append(UInt8(ascii: close))
    }

    private static func appendLineStart(_ indentation: Int?, to bytes: inout [UInt8]) {
        guard let indentation else { return }
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indentation))
    }
}
