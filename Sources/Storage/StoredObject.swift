package import Canonical

/// What an object's bytes are: the content of a file, or the encoding of a ``Tree``.
package enum ObjectKind: String, Hashable, Sendable, CaseIterable {
    case file
    case tree
}

/// An artifact as the store knows it: what it is, its digest, and how much there is of it.
package struct StoredObject: Hashable, Sendable {
    package let kind: ObjectKind
    package let digest: Digest
    /// Bytes of content; of all files together for a tree.
    package let size: Int
    /// 1 for a file; all files in it, links not counted, for a tree.
    package let files: Int

    package init(kind: ObjectKind, digest: Digest, size: Int, files: Int) {
        self.kind = kind
        self.digest = digest
        self.size = size
        self.files = files
    }

    /// The object that a file with this content is.
    package init(file bytes: [UInt8]) {
        self.init(kind: .file, digest: Digest.of(bytes), size: bytes.count, files: 1)
    }
}
