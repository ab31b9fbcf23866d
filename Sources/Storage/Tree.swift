package import Canonical

/// One name in a folder.
package struct TreeEntry: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        /// `size` is the length of the file in bytes.
        case file(Digest, size: Int, isExecutable: Bool)
        /// `size` and `files` are those of everything in the folder.
        case tree(Digest, size: Int, files: Int)
        /// A symbolic link, in data only; it leads to a place inside the data.
        case link(target: [UInt8])
    }

    /// The bytes of the name; they need not be UTF-8.
    package let name: [UInt8]
    package let content: Content

    package init(name: [UInt8], content: Content) {
        self.name = name
        self.content = content
    }

    var size: Int {
        switch content {
        case .file(_, let size, _), .tree(_, let size, _): size
        case .link: 0
        }
    }

    var files: Int {
        switch content {
        case .file: 1
        case .tree(_, _, let files): files
        case .link: 0
        }
    }
}

/// The entries of one folder, in the order of their names' bytes; an object that names other objects.
// SPEC: store.md#trees
package struct Tree: Hashable, Sendable {
    package let entries: [TreeEntry]

    /// Why bytes are no tree.
    package struct Malformed: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// Puts the entries in order.
    ///
    /// Names must be different from each other and fit for a folder; see ``isName(_:)``.
    package init(_ entries: [TreeEntry]) {
        self.entries = entries.sorted { $0.name.lexicographicallyPrecedes($1.name) }
        for (first, second) in zip(self.entries, self.entries.dropFirst()) {
            precondition(first.name != second.name, "names in a folder differ")
        }
        precondition(entries.allSatisfy { Self.isName($0.name) }, "entries have names that a folder can hold")
    }

    /// Whether a folder can hold something by that name: 1 to 255 bytes, no `/`, no NUL, neither `.` nor `..`.
    package static func isName(_ name: [UInt8]) -> Bool {
        let dot = UInt8(ascii: ".")
        return (1...255).contains(name.count) && !name.contains(UInt8(ascii: "/")) && !name.contains(0)
            && name != [dot] && name != [dot, dot]
    }

    /// Bytes and files of everything in it, as the entries say; nil when the sums are beyond any file system.
    package var totals: (size: Int, files: Int)? {
        var size = 0
        var files = 0
        for entry in entries {
            let (newSize, sizeOverflow) = size.addingReportingOverflow(entry.size)
            let (newFiles, filesOverflow) = files.addingReportingOverflow(entry.files)
            if sizeOverflow || filesOverflow { return nil }
            (size, files) = (newSize, newFiles)
        }
        return (size, files)
    }

    // MARK: Encoding

    static let magic = Array("mlbtree1".utf8)
    private static let fileTag = UInt8(ascii: "f")
    private static let executableTag = UInt8(ascii: "x")
    private static let treeTag = UInt8(ascii: "t")
    private static let linkTag = UInt8(ascii: "l")

    /// The one sequence of bytes that stands for this tree; its SHA-256 is the tree's digest.
    package func encode() -> [UInt8] {
        var bytes = Self.magic
        Self.append(UInt64(entries.count), to: &bytes)
        for entry in entries {
            switch entry.content {
            case .file(let digest, let size, let isExecutable):
                bytes.append(isExecutable ? Self.executableTag : Self.fileTag)
                Self.append(name: entry.name, to: &bytes)
                bytes += digest.bytes
                Self.append(UInt64(size), to: &bytes)
            case .tree(let digest, let size, let files):
                bytes.append(Self.treeTag)
                Self.append(name: entry.name, to: &bytes)
                bytes += digest.bytes
                Self.append(UInt64(size), to: &bytes)
                Self.append(UInt64(files), to: &bytes)
            case .link(let target):
                bytes.append(Self.linkTag)
                Self.append(name: entry.name, to: &bytes)
                Self.append(UInt64(target.count), to: &bytes)
                bytes += target
            }
        }
        return bytes
    }

    /// Number of bytes of ``encode()``.
    package var encodedSize: Int {
        entries.reduce(Self.magic.count + 8) { sum, entry in
            switch entry.content {
            case .file: sum + 2 + entry.name.count + Digest.byteCount + 8
            case .tree: sum + 2 + entry.name.count + Digest.byteCount + 16
            case .link(let target): sum + 2 + entry.name.count + 8 + target.count
            }
        }
    }

    private static func append(_ number: UInt64, to bytes: inout [UInt8]) {
        for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * shift))) }
    }

    private static func append(name: [UInt8], to bytes: inout [UInt8]) {
        bytes.append(UInt8(name.count))
        bytes += name
    }

    /// Reads an encoding, and nothing that ``encode()`` could not have written.
    package static func decode(_ bytes: [UInt8]) throws(Malformed) -> Tree {
        var reader = Reader(bytes: bytes)
        guard try reader.take(magic.count) == magic[...] else { throw Malformed(description: "it does not begin as a tree does") }
        let count = try reader.number()
        var entries: [TreeEntry] = []
        for _ in 0..<count {
            let tag = try reader.byte()
            let name = Array(try reader.take(Int(try reader.byte())))
            guard isName(name) else { throw Malformed(description: "a name is not one that a folder can hold") }
            if let last = entries.last, !last.name.lexicographicallyPrecedes(name) {
                throw Malformed(description: "the names are not in order")
            }
            let content: TreeEntry.Content
            switch tag {
            case fileTag, executableTag:
                content = .file(try reader.digest(), size: try reader.number(), isExecutable: tag == executableTag)
            case treeTag:
                content = .tree(try reader.digest(), size: try reader.number(), files: try reader.number())
            case linkTag:
                let target = Array(try reader.take(try reader.number()))
                guard !target.isEmpty, !target.contains(0) else { throw Malformed(description: "a link leads nowhere") }
                content = .link(target: target)
            default: throw Malformed(description: "an entry is of an unknown kind")
            }
            entries.append(TreeEntry(name: name, content: content))
        }
        guard reader.isAtEnd else { throw Malformed(description: "something follows the last entry") }
        let tree = Tree(entries)
        guard tree.totals != nil else { throw Malformed(description: "the sizes are beyond any file system") }
        return tree
    }

    private struct Reader {
        let bytes: [UInt8]
        var offset = 0

        var isAtEnd: Bool { offset == bytes.count }

        mutating func take(_ count: Int) throws(Malformed) -> ArraySlice<UInt8> {
            guard count <= bytes.count - offset else { throw Malformed(description: "it ends too early") }
            offset += count
            return bytes[(offset - count)..<offset]
        }

        mutating func byte() throws(Malformed) -> UInt8 {
            guard let byte = try take(1).first else { throw Malformed(description: "it ends too early") }
            return byte
        }

        mutating func number() throws(Malformed) -> Int {
            var number: UInt64 = 0
            for (index, byte) in try take(8).enumerated() { number |= UInt64(byte) << UInt64(8 * index) }
            guard let result = Int(exactly: number) else { throw Malformed(description: "a size is beyond any file system") }
            return result
        }

        mutating func digest() throws(Malformed) -> Digest { Digest(bytes: try take(Digest.byteCount)) }
    }
}
