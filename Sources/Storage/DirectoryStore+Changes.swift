internal import Canonical
package import Platform

extension DirectoryStore {
    /// Where two stored versions of data differ, sorted by path.
    ///
    /// - Throws: ``ImportError/store(_:)`` for a tree that the store does not have.
    /// - Complexity: what changed, and the folders on the way there; equal folders are not opened.
    package func changes(from before: StoredObject, to after: StoredObject) throws(ImportError) -> [DataChange] {
        try DataComparison(store: self, signatures: nil, rules: .none).run(.stored(before), .stored(after))
    }

    /// Where a file or folder of the user differs from a stored version, sorted by path.
    ///
    /// With `signatures`, files that look as before are not read; nothing is put into the store. Nothing at `path` is no error.
    /// What `rules` leave out of a folder is neither looked at nor told.
    ///
    /// - Throws: what keeps a file from being read, ``ImportError/store(_:)`` for a tree that the store does not have.
    package func changes(
        from before: StoredObject, to path: HostPath, signatures: SignatureCache?, ignoring rules: IgnoreRules = .none
    ) throws(ImportError) -> [DataChange] {
        let after = try DataComparison.place(path, followLinks: true)
        return try DataComparison(store: self, signatures: signatures, rules: rules).run(.stored(before), after)
    }
}

/// Goes through two versions of data side by side, and into what differs.
private struct DataComparison {
    let store: DirectoryStore
    let signatures: SignatureCache?
    let rules: IgnoreRules

    /// One side of a path.
    enum Side {
        case nothing
        case leaf(DataChange.Leaf)
        case tree(Digest)
        /// A folder of the user, and the names on the way there.
        case folder(HostPath, inner: [[UInt8]])
        /// A file of the user, not read yet.
        case file(HostPath, isExecutable: Bool)

        static func stored(_ object: StoredObject) -> Side {
            switch object.kind {
            case .file: .leaf(.file(object.digest, size: object.size, isExecutable: false))
            case .tree: .tree(object.digest)
            }
        }

        var isFolder: Bool {
            switch self {
            case .tree, .folder: true
            case .nothing, .leaf, .file: false
            }
        }
    }

    /// What lies at a path of the user.
    static func place(_ path: HostPath, inner: [[UInt8]] = [], followLinks: Bool) throws(ImportError) -> Side {
        do throws(SystemError) {
            guard let status = try Files.status(path, followLinks: followLinks) else { return .nothing }
            switch status.kind {
            // Data that is one file is its content alone.
            case .regular: return .file(path, isExecutable: status.isExecutable && !followLinks)
            case .directory: return .folder(path, inner: inner)
            case .symbolicLink: return .leaf(.link(target: try Files.linkTarget(path)))
            case .other: break
            }
        } catch {
            throw .refused(error)
        }
        throw .unsupported(path, what: Files.kindInWords(path) ?? "gone")
    }

    func run(_ before: Side, _ after: Side) throws(ImportError) -> [DataChange] {
        var changes: [DataChange] = []
        var waiting: [(path: [UInt8], before: Side, after: Side)] = [([], before, after)]
        while let (path, before, after) = waiting.popLast() {
            if case .tree(let old) = before, case .tree(let new) = after, old == new { continue }
            let old = try leaf(before)
            let new = try leaf(after)
            var isEmpty = (before: false, after: false)
            if before.isFolder || after.isFolder {
                let entries = (before: try entries(before), after: try entries(after))
                isEmpty = (before.isFolder && entries.before.isEmpty, after.isFolder && entries.after.isEmpty)
                let names = Set(entries.before.keys).union(entries.after.keys)
                for name in names {
                    let inner = path.isEmpty ? name : path + [UInt8(ascii: "/")] + name
                    waiting.append((inner, entries.before[name] ?? .nothing, entries.after[name] ?? .nothing))
                }
            }
            let left = isEmpty.before ? .emptyFolder : old
            let right = isEmpty.after ? .emptyFolder : new
            if left != right { changes.append(DataChange(path: path, before: left, after: right)) }
        }
        return changes.sorted { $0.path.lexicographicallyPrecedes($1.path) }
    }

    private func leaf(_ side: Side) throws(ImportError) -> DataChange.Leaf? {
        switch side {
        case .leaf(let leaf): return leaf
        case .file(let path, let isExecutable):
            let object = try store.importData(path, keep: false)
            guard object.kind == .file else { throw .changing(path) }
            return .file(object.digest, size: object.size, isExecutable: isExecutable)
        case .nothing, .tree, .folder: return nil
        }
    }

    private func entries(_ side: Side) throws(ImportError) -> [[UInt8]: Side] {
        var entries: [[UInt8]: Side] = [:]
        switch side {
        case .nothing, .leaf, .file: break
        case .tree(let digest):
            let tree: Tree
            do throws(StoreError) { tree = try store.tree(digest) } catch { throw .store(error) }
            for entry in tree.entries {
                switch entry.content {
                case .file(let digest, let size, let isExecutable):
                    entries[entry.name] = .leaf(.file(digest, size: size, isExecutable: isExecutable))
                case .tree(let digest, _, _): entries[entry.name] = .tree(digest)
                case .link(let target): entries[entry.name] = .leaf(.link(target: target))
                }
            }
        case .folder(let path, let inner):
            let known = signatures?.folder(path, rules, depth: inner.count)
            let folder = try SurveyedFolder(path, inner: inner, known: known, rules: rules, lag: signatures?.clockLag() ?? 0)
            let unread = Set(try folder.suspects(in: 0..<folder.count))
            for number in 0..<folder.count {
                let tag = folder.tags[number]
                let isKnown = FolderRecord.Tag.isFile(tag) && !unread.contains(number)
                entries[Array(folder.name(number))] =
                    isKnown
                    ? .leaf(
                        .file(folder.digest(number), size: folder.fileSize(number), isExecutable: tag == FolderRecord.Tag.executable))
                    : try Self.place(folder.place(number), inner: inner + [Array(folder.name(number))], followLinks: false)
            }
        }
        return entries
    }
}
