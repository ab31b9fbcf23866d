/// What a name says of a file in gzip, bzip2, xz or zstd that is no archive.
// SPEC: manifest.md#packed-files
enum PackedName {
    private static let endings = [".gz", ".bz2", ".xz", ".zst"]

    /// The name of the one file that is packed: `rows.csv` of `rows.csv.gz`; nil where the name speaks of an archive, or of neither.
    static func file(in name: String) -> String? {
        let small = name.lowercased()
        guard let ending = endings.first(where: { small.hasSuffix($0) }), name.utf8.count > ending.utf8.count,
            !small.dropLast(ending.count).hasSuffix(".tar")
        else { return nil }
        return String(name.dropLast(ending.count))
    }
}
