/// Where the rows of a table stand in what it was read from.
enum RowPlaces: Sendable {
    /// Lines of a text with a header.
    case text(TableLayout)
    /// Lines of objects: the start of each, then the end of the last.
    case lines([UInt32])
    /// Elements of arrays along their first extent: for each column the name of its file, and the files.
    case arrays(columns: [String], parts: [ArrayPart])
    /// One file for each row, in a folder of this name.
    case files([TableFile], folder: String)
}

/// An array of a table, with the bytes of its file.
struct ArrayPart: Sendable {
    /// The path in the folder; empty where the table is one file.
    let path: String
    let bytes: [UInt8]
    let form: ArrayForm
}
