package import Canonical

/// An SSH public key: its type, such as `ssh-ed25519`, and its bytes.
package struct SignerKey: Hashable, Sendable {
    package let type: String
    /// The key as SSH sends it: its type, then numbers, each behind its length.
    package let blob: [UInt8]
    /// The SHA-256 of ``blob``.
    package let digest: Digest

    /// Nil unless `text` is the base64 of a key of that type.
    package init?(type: some StringProtocol, base64 text: some StringProtocol) {
        guard let blob = Base64.decode(text), Self.type(of: blob) == Array(type.utf8) else { return nil }
        self.type = String(type)
        self.blob = blob
        digest = Digest.of(blob)
    }

    /// Reads the first line of a file such as `id_ed25519.pub`: type, key and perhaps a comment.
    package init?(publicKeyFile text: String) {
        guard let line = text.utf8.split(whereSeparator: { $0 == 10 || $0 == 13 }).first else { return nil }
        let words = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
        guard words.count >= 2 else { return nil }
        self.init(type: Substring(words[0]), base64: Substring(words[1]))
    }

    /// As `ssh-keygen -l` shows it: `SHA256:` and base64 without padding.
    package var fingerprint: String {
        let text = Base64.encode(digest.bytes)
        return "SHA256:" + text.prefix { $0 != "=" }
    }

    /// The first field of a key, which is its type again.
    private static func type(of blob: [UInt8]) -> [UInt8]? {
        guard blob.count > 4 else { return nil }
        let length = blob[..<4].reduce(0) { $0 << 8 | Int($1) }
        guard length > 0, length <= 64, blob.count > 4 + length else { return nil }
        return Array(blob[4..<(4 + length)])
    }
}
