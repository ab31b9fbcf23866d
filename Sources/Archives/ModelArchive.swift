package import Canonical
import Diagnostics

/// A model ready to leave its workspace: what is said about it, and the files.
// SPEC: archive.md
package struct ModelArchive: Hashable, Sendable {
    package let description: ModelDescription
    /// All members but `archive.json`, in the archive's order.
    package let members: [ArchiveMember]

    package init(description: ModelDescription, members: [ArchiveMember]) {
        self.description = description
        self.members = members.sorted { ArchiveMember.stands($0.path, before: $1.path) }
    }

    /// The folders that members stand in.
    package static let folders = ["model/", "recipe/", "reference/", "samples/"]
    /// The one member that stands in no folder, besides the description.
    package static let cardPath = "MODEL_CARD.md"

    /// The bytes of the member with this path.
    package func bytes(of path: String) -> [UInt8]? {
        members.first { $0.path.utf8.elementsEqual(path.utf8) }?.bytes
    }

    /// The members below a folder such as `model/`, their paths without it.
    package func files(in folder: String) -> [ArchiveMember] {
        members.filter { $0.path.utf8.starts(with: folder.utf8) }.map {
            ArchiveMember(
                path: String(decoding: $0.path.utf8.dropFirst(folder.utf8.count), as: UTF8.self), bytes: $0.bytes,
                isExecutable: $0.isExecutable)
        }
    }

    /// The archive file, and the archive's identity: the digest of its tar.
    ///
    /// Equal archives give one identity on every machine; the file's bytes may differ between versions of libzstd.
    /// ``read(_:limit:)`` takes whatever this gives, if its limit lets it.
    ///
    /// - Throws: ``ArchiveError`` for what no archive can hold: bad paths, numbers that are not finite, a description that
    ///   does not fit the members, more than 4 GiB.
    package static func pack(_ archive: ModelArchive) throws(ArchiveError) -> (file: [UInt8], identity: Digest) {
        let text = try archive.descriptionText(archive.members.map(MemberEntry.init))
        let tar = try TarStream.encode([ArchiveMember(path: ModelDescription.path, bytes: text)] + archive.members)
        guard tar.count <= ArchiveFile.defaultLimit else { throw .tooLarge(size: tar.count, limit: ArchiveFile.defaultLimit) }
        return (try ArchiveFile.compress(tar), Digest.of(tar))
    }

    /// The archive in a file, as ``open(_:limit:)``.
    package static func read(_ file: [UInt8], limit: Int = ArchiveFile.defaultLimit) throws(ArchiveError) -> ModelArchive {
        try open(file, limit: limit).archive
    }

    /// The archive in a file, and its identity; every file that ``pack(_:)`` could not have written is refused.
    ///
    /// Nothing is written anywhere. Packing what this gives yields the same identity.
    ///
    /// - Parameter limit: the most bytes of tar.
    /// - Throws: ``ArchiveError``.
    package static func open(
        _ file: [UInt8], limit: Int = ArchiveFile.defaultLimit
    ) throws(ArchiveError) -> (archive: ModelArchive, identity: Digest) {
        let (all, identity) = try ArchiveFile.open(file, limit: limit)
        guard let first = all.first, first.path.utf8.elementsEqual(ModelDescription.path.utf8), !first.isExecutable else {
            throw .members("the archive does not begin with '\(ModelDescription.path)'")
        }
        let (description, entries) = try parse(first.bytes)
        let archive = ModelArchive(description: description, members: Array(all.dropFirst()))
        try archive.check(against: entries)
        // Spaces, escapes and numbers have several spellings; the writer's is the one that is left.
        guard try archive.descriptionText(entries) == first.bytes else {
            throw .description("it is not written in the form that mlbuild writes")
        }
        return (archive, identity)
    }

    /// The bytes of `archive.json`, which ``open(_:limit:)`` reads back to the same bytes.
    private func descriptionText(_ entries: [MemberEntry]) throws(ArchiveError) -> [UInt8] {
        try ArchiveRules.check(self)
        let document = description.document(entries)
        try ArchiveRules.checkNumbers(document)
        let text = Array(JSONText.pretty(document).utf8)
        // An integer that JSON cannot hold, a name twice in an object: else only the archive's reader would find it.
        let (read, _) = try Self.parse(text)
        guard Array(JSONText.pretty(read.document(entries)).utf8) == text else {
            throw .description("a value in it does not survive being written and read")
        }
        return text
    }

    private static func parse(_ text: [UInt8]) throws(ArchiveError) -> (description: ModelDescription, members: [MemberEntry]) {
        let parsed = JSONDocument.parse(SourceText(name: ModelDescription.path, bytes: text))
        if let problem = parsed.diagnostics.first { throw .description(problem.message) }
        guard let document = parsed.value else { throw .description("it is not JSON") }
        return try ModelDescription.read(document.root.value)
    }

    /// Holds the members to the list in `archive.json`: no more, no fewer, these bytes.
    private func check(against entries: [MemberEntry]) throws(ArchiveError) {
        for (index, member) in members.enumerated() {
            guard index < entries.count, entries[index].path.utf8.elementsEqual(member.path.utf8) else {
                throw .members("'\(ModelDescription.path)' does not list the member '\(member.path)' in its place")
            }
            guard entries[index] == MemberEntry(member) else {
                throw .members(
                    "the member '\(member.path)' is not the one that '\(ModelDescription.path)' lists: its size, digest or mode differs")
            }
        }
        guard members.count == entries.count else {
            throw .members("the member '\(entries[members.count].path)' is missing")
        }
    }
}
