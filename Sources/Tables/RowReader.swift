import Diagnostics

/// Reads the rows after a header in one pass, each field once.
struct RowReader {
    var scanner: FieldScanner
    private let names: [String]
    private let columnCount: Int
    private let columns: UnsafeMutablePointer<ColumnBuilder>
    /// The columns' blocks of numbers, one after the other.
    private let blocks: UnsafeMutablePointer<Double>
    /// How many rows a block has.
    private let blockRows: Int
    /// Where the fields of the current row start.
    private let starts: UnsafeMutablePointer<UInt32>
    private var row = 0
    /// Rows of the current block that are filled.
    private var slot = 0
    private var offset: Int
    private var spare: [UInt8] = []
    private var recordStarts: [UInt32] = []
    private var fieldStarts: [UInt32] = []
    private var lineEnds: [UInt8] = []

    init(names: [String], start: Int, scanner: FieldScanner) {
        self.scanner = scanner
        self.names = names
        columnCount = names.count
        offset = start
        // The first row says about how many there are.
        let first = scanner.bytes[start...].prefix(65_536).firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 - start } ?? 65_536
        let rows = (scanner.bytes.count - start) / max(first, 2 * columnCount) * 17 / 16 + 1
        recordStarts.reserveCapacity(rows + 1)
        lineEnds.reserveCapacity(rows)
        fieldStarts.reserveCapacity(rows * columnCount)
        blockRows = max(1, min(256, 32_768 / columnCount))
        blocks = .allocate(capacity: columnCount * blockRows)
        blocks.initialize(repeating: 0, count: columnCount * blockRows)
        starts = .allocate(capacity: columnCount)
        starts.initialize(repeating: 0, count: columnCount)
        columns = .allocate(capacity: columnCount)
        for index in 0..<columnCount {
            (columns + index).initialize(to: ColumnBuilder(block: blocks + index * blockRows, rows: rows))
        }
    }

    func deallocate() {
        columns.deinitialize(count: columnCount)
        columns.deallocate()
        starts.deallocate()
        blocks.deallocate()
    }

    mutating func readAll() {
        while offset < scanner.bytes.count, !scanner.problems.isFull {
            if slot == blockRows { flush() }
            guard readRow() else { break }
        }
        flush()
        recordStarts.append(UInt32(offset))
    }

    private mutating func flush() {
        for index in 0..<columnCount { columns[index].flush(slot) }
        slot = 0
    }

    /// Reads one row; false when the rest of the text cannot be told apart.
    private mutating func readRow() -> Bool {
        let start = offset
        let bytes = scanner.bytes
        let delimiter = scanner.dialect.delimiter
        let before = scanner.problems.count
        recordStarts.append(UInt32(start))
        scanner.sawHighByte = false
        var column = 0
        var field = start
        while true {
            let end: Int
            if column < columnCount {
                starts[column] = UInt32(field)
                if columns[column].isNumeric, let number = PlainNumber.read(bytes, from: field, delimiter) {
                    end = number.end
                    columns[column].takes(number.value, slot: slot)
                } else {
                    guard let found = scanner.fieldEnd(from: field) else { return false }
                    end = found
                    // After a problem rows are only looked at: there will be no table.
                    if scanner.problems.isEmpty { take(field..<end, column: column) }
                }
            } else {
                guard let found = scanner.fieldEnd(from: field) else { return false }
                end = found
            }
            column += 1
            if end < bytes.count, bytes[end] == delimiter {
                field = end + 1
                continue
            }
            // A field ends at a delimiter or a line end, nowhere else.
            let lineEnd = scanner.lineEnd(at: end) ?? 0
            lineEnds.append(UInt8(lineEnd))
            offset = end + lineEnd
            // Another problem of the row explains the number of its fields.
            if column != columnCount, scanner.problems.count == before { noteFieldCount(column, start..<end) }
            break
        }
        if scanner.sawHighByte { scanner.checkEncoding(start..<offset) }
        if scanner.problems.isEmpty {
            fieldStarts.append(contentsOf: UnsafeBufferPointer(start: starts, count: columnCount))
            row += 1
            slot += 1
        }
        return true
    }

    /// Gives a field to its column, which may turn into categories by it.
    private mutating func take(_ range: Range<Int>, column: Int) {
        let dialect = scanner.dialect
        let field = UnsafeBufferPointer(rebasing: scanner.bytes[range])
        let (row, slot) = (row, slot)
        if FieldText.withContent(of: field, dialect, &spare, { columns[column].takes($0, slot: slot, row: row) }) { return }
        columns[column].becomeCategories()
        for earlier in 0..<row {
            let index = earlier * columnCount + column
            let from = Int(fieldStarts[index])
            let isLast = column + 1 == columnCount
            let to = isLast ? Int(recordStarts[earlier + 1]) - Int(lineEnds[earlier]) : Int(fieldStarts[index + 1]) - 1
            let text = UnsafeBufferPointer(rebasing: scanner.bytes[from..<to])
            FieldText.withContent(of: text, dialect, &spare) { columns[column].takeText($0) }
        }
        FieldText.withContent(of: field, dialect, &spare) { columns[column].takeText($0) }
    }

    private mutating func noteFieldCount(_ found: Int, _ range: Range<Int>) {
        let columns = columnCount == 1 ? "1 field" : "\(columnCount) fields"
        if range.isEmpty {
            scanner.problems.add("blank-line", "the line is empty; expected \(columns)", from: range.lowerBound, to: range.upperBound)
        } else {
            let named = found < columnCount ? "; the first without a value is '\(names[found])'" : ""
            scanner.problems.add(
                "field-count", "the row has \(found == 1 ? "1 field" : "\(found) fields"); expected \(columns), as the header has\(named)",
                from: range.lowerBound, to: range.upperBound)
        }
    }

    /// The table; nil when there are problems.
    mutating func finished(source: SourceText, _ format: TableFormatKind, header: Range<Int>) -> Table? {
        if scanner.problems.isEmpty, row == 0 {
            scanner.problems.add(
                "no-rows", "the table has a header and no rows; expected at least one", from: header.upperBound, to: header.upperBound)
        }
        guard scanner.problems.isEmpty else { return nil }
        let layout = TableLayout(
            dialect: scanner.dialect, header: header, columnCount: columnCount, recordStarts: recordStarts, fieldStarts: fieldStarts,
            lineEnds: lineEnds)
        for index in 0..<columnCount {
            guard let overflow = columns[index].overflow else { continue }
            let range = layout.field(row: overflow, column: index)
            scanner.problems.add(
                "number-out-of-range",
                "the number in column '\(names[index])' is too large; expected at most 1.7976931348623157e308 in size",
                from: range.lowerBound, to: range.upperBound)
        }
        guard scanner.problems.isEmpty else { return nil }
        let values = (0..<columnCount).map { Column(name: names[$0], values: columns[$0].finished()) }
        return Table(input: .file(source), format: format, rowCount: row, columns: values, rows: .text(layout))
    }
}
