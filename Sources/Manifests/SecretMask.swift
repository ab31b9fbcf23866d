import Canonical
package import Diagnostics

/// Hides secrets in a text that is about to be shown: user names and passwords in URLs, and their queries.
///
/// A diagnostic is shown with its source line, and a build's log is read by many. Messages never repeat a URL; this takes care of the line.
package enum SecretMask {
    /// The same text, byte for byte as long, with `*` in the place of each secret.
    ///
    /// - Complexity: O(bytes)
    package static func masked(_ source: SourceText) -> SourceText {
        var bytes = source.bytes
        for secret in secrets(in: source.bytes) {
            for index in secret { bytes[index] = UInt8(ascii: "*") }
        }
        for literal in escapedLiterals(in: source.bytes) {
            let document = JSONDocument.parse(SourceText(name: "", bytes: Array(source.bytes[literal])))
            guard let text = document.value?.root.string, !secrets(in: Array(text.utf8)).isEmpty else { continue }
            for index in literal.dropFirst().dropLast() { bytes[index] = UInt8(ascii: "*") }
        }
        return SourceText(name: source.name, bytes: bytes)
    }

    /// The bytes of user info and queries of all URLs in a text.
    private static func secrets(in bytes: [UInt8]) -> [Range<Int>] {
        var secrets: [Range<Int>] = []
        var index = 0
        while let colon = bytes[index...].firstIndex(of: UInt8(ascii: ":")) {
            index = colon + 1
            guard bytes[index...].starts(with: "//".utf8) else { continue }
            let end = bytes[index...].firstIndex(where: endsURL) ?? bytes.count
            // The parts' offsets count from the scheme; one letter stands for it.
            guard let parts = URLParts(Array("s".utf8) + bytes[colon..<end]) else { continue }
            let start = colon - 1
            if let user = parts.userInfo { secrets.append(start + user.lowerBound..<start + user.upperBound - 1) }
            if let query = parts.query { secrets.append(start + query.lowerBound + 1..<start + query.upperBound) }
            index = end
        }
        return secrets
    }

    private static func endsURL(_ byte: UInt8) -> Bool {
        byte <= 0x20 || byte == 0x7F || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
    }

    /// The string literals, with their quotes, in which an escape may hide a URL.
    private static func escapedLiterals(in bytes: [UInt8]) -> [Range<Int>] {
        var literals: [Range<Int>] = []
        var index = 0
        while let open = bytes[index...].firstIndex(of: UInt8(ascii: "\"")) {
            var close = open + 1
            var isEscaped = false
            while close < bytes.count, bytes[close] != UInt8(ascii: "\""), bytes[close] != UInt8(ascii: "\n") {
                if bytes[close] == UInt8(ascii: "\\") {
                    isEscaped = true
                    close += 1
                }
                close += 1
            }
            guard close < bytes.count else { break }
            if isEscaped, bytes[close] == UInt8(ascii: "\"") { literals.append(open..<close + 1) }
            index = close + 1
        }
        return literals
    }
}
