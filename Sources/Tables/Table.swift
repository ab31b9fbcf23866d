package import Diagnostics

/// The text form of a table.
package enum TableFormatKind: String, Sendable {
    /// RFC 4180, with a header.
    case csv
    /// IANA text/tab-separated-values, with a header; no quoting, a `"` is a character.
    case tsv

    var delimiter: UInt8 { self == .csv ? UInt8(ascii: ",") : UInt8(ascii: "\t") }
    var hasQuotes: Bool { self == .csv }
}

/// What a column holds, one value per row.
package enum ColumnValues: Hashable, Sendable {
    /// Finite numbers; NaN where the field is missing.
    case numbers([Double])
    /// Indices into `levels`, which are distinct and sorted by their UTF-8 bytes; -1 where the field is missing.
    case categories(codes: [Int32], levels: [String])
}

/// A named column of a table.
package struct Column: Hashable, Sendable {
    package let name: String
    package let values: ColumnValues

    package init(name: String, values: ColumnValues) {
        self.name = name
        self.values = values
    }
}

/// A table as it was read: its columns, and where each row and field stands in the text.
package struct Table: Sendable {
    package let source: SourceText
    package let format: TableFormatKind
    package let rowCount: Int
    package let columns: [Column]
    let layout: TableLayout
    /// Columns by name; no two names of a table are equivalent.
    private let places: [String: Int]

    init(source: SourceText, format: TableFormatKind, rowCount: Int, columns: [Column], layout: TableLayout) {
        self.source = source
        self.format = format
        self.rowCount = rowCount
        self.columns = columns
        self.layout = layout
        places = Dictionary(columns.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The column with this name, compared by bytes.
    package func column(_ name: String) -> Column? {
        index(of: name).map { columns[$0] }
    }

    /// The position among the columns, from 0, of the one with this name, compared by bytes.
    package func index(of name: String) -> Int? {
        places[name].flatMap { columns[$0].name.utf8.elementsEqual(name.utf8) ? $0 : nil }
    }

    /// The bytes of the header with its line end, and a byte order mark before it if there is one.
    package var headerRange: Range<Int> { layout.header }

    /// The bytes of a row, counted from 0, with its line end if it has one.
    package func recordRange(_ row: Int) -> Range<Int> { layout.record(row) }

    /// Where a field stands in the text, its quotes included.
    package func position(row: Int, column: Int) -> SourceSpan {
        let range = layout.field(row: row, column: column)
        return SourceSpan(range.lowerBound, range.upperBound)
    }

    /// The line of a row in the text, counted from 1.
    ///
    /// - Complexity: O(length of the text).
    package func line(row: Int) -> Int {
        source.position(at: recordRange(row).lowerBound).line
    }

    /// What a field says, without its quotes.
    package func text(row: Int, column: Int) -> String {
        source.bytes.withUnsafeBufferPointer { bytes in
            var spare: [UInt8] = []
            let range = layout.field(row: row, column: column)
            return FieldText.withContent(of: UnsafeBufferPointer(rebasing: bytes[range]), format, &spare) { content in
                String(decoding: content, as: UTF8.self)
            }
        }
    }

    /// A column as categories whose levels are the texts of its fields, also where these look like numbers.
    ///
    /// - Complexity: O(bytes of the column) when it was read as numbers, O(1) else.
    package func categories(of column: Int) -> (codes: [Int32], levels: [String]) {
        if case .categories(let codes, let levels) = columns[column].values { return (codes, levels) }
        var builder = LevelTable()
        var codes: [Int32] = []
        codes.reserveCapacity(rowCount)
        source.bytes.withUnsafeBufferPointer { bytes in
            var spare: [UInt8] = []
            for row in 0..<rowCount {
                let field = UnsafeBufferPointer(rebasing: bytes[layout.field(row: row, column: column)])
                let code = FieldText.withContent(of: field, format, &spare) { content in
                    FieldText.isMissing(content) ? -1 : builder.code(of: content)
                }
                codes.append(code)
            }
        }
        return builder.sorted(codes)
    }
}
