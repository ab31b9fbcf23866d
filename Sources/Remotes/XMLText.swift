/// The XML that S3 services write: elements with text or elements in them. Strict, small, bounded.
///
/// No document types, no entities but the five, no processing instructions but the first line. Attributes and comments are skipped.
struct XMLText: Hashable, Sendable {
    struct Malformed: Error, Hashable, Sendable {
        let reason: String
    }

    static let byteLimit = 8 << 20
    static let depthLimit = 16

    let name: String
    let text: String
    let children: [XMLText]

    /// The first element in it with this name.
    subscript(_ name: String) -> XMLText? { children.first { $0.name == name } }

    static func parse(_ bytes: [UInt8]) throws(Malformed) -> XMLText {
        guard bytes.count <= byteLimit else { throw Malformed(reason: "it is too long") }
        var reader = Reader(bytes: bytes)
        return try reader.document()
    }

    /// `text` as it stands between tags.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private struct Reader {
        let bytes: [UInt8]
        var offset = 0

        mutating func document() throws(Malformed) -> XMLText {
            if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { offset = 3 }
            skipSpace()
            if skip("<?xml") { try skipPast("?>") }
            try skipMisc()
            let root = try element(depth: 1)
            try skipMisc()
            guard offset == bytes.count else { throw Malformed(reason: "something follows the last element") }
            return root
        }

        mutating func element(depth: Int) throws(Malformed) -> XMLText {
            guard depth <= XMLText.depthLimit else { throw Malformed(reason: "it is nested too deep") }
            guard skip("<") else { throw Malformed(reason: "an element is missing") }
            let name = try takeName()
            if try !skipAttributes() { return XMLText(name: name, text: "", children: []) }
            var text: [UInt8] = []
            var children: [XMLText] = []
            while true {
                guard offset < bytes.count else { throw Malformed(reason: "it ends too early") }
                if bytes[offset] != UInt8(ascii: "<") {
                    try takeText(into: &text)
                } else if skip("</") {
                    guard try takeName() == name else { throw Malformed(reason: "a tag closes another") }
                    skipSpace()
                    guard skip(">") else { throw Malformed(reason: "a tag does not end") }
                    break
                } else if skip("<!--") {
                    try skipPast("-->")
                } else {
                    children.append(try element(depth: depth + 1))
                }
            }
            guard let content = String(validating: text, as: UTF8.self) else { throw Malformed(reason: "it is not UTF-8") }
            return XMLText(name: name, text: children.isEmpty ? content : "", children: children)
        }

        mutating func takeText(into text: inout [UInt8]) throws(Malformed) {
            while offset < bytes.count, bytes[offset] != UInt8(ascii: "<") {
                guard bytes[offset] == UInt8(ascii: "&") else {
                    text.append(bytes[offset])
                    offset += 1
                    continue
                }
                guard let end = bytes[offset...].prefix(12).firstIndex(of: UInt8(ascii: ";")) else {
                    throw Malformed(reason: "an entity does not end")
                }
                let entity = String(decoding: bytes[(offset + 1)..<end], as: UTF8.self)
                offset = end + 1
                switch entity {
                case "amp": text.append(UInt8(ascii: "&"))
                case "lt": text.append(UInt8(ascii: "<"))
                case "gt": text.append(UInt8(ascii: ">"))
                case "quot": text.append(UInt8(ascii: "\""))
                case "apos": text.append(UInt8(ascii: "'"))
                default: text += try character(entity)
                }
            }
        }

        /// `#10` or `#xA`
        func character(_ entity: String) throws(Malformed) -> [UInt8] {
            let isHex = entity.hasPrefix("#x")
            let digits = entity.dropFirst(isHex ? 2 : 1)
            guard entity.hasPrefix("#"), !digits.isEmpty, digits.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
                let number = UInt32(digits, radix: isHex ? 16 : 10), let scalar = Unicode.Scalar(number), number != 0
            else { throw Malformed(reason: "an entity is not known") }
            return Array(String(Character(scalar)).utf8)
        }

        mutating func takeName() throws(Malformed) -> String {
            let start = offset
            while offset < bytes.count, Self.isName(bytes[offset]) { offset += 1 }
            guard offset > start, offset - start <= 128 else { throw Malformed(reason: "a tag has no name") }
            return String(decoding: bytes[start..<offset], as: UTF8.self)
        }

        /// False when the element ends with its own tag.
        mutating func skipAttributes() throws(Malformed) -> Bool {
            while true {
                skipSpace()
                if skip("/>") { return false }
                if skip(">") { return true }
                _ = try takeName()
                skipSpace()
                guard skip("=") else { throw Malformed(reason: "an attribute has no value") }
                skipSpace()
                guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") || bytes[offset] == UInt8(ascii: "'") else {
                    throw Malformed(reason: "an attribute has no value")
                }
                let quote = bytes[offset]
                guard let end = bytes[(offset + 1)...].firstIndex(of: quote) else { throw Malformed(reason: "an attribute does not end") }
                offset = end + 1
            }
        }

        mutating func skipMisc() throws(Malformed) {
            skipSpace()
            while skip("<!--") {
                try skipPast("-->")
                skipSpace()
            }
        }

        mutating func skipSpace() {
            while offset < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[offset]) { offset += 1 }
        }

        mutating func skip(_ text: String) -> Bool {
            guard bytes[offset...].starts(with: text.utf8) else { return false }
            offset += text.utf8.count
            return true
        }

        mutating func skipPast(_ text: String) throws(Malformed) {
            let wanted = Array(text.utf8)
            while offset < bytes.count {
                if bytes[offset] == wanted[0], bytes[offset...].starts(with: wanted) {
                    offset += wanted.count
                    return
                }
                offset += 1
            }
            throw Malformed(reason: "it ends too early")
        }

        static func isName(_ byte: UInt8) -> Bool {
            let small = byte | 0x20
            return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(small) || HTTPHead.isDigit(byte)
                || [UInt8(ascii: ":"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ".")].contains(byte)
        }
    }
}
