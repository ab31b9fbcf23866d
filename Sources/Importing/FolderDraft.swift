internal import Storage

/// A folder that is being put together from the paths of what is in it.
final class FolderDraft {
    private var entries: [[UInt8]: TreeEntry.Content] = [:]
    private var folders: [[UInt8]: FolderDraft] = [:]

    /// Puts something at a path that is free and whose folders are no files.
    func add(_ content: TreeEntry.Content, at path: String) {
        let names = path.utf8.split(separator: UInt8(ascii: "/")).map(Array.init)
        guard let name = names.last else { preconditionFailure("a path has a name") }
        let parent = names.dropLast().reduce(self) { $0.child($1) }
        precondition(parent.entries.updateValue(content, forKey: name) == nil, "nothing stands at '\(path)' yet")
    }

    /// Makes a folder, if it is not there.
    func folder(at path: String) {
        _ = path.utf8.split(separator: UInt8(ascii: "/")).map(Array.init).reduce(self) { $0.child($1) }
    }

    private func child(_ name: [UInt8]) -> FolderDraft {
        if let folder = folders[name] { return folder }
        let folder = FolderDraft()
        folders[name] = folder
        return folder
    }

    /// Keeps the folder and all in it; what its files name is there.
    func put(in store: some ObjectStore) throws(StoreError) -> StoredObject {
        var all = entries.map { TreeEntry(name: $0.key, content: $0.value) }
        for (name, folder) in folders {
            let object = try folder.put(in: store)
            all.append(TreeEntry(name: name, content: .tree(object.digest, size: object.size, files: object.files)))
        }
        return try store.put(Tree(all))
    }
}
