package import Diagnostics
import Numerics

/// The form in which a table is kept.
package enum TableFormatKind: String, CaseIterable, Sendable {
    /// RFC 4180, with a header; another delimiter than the comma may be said.
    case csv
    /// IANA text/tab-separated-values, with a header; no quoting, a `"` is a character.
    case tsv
    /// A JSON object on each line.
    case jsonl
    /// Arrays as numpy writes them: one file, or a folder of files.
    case npy
    /// Arrays in the format of the MNIST files: one file, or a folder of files.
    case idx
    /// A folder of images, or of folders of them, one for each class.
    case png
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
    package let input: TableInput
    package let format: TableFormatKind
    package let rowCount: Int
    package let columns: [Column]
    let rows: RowPlaces
    /// For each row its place among those that were read; nil where it is the row itself.
    let chosen: [Int]?
    /// Columns by name; no two names of a table are equivalent.
    private let places: [String: Int]

    init(input: TableInput, format: TableFormatKind, rowCount: Int, columns: [Column], rows: RowPlaces, chosen: [Int]? = nil) {
        self.input = input
        self.format = format
        self.rowCount = rowCount
        self.columns = columns
        self.rows = rows
        self.chosen = chosen
        places = Dictionary(columns.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The file; of a folder only its name, without bytes.
    package var source: SourceText { input.source }

    /// The column with this name, compared by bytes.
    package func column(_ name: String) -> Column? {
        index(of: name).map { columns[$0] }
    }

    /// The position among the columns, from 0, of the one with this name, compared by bytes.
    package func index(of name: String) -> Int? {
        places[name].flatMap { columns[$0].name.utf8.elementsEqual(name.utf8) ? $0 : nil }
    }

    /// The bytes of a row of a text, counted from 0, with its line end if it has one; nil when the table is no text.
    package func recordRange(_ row: Int) -> Range<Int>? {
        switch rows {
        case .text(let layout): layout.record(place(row))
        case .lines(let starts): Int(starts[place(row)])..<Int(starts[place(row) + 1])
        case .arrays, .files: nil
        }
    }

    /// The bytes before the first row of a text: a byte order mark, and a header if the format has one; nil when the table is no text.
    package var headerRange: Range<Int>? {
        guard rowCount > 0 else { return nil }
        switch rows {
        case .text(let layout): return 0..<layout.record(0).lowerBound
        case .lines(let starts): return 0..<Int(starts[0])
        case .arrays, .files: return nil
        }
    }

    /// Where a value stands, for people: a field of a text, its quotes included, an element of an array, or a file.
    package func location(row: Int, column: Int) -> Diagnostic.Location {
        var range: Range<Int>
        switch rows {
        case .text(let layout):
            range = source.bytes.withUnsafeBufferPointer { layout.field(row: place(row), column: column, $0) }
        case .lines:
            range = line(row)
            // A key that is absent has no place of its own.
            if let value = JSONLinesReader.value(of: columns[column].name, in: range, source.bytes) { range = value.range }
        case .arrays(let columns, _): return Diagnostic.Location(source: "\(columns[column])[\(place(row))]", span: nil)
        case .files(let files, let folder): return Diagnostic.Location(source: files[place(row)].place(in: folder), span: nil)
        }
        return Diagnostic.Location(source: source.name, span: SourceSpan(range.lowerBound, range.upperBound))
    }

    /// A line of objects without its end.
    private func line(_ row: Int) -> Range<Int> {
        guard let record = recordRange(row) else { preconditionFailure("a text has lines") }
        return source.bytes[record].last == UInt8(ascii: "\n") ? record.lowerBound..<record.upperBound - 1 : record
    }

    /// What a value says as text: a field without its quotes, a number's shortest text, an image's path or its row from 0.
    ///
    /// - Complexity: O(1), or O(length of the row) in a text.
    package func text(row: Int, column: Int) -> String {
        switch rows {
        case .text(let layout):
            return source.bytes.withUnsafeBufferPointer { bytes in
                var spare: [UInt8] = []
                let range = layout.field(row: place(row), column: column, bytes)
                return FieldText.withContent(of: UnsafeBufferPointer(rebasing: bytes[range]), layout.dialect, &spare) { content in
                    String(decoding: content, as: UTF8.self)
                }
            }
        case .lines: return JSONLinesReader.value(of: columns[column].name, in: line(row), source.bytes)?.text ?? ""
        case .arrays, .files: break
        }
        switch columns[column].values {
        case .numbers(let values): return values[row].isNaN ? "" : DecimalText.text(values[row])
        case .categories(let codes, let levels): return codes[row] < 0 ? "" : levels[Int(codes[row])]
        case .images:
            if case .files(let files, _) = rows { return files[place(row)].path }
            return DecimalText.text(Double(place(row)))
        }
    }

    /// A column as categories whose levels are the texts of its fields, also where these look like numbers.
    ///
    /// - Complexity: O(bytes of the table) when it was read as numbers, O(1) else.
    package func categories(of column: Int) -> (codes: [Int32], levels: [String]) {
        if case .categories(let codes, let levels) = columns[column].values { return (codes, levels) }
        if case (.arrays, .numbers(let values)) = (rows, columns[column].values) { return Self.categories(of: values) }
        var builder = LevelTable()
        var codes: [Int32] = []
        codes.reserveCapacity(rowCount)
        for row in 0..<rowCount {
            var text = text(row: row, column: column)
            codes.append(text.withUTF8 { FieldText.isMissing($0) ? -1 : builder.code(of: $0) })
        }
        return builder.sorted(codes)
    }

    /// Numbers of an array, each with its shortest text; there is one text for each pattern of bits.
    private static func categories(of values: [Double]) -> (codes: [Int32], levels: [String]) {
        var builder = LevelTable()
        var known: [UInt64: Int32] = [:]
        // The numbers met last, in places that their bits choose.
        var near = [(bits: UInt64, code: Int32)](repeating: (0, -1), count: 256)
        let codes = values.map { value -> Int32 in
            if value.isNaN { return -1 }
            let bits = value.bitPattern
            let place = Int((bits &* 0x9E37_79B9_7F4A_7C15) >> 56)
            if near[place].code < 0 || near[place].bits != bits {
                var text = known[bits] == nil ? DecimalText.text(value) : ""
                near[place] = (bits, known[bits] ?? text.withUTF8 { builder.code(of: $0) })
                known[bits] = near[place].code
            }
            return near[place].code
        }
        return builder.sorted(codes)
    }
}
