package import Canonical

/// A place that keeps immutable bytes under the digest of their content.
///
/// A store gives back exactly the bytes that were put, or an error; it never returns bytes that it has not checked
/// against the digest asked for.
package protocol ObjectStore: Sendable {
    /// Whether something claims to be the object; its bytes are checked when they are used.
    ///
    /// Who was told so may rely on it, and on all that it names, until he ends: it is not collected meanwhile.
    func contains(_ digest: Digest) throws(StoreError) -> Bool

    /// As ``contains(_:)``, for who has said already that he relies on something that names the object.
    func looksPresent(_ digest: Digest) throws(StoreError) -> Bool

    /// The bytes of the object.
    ///
    /// - Throws: `.missing`; `.corrupt` when other bytes were found, which are out of the way afterwards.
    func read(_ digest: Digest) throws(StoreError) -> [UInt8]

    /// Keeps `bytes`, and heals the object if it was corrupt. Durable after ``flush()``.
    @discardableResult
    func put(_ bytes: [UInt8]) throws(StoreError) -> Digest

    /// Returns once everything that was put is durable.
    func flush() throws(StoreError)
}

extension ObjectStore {
    package func looksPresent(_ digest: Digest) throws(StoreError) -> Bool { try contains(digest) }

    /// The tree with this digest.
    package func tree(_ digest: Digest) throws(StoreError) -> Tree {
        let bytes = try read(digest)
        do throws(Tree.Malformed) {
            return try Tree.decode(bytes)
        } catch {
            throw .notTree(digest, reason: error.description)
        }
    }

    /// Keeps one folder; what it names must be put too.
    package func put(_ tree: Tree) throws(StoreError) -> StoredObject {
        guard let totals = tree.totals else { preconditionFailure("the sizes in a tree have a sum") }
        return StoredObject(kind: .tree, digest: try put(tree.encode()), size: totals.size, files: totals.files)
    }

    /// Keeps a file as an object.
    package func put(file bytes: [UInt8]) throws(StoreError) -> StoredObject {
        StoredObject(kind: .file, digest: try put(bytes), size: bytes.count, files: 1)
    }

    /// Keeps files that lie in folders as one tree; paths are relative, with slashes, and none is a folder of another.
    package func put(files: [(path: String, bytes: [UInt8])]) throws(StoreError) -> StoredObject {
        var root = PendingFolder()
        for file in files {
            let parts = file.path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(Array.init)
            let object = try put(file: file.bytes)
            root.insert(.file(object.digest, size: object.size, isExecutable: false), at: parts[...])
        }
        return try put(root)
    }

    private func put(_ folder: PendingFolder) throws(StoreError) -> StoredObject {
        var entries = folder.files
        for (name, child) in folder.folders {
            let object = try put(child)
            entries.append(TreeEntry(name: name, content: .tree(object.digest, size: object.size, files: object.files)))
        }
        return try put(Tree(entries))
    }

    /// All files of a tree with their paths in it, in the order of the paths' bytes; links are left out.
    ///
    /// Bytes of a path that are not UTF-8, and `%`, are percent-encoded.
    package func files(of tree: Digest) throws(StoreError) -> [(path: String, bytes: [UInt8])] {
        var result: [(path: [UInt8], bytes: [UInt8])] = []
        var waiting: [(path: [UInt8], digest: Digest)] = [([], tree)]
        while let (folder, digest) = waiting.popLast() {
            for entry in try self.tree(digest).entries {
                let path = folder + entry.name
                switch entry.content {
                case .file(let digest, _, _): result.append((path, try read(digest)))
                case .tree(let digest, _, _): waiting.append((path + [UInt8(ascii: "/")], digest))
                case .link: continue
                }
            }
        }
        result.sort { $0.path.lexicographicallyPrecedes($1.path) }
        return result.map { (PathText.encode($0.path), $0.bytes) }
    }

    /// The objects that `object` consists of and the store does not have, itself included; empty for a complete one.
    ///
    /// Tree objects are read and checked on the way, files are only looked for.
    package func missing(in object: StoredObject) throws(StoreError) -> [Digest] {
        var result: [Digest] = []
        var seen: Set<Digest> = []
        var waiting: [(digest: Digest, kind: ObjectKind)] = [(object.digest, object.kind)]
        while let (digest, kind) = waiting.popLast() {
            guard seen.insert(digest).inserted else { continue }
            if try digest == object.digest ? !contains(digest) : !looksPresent(digest) {
                result.append(digest)
                continue
            }
            if kind == .file { continue }
            let entries: [TreeEntry]
            do throws(StoreError) {
                entries = try tree(digest).entries
            } catch {
                switch error {
                case .missing, .corrupt:
                    result.append(digest)
                    continue
                default: throw error
                }
            }
            for entry in entries {
                switch entry.content {
                case .file(let digest, _, _): waiting.append((digest, .file))
                case .tree(let digest, _, _): waiting.append((digest, .tree))
                case .link: continue
                }
            }
        }
        return result.sorted()
    }

    /// Reads all that `object` consists of, checking every byte.
    ///
    /// - Throws: the first problem, in the order of names.
    package func verify(_ object: StoredObject) throws(StoreError) {
        var seen: Set<Digest> = []
        var waiting: [(digest: Digest, kind: ObjectKind)] = [(object.digest, object.kind)]
        while let (digest, kind) = waiting.popLast() {
            guard seen.insert(digest).inserted else { continue }
            guard kind == .tree else {
                _ = try read(digest)
                continue
            }
            for entry in try tree(digest).entries.reversed() {
                switch entry.content {
                case .file(let digest, _, _): waiting.append((digest, .file))
                case .tree(let digest, _, _): waiting.append((digest, .tree))
                case .link: continue
                }
            }
        }
    }
}

/// A folder that is being put together from paths.
private struct PendingFolder {
    var files: [TreeEntry] = []
    private var order: [[UInt8]] = []
    private var children: [[UInt8]: PendingFolder] = [:]

    var folders: [(name: [UInt8], folder: PendingFolder)] {
        order.compactMap { name in children[name].map { (name, $0) } }
    }

    mutating func insert(_ content: TreeEntry.Content, at path: ArraySlice<[UInt8]>) {
        guard let name = path.first, Tree.isName(name) else { preconditionFailure("a path in a tree is made of names") }
        if path.count == 1 {
            files.append(TreeEntry(name: name, content: content))
            return
        }
        if children[name] == nil { order.append(name) }
        children[name, default: PendingFolder()].insert(content, at: path.dropFirst())
    }
}
