package import Platform

/// Where a remote is, read from its URL.
// SPEC: remotes.md#urls
package enum RemoteAddress: Hashable, Sendable {
    /// An HTTP server.
    package struct Server: Hashable, Sendable {
        /// A name or an address, for connecting to it.
        package let name: String
        package let port: Int
        /// Whether it is spoken to through TLS.
        package var isSecure = false

        /// As it stands in a `Host` field: without the port that goes without saying.
        package var host: String {
            let name = name.contains(":") ? "[\(name)]" : name
            return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
        }

        /// The one at which Amazon's S3 answers for the buckets of a region.
        static func amazon(region: String) -> Server {
            let domain = region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
            return Server(name: "s3.\(region).\(domain)", port: 443, isSecure: true)
        }
    }

    /// A bucket of an S3 service, or a folder in one: `prefix` is empty or ends in a slash.
    package struct Bucket: Hashable, Sendable {
        /// The service; nil when the environment says it, or it is Amazon's.
        package internal(set) var server: Server?
        package let name: String
        package let prefix: String
        /// The region; nil when the environment says it.
        package let region: String?
    }

    case folder(HostPath)
    /// `path` is empty or begins with a slash, encoded as it was written, and does not end in one.
    case web(Server, path: String)
    case bucket(Bucket)

    /// Why there is no such remote; the text of the URL is not in it.
    package struct Refused: Error, Hashable, Sendable {
        package let reason: String
    }

    private static let works = "file:///PATH, https://HOST/PATH, http://HOST/PATH and s3://BUCKET work"

    /// Reads a URL, and for a bucket its endpoint and region.
    package static func read(_ url: String, endpoint: String? = nil, region: String? = nil) throws(Refused) -> RemoteAddress {
        guard url.utf8.count <= 2048, url.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Refused(reason: "a URL holds no spaces and nothing but ASCII, and has at most 2,048 bytes")
        }
        guard let colon = url.firstRange(of: "://") else { throw Refused(reason: "it is no URL; \(works)") }
        let scheme = url[..<colon.lowerBound].lowercased()
        let rest = url[colon.upperBound...]
        if rest.contains("?") || rest.contains("#") { throw Refused(reason: "the URL of a remote has neither a query nor a fragment") }
        let authority = rest.prefix { $0 != "/" }
        if authority.contains("@") { throw Refused(reason: "the URL of a remote holds no user and no password") }
        if scheme != "s3" {
            if endpoint != nil { throw Refused(reason: "only s3:// has an endpoint") }
            if region != nil { throw Refused(reason: "only s3:// has a region") }
        }
        switch scheme {
        case "file":
            guard authority.isEmpty, rest.hasPrefix("/"), let path = decoded(rest), !path.contains(0) else {
                throw Refused(reason: "a folder is named by its absolute path: file:///PATH")
            }
            return .folder(HostPath(bytes: path))
        case "http", "https":
            let server = try server(authority, isSecure: scheme == "https")
            return .web(server, path: try path(rest.dropFirst(authority.count)))
        case "s3":
            guard isBucket(authority) else { throw Refused(reason: "a bucket has 3 to 63 small letters, digits, dots and dashes") }
            if let region, !isRegion(region) { throw Refused(reason: "a region is like 'us-east-1'") }
            return .bucket(
                Bucket(
                    server: try endpoint.map { (text) throws(Refused) in try self.endpoint(text) }, name: String(authority),
                    prefix: try prefix(rest.dropFirst(authority.count)),
                    region: region))
        default: throw Refused(reason: "its scheme is not known; \(works)")
        }
    }

    /// Reads the URL of a service, which has no path.
    static func endpoint(_ text: String) throws(Refused) -> Server {
        let isSecure = text.lowercased().hasPrefix("https://")
        guard isSecure || text.lowercased().hasPrefix("http://"), text.utf8.count <= 512 else {
            throw Refused(reason: "an endpoint is like https://HOST[:PORT] or http://HOST[:PORT]")
        }
        let rest = text.dropFirst(isSecure ? 8 : 7)
        if rest.contains("@") { throw Refused(reason: "an endpoint holds no user and no password") }
        return try server(rest.hasSuffix("/") ? rest.dropLast() : rest, isSecure: isSecure)
    }

    static func server(_ authority: Substring, isSecure: Bool) throws(Refused) -> Server {
        let refused = Refused(reason: "HOST[:PORT] is a name or an address, and a port from 1 to 65535")
        var name = authority
        var port: Substring = isSecure ? "443" : "80"
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { throw refused }
            name = authority[authority.index(after: authority.startIndex)..<end]
            let rest = authority[authority.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":"),
                name.utf8.allSatisfy({ isHex($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") })
            else { throw refused }
            if !rest.isEmpty { port = rest.dropFirst() }
        } else {
            if let colon = authority.firstIndex(of: ":") {
                name = authority[..<colon]
                port = authority[authority.index(after: colon)...]
            }
            guard name.utf8.allSatisfy({ isNamePart($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") }) else { throw refused }
        }
        guard (1...253).contains(name.utf8.count), (1...5).contains(port.utf8.count), port.utf8.allSatisfy(HTTPHead.isDigit),
            let number = Int(port), (1...65535).contains(number)
        else { throw refused }
        return Server(name: name.lowercased(), port: number, isSecure: isSecure)
    }

    /// Without a slash at the end.
    private static func path(_ text: Substring) throws(Refused) -> String {
        var text = text
        while text.hasSuffix("/") { text = text.dropLast() }
        guard let bytes = decoded(text), !bytes.contains(0) else { throw Refused(reason: "a '%' in a URL begins the two digits of a byte") }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.dropFirst().allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
            throw Refused(reason: "the path of a URL has neither empty parts nor '.' or '..'")
        }
        let allowed = "-._~!$&'()*+,;=:@%/"
        guard text.utf8.allSatisfy({ HTTPHead.isDigit($0) || isLetter($0) || allowed.utf8.contains($0) }) else {
            throw Refused(reason: "the path of a URL holds something that has to be written as '%XX'")
        }
        return String(text)
    }

    private static func prefix(_ text: Substring) throws(Refused) -> String {
        let path = try path(text)
        guard let bytes = decoded(path[...]), let prefix = String(validating: bytes, as: UTF8.self) else {
            throw Refused(reason: "the folder in a bucket is UTF-8")
        }
        return prefix.isEmpty ? "" : String(prefix.dropFirst()) + "/"
    }

    /// With each `%XX` as the byte it stands for; nil when one is none.
    static func decoded(_ text: Substring) -> [UInt8]? {
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                result.append(byte)
                continue
            }
            guard rest.count >= 2, rest.prefix(2).allSatisfy(isHex),
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            else { return nil }
            result.append(value)
            rest = rest.dropFirst(2)
        }
        return result
    }

    static func isBucket(_ name: Substring) -> Bool {
        (3...63).contains(name.utf8.count) && !name.hasPrefix(".") && !name.contains("..")
            && name.utf8.allSatisfy {
                HTTPHead.isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == UInt8(ascii: "-")
                    || $0 == UInt8(ascii: ".")
            }
    }

    static func isRegion(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && text.utf8.allSatisfy(isNamePart)
    }

    private static func isNamePart(_ byte: UInt8) -> Bool { HTTPHead.isDigit(byte) || isLetter(byte) || byte == UInt8(ascii: "-") }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        HTTPHead.isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
    }
}
