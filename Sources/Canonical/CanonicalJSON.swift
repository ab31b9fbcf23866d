import Diagnostics
import Numerics

/// The one spelling of a JSON value that digests are taken of: RFC 8785, the JSON Canonicalization Scheme.
///
/// No spaces; members sorted by the UTF-16 code units of their names; numbers as ECMAScript writes them; the shortest escapes.
package enum CanonicalJSON {
    /// The canonical bytes of `value`.
    ///
    /// Its numbers are finite, its integers within ±2^53 (larger ones belong into strings), and no object has a name twice.
    package static func encode(_ value: JSONValue) -> [UInt8] {
        var bytes: [UInt8] = []
        append(value, to: &bytes)
        return bytes
    }

    /// The value that ``encode(_:)`` wrote as `bytes`; nil for anything that it cannot have written.
    ///
    /// A number with an integral amount comes back as an integer, for both have one spelling.
    package static func decode(_ bytes: [UInt8]) -> JSONValue? {
        let read = JSONDocument.parse(SourceText(name: "canonical JSON", bytes: bytes), limits: .canonical)
        guard !read.hasErrors, let value = read.value?.root.value, encode(value) == bytes else { return nil }
        return value
    }

    /// The digest of the canonical bytes of `value`.
    package static func digest(_ value: JSONValue) -> Digest {
        Digest.of(encode(value))
    }

    private static func append(_ value: JSONValue, to bytes: inout [UInt8]) {
        switch value {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .boolean(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .integer(let value):
            precondition(value.magnitude <= JSONNumber.safest.magnitude, "an integer beyond 2^53 has no canonical form of its own")
            DecimalText.append(integer: Int64(value), to: &bytes)
        case .number(let value):
            precondition(value.isFinite, "only finite numbers can be written as JSON")
            DecimalText.append(value, to: &bytes)
        case .string(let value): JSONText.appendQuoted(value, to: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                append(element, to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            let sorted = members.sorted { precedes($0.name, $1.name) }
            for (index, member) in sorted.enumerated() {
                if index > 0 {
                    precondition(precedes(sorted[index - 1].name, member.name), "an object has each name once")
                    bytes.append(UInt8(ascii: ","))
                }
                JSONText.appendQuoted(member.name, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                append(member.value, to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    /// Whether `first` sorts before `second` by UTF-16 code units.
    ///
    /// That is the order of the UTF-8 bytes but for one case: surrogates (0xD800...0xDFFF, in UTF-8 from 0xF0) sort before
    /// U+E000...U+FFFF (in UTF-8 from 0xEE).
    static func precedes(_ first: String, _ second: String) -> Bool {
        var left = first.utf8.makeIterator()
        var right = second.utf8.makeIterator()
        while true {
            guard let byte = left.next() else { return right.next() != nil }
            guard let other = right.next() else { return false }
            if byte == other { continue }
            if byte >= 0xEE, other >= 0xEE, (byte >= 0xF0) != (other >= 0xF0) { return byte >= 0xF0 }
            return byte < other
        }
    }
}
