package import Platform

/// Where data of a manifest comes from, read from its URL: a place that is only ever read.
// SPEC: manifest.md#data
package enum SourceAddress: Hashable, Sendable {
    /// A file or folder of this machine.
    case local(HostPath)
    /// A server with TLS; `target` is the path and query as they stand in a request.
    case web(RemoteAddress.Server, target: String)
    /// An object of an S3 service, which the environment names.
    case object(bucket: String, key: String)

    /// Reads a URL that the manifest has taken.
    ///
    /// - Throws: when nothing can be asked for by it; the text of the URL is not in the reason.
    package static func read(_ url: String) throws(RemoteAddress.Refused) -> SourceAddress {
        guard let colon = url.firstRange(of: "://") else { throw RemoteAddress.Refused(reason: "it is no URL") }
        let rest = url[colon.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let target = rest.dropFirst(authority.count)
        if authority.contains("@") || target.contains("#") {
            throw RemoteAddress.Refused(reason: "its URL holds neither a user nor a fragment")
        }
        switch url[..<colon.lowerBound] {
        case "file":
            guard authority.isEmpty, !target.contains("?"), let path = RemoteAddress.decoded(target), !path.contains(0) else {
                throw RemoteAddress.Refused(reason: "a file is named by its absolute path: file:///PATH")
            }
            return .local(HostPath(bytes: path))
        case "https": return .web(try RemoteAddress.server(authority, isSecure: true), target: encoded(target))
        case "s3":
            guard RemoteAddress.isBucket(authority), target.count > 1, !target.contains("?") else {
                throw RemoteAddress.Refused(reason: "an object is named by s3://BUCKET/KEY, without a query")
            }
            return .object(bucket: String(authority), key: String(target.dropFirst()))
        default: throw RemoteAddress.Refused(reason: "its scheme is not known")
        }
    }

    /// As it may stand in a request: what a URL cannot hold as `%XX`, everything else as it was written.
    private static func encoded(_ target: Substring) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = target.hasPrefix("/") ? [] : [UInt8(ascii: "/")]
        for byte in target.utf8 {
            if byte > 0x20, byte < 0x7F, !"\"<>\\^`{|}".utf8.contains(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Where a redirect leads that may be followed: to a server with TLS, from one.
    static func redirected(by location: String) -> SourceAddress? {
        guard location.utf8.count <= 8192, location.lowercased().hasPrefix("https://"),
            case .web(let server, let target)? = try? read("https" + location.dropFirst(5).prefix { $0 != "#" })
        else { return nil }
        return .web(server, target: target)
    }
}
