import Storage

/// Looking into trees by path.
enum TreePath {
    /// The folder at `path` in a tree; nil when there is none.
    static func find(_ path: String, in tree: StoredObject, _ store: DirectoryStore) throws(StoreError) -> StoredObject? {
        var current = tree
        for name in path.utf8.split(separator: UInt8(ascii: "/")) {
            let entries = try store.tree(current.digest).entries
            guard let entry = entries.first(where: { $0.name.elementsEqual(name) }),
                case .tree(let digest, let size, let files) = entry.content
            else { return nil }
            current = StoredObject(kind: .tree, digest: digest, size: size, files: files)
        }
        return current
    }

    /// Every file of a tree with its path, folder by folder.
    static func files(
        of tree: StoredObject, _ store: DirectoryStore
    ) throws(StoreError) -> [(path: [UInt8], content: TreeEntry.Content)] {
        var result: [(path: [UInt8], content: TreeEntry.Content)] = []
        var waiting: [(path: [UInt8], tree: StoredObject)] = [([], tree)]
        while let (folder, tree) = waiting.popLast() {
            for entry in try store.tree(tree.digest).entries {
                let path = LibraryClosure.join(folder, entry.name)
                switch entry.content {
                case .file: result.append((path, entry.content))
                case .tree(let digest, let size, let files):
                    waiting.append((path, StoredObject(kind: .tree, digest: digest, size: size, files: files)))
                case .link: continue
                }
            }
        }
        return result
    }
}
