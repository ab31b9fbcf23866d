/// Where the rows of a table stand in what it was read from.
enum RowPlaces: Sendable {
    /// Lines of a text.
    case text(TableLayout)
    /// Elements of arrays along their first extent: for each column the name of its file.
    case arrays(columns: [String])
    /// One file for each row, by its path.
    case files([String])
}
