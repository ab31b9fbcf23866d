/// Kinds of files that people keep tables in and that mlbuild does not read, by extension.
struct ForeignFormat {
    /// What to do with such a file.
    let wayOut: String

    private static let packed: Set<String> = ["7z", "bz2", "gz", "tar", "tgz", "xz", "zip", "zst"]
    private static let other: Set<String> = [
        "arrow", "avro", "db", "feather", "h5", "hdf5", "ipc", "json", "mat", "npz", "ods", "orc", "parquet", "pickle", "pkl", "rda", "rds",
        "sas7bdat", "sav", "sqlite", "xls", "xlsx", "xml",
    ]

    /// Nil for an extension that says nothing of the sort; `ending` is in lower case.
    init?(extension ending: String) {
        if Self.packed.contains(ending) {
            wayOut = "unpack it"
        } else if Self.other.contains(ending) {
            wayOut = "convert it"
        } else {
            return nil
        }
    }
}
