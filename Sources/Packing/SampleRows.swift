package import Archives
internal import Diagnostics
internal import Learning
internal import Manifests
internal import Tables

/// Rows that travel with a model, and what the model says of them.
package enum SampleRows {
    static let rowsName = "rows"
    static let predictionsPath = "samples/predictions.csv"

    /// The members below `samples/`: the first rows of the table, as one file or as files in one folder, and the predictions expected of them.
    static func files(
        _ samples: Model.Samples, _ model: TrainedModel, _ artifacts: Artifacts
    ) throws(PackingError) -> [ArchiveMember] {
        let table = try artifacts.table(samples.from)
        guard samples.rows <= table.rowCount else {
            let place = Diagnostic.Location(source: artifacts.manifest.source.name, span: samples.span)
            throw .diagnostics(
                [
                    Diagnostic(
                        code: "package/too-few-rows",
                        "the samples are to have \(samples.rows) rows, and '\(samples.from)' has \(table.rowCount)",
                        at: place)
                ], sources: [])
        }
        let path = path(table.format)
        let members: [ArchiveMember]
        let few: TableInput
        switch rows(of: table, samples.rows) {
        case .file(let bytes):
            members = [ArchiveMember(path: path, bytes: bytes)]
            few = .file(SourceText(name: path, bytes: bytes))
        case .tree(let files):
            members = files.map { ArchiveMember(path: "\(path)/\($0.path)", bytes: $0.bytes) }
            few = .folder(name: path, files: files)
        }
        let expected = try predictions(of: model, for: self.table(few, table.format))
        return members + [ArchiveMember(path: predictionsPath, bytes: expected)]
    }

    /// The member that holds the rows in this format, or the folder of members.
    private static func path(_ format: TableFormatKind) -> String { "samples/\(rowsName).\(format.rawValue)" }

    /// The first rows as they are; a CSV without commas gets them, since an archive does not say what else separates its fields.
    private static func rows(of table: Table, _ count: Int) -> TableOutput {
        let rows = Array(0..<count)
        return table.format == .csv ? .file(TableWriter.withCommas(table, rows: rows)) : TableWriter.part(table, rows: rows)
    }

    /// The rows that an archive holds, and their format; nil if it holds none.
    private static func rows(in archive: ModelArchive) -> (input: TableInput, format: TableFormatKind)? {
        for format in TableFormatKind.allCases {
            let path = path(format)
            if let bytes = archive.bytes(of: path) { return (.file(SourceText(name: path, bytes: bytes)), format) }
            let files = archive.files(in: path + "/").map { TableFile(path: $0.path, bytes: $0.bytes) }
            if !files.isEmpty { return (.folder(name: path, files: files), format) }
        }
        return nil
    }

    /// How the sample rows fared when they were replayed.
    package enum Verdict: Hashable, Sendable {
        /// Every byte of the predictions is as it was.
        case same(rows: Int)
        /// The first line, counted from 1, at which they part.
        case different(line: Int, expected: String, found: String)
    }

    /// Predicts the sample rows of `archive` again and compares the bytes.
    ///
    /// - Throws: ``PackingError/noSamples``, ``PackingError/opaque``, or what is wrong with model and rows.
    package static func replay(_ archive: ModelArchive) throws(PackingError) -> Verdict {
        guard let expected = archive.bytes(of: predictionsPath), let rows = rows(in: archive) else { throw .noSamples }
        let table = try table(rows.input, rows.format)
        let found = try predictions(of: ArchivedModel.read(archive), for: table)
        return found == expected ? .same(rows: table.rowCount) : difference(expected, found)
    }

    /// What the members below `samples/` lack, or have too many of.
    static func findings(_ samples: SampleRecord, _ archive: ModelArchive) throws(PackingError) -> [String] {
        let members: Int
        let rows = rows(in: archive)
        switch rows?.input {
        case .file: members = 1
        case .folder(_, let files): members = files.count
        case nil: members = 0
        }
        let held = archive.files(in: "samples/").count
        guard let rows, samples.files.contains(predictionsPath), samples.files.count == held, held == members + 1 else {
            return ["the samples are not one table of rows and its predictions"]
        }
        let count = try table(rows.input, rows.format).rowCount
        return count == samples.rows ? [] : ["there are \(count) sample rows, and the description says \(samples.rows)"]
    }

    private static func difference(_ expected: [UInt8], _ found: [UInt8]) -> Verdict {
        let newline = UInt8(ascii: "\n")
        let left = expected.split(separator: newline, omittingEmptySubsequences: false)
        let right = found.split(separator: newline, omittingEmptySubsequences: false)
        var line = 0
        while line < min(left.count, right.count), left[line].elementsEqual(right[line]) { line += 1 }
        func text(_ lines: [ArraySlice<UInt8>]) -> String { line < lines.count ? String(decoding: lines[line], as: UTF8.self) : "" }
        return .different(line: line + 1, expected: text(left), found: text(right))
    }

    static func table(
        _ input: TableInput, _ format: TableFormatKind, delimiter: UInt8? = nil
    ) throws(PackingError) -> Table {
        let read = TableReader.read(input, format, delimiter: delimiter)
        guard let table = read.value, !read.hasErrors else { throw .diagnostics(read.diagnostics, sources: [input.source]) }
        return table
    }

    static func predictions(of model: TrainedModel, for table: Table) throws(PackingError) -> [UInt8] {
        do throws(LearningError) {
            return try model.predict(table, threads: 1).csv(carrying: [], from: table)
        } catch {
            throw .diagnostics(error.diagnostics, sources: [table.source])
        }
    }
}
