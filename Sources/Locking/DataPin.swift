package import Canonical
package import Manifests
package import Storage

/// What the lock says about one artifact: its content by digest, and how large it is.
package struct DataPin: Hashable, Sendable {
    package typealias Kind = ObjectKind

    package let digest: Digest
    package let kind: Kind
    /// Bytes of content, of all files for a tree; at most 2^53 - 1.
    package let size: Int
    /// Files in a tree; 1 for a file.
    package let files: Int
    /// The patterns by which names were left out of a data entry's folder, sorted by bytes; nothing else has any.
    package let ignore: [String]
    /// Whether the store has only the trees of a data entry, and its files' contents lie in the workspace alone.
    package let isReference: Bool
    /// Where a data entry with a URL was fetched from; nil for everything else.
    package let source: Source?

    /// What was fetched, and from where.
    package struct Source: Hashable, Sendable {
        /// Without a query.
        package let url: String
        /// The digest of the archive that the tree was taken from; nil for what was taken as it came.
        package let archive: Digest?

        package init(url: String, archive: Digest? = nil) {
            self.url = url
            self.archive = archive
        }

        /// Whether a text has the form of a URL that the manifest may have, without user and query.
        static func isURL(_ text: String) -> Bool {
            let known = ["https://", "s3://", "file:///"]
            guard let scheme = known.first(where: { text.utf8.starts(with: $0.utf8) }) else { return false }
            let host = text.utf8.dropFirst(scheme.utf8.count).prefix { $0 != UInt8(ascii: "/") }
            return !host.contains(UInt8(ascii: "@"))
                && text.utf8.allSatisfy {
                    $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") && $0 != UInt8(ascii: "\\")
                }
        }

        /// Whether it is what a data entry asks for.
        package func serves(_ entry: DataEntry) -> Bool {
            entry.address.map { $0.utf8.elementsEqual(url.utf8) } == true && (entry.unpack != nil) == (archive != nil)
        }
    }

    package init(
        digest: Digest, kind: ObjectKind, size: Int, files: Int, ignore: [String] = [], isReference: Bool = false, source: Source? = nil
    ) {
        self.digest = digest
        self.kind = kind
        self.size = size
        self.files = files
        self.ignore = ignore
        self.isReference = isReference
        self.source = source
    }

    package init(_ object: StoredObject, ignore: [String] = [], isReference: Bool = false, source: Source? = nil) {
        self.init(
            digest: object.digest, kind: object.kind, size: object.size, files: object.files, ignore: ignore, isReference: isReference,
            source: source)
    }

    /// The rules that the patterns make.
    package var rules: IgnoreRules { IgnoreRules(ignore) }

    /// The same artifact in the store's words.
    package var object: StoredObject {
        StoredObject(kind: kind, digest: digest, size: size, files: files)
    }
}

/// What the last recorded build of a stage gave: the key it ran under, and each output.
package struct ResultPin: Hashable, Sendable {
    package struct Output: Hashable, Sendable {
        package let name: String
        package let object: DataPin

        package init(name: String, object: DataPin) {
            self.name = name
            self.object = object
        }
    }

    package let key: Digest
    /// Sorted by the bytes of the names.
    package let outputs: [Output]

    package init(key: Digest, outputs: [Output]) {
        self.key = key
        self.outputs = outputs.sorted { bytesPrecede($0.name, $1.name) }
    }

    package subscript(output name: String) -> DataPin? {
        outputs.first { $0.name.utf8.elementsEqual(name.utf8) }?.object
    }
}

/// Whether `first` sorts before `second` by UTF-8 bytes; `String <` orders by canonical equivalence instead.
func bytesPrecede(_ first: String, _ second: String) -> Bool {
    first.utf8.lexicographicallyPrecedes(second.utf8)
}
