package import Canonical

/// The name of something on a remote: what it is, and the digest that it goes by.
// SPEC: remotes.md#layout
package struct RemotePlace: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// What lies there; the raw value is the folder.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The bytes with that digest.
        case object = "cas"
        /// Many small objects of one tree; the digest is the pack's ``PackGroup/key``.
        case pack = "packs"
        /// The tree with that digest, or how it is put together; all below it lies on the remote too.
        case tree = "trees"
        /// How the large file with that digest is put together.
        case list = "chunks"
        /// The result of an action in its envelope; the digest is that of the key and of whoever signed it.
        case result = "results"
    }

    package let kind: Kind
    package let digest: Digest

    package init(_ kind: Kind, _ digest: Digest) {
        self.kind = kind
        self.digest = digest
    }

    /// The path below the remote's URL.
    package var path: String { "\(kind.rawValue)/\(digest.hex)" }

    package var description: String {
        switch kind {
        case .object: "object \(digest)"
        case .pack: "pack \(digest)"
        case .tree: "tree \(digest)"
        case .list: "list of chunks \(digest)"
        case .result: "result \(digest)"
        }
    }

    package static func < (first: RemotePlace, second: RemotePlace) -> Bool {
        first.kind == second.kind ? first.digest < second.digest : first.kind.rawValue < second.kind.rawValue
    }
}
