/// One file inside an archive: a path, its bytes, and whether it may be run.
///
/// A path is relative, separated by `/`, and follows ``MemberPath``. Two members are compared by the bytes of their paths,
/// because `String` takes the two spellings of one accented letter for equal.
package struct ArchiveMember: Hashable, Sendable {
    package let path: String
    package let bytes: [UInt8]
    /// Mode 0755 instead of 0644.
    package let isExecutable: Bool

    package init(path: String, bytes: [UInt8], isExecutable: Bool = false) {
        self.path = path
        self.bytes = bytes
        self.isExecutable = isExecutable
    }

    package static func == (first: ArchiveMember, second: ArchiveMember) -> Bool {
        first.isExecutable == second.isExecutable && first.path.utf8.elementsEqual(second.path.utf8) && first.bytes == second.bytes
    }

    package func hash(into hasher: inout Hasher) {
        for byte in path.utf8 { hasher.combine(byte) }
        hasher.combine(isExecutable)
        hasher.combine(bytes.count)
    }

    /// Whether `first` stands before `second` in an archive: `archive.json` before all, the rest by the bytes of their paths.
    ///
    /// The description comes first so that a reader of a stream knows what follows.
    // DETERMINISM: bytes, not String's order, which depends on normalisation.
    package static func stands(_ first: String, before second: String) -> Bool {
        let firstLeads = isDescription(first)
        let secondLeads = isDescription(second)
        guard firstLeads == secondLeads else { return firstLeads }
        return first.utf8.lexicographicallyPrecedes(second.utf8)
    }

    private static func isDescription(_ path: String) -> Bool {
        path.utf8.elementsEqual(ModelDescription.path.utf8)
    }
}
