/// Where the rows and fields of a table stand in its text.
struct TableLayout: Sendable {
    let dialect: TextDialect
    /// The header with its line end.
    let header: Range<Int>
    let columnCount: Int
    /// The start of each row, then the end of the last.
    let recordStarts: [UInt32]
    /// The start of each field, (rows, columns).
    let fieldStarts: [UInt32]
    /// For each row how many bytes its line end has: 0, 1 or 2.
    let lineEnds: [UInt8]

    func record(_ row: Int) -> Range<Int> {
        Int(recordStarts[row])..<Int(recordStarts[row + 1])
    }

    func field(row: Int, column: Int) -> Range<Int> {
        let index = row * columnCount + column
        let start = Int(fieldStarts[index])
        if column + 1 < columnCount { return start..<Int(fieldStarts[index + 1]) - 1 }
        return start..<Int(recordStarts[row + 1]) - Int(lineEnds[row])
    }
}
