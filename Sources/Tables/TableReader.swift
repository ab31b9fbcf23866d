package import Diagnostics

/// Reads a table from text: CSV as RFC 4180 defines it, or TSV without quoting, with a header.
///
/// A column is numbers when every field that is not missing is a decimal number, else categories. A byte order mark is
/// skipped, lines end in LF or CR LF, the last may lack its end. All that is wrong is reported, up to 20 problems, each
/// with its place; then there is no table.
package enum TableReader {
    /// The most bytes that a table may have.
    package static let largest = Int(UInt32.max)

    /// - Complexity: O(bytes), plus sorting the levels of the categories.
    package static func read(_ source: SourceText, _ format: TableFormatKind) -> Diagnosed<Table> {
        var problems = TableProblems(source: source)
        guard source.bytes.count <= largest else {
            problems.add("too-large", "the table has more than 4 GiB; expected a smaller one", from: 0, to: 0)
            return Diagnosed(nil, problems.finished())
        }
        return source.bytes.withUnsafeBufferPointer { bytes in
            var scanner = FieldScanner(bytes: bytes, format: format, problems: problems)
            defer { scanner.deallocate() }
            guard let header = header(&scanner) else { return Diagnosed(nil, scanner.problems.finished()) }
            var rows = RowReader(names: header.names, start: header.end, scanner: scanner)
            defer { rows.deallocate() }
            rows.readAll()
            guard let result = rows.finished(source: source, header: 0..<header.end) else {
                return Diagnosed(nil, rows.scanner.problems.finished())
            }
            return Diagnosed(result, NearlyNumeric.warnings(result))
        }
    }

    /// The column names and the end of the header; nil when no rows can be read after it.
    private static func header(_ scanner: inout FieldScanner) -> (names: [String], end: Int)? {
        let bytes = scanner.bytes
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        guard bytes.count > start else {
            scanner.problems.add("empty-file", "the table is empty; expected a header with column names", from: 0, to: 0)
            return nil
        }
        var names: [String] = []
        var offset = start
        var spans: [Range<Int>] = []
        while true {
            guard let end = scanner.fieldEnd(from: offset) else { return nil }
            spans.append(offset..<end)
            guard let lineEnd = scanner.lineEnd(at: end) else {
                offset = end + 1
                continue
            }
            offset = end + lineEnd
            break
        }
        if scanner.sawHighByte { scanner.checkEncoding(start..<offset) }
        scanner.sawHighByte = false
        guard scanner.problems.isEmpty else { return nil }
        var spare: [UInt8] = []
        var firsts: [String: Range<Int>] = [:]
        for span in spans {
            let field = UnsafeBufferPointer(rebasing: bytes[span])
            let name = FieldText.withContent(of: field, scanner.format, &spare) { String(decoding: $0, as: UTF8.self) }
            names.append(name)
            if name.isEmpty {
                scanner.problems.add(
                    "empty-column-name", "column \(names.count) has no name; expected one in the first line",
                    from: span.lowerBound, to: span.upperBound)
            } else if let first = firsts[name] {
                let before = Diagnostic.Location(
                    source: scanner.problems.source.name, span: SourceSpan(first.lowerBound, first.upperBound))
                scanner.problems.add(
                    "duplicate-column", "two columns are named '\(name)'; expected each name once",
                    from: span.lowerBound, to: span.upperBound, notes: [Diagnostic.Note("the first is here", at: before)])
            } else {
                firsts[name] = span
            }
            if scanner.problems.isFull { break }
        }
        return scanner.problems.isEmpty ? (names, offset) : nil
    }
}
