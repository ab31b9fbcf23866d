internal import Canonical

/// How what has not come as a whole is named in the store.
// SPEC: store.md#partial-objects
enum PartialName {
    static let folder = "partial"
    /// Behind the digest of a URL: the bytes that have come from there.
    static let source = ".source"
    /// Behind the digest of a URL: how many bytes have come, their digest, and what tells them from others of the same URL.
    static let state = ".state"

    /// The names that go together with `name`, the file that is locked first; nil for what is nobody's, and for what follows another.
    static func group(of name: [UInt8], among all: Set<[UInt8]>) -> [[UInt8]]? {
        let stem = Array(name.prefix(2 * Digest.byteCount))
        guard Digest(hex: String(decoding: stem, as: UTF8.self)) != nil else { return nil }
        let (bytes, beside) = (stem + Array(source.utf8), stem + Array(state.utf8))
        if name == stem { return [name] }
        if name == bytes { return all.contains(beside) ? [bytes, beside] : [bytes] }
        // Alone: its process ended between the two.
        return name == beside && !all.contains(bytes) ? [beside] : nil
    }
}
