internal import Canonical
internal import Platform
internal import Storage

/// What a group's pack holds, worked out from the store.
// SPEC: remotes.md#packs
struct PackDraft {
    /// Most bytes and objects that folders bring into a pack, each of them and all together.
    private static let folderBytes = 512 << 10
    private static let folderObjects = 2048
    private static let allFolderBytes = 3 << 19
    private static let allFolderObjects = 8192

    /// The objects in the order of the pack; no length for a folder that is too much for it.
    let objects: [(digest: Digest, length: Int?)]

    /// Folders that have to lie by themselves.
    var elsewhere: [Digest] { objects.filter { $0.length == nil }.map(\.digest) }

    /// Bytes of the pack.
    var size: Int {
        objects.reduce(Pack.headLength + objects.count * Pack.memberLength) { $0 + ($1.length ?? 0) }
    }

    /// The most bytes that a group's pack can have, whatever is in its folders.
    static func mostBytes(of group: PackGroup) -> Int {
        let folders = group.members.count { $0.kind == .tree }
        let files = group.members.reduce(0) { $0 + ($1.kind == .file ? $1.size : 0) }
        let bytes = min(folders * folderBytes, allFolderBytes) + min(folders * folderObjects, allFolderObjects) * Pack.memberLength
        return Pack.headLength + group.members.count * Pack.memberLength + files + bytes
    }

    /// - Throws: `.store` for a folder that is not in the store.
    init(_ group: PackGroup, _ store: DirectoryStore) throws(RemoteError) {
        var objects: [(digest: Digest, length: Int?)] = []
        var bytes = 0
        var count = 0
        for member in group.members {
            switch member.kind {
            case .file: objects.append((member.digest, member.size))
            case .tree:
                let limits = (min(Self.folderBytes, Self.allFolderBytes - bytes), min(Self.folderObjects, Self.allFolderObjects - count))
                if let inside = try Self.closure(of: member.digest, store, bytes: limits.0, objects: limits.1) {
                    objects += inside.map { ($0.digest, $0.length) }
                    bytes += inside.reduce(0) { $0 + $1.length }
                    count += inside.count
                } else {
                    objects.append((member.digest, nil))
                }
            }
        }
        self.objects = objects
    }

    /// A folder and all that is in it, each folder before what it names; nil when that is more than the limits allow.
    private static func closure(
        of root: Digest, _ store: DirectoryStore, bytes: Int, objects: Int
    ) throws(RemoteError) -> [(digest: Digest, length: Int)]? {
        var result: [(digest: Digest, length: Int)] = []
        var left = bytes
        // A stack of our own: folders may be nested deeper than calls can be.
        var stack: [TreeEntry.Content] = [.tree(root, size: 0, files: 0)]
        while let next = stack.popLast() {
            let object: (digest: Digest, length: Int)
            switch next {
            case .link: continue
            case .file(let digest, let size, _): object = (digest, size)
            case .tree(let digest, _, _):
                let tree = try storing { () throws(StoreError) in try store.tree(digest) }
                object = (digest, tree.encodedSize)
                guard tree.entries.count <= objects else { return nil }
                stack += tree.entries.reversed().map(\.content)
            }
            guard object.length <= left, result.count < objects else { return nil }
            left -= object.length
            result.append(object)
        }
        return result
    }

    /// The pack itself.
    ///
    /// - Throws: `.store` for an object that is missing, damaged, or of another length than the tree says.
    func bytes(_ store: DirectoryStore) throws(RemoteError) -> [UInt8] {
        var bytes = Pack.head(objects)
        bytes.reserveCapacity(size)
        for object in objects {
            guard let length = object.length else { continue }
            let content = try storing { () throws(StoreError) in try store.read(object.digest) }
            guard content.count == length else {
                throw .store(.notTree(object.digest, reason: "its folder says that it has \(length) bytes, and it has \(content.count)"))
            }
            bytes += content
        }
        return bytes
    }
}
