import Diagnostics

/// Reads the rows after a header in one pass, each field once.
struct RowReader {
    var scanner: FieldScanner
    private let names: [String]
    private let columnCount: Int
    private let columns: UnsafeMutablePointer<ColumnBuilder>
    private var capacity: Int
    private var row = 0
    private var offset: Int
    private var spare: [UInt8] = []
    private var recordStarts: [UInt32] = []
    private var fieldStarts: [UInt32] = []
    private var lineEnds: [UInt8] = []

    init(columnCount: Int, names: [String], start: Int, scanner: FieldScanner) {
        self.scanner = scanner
        self.names = names
        self.columnCount = columnCount
        offset = start
        // The first row says about how many there are.
        let first = scanner.bytes[start...].prefix(65_536).firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 - start } ?? 65_536
        let rest = scanner.bytes.count - start
        capacity = max(4, min(rest / max(columnCount, 1), rest / max(first, 2 * columnCount) * 9 / 8) + 1)
        recordStarts.reserveCapacity(capacity + 1)
        lineEnds.reserveCapacity(capacity)
        fieldStarts.reserveCapacity(capacity * columnCount)
        columns = .allocate(capacity: columnCount)
        for index in 0..<columnCount { (columns + index).initialize(to: ColumnBuilder(capacity: capacity)) }
    }

    func deallocate() {
        for index in 0..<columnCount { columns[index].deallocate() }
        columns.deinitialize(count: columnCount)
        columns.deallocate()
    }

    mutating func readAll() {
        while offset < scanner.bytes.count, !scanner.problems.isFull {
            if row == capacity {
                capacity += capacity / 2 + 4
                for index in 0..<columnCount { columns[index].grow(to: capacity, filled: row) }
            }
            guard readRow() else { break }
        }
        recordStarts.append(UInt32(offset))
    }

    /// Reads one row; false when the rest of the text cannot be told apart.
    private mutating func readRow() -> Bool {
        let start = offset
        let bytes = scanner.bytes
        recordStarts.append(UInt32(start))
        scanner.sawHighByte = false
        var column = 0
        var field = start
        while true {
            let end: Int
            if column < columnCount, columns[column].isNumeric, let number = PlainNumber.read(bytes, from: field, scanner.format.delimiter) {
                end = number.end
                fieldStarts.append(UInt32(field))
                _ = columns[column].takes(number.value, row: row)
            } else {
                guard let found = scanner.fieldEnd(from: field) else { return false }
                end = found
                if column < columnCount {
                    fieldStarts.append(UInt32(field))
                    if scanner.problems.isEmpty { take(field..<end, column: column) }
                }
            }
            column += 1
            if let lineEnd = scanner.lineEnd(at: end) {
                lineEnds.append(UInt8(lineEnd))
                offset = end + lineEnd
                if column != columnCount { noteFieldCount(column, start..<end) }
                break
            }
            field = end + 1
        }
        if scanner.sawHighByte { scanner.checkEncoding(start..<offset) }
        // After a problem rows are only looked at: there will be no table.
        if scanner.problems.isEmpty { row += 1 } else { fieldStarts.removeAll(keepingCapacity: true) }
        return true
    }

    /// Gives a field to its column, which may turn into categories by it.
    private mutating func take(_ range: Range<Int>, column: Int) {
        let format = scanner.format
        let field = UnsafeBufferPointer(rebasing: scanner.bytes[range])
        let current = row
        let isTaken = FieldText.withContent(of: field, format, &spare) { columns[column].takes($0, row: current) }
        if isTaken { return }
        columns[column].becomeCategories()
        // The layout of the rows so far and of this one up to this column.
        let starts = fieldStarts
        for earlier in 0..<row {
            let from = Int(starts[earlier * columnCount + column])
            let to: Int
            if column + 1 < columnCount {
                to = Int(starts[earlier * columnCount + column + 1]) - 1
            } else {
                to = Int(recordStarts[earlier + 1]) - Int(lineEnds[earlier])
            }
            let text = UnsafeBufferPointer(rebasing: scanner.bytes[from..<to])
            FieldText.withContent(of: text, format, &spare) { columns[column].takeText($0, row: earlier) }
        }
        FieldText.withContent(of: field, format, &spare) { columns[column].takeText($0, row: current) }
    }

    private mutating func noteFieldCount(_ found: Int, _ range: Range<Int>) {
        let columns = columnCount == 1 ? "1 field" : "\(columnCount) fields"
        if range.isEmpty {
            scanner.problems.add("blank-line", "the line is empty; expected \(columns)", from: range.lowerBound, to: range.upperBound)
        } else {
            let named = found < columnCount ? "; the first without a value is '\(names[found])'" : ""
            scanner.problems.add("field-count", "the row has \(found == 1 ? "1 field" : "\(found) fields"); expected \(columns), as the header has\(named)",
                from: range.lowerBound, to: range.upperBound)
        }
    }

    /// The table; nil when there are problems.
    mutating func finished(source: SourceText, header: Range<Int>) -> Table? {
        if scanner.problems.isEmpty, row == 0 {
            scanner.problems.add("no-rows", "the table has a header and no rows; expected at least one", from: header.upperBound, to: header.upperBound)
        }
        guard scanner.problems.isEmpty else { return nil }
        let layout = TableLayout(
            header: header, columnCount: columnCount, recordStarts: recordStarts, fieldStarts: fieldStarts, lineEnds: lineEnds)
        for index in 0..<columnCount {
            guard let overflow = columns[index].overflow else { continue }
            let range = layout.field(row: overflow, column: index)
            scanner.problems.add("number-out-of-range",
                "the number in column '\(names[index])' is too large; expected at most 1.7976931348623157e308 in size",
                from: range.lowerBound, to: range.upperBound)
        }
        guard scanner.problems.isEmpty else { return nil }
        let values = (0..<columnCount).map { Column(name: names[$0], values: columns[$0].values(rowCount: row)) }
        return Table(source: source, format: scanner.format, rowCount: row, columns: values, layout: layout)
    }
}
