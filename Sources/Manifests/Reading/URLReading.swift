import Canonical
import Diagnostics

/// Reads URLs of data. A message never repeats a URL: it may hold what nobody should see.
enum URLReading {
    static let schemes = ["https", "s3", "file"]

    /// Reads the content of `node`; nil after saying what is wrong.
    static func read(_ text: String, in node: JSONNode, what: String, _ problems: inout Problems) -> String? {
        let bytes = Array(text.utf8)
        if bytes.contains(where: { $0 <= 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "\\") }) {
            problems.error("url-syntax", "\(what) has a space, a control character or '\\' in it", at: node.span)
            return nil
        }
        guard let parts = URLParts(bytes) else {
            problems.error(
                "url-syntax", "\(what) must begin with 'https://', 's3://' or 'file://'; a file of the workspace stands under 'path'",
                at: node.span)
            return nil
        }
        guard checkScheme(String(decoding: bytes[parts.scheme], as: UTF8.self), parts.scheme, in: node, what: what, &problems) else {
            return nil
        }
        if let user = parts.userInfo {
            let span = problems.span(of: user, in: node)
            let isExact = span.upper - span.lower == user.count
            problems.error(
                "url-credentials", "\(what) has a user name or password in it; the manifest is no place for secrets", at: span,
                fixIt: isExact ? FixIt("remove everything up to '@'", [FixIt.Edit(span, "")]) : nil)
            return nil
        }
        if bytes[parts.scheme].elementsEqual("file".utf8) {
            if !parts.host.isEmpty || parts.path.count < 2 {
                problems.error("url-syntax", "\(what) must be 'file:///' and an absolute path, without a host", at: node.span)
                return nil
            }
        } else if parts.host.isEmpty || bytes[parts.host.lowerBound] == UInt8(ascii: ":") {
            problems.error("url-syntax", "\(what) must have a host after '//'", at: problems.span(of: parts.host, in: node))
            return nil
        }
        if let fragment = parts.fragment {
            problems.error("url-syntax", "\(what) has a fragment ('#...'), which names no file", at: problems.span(of: fragment, in: node))
            return nil
        }
        if let query = parts.query {
            problems.warning(
                "url-query", "\(what) has a query, which is not written to the lock; a signature in it does not belong in a manifest",
                at: problems.span(of: query, in: node))
        }
        return text
    }

    private static func checkScheme(
        _ scheme: String, _ range: Range<Int>, in node: JSONNode, what: String, _ problems: inout Problems
    ) -> Bool {
        if schemes.contains(scheme) { return true }
        let span = problems.span(of: range, in: node)
        // A server that answers to `http` need not answer to `https`, so that one is not offered.
        let near = scheme.lowercased() == "http" ? nil : problems.closest(to: scheme, among: schemes)
        let isExact = span.upper - span.lower == range.count
        problems.error(
            "unknown-scheme", "\(what) must begin with 'https://', 's3://' or 'file://', not '\(scheme)://'", at: span,
            fixIt: isExact ? near.map { .replace(span, with: $0) } : nil)
        return false
    }
}

/// Where the parts of a URL lie, as offsets into its bytes.
struct URLParts {
    let scheme: Range<Int>
    /// With the `@` after it.
    let userInfo: Range<Int>?
    /// With the port.
    let host: Range<Int>
    let path: Range<Int>
    /// With the `?` before it.
    let query: Range<Int>?
    /// With the `#` before it.
    let fragment: Range<Int>?

    /// The parts of `scheme://[user@]host[/path][?query][#fragment]`; nil for a text of another form.
    init?(_ bytes: [UInt8]) {
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), colon > 0, bytes.count >= colon + 3,
            bytes[colon + 1] == UInt8(ascii: "/"), bytes[colon + 2] == UInt8(ascii: "/")
        else { return nil }
        let isScheme = bytes[..<colon].allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
            case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): true
            default: false
            }
        }
        guard isScheme else { return nil }
        scheme = 0..<colon
        let start = colon + 3
        let end = bytes[start...].firstIndex { [UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#")].contains($0) } ?? bytes.count
        if let at = bytes[start..<end].lastIndex(of: UInt8(ascii: "@")) {
            userInfo = start..<at + 1
            host = at + 1..<end
        } else {
            userInfo = nil
            host = start..<end
        }
        let hash = bytes[end...].firstIndex(of: UInt8(ascii: "#")) ?? bytes.count
        let mark = bytes[end..<hash].firstIndex(of: UInt8(ascii: "?")) ?? hash
        path = end..<mark
        query = mark < hash ? mark..<hash : nil
        fragment = hash < bytes.count ? hash..<bytes.count : nil
    }
}
