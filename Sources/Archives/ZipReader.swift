/// A file or folder in a zip file.
package struct ZipEntry: Hashable, Sendable {
    /// Without the slash that a folder's name ends with there; it keeps the rules of ``MemberPath``.
    package let path: String
    package let isFolder: Bool
    /// Made on Unix as a regular file that somebody may run.
    package let isExecutable: Bool
    /// Bytes of content.
    package let size: Int
    /// As recorded; ``ZipReader/content(of:)`` compares it.
    package let checksum: UInt32

    let method: Int
    let compressedSize: Int
    /// Where its own header begins.
    let header: Int
}

/// Takes a zip file apart, and refuses everything that could mean two things.
///
/// Only files and folders, stored or deflated; each path once, relative, without `..`; no encryption, no links, no shared bytes;
/// the entries' own headers say what the directory says. Nothing is unpacked before it is asked for.
package struct ZipReader: Sendable {
    /// In the order of the directory.
    package let entries: [ZipEntry]
    private let bytes: [UInt8]

    /// The most entries and bytes of content that are read.
    private static let largestCount = 500_000
    package static let largestContent = 64 << 30

    /// Deflate makes at most 1,032 bytes out of one.
    private static let largestExpansion = 1032

    /// Reads the directory.
    ///
    /// - Complexity: O(entries log entries); the content is not looked at.
    package init(_ bytes: [UInt8], limit: Int = largestContent) throws(ZipError) {
        self.bytes = bytes
        let reader = ZipFields(bytes: bytes)
        let directory = try ZipDirectory(reader)
        guard directory.count <= Self.largestCount else { throw .form(.tooManyEntries) }
        var entries: [ZipEntry] = []
        entries.reserveCapacity(directory.count)
        var offset = directory.start
        var total = 0
        for _ in 0..<directory.count {
            let record = try ZipRecord(reader, at: offset, end: directory.end)
            offset = record.next
            let entry = try record.entry()
            let (sum, overflow) = total.addingReportingOverflow(entry.size)
            if overflow || sum > limit { throw .tooLarge(limit: limit) }
            total = sum
            entries.append(entry)
        }
        guard offset == directory.end else { throw .form(.directory) }
        try Self.checkNames(entries)
        try Self.checkPlaces(entries, reader, end: directory.start)
        self.entries = entries
    }

    /// The content of a file, its length and checksum compared; empty for a folder.
    package func content(of entry: ZipEntry) throws(ZipError) -> [UInt8] {
        let reader = ZipFields(bytes: bytes)
        let start = try reader.contentStart(of: entry)
        guard start <= bytes.count - entry.compressedSize else { throw .entry(entry.path, .header) }
        let packed = bytes[start..<start + entry.compressedSize]
        var content = Array(packed)
        // libarchive takes a stream of nothing for no stream.
        if entry.size == 0 {
            content = []
        } else if entry.method == 8 {
            do throws(ArchiveError) {
                guard let expanded = try Deflate.expand(packed, limit: entry.size, expected: entry.size) else {
                    throw ArchiveError.tooLarge(size: nil, limit: entry.size)
                }
                content = expanded
            } catch {
                switch error {
                case .codec(let reason): throw .entry(entry.path, .content(reason))
                case .libraryMissing: throw .library(error)
                default: throw .entry(entry.path, .size(recorded: entry.size))
                }
            }
        }
        guard content.count == entry.size else { throw .entry(entry.path, .size(recorded: entry.size)) }
        guard CRC32.of(content) == entry.checksum else { throw .entry(entry.path, .checksum) }
        return content
    }

    // MARK: Checks between entries

    private static func checkNames(_ entries: [ZipEntry]) throws(ZipError) {
        // Keyed by String on purpose: its equality is canonical equivalence, so two spellings of one name meet in one entry.
        var uses: [String: (spelling: String, isFolder: Bool, isImplied: Bool)] = [:]
        uses.reserveCapacity(entries.count)
        func take(_ path: String, isFolder: Bool, isImplied: Bool, for entry: ZipEntry) throws(ZipError) {
            guard let use = uses[path] else {
                uses[path] = (path, isFolder, isImplied)
                return
            }
            if !use.spelling.utf8.elementsEqual(path.utf8) { throw .entry(entry.path, .twin(use.spelling)) }
            if use.isFolder != isFolder { throw .entry(entry.path, .fileAndFolder(path)) }
            if !use.isImplied && !isImplied { throw .entry(entry.path, .duplicate) }
            if !isImplied { uses[path] = (path, isFolder, false) }
        }
        var lastFolder = ""
        for entry in entries {
            try take(entry.path, isFolder: entry.isFolder, isImplied: false, for: entry)
            let folder = entry.path.utf8.lastIndex(of: MemberPath.slash).map { entry.path[..<$0] } ?? ""
            // The same folders as of the entry before are there already.
            if folder.utf8.elementsEqual(lastFolder.utf8) { continue }
            lastFolder = String(folder)
            var rest = folder
            while !rest.isEmpty {
                try take(String(rest), isFolder: true, isImplied: true, for: entry)
                rest = rest.utf8.lastIndex(of: MemberPath.slash).map { rest[..<$0] } ?? ""
            }
        }
    }

    private static func checkPlaces(_ entries: [ZipEntry], _ reader: ZipFields, end: Int) throws(ZipError) {
        var free = 0
        for entry in entries.sorted(by: { $0.header < $1.header }) {
            guard entry.header >= free else { throw .entry(entry.path, .overlap) }
            let start = try reader.contentStart(of: entry)
            let (next, overflow) = start.addingReportingOverflow(entry.compressedSize)
            guard !overflow, next <= end else { throw .entry(entry.path, .overlap) }
            let mostBytes = entry.compressedSize.multipliedReportingOverflow(by: largestExpansion)
            guard mostBytes.overflow || entry.size <= mostBytes.partialValue else { throw .entry(entry.path, .size(recorded: entry.size)) }
            free = next
        }
    }
}
