/// One request, but for its body.
package struct HTTPRequest: Sendable {
    package enum Method: String, Sendable {
        case get = "GET"
        case head = "HEAD"
        case put = "PUT"
        case post = "POST"
        case delete = "DELETE"
    }

    package let method: Method
    /// The path and query as they stand in the request, encoded.
    package let target: String
    /// Fields beside `host`, `content-length` and what every request has.
    package let headers: [SignatureV4.Pair]
    /// Bytes of the body.
    package let length: Int
    /// The most bytes that the body of a good answer may have, all of what lies there.
    package let limit: Int
    /// The bytes that are wanted; `headers` ask for them. Nil for all.
    package let range: Range<Int>?
    /// Where all that is wanted begins, if it is the same as before; `headers` ask for that. An answer may have everything instead.
    package let start: Int?

    package init(
        _ method: Method, _ target: String, headers: [SignatureV4.Pair] = [], length: Int = 0, limit: Int = 0, range: Range<Int>? = nil,
        start: Int? = nil
    ) {
        precondition(range == nil || start == nil, "a part has an end or none")
        self.start = start
        self.method = method
        self.target = target
        self.headers = headers
        self.length = length
        self.limit = limit
        self.range = range
    }

    /// The field that asks for a range.
    static func field(_ range: Range<Int>?) -> [SignatureV4.Pair] {
        range.map { [SignatureV4.Pair("range", "bytes=\($0.lowerBound)-\($0.upperBound - 1)")] } ?? []
    }

    /// What is sent before the body.
    func head(host: String) -> [UInt8] {
        var text = "\(method.rawValue) \(target) HTTP/1.1\r\n"
        if !headers.contains(where: { $0.name == "host" }) { text += "host: \(host)\r\n" }
        for field in headers { text += "\(field.name): \(field.value)\r\n" }
        if method == .put || method == .post { text += "content-length: \(length)\r\n" }
        text += "accept-encoding: identity\r\nuser-agent: mlbuild\r\n\r\n"
        return Array(text.utf8)
    }
}

/// The first part of an answer: its status and its fields.
package struct HTTPHead: Hashable, Sendable {
    /// Why bytes are no head.
    struct Malformed: Error, Hashable, Sendable {
        let reason: String
    }

    /// How the end of a body is known.
    enum Framing: Hashable, Sendable {
        case length(Int)
        case chunks
        case untilClose
    }

    static let fieldLimit = 100

    package let status: Int
    /// Whether the connection may be used again.
    let keepsAlive: Bool
    private let fields: [String: [String]]

    /// The value of a field that is there once; names are in small letters.
    package func value(_ name: String) -> String? {
        guard let values = fields[name], values.count == 1 else { return nil }
        return values[0]
    }

    /// The `Content-Length`; nil when there is none.
    package var length: Int? { value("content-length").flatMap(Self.number) }

    /// Reads a head, up to and without the empty line.
    static func parse(_ bytes: ArraySlice<UInt8>) throws(Malformed) -> HTTPHead {
        var lines: [ArraySlice<UInt8>] = []
        var rest = bytes
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            lines.append(rest[rest.startIndex..<end])
            rest = rest[(end + 1)...]
        }
        lines.append(rest)
        // A line may end without a carriage return (RFC 9112, 2.2); one inside is refused below.
        lines = lines.map { $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0 }
        guard let first = lines.first, lines.count <= fieldLimit + 1 else { throw Malformed(reason: "it has too many header fields") }
        let (status, isOld) = try statusLine(first)
        var fields: [String: [String]] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { throw Malformed(reason: "a header field has no colon") }
            let name = line[..<colon]
            guard !name.isEmpty, name.allSatisfy(isToken) else { throw Malformed(reason: "a header field has a name that is none") }
            let value = trimmed(line[line.index(after: colon)...])
            guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == UInt8(ascii: "\t") }) else {
                throw Malformed(reason: "a header field holds control characters")
            }
            fields[String(decoding: name, as: UTF8.self).lowercased(), default: []].append(String(decoding: value, as: UTF8.self))
        }
        let connection = (fields["connection"] ?? []).joined(separator: ",").lowercased()
        let keepsAlive = isOld ? connection.contains("keep-alive") : !connection.contains("close")
        return HTTPHead(status: status, keepsAlive: keepsAlive, fields: fields)
    }

    /// How the body ends, for an answer that has one.
    func framing() throws(Malformed) -> Framing {
        if let encoding = fields["content-encoding"], encoding.map({ $0.lowercased() }) != ["identity"] {
            throw Malformed(reason: "the content is encoded, which was not asked for")
        }
        let lengths = fields["content-length"]
        if let transfer = fields["transfer-encoding"] {
            guard transfer.map({ $0.lowercased() }) == ["chunked"] else { throw Malformed(reason: "its transfer encoding is not known") }
            guard lengths == nil else { throw Malformed(reason: "it has a length and chunks") }
            return .chunks
        }
        guard let lengths else { return .untilClose }
        guard lengths.count == 1, let length = Self.number(lengths[0]) else { throw Malformed(reason: "its length is no number") }
        return .length(length)
    }

    /// `HTTP/1.1 200 OK`
    private static func statusLine(_ line: ArraySlice<UInt8>) throws(Malformed) -> (status: Int, isOld: Bool) {
        let text = Array(line)
        let new = Array("HTTP/1.1 ".utf8)
        let old = Array("HTTP/1.0 ".utf8)
        guard text.starts(with: new) || text.starts(with: old) else { throw Malformed(reason: "it is no HTTP/1.1") }
        let rest = text.dropFirst(new.count)
        guard rest.count >= 3, rest.prefix(3).allSatisfy(isDigit), rest.count == 3 || rest[rest.startIndex + 3] == UInt8(ascii: " "),
            rest.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == UInt8(ascii: "\t") })
        else { throw Malformed(reason: "its status is no number") }
        let status = rest.prefix(3).reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        guard (100...599).contains(status) else { throw Malformed(reason: "its status is no number") }
        return (status, text.starts(with: old))
    }

    /// A count of bytes, as digits and nothing else, below 2^53.
    static func number(_ text: String) -> Int? {
        guard (1...16).contains(text.utf8.count), text.utf8.allSatisfy(isDigit), let value = Int(text), value < 1 << 53 else { return nil }
        return value
    }

    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isToken(_ byte: UInt8) -> Bool {
        let small = byte | 0x20
        return isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(small) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes
        func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        while let first = bytes.first, isSpace(first) { bytes = bytes.dropFirst() }
        while let last = bytes.last, isSpace(last) { bytes = bytes.dropLast() }
        return bytes
    }
}

/// An answer whose body has been taken.
package struct HTTPAnswer: Sendable {
    package let head: HTTPHead
    /// The beginning of the body of an answer that is not good.
    package let fault: [UInt8]
    /// Whether the server waited for all of the request's body.
    package let sawAll: Bool

    package var status: Int { head.status }
    package var isGood: Bool { (200...299).contains(head.status) }
}
