/// What is known of one file in gzip, bzip2, xz or zstd, without an archive in it.
// SPEC: manifest.md#archives
package enum PackedFile {
    private static let suffixes = [".gz", ".bz2", ".xz", ".zst"]

    /// The name of what is packed in a file of this name: `rows.csv` of `rows.csv.gz`; nil where the name does not speak of one file.
    package static func name(of packed: String) -> String? {
        let small = packed.lowercased()
        guard let suffix = suffixes.first(where: { small.hasSuffix($0) }), packed.utf8.count > suffix.utf8.count,
            !small.dropLast(suffix.count).hasSuffix(".tar")
        else { return nil }
        return String(packed.dropLast(suffix.count))
    }

    /// The length and checksum that the last member of a gzip file has written down, for the last 8 bytes of the file.
    private static func trailer(_ last: [UInt8]) -> (checksum: UInt32, length: UInt32)? {
        guard last.count == 8 else { return nil }
        func number(_ bytes: ArraySlice<UInt8>) -> UInt32 { bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) } }
        return (number(last[..<4]), number(last[4...]))
    }

    /// Whether a file that begins with `first` and ends with the 8 bytes `last` may hold other bytes than were packed in it.
    ///
    /// libarchive looks at the checksums of all forms but gzip. Of several members in one gzip file only the last has its checksum at a
    /// known place, so nothing vouches for the others.
    package static func isDamaged(first: [UInt8], last: [UInt8], checksum: UInt32, length: Int) -> Bool {
        guard first.starts(with: [0x1F, 0x8B]), let trailer = trailer(last) else { return false }
        return trailer.length != UInt32(truncatingIfNeeded: length) || trailer.checksum != checksum
    }
}
