import Diagnostics

/// Writes tables: rows as they were read, and fields with the quotes they need.
package enum TableWriter {
    /// The header and the chosen rows, byte for byte as they stand in the text.
    ///
    /// A row that lacks its line end, as the last of a text may, gets the header's when another follows.
    ///
    /// - Parameter rows: Row numbers from 0, in the order wanted.
    package static func verbatim(_ table: Table, rows: [Int]) -> [UInt8] {
        guard case .text(let layout) = table.rows else { preconditionFailure("only rows of a text are lines") }
        let bytes = table.source.bytes
        let header = bytes[layout.header]
        let lineEnd: [UInt8] = header.hasSuffix([13, 10]) ? [13, 10] : [10]
        var result: [UInt8] = []
        result.reserveCapacity(header.count + rows.reduce(0) { $0 + layout.record($1).count + 2 })
        result += header
        for row in rows {
            if result.last != UInt8(ascii: "\n") { result += lineEnd }
            result += bytes[layout.record(row)]
        }
        return result
    }

    /// Appends a field, in CSV with quotes where it needs them.
    ///
    /// TSV cannot say tabs and line ends: they become spaces.
    package static func append(_ field: String, _ format: TableFormatKind, to bytes: inout [UInt8]) {
        switch format {
        case .csv:
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
        case .tsv:
            for byte in field.utf8 {
                let isBreak = byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
                bytes.append(isBreak ? UInt8(ascii: " ") : byte)
            }
        }
    }

    /// Appends fields as one line.
    package static func appendLine(_ fields: [String], _ format: TableFormatKind, to bytes: inout [UInt8]) {
        for (index, field) in fields.enumerated() {
            if index > 0 { bytes.append(format.delimiter) }
            append(field, format, to: &bytes)
        }
        bytes.append(UInt8(ascii: "\n"))
    }
}

extension ArraySlice<UInt8> {
    fileprivate func hasSuffix(_ bytes: [UInt8]) -> Bool {
        count >= bytes.count && suffix(bytes.count).elementsEqual(bytes)
    }
}
