internal import Canonical

/// Bytes that nobody may read in a message: printing one, or anything that holds one, prints a word.
package struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// For what computes with it; never for what is shown.
    let text: String

    package init(_ text: String) { self.text = text }

    package var description: String { "(secret)" }
    package var debugDescription: String { "(secret)" }
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// Whether one of the two holds the other; for short ones, whether they are the same.
    func isIn(_ other: String) -> Bool {
        guard text.utf8.count >= 4, other.utf8.count >= 4 else { return text.utf8.elementsEqual(other.utf8) }
        return other.contains(text) || text.contains(other)
    }
}

/// What proves to an S3 service who asks.
package struct Credentials: Sendable, Hashable {
    package let accessKey: String
    package let secretKey: Secret
    /// Of credentials that last for some hours only.
    package let sessionToken: Secret?

    package init(accessKey: String, secretKey: Secret, sessionToken: Secret? = nil) {
        self.accessKey = accessKey
        self.secretKey = secretKey
        self.sessionToken = sessionToken
    }
}

/// HMAC with SHA-256 (RFC 2104).
enum HMAC {
    static func sha256(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        let block = 64
        var padded = key.count > block ? Digest.of(key).bytes : key
        padded += [UInt8](repeating: 0, count: block - padded.count)
        let inner = Digest.of(padded.map { $0 ^ 0x36 } + message)
        return Digest.of(padded.map { $0 ^ 0x5C } + inner.bytes).bytes
    }
}
