package import Canonical

/// The outside of an archive: one zstd frame with the tar, then a trailer that seals every byte before it.
///
/// The trailer is a zstd skippable frame, so `zstd -d` and `tar --zstd` read the file too.
// SPEC: archive.md#the-file
package enum ArchiveFile {
    /// The most that an archive unpacks to unless the caller says otherwise: 4 GiB.
    package static let defaultLimit = 4 << 30

    /// How many times larger than the frame its content may be, once it is over ``freeExpansion``.
    static let largestExpansion = 200
    static let freeExpansion = 64 << 20

    // A skippable frame of 32 bytes, under the last of the sixteen numbers that zstd sets aside for them.
    static let trailerHeader: [UInt8] = [0x5D, 0x2A, 0x4D, 0x18, 32, 0, 0, 0]
    static let trailerSize = trailerHeader.count + Digest.byteCount

    /// The file that holds `tar`.
    ///
    /// The bytes may differ between versions of libzstd; the identity of an archive is the digest of the tar.
    ///
    /// - Throws: ``ArchiveError/libraryMissing(_:)``, ``ArchiveError/codec(_:)``.
    package static func compress(_ tar: [UInt8]) throws(ArchiveError) -> [UInt8] {
        var frame = try Zstandard.shared().compress(tar)
        if tar.count > allowance(frame.count) { frame = ZstandardFrame.storing(tar) }
        return sealed(frame)
    }

    /// The members of an archive file, and its identity: the digest of its tar.
    ///
    /// Checks the trailer, the frame, the expansion and the tar, in this order; memory is bounded by the file's size,
    /// `limit` and 200 times the file's size.
    ///
    /// - Parameter limit: the most bytes of tar, at least 0.
    /// - Throws: the first thing found that no writer of archives does, as ``ArchiveError``.
    package static func open(
        _ file: [UInt8], limit: Int = defaultLimit
    ) throws(ArchiveError) -> (members: [ArchiveMember], identity: Digest) {
        let tar = try tar(of: file, limit: limit)
        return (try TarStream.decode(tar), Digest.of(tar))
    }

    /// The tar in an archive file, not yet looked at.
    static func tar(of file: [UInt8], limit: Int) throws(ArchiveError) -> [UInt8] {
        let end = file.count - trailerSize
        guard end > 0, file[end...].starts(with: trailerHeader) else { throw .noTrailer }
        let recorded = Digest(bytes: file[(end + trailerHeader.count)...])
        let actual = file.withUnsafeBytes { Digest.of(UnsafeRawBufferPointer(rebasing: $0[..<end])) }
        guard recorded == actual else { throw .damaged(recorded: recorded, actual: actual) }

        let frame = try ZstandardFrame(file, end: end)
        if let size = frame.contentSize, size > UInt64(limit) { throw .tooLarge(size: Int(exactly: size), limit: limit) }
        let allowed = min(limit, allowance(end))
        guard let tar = try Zstandard.shared().decompress(file, end: end, limit: allowed, expected: frame.largestContent) else {
            throw allowed < limit ? .expands(limit: allowed) : .tooLarge(size: nil, limit: limit)
        }
        return tar
    }

    /// `frame` with the trailer after it.
    static func sealed(_ frame: [UInt8]) -> [UInt8] {
        frame + trailerHeader + Digest.of(frame).bytes
    }

    private static func allowance(_ frame: Int) -> Int {
        let (product, overflow) = frame.multipliedReportingOverflow(by: largestExpansion)
        return overflow ? .max : max(freeExpansion, product)
    }
}
