package import Diagnostics

/// Reads tables: CSV as RFC 4180 defines it, TSV without quoting, lines of JSON objects, arrays, and folders of arrays or images.
///
/// In a text a column is numbers when every field that is not missing is a decimal number, else categories. A byte order mark is
/// skipped, lines end in LF or CR LF, the last may lack its end. All that is wrong is reported, up to 20 problems, each
/// with its place; then there is no table.
package enum TableReader {
    /// The most bytes that a table in one file may have.
    package static let largest = Int(UInt32.max)

    /// Reads a file; see the other form.
    package static func read(
        _ source: SourceText, _ format: TableFormatKind, delimiter: UInt8? = nil, threads: Int = 1
    ) -> Diagnosed<Table> {
        read(.file(source), format, delimiter: delimiter, threads: threads)
    }

    /// Reads what `input` holds in the format: arrays from a file or a folder, images from a folder, all others from a file.
    ///
    /// - Parameters:
    ///   - delimiter: What separates the fields of a CSV, if it is no comma.
    ///   - threads: At least 1; the result does not depend on it.
    /// - Complexity: O(bytes), plus sorting the levels of the categories.
    package static func read(
        _ input: TableInput, _ format: TableFormatKind, delimiter: UInt8? = nil, threads: Int = 1
    ) -> Diagnosed<Table> {
        var problems = TableProblems(name: input.name)
        switch (input, format) {
        case (.folder(let name, let files), .npy), (.folder(let name, let files), .idx):
            var folder = FolderReader(input, name: name, files: files)
            return folder.arrays(format)
        case (.folder(let name, let files), .png):
            var folder = FolderReader(input, name: name, files: files)
            return folder.images(threads: threads)
        case (.folder(let name, _), .csv), (.folder(let name, _), .tsv), (.folder(let name, _), .jsonl):
            problems.add("folder-layout", "this is a folder; a table of the format '\(format.rawValue)' is one file", in: name)
        case (.file(let source), .png):
            problems.add("folder-layout", "this is a file; a table of images is a folder of '.png' files", in: source.name)
        case (.file(let source), _) where source.bytes.count > largest:
            problems.add("too-large", "the table has more than 4 GiB; expected a smaller one", in: source.name)
        case (.file(let source), .csv), (.file(let source), .tsv):
            return text(source, format, TextDialect(format, delimiter: delimiter), problems, threads: threads)
        case (.file(let source), .jsonl): return JSONLinesReader.read(source, problems)
        case (.file(let source), .npy), (.file(let source), .idx): return array(source, format, problems)
        }
        return Diagnosed(nil, problems.finished())
    }

    static func text(
        _ source: SourceText, _ format: TableFormatKind, _ dialect: TextDialect, _ problems: TableProblems, threads: Int,
        chunkSize: Int = TextReader.chunkSize
    ) -> Diagnosed<Table> {
        source.bytes.withUnsafeBufferPointer { bytes in
            var scanner = FieldScanner(bytes: bytes, dialect, problems: problems)
            defer { scanner.deallocate() }
            guard let header = header(&scanner) else { return Diagnosed(nil, scanner.problems.finished()) }
            return TextReader(
                source: source, format: format, names: header.names, header: 0..<header.end, scanner: scanner, threads: threads,
                chunkSize: chunkSize
            ).read()
        }
    }

    private static func array(_ source: SourceText, _ format: TableFormatKind, _ problems: TableProblems) -> Diagnosed<Table> {
        var problems = problems
        do throws(ArrayForm.Fault) {
            let form = try format == .npy ? NPYFormat.form(source.bytes) : IDXFormat.form(source.bytes)
            let columns = ArrayColumns.read(form, source.bytes, name: nil, in: source.name, &problems)
            if problems.isEmpty {
                let rows = RowPlaces.arrays(
                    columns: columns.map { _ in source.name }, parts: [ArrayPart(path: "", bytes: source.bytes, form: form)])
                return Diagnosed(Table(input: .file(source), format: format, rowCount: form.rowCount, columns: columns, rows: rows), [])
            }
        } catch {
            problems.add(error.code, "the array cannot be read: \(error.message)", in: source.name)
        }
        return Diagnosed(nil, problems.finished())
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
            let name = FieldText.withContent(of: field, scanner.dialect, &spare) { String(decoding: $0, as: UTF8.self) }
            names.append(name)
            if name.isEmpty {
                scanner.problems.add(
                    "empty-column-name", "column \(names.count) has no name; expected one in the first line",
                    from: span.lowerBound, to: span.upperBound)
            } else if let first = firsts[name] {
                let before = Diagnostic.Location(
                    source: scanner.problems.name, span: SourceSpan(first.lowerBound, first.upperBound))
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
