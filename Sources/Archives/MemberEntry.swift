import Canonical

/// One entry of the list of members in `archive.json`.
struct MemberEntry: Hashable {
    let path: String
    let digest: Digest
    let size: Int
    let isExecutable: Bool

    init(path: String, digest: Digest, size: Int, isExecutable: Bool) {
        self.path = path
        self.digest = digest
        self.size = size
        self.isExecutable = isExecutable
    }

    init(_ member: ArchiveMember) {
        self.init(path: member.path, digest: Digest.of(member.bytes), size: member.bytes.count, isExecutable: member.isExecutable)
    }
}
