package import Diagnostics
import Numerics

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
    /// Pictures; none is missing.
    case images(ImageColumn)
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

/// A table as it was read: its columns, and where each row and field stands in what it was read from.
package struct Table: Sendable {
    /// The file; of a folder only its name, without bytes.
    package let source: SourceText
    package let format: TableFormatKind
    package let rowCount: Int
    package let columns: [Column]
    let rows: RowPlaces
    /// Columns by name; no two names of a table are equivalent.
    private let places: [String: Int]

    init(source: SourceText, format: TableFormatKind, rowCount: Int, columns: [Column], rows: RowPlaces) {
        self.source = source
        self.format = format
        self.rowCount = rowCount
        self.columns = columns
        self.rows = rows
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

    /// The bytes of a text's header with its line end, and a byte order mark before it; nil when the table is no text.
    package var headerRange: Range<Int>? {
        if case .text(let layout) = rows { layout.header } else { nil }
    }

    /// The bytes of a row of a text, counted from 0, with its line end if it has one; nil when the table is no text.
    package func recordRange(_ row: Int) -> Range<Int>? {
        if case .text(let layout) = rows { layout.record(row) } else { nil }
    }

    /// Where a value stands, for people: a field of a text, its quotes included, an element of an array, or a file.
    package func location(row: Int, column: Int) -> Diagnostic.Location {
        switch rows {
        case .text(let layout):
            let range = layout.field(row: row, column: column)
            return Diagnostic.Location(source: source.name, span: SourceSpan(range.lowerBound, range.upperBound))
        case .arrays(let columns): return Diagnostic.Location(source: "\(columns[column])[\(row)]", span: nil)
        case .files(let paths): return Diagnostic.Location(source: paths[row], span: nil)
        }
    }

    /// What a value says as text: a field without its quotes, a number's shortest text, an image's file or its row from 0.
    ///
    /// - Complexity: O(1), or O(length of the row) in a text.
    package func text(row: Int, column: Int) -> String {
        if case .text(let layout) = rows {
            return source.bytes.withUnsafeBufferPointer { bytes in
                var spare: [UInt8] = []
                let range = layout.field(row: row, column: column)
                return FieldText.withContent(of: UnsafeBufferPointer(rebasing: bytes[range]), format, &spare) { content in
                    String(decoding: content, as: UTF8.self)
                }
            }
        }
        switch columns[column].values {
        case .numbers(let values): return values[row].isNaN ? "" : DecimalText.text(values[row])
        case .categories(let codes, let levels): return codes[row] < 0 ? "" : levels[Int(codes[row])]
        case .images:
            if case .files(let paths) = rows { return paths[row] }
            return DecimalText.text(Double(row))
        }
    }

    /// A column as categories whose levels are the texts of its fields, also where these look like numbers.
    ///
    /// - Complexity: O(bytes of the table) when it was read as numbers, O(1) else.
    package func categories(of column: Int) -> (codes: [Int32], levels: [String]) {
        if case .categories(let codes, let levels) = columns[column].values { return (codes, levels) }
        var builder = LevelTable()
        var codes: [Int32] = []
        codes.reserveCapacity(rowCount)
        if case .text(let layout) = rows {
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
        } else {
            for row in 0..<rowCount {
                var text = text(row: row, column: column)
                codes.append(text.isEmpty ? -1 : text.withUTF8 { builder.code(of: $0) })
            }
        }
        return builder.sorted(codes)
    }
}
