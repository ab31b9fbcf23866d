import Diagnostics

/// Reads the rows of one chunk of a text, each field once.
struct ChunkReader {
    private(set) var scanner: FieldScanner
    private let names: [String]
    private let columnCount: Int
    private(set) var columns: [ChunkColumn]
    /// The columns' blocks of numbers, one after the other: a row of a wide table would else touch as many pages as it has columns.
    private let blocks: UnsafeMutablePointer<Double>
    /// How many rows a block has.
    private let blockRows: Int
    /// 1 for each column that is texts by now.
    private let isText: UnsafeMutablePointer<UInt8>
    private var spare: [UInt8] = []
    private(set) var recordStarts: [UInt32] = []

    /// - Parameter scanner: Over the text up to the end of the chunk.
    init(names: [String], scanner: FieldScanner) {
        self.scanner = scanner
        self.names = names
        columnCount = names.count
        columns = [ChunkColumn](repeating: ChunkColumn(), count: columnCount)
        blockRows = max(1, min(256, 32_768 / columnCount))
        blocks = .allocate(capacity: columnCount * blockRows)
        blocks.initialize(repeating: 0, count: columnCount * blockRows)
        isText = .allocate(capacity: columnCount)
        isText.initialize(repeating: 0, count: columnCount)
    }

    func deallocate() {
        blocks.deallocate()
        isText.deallocate()
    }

    /// Reads from `start` to the end, and notes what is wrong; after a problem rows are only looked at.
    mutating func read(from start: Int) {
        var offset = start
        var slot = 0
        while offset < scanner.bytes.count, !scanner.problems.isFull {
            if slot == blockRows {
                flush(slot)
                slot = 0
            }
            guard let end = readRow(offset, slot) else { break }
            offset = end
            slot += 1
        }
        flush(slot)
    }

    private mutating func flush(_ count: Int) {
        guard scanner.problems.isEmpty else { return }
        for column in 0..<columnCount where isText[column] == 0 {
            columns[column].numbers.append(contentsOf: UnsafeBufferPointer(start: blocks + column * blockRows, count: count))
        }
    }

    /// Reads one row and gives its end; nil when the rest of the text cannot be told apart.
    private mutating func readRow(_ start: Int, _ slot: Int) -> Int? {
        let bytes = scanner.bytes
        guard let base = bytes.baseAddress else { return nil }
        let count = bytes.count
        let delimiter = scanner.dialect.delimiter
        let (blocks, blockRows, isText, columnCount) = (blocks, blockRows, isText, columnCount)
        let before = scanner.problems.count
        recordStarts.append(UInt32(start))
        scanner.sawHighByte = false
        var column = 0
        var field = start
        while true {
            let end: Int
            if column < columnCount, isText[column] == 0,
                let number = PlainNumber.read(base, from: field, limit: count, delimiter)
            {
                end = number.end
                blocks[column &* blockRows &+ slot] = number.value
            } else {
                guard let found = scanner.fieldEnd(from: field) else { return nil }
                end = found
                if column < columnCount, scanner.problems.isEmpty { take(field..<end, column, slot) }
            }
            column &+= 1
            if end < count, base[end] == delimiter {
                field = end &+ 1
                continue
            }
            // A field ends at a delimiter or a line end, nowhere else.
            let next = end + (scanner.lineEnd(at: end) ?? 0)
            // Another problem of the row explains the number of its fields.
            if column != columnCount, scanner.problems.count == before { noteFieldCount(column, start..<end) }
            if scanner.sawHighByte { scanner.checkEncoding(start..<next) }
            return next
        }
    }

    /// Gives a field that is no plain number to its column, which may turn into texts by it.
    private mutating func take(_ range: Range<Int>, _ column: Int, _ slot: Int) {
        let field = UnsafeBufferPointer(rebasing: scanner.bytes[range])
        let row = recordStarts.count - 1
        FieldText.withContent(of: field, scanner.dialect, &spare) { content in
            if isText[column] == 0 {
                if let number = columns[column].number(content, row: row) {
                    blocks[column * blockRows + slot] = number
                    return
                }
                isText[column] = 1
                columns[column].numbers.append(contentsOf: UnsafeBufferPointer(start: blocks + column * blockRows, count: slot))
                columns[column].startTexts(row: row)
            }
            columns[column].takeText(content)
        }
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
}
