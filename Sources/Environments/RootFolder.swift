import Storage

/// What an environment has at its root besides the files of programs and packages.
enum RootFolder {
    /// Where the sandbox puts its own folders.
    static let emptyFolders = ["dev", "home", "proc", "tmp", "work"]

    /// Fixed texts: who the command runs as, and names that every machine knows.
    static let texts = [
        ("etc/group", "root:x:0:\nmlbuild:x:1000:\nnogroup:x:65534:\n"),
        ("etc/hosts", "127.0.0.1 localhost mlbuild\n::1 localhost\n"),
        (
            "etc/nsswitch.conf",
            "passwd: files\ngroup: files\nshadow: files\nhosts: files\nnetworks: files\nprotocols: files\nservices: files\n"
        ),
        (
            "etc/passwd",
            "root:x:0:0:root:/root:/usr/sbin/nologin\nmlbuild:x:1000:1000:mlbuild:/home:/bin/sh\n"
                + "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
        ),
    ]

    /// A tree of these, with links such as `bin -> usr/bin` for the folders that `trees` have below `usr`.
    static func put(beside trees: [StoredObject], in store: any ObjectStore) throws(StoreError) -> StoredObject {
        let folder = FolderDraft()
        for name in emptyFolders { insert(folder.insertFolder(Array(name.utf8))) }
        for (path, text) in texts {
            let object = try store.put(file: Array(text.utf8))
            insert(folder.insert(.file(object.digest, size: object.size, isExecutable: false), at: Array(path.utf8)))
        }
        let names = Set(HostPlace.merged)
        var present: Set<String> = []
        for tree in trees {
            for entry in try store.tree(tree.digest).entries where entry.name.elementsEqual("usr".utf8) {
                guard case .tree(let usr, _, _) = entry.content else { continue }
                present.formUnion(try store.tree(usr).entries.map { String(decoding: $0.name, as: UTF8.self) })
            }
        }
        for name in present.intersection(names) {
            insert(folder.insert(.link(target: Array("usr/\(name)".utf8)), at: Array(name.utf8)))
        }
        return try folder.put(in: store)
    }

    private static func insert(_ isFree: Bool) {
        precondition(isFree, "the parts of the root do not overlap")
    }
}
