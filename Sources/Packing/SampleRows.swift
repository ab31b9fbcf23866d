package import Archives
internal import Diagnostics
internal import Learning
internal import Manifests
internal import Tables

/// Rows that travel with a model, and what the model says of them.
package enum SampleRows {
    static let rowsName = "rows"
    static let predictionsPath = "samples/predictions.csv"

    /// The members below `samples/`: the first rows of the table, byte for byte, and the predictions expected of them.
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
        let rows = rows(of: table, samples.rows)
        let path = "samples/\(rowsName).\(table.format.rawValue)"
        let few = try self.table(SourceText(name: path, bytes: rows), table.format)
        return [
            ArchiveMember(path: path, bytes: rows),
            ArchiveMember(path: predictionsPath, bytes: try predictions(of: model, for: few)),
        ]
    }

    /// The forms in which rows can be one member.
    private static let formats = TableFormatKind.allCases.filter { $0 != .png }

    /// The first rows as they are; a CSV without commas gets them, since an archive does not say what else separates its fields.
    private static func rows(of table: Table, _ count: Int) -> [UInt8] {
        if table.format == .csv { return TableWriter.withCommas(table, rows: Array(0..<count)) }
        guard case .file(let bytes) = TableWriter.part(table, rows: Array(0..<count)) else {
            preconditionFailure("a table of one file is written as one")
        }
        return bytes
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
        guard let expected = archive.bytes(of: predictionsPath) else { throw .noSamples }
        let files = archive.files(in: "samples/")
        for format in formats {
            guard let rows = files.first(where: { $0.path == "\(rowsName).\(format.rawValue)" }) else { continue }
            let table = try table(SourceText(name: "samples/\(rows.path)", bytes: rows.bytes), format)
            let found = try predictions(of: ArchivedModel.read(archive), for: table)
            if found == expected { return .same(rows: table.rowCount) }
            return difference(expected, found)
        }
        throw .noSamples
    }

    /// What the members below `samples/` lack, or have too many of.
    static func findings(_ samples: SampleRecord, _ archive: ModelArchive) throws(PackingError) -> [String] {
        for format in formats {
            let path = "samples/\(rowsName).\(format.rawValue)"
            guard let rows = archive.bytes(of: path) else { continue }
            guard archive.files(in: "samples/").count == 2, samples.files == [predictionsPath, path] else { break }
            let count = try table(SourceText(name: path, bytes: rows), format).rowCount
            return count == samples.rows ? [] : ["there are \(count) sample rows, and the description says \(samples.rows)"]
        }
        return ["the samples are not one table of rows and its predictions"]
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
        _ source: SourceText, _ format: TableFormatKind, delimiter: UInt8? = nil
    ) throws(PackingError) -> Table {
        let read = TableReader.read(source, format, delimiter: delimiter)
        guard let table = read.value, !read.hasErrors else { throw .diagnostics(read.diagnostics, sources: [source]) }
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
