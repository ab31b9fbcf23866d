internal import Canonical
internal import Storage

/// A run of a tree's entries whose objects travel as one pack.
struct PackGroup: Hashable, Sendable {
    /// An entry with a small object, or with a small folder that goes along as a whole.
    struct Member: Hashable, Sendable {
        let kind: ObjectKind
        let digest: Digest
        /// Bytes of all files in it.
        let size: Int
        let files: Int

        /// What it counts for where groups end.
        var weight: Int { size + 64 + (kind == .file ? 0 : 192 + files * 64) }
    }

    let members: [Member]

    var weight: Int { members.reduce(0) { $0 + $1.weight } }

    /// What the pack goes by: whoever has the tree can tell, and nobody has to be asked.
    var key: Digest {
        var hasher = SHA256Hasher()
        hasher.update(Array("mlbuild pack 1\n".utf8))
        for member in members {
            hasher.update([UInt8(ascii: member.kind == .file ? "f" : "t")] + member.digest.bytes)
        }
        return hasher.finalize()
    }
}

/// How what a tree names lies on a remote; a function of the tree alone.
// SPEC: remotes.md#packs
struct TreeLayout: Sendable {
    /// Larger files lie there by themselves.
    static let smallFile = 1 << 20
    /// Larger folders lie there by themselves.
    static let smallFolder = 256 << 10
    static let filesOfSmallFolder = 512
    /// A group that weighs less does not end of its own accord.
    static let leastWeight = 256 << 10
    /// A group ends before it weighs more.
    static let mostWeight = 2 << 20
    static let mostMembers = 4096

    /// In the order of names.
    let groups: [PackGroup]
    /// Files that lie there by themselves, with their sizes.
    let files: [(digest: Digest, size: Int)]
    /// Folders that lie there by themselves.
    let trees: [Digest]

    init(_ tree: Tree) {
        var groups: [PackGroup] = []
        var files: [(digest: Digest, size: Int)] = []
        var trees: [Digest] = []
        var members: [PackGroup.Member] = []
        var weight = 0
        var seen: Set<Digest> = []
        var seenTrees: Set<Digest> = []
        func end() {
            if !members.isEmpty { groups.append(PackGroup(members: members)) }
            (members, weight) = ([], 0)
        }
        for entry in tree.entries {
            let member: PackGroup.Member
            switch entry.content {
            case .link: continue
            case .file(let digest, let size, _):
                guard seen.insert(digest).inserted else { continue }
                if size > Self.smallFile {
                    files.append((digest, size))
                    continue
                }
                member = PackGroup.Member(kind: .file, digest: digest, size: size, files: 1)
            case .tree(let digest, let size, let count):
                guard seenTrees.insert(digest).inserted else { continue }
                if size > Self.smallFolder || count > Self.filesOfSmallFolder {
                    trees.append(digest)
                    continue
                }
                member = PackGroup.Member(kind: .tree, digest: digest, size: size, files: count)
            }
            if weight + member.weight > Self.mostWeight || members.count == Self.mostMembers { end() }
            members.append(member)
            weight += member.weight
            // By content, so that where groups end does not move with what changes elsewhere.
            if weight >= Self.leastWeight, Int(truncatingIfNeeded: member.digest.leadingWord >> 44) < member.weight { end() }
        }
        end()
        (self.groups, self.files, self.trees) = (groups, files, trees)
    }
}
