/// A tar with exactly one byte form for a list of members.
///
/// Regular files only, no folders; sorted; owner, group and times zero; modes 0644 and 0755. Two zero blocks end it.
// SPEC: archive.md#the-tar
package enum TarStream {
    /// The tar that holds `members`, whatever order they come in.
    ///
    /// - Throws: ``ArchiveError/path(_:_:)`` and ``ArchiveError/clash(_:_:)`` for paths that no archive can hold,
    ///   ``ArchiveError/tooLarge(size:limit:)`` for a member over 8 GiB - 1.
    /// - Complexity: O(bytes), one copy of everything.
    package static func encode(_ members: [ArchiveMember]) throws(ArchiveError) -> [UInt8] {
        let sorted = members.sorted { ArchiveMember.stands($0.path, before: $1.path) }
        var names = NameTable()
        for member in sorted {
            try check(member.path, among: &names)
            guard member.bytes.count <= TarHeader.largestSize else {
                throw .tooLarge(size: member.bytes.count, limit: TarHeader.largestSize)
            }
        }
        var tar: [UInt8] = []
        tar.reserveCapacity(sorted.reduce(1024) { $0 + $1.bytes.count + 3 * TarHeader.blockSize })
        for member in sorted {
            tar += TarHeader.blocks(path: Array(member.path.utf8), size: member.bytes.count, isExecutable: member.isExecutable)
            tar += member.bytes
            tar.append(contentsOf: repeatElement(0, count: TarHeader.padding(after: member.bytes.count)))
        }
        tar.append(contentsOf: repeatElement(0, count: 2 * TarHeader.blockSize))
        return tar
    }

    /// The members of a tar that ``encode(_:)`` could have written, in their order.
    ///
    /// Encoding what this gives yields the very same bytes; every other tar is refused, however harmless.
    ///
    /// - Throws: ``ArchiveError/tar(_:offset:)``, ``ArchiveError/path(_:_:)``, ``ArchiveError/clash(_:_:)``.
    /// - Complexity: O(bytes), one copy of the members' bytes.
    package static func decode(_ bytes: [UInt8]) throws(ArchiveError) -> [ArchiveMember] {
        var decoder = TarDecoder(bytes)
        var names = NameTable()
        var members: [ArchiveMember] = []
        while let member = try decoder.next() {
            try check(member.path, among: &names)
            if let last = members.last, !ArchiveMember.stands(last.path, before: member.path) {
                throw .tar(.unsorted(member.path), offset: decoder.memberOffset)
            }
            members.append(member)
        }
        return members
    }

    private static func check(_ path: String, among names: inout NameTable) throws(ArchiveError) {
        if let fault = MemberPath.fault(of: path) { throw .path(path, fault) }
        switch names.add(path) {
        case nil: return
        case .duplicate: throw .clash(path, .duplicate)
        case .twins(let other): throw .clash(path, .twins(other))
        case .fileAndFolder(let other): throw .clash(path, .fileAndFolder(other))
        }
    }
}
