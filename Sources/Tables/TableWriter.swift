import Diagnostics

/// Writes tables: rows as they were read, and fields with the quotes they need.
package enum TableWriter {
    /// The chosen rows in the form in which the table was read; in texts byte for byte, in folders file for file.
    ///
    /// - Parameter rows: Row numbers from 0, in the order wanted; the order of files in a folder is that of their names.
    package static func part(_ table: Table, rows: [Int]) -> TableOutput {
        switch table.rows {
        case .text, .lines: return .file(verbatim(table, rows: rows))
        case .files(let files, _): return .tree(rows.map { files[table.place($0)] })
        case .arrays(_, let parts):
            let rows = rows.map(table.place)
            let files = parts.map { part in
                let bytes =
                    table.format == .idx
                    ? IDXFormat.part(part.form, part.bytes, rows: rows) : NPYFormat.part(part.form, part.bytes, rows: rows)
                return TableFile(path: part.path, bytes: bytes)
            }
            if case .file = table.input { return .file(files[0].bytes) }
            return .tree(files)
        }
    }

    /// The header of a text and the chosen rows, byte for byte as they stand there.
    ///
    /// A row that lacks its line end, as the last of a text may, gets that of the first line when another follows.
    ///
    /// - Parameter rows: Row numbers from 0, in the order wanted.
    package static func verbatim(_ table: Table, rows: [Int]) -> [UInt8] {
        guard let header = table.headerRange else { preconditionFailure("only rows of a text are lines") }
        let bytes = table.source.bytes
        let records = rows.compactMap { table.recordRange($0) }
        let firstEnd = bytes.firstIndex(of: UInt8(ascii: "\n")) ?? 0
        let lineEnd: [UInt8] = firstEnd > 0 && bytes[firstEnd - 1] == UInt8(ascii: "\r") ? [13, 10] : [10]
        var result: [UInt8] = []
        result.reserveCapacity(header.count + records.reduce(0) { $0 + $1.count + 2 })
        result += bytes[header]
        // A byte order mark alone is no line.
        var isLine = result.count > 3
        for record in records {
            if isLine, result.last != UInt8(ascii: "\n") { result += lineEnd }
            result += bytes[record]
            isLine = true
        }
        return result
    }

    /// The header and the chosen rows of a CSV, byte for byte where commas separate its fields, else with commas.
    package static func withCommas(_ table: Table, rows: [Int]) -> [UInt8] {
        guard case .text(let layout) = table.rows, layout.dialect != TextDialect(.csv) else { return verbatim(table, rows: rows) }
        var result: [UInt8] = []
        appendLine(table.columns.map(\.name), .csv, to: &result)
        for row in rows {
            appendLine(table.columns.indices.map { table.text(row: row, column: $0) }, .csv, to: &result)
        }
        return result
    }

    /// Appends a field to a line of CSV or TSV, in CSV with quotes where it needs them.
    ///
    /// TSV cannot say tabs and line ends: they become spaces.
    package static func append(_ field: String, _ format: TableFormatKind, to bytes: inout [UInt8]) {
        let dialect = TextDialect(format)
        if dialect.hasQuotes {
            let needsQuotes = field.utf8.contains {
                $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r")
            }
            guard needsQuotes else {
                bytes += field.utf8
                return
            }
            bytes.append(UInt8(ascii: "\""))
            for byte in field.utf8 {
                if byte == UInt8(ascii: "\"") { bytes.append(byte) }
                bytes.append(byte)
            }
            bytes.append(UInt8(ascii: "\""))
        } else {
            for byte in field.utf8 {
                let isBreak = byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
                bytes.append(isBreak ? UInt8(ascii: " ") : byte)
            }
        }
    }

    /// Appends fields as one line.
    package static func appendLine(_ fields: [String], _ format: TableFormatKind, to bytes: inout [UInt8]) {
        for (index, field) in fields.enumerated() {
            if index > 0 { bytes.append(TextDialect(format).delimiter) }
            append(field, format, to: &bytes)
        }
        bytes.append(UInt8(ascii: "\n"))
    }
}
