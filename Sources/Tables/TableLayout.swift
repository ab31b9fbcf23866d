/// Where the rows and fields of a table stand in its text.
///
/// Only where rows start is kept; a field is found by going through its row.
struct TableLayout: Sendable {
    let dialect: TextDialect
    /// The header with its line end.
    let header: Range<Int>
    let columnCount: Int
    /// The start of each row, then the end of the last.
    let recordStarts: [UInt32]

    func record(_ row: Int) -> Range<Int> {
        Int(recordStarts[row])..<Int(recordStarts[row + 1])
    }

    /// A field of a text that was read without problems.
    ///
    /// - Complexity: O(length of the row).
    func field(row: Int, column: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> Range<Int> {
        let record = record(row)
        var start = record.lowerBound
        for _ in 0..<column { start = end(from: start, record.upperBound, bytes) + 1 }
        return start..<end(from: start, record.upperBound, bytes)
    }

    /// The end of the field that starts at `start`, in a row that ends before `limit`.
    func end(from start: Int, _ limit: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        let quote = UInt8(ascii: "\"")
        var index = start
        if dialect.hasQuotes, index < limit, bytes[index] == quote {
            index += 1
            while index < limit {
                if bytes[index] == quote {
                    guard index + 1 < limit, bytes[index + 1] == quote else { return index + 1 }
                    index += 1
                }
                index += 1
            }
            return index
        }
        while index < limit, bytes[index] != dialect.delimiter, bytes[index] != UInt8(ascii: "\n") { index += 1 }
        let isLineEnd = index < limit && bytes[index] == UInt8(ascii: "\n")
        return isLineEnd && index > start && bytes[index - 1] == UInt8(ascii: "\r") ? index - 1 : index
    }
}
