package import Canonical

/// A wheel whose bytes are in the store: its file name, and what the bytes are.
package struct WheelFile: Hashable, Sendable {
    package let fileName: String
    package let digest: Digest
    /// Bytes.
    package let size: Int

    package init(fileName: String, digest: Digest, size: Int) {
        self.fileName = fileName
        self.digest = digest
        self.size = size
    }
}
