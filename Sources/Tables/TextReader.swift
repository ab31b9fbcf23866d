import Diagnostics
import Numerics

/// Reads the rows after a header: in chunks, each by itself, and puts together what they hold.
///
/// Chunks end with rows. Where quotes protect line ends, an odd number of quotes before a byte says that it is protected: so it is in
/// every text without problems. A chunk that finds a problem may have been cut wrongly; then the text is read again as one chunk,
/// which knows all problems and their places. So neither the threads nor the size of the chunks can be seen in a result.
struct TextReader {
    /// About how many bytes a chunk has.
    static let chunkSize = 1 << 20

    let source: SourceText
    let format: TableFormatKind
    let names: [String]
    /// The header with its line end.
    let header: Range<Int>
    let scanner: FieldScanner
    let threads: Int
    /// Less than ``chunkSize`` only in tests.
    let chunkSize: Int

    /// What a chunk gave, or what is wrong with it.
    private struct Chunk: Sendable {
        let start: Int
        let end: Int
        var columns: [ChunkColumn]
        let recordStarts: [UInt32]
        let problems: TableProblems
    }

    func read() -> Diagnosed<Table> {
        let bytes = scanner.bytes
        var chunks = self.chunks(cuts())
        if chunks.contains(where: { !$0.problems.isEmpty }) { chunks = self.chunks([header.upperBound, bytes.count]) }
        var problems = chunks.count == 1 ? chunks[0].problems : scanner.problems
        let count = chunks.reduce(0) { $0 + $1.recordStarts.count }
        if problems.isEmpty, count == 0 {
            problems.add(
                "no-rows", "the table has a header and no rows; expected at least one", from: header.upperBound, to: header.upperBound)
        }
        guard problems.isEmpty else { return Diagnosed(nil, problems.finished()) }

        let isText = names.indices.map { column in chunks.contains { $0.columns[column].textStart != nil } }
        retakeTexts(&chunks, isText)
        let layout = layout(chunks, count)
        noteOverflow(chunks, isText, layout, &problems)
        guard problems.isEmpty else { return Diagnosed(nil, problems.finished()) }
        let done = chunks
        let values = ParallelLoop.map(count: names.count, threads: threads) { column in
            isText[column] ? Self.categories(done, column) : Self.numbers(done, column, count)
        }
        let columns = zip(names, values).map { Column(name: $0, values: $1) }
        let table = Table(input: .file(source), format: format, rowCount: count, columns: columns, rows: .text(layout))
        return Diagnosed(table, NearlyNumeric.warnings(table))
    }

    // MARK: - Chunks

    /// Where chunks start and, last, where the text ends.
    private func cuts() -> [Int] {
        nonisolated(unsafe) let bytes = scanner.bytes
        let textEnd = bytes.count
        // A chunk of a wide table has some hundred rows at least.
        let size = max(chunkSize, chunkSize == Self.chunkSize ? names.count * 4096 : 1)
        let start = header.upperBound
        let count = max(1, (bytes.count - start) / size)
        guard count > 1 else { return [start, bytes.count] }
        @Sendable func wanted(_ chunk: Int) -> Int { chunk == count ? textEnd : start + chunk * size }
        var areProtected = [Bool](repeating: false, count: count)
        if scanner.dialect.hasQuotes {
            let areOdd = ParallelLoop.map(count: count, threads: threads) { chunk in
                Self.hasOddQuotes(UnsafeBufferPointer(rebasing: bytes[wanted(chunk)..<wanted(chunk + 1)]))
            }
            for chunk in 1..<count { areProtected[chunk] = areProtected[chunk - 1] != areOdd[chunk - 1] }
        }
        var cuts = [start]
        for chunk in 1..<count {
            var index = wanted(chunk)
            // A row that is longer than a chunk has been passed over already.
            guard index > cuts[cuts.count - 1] else { continue }
            var isProtected = areProtected[chunk]
            while index < bytes.count, isProtected || bytes[index] != UInt8(ascii: "\n") {
                if scanner.dialect.hasQuotes, bytes[index] == UInt8(ascii: "\"") { isProtected.toggle() }
                index += 1
            }
            if index + 1 < bytes.count { cuts.append(index + 1) }
        }
        return cuts + [bytes.count]
    }

    private static func hasOddQuotes(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var isOdd: UInt8 = 0
        for byte in bytes { isOdd ^= byte == UInt8(ascii: "\"") ? 1 : 0 }
        return isOdd == 1
    }

    private func chunks(_ cuts: [Int]) -> [Chunk] {
        nonisolated(unsafe) let scanner = scanner
        let names = names
        return ParallelLoop.map(count: cuts.count - 1, threads: threads) { index in
            let own = scanner.limited(to: cuts[index + 1])
            var reader = ChunkReader(names: names, scanner: own)
            defer { reader.deallocate() }
            reader.read(from: cuts[index])
            return Chunk(
                start: cuts[index], end: cuts[index + 1], columns: reader.columns, recordStarts: reader.recordStarts,
                problems: reader.scanner.problems)
        }
    }

    /// Takes the rows that were numbers in a column that others have made texts.
    private func retakeTexts(_ chunks: inout [Chunk], _ isText: [Bool]) {
        guard isText.contains(true) else { return }
        let layout = TableLayout(dialect: scanner.dialect, header: header, columnCount: names.count, recordStarts: [])
        nonisolated(unsafe) let bytes = scanner.bytes
        let known = chunks
        let late = ParallelLoop.map(count: known.count, threads: threads) { index -> [(column: Int, values: ChunkColumn)] in
            let chunk = known[index]
            let rows = chunk.recordStarts.count
            let columns = isText.indices.filter { isText[$0] && (chunk.columns[$0].textStart ?? rows) > 0 }
            if columns.isEmpty { return [] }
            var retaken = columns.map { _ in ChunkColumn() }
            for place in retaken.indices { retaken[place].startTexts(row: 0) }
            var spare: [UInt8] = []
            let lastRow = columns.reduce(0) { max($0, chunk.columns[$1].textStart ?? rows) }
            for row in 0..<lastRow {
                var start = Int(chunk.recordStarts[row])
                var column = 0
                for place in columns.indices {
                    while column < columns[place] {
                        start = layout.end(from: start, chunk.end, bytes) + 1
                        column += 1
                    }
                    let end = layout.end(from: start, chunk.end, bytes)
                    if row < chunk.columns[column].textStart ?? rows {
                        let field = UnsafeBufferPointer(rebasing: bytes[start..<end])
                        FieldText.withContent(of: field, layout.dialect, &spare) { retaken[place].takeText($0) }
                    }
                }
            }
            return zip(columns, retaken).map { ($0, chunk.columns[$0].withTexts($1)) }
        }
        for (index, columns) in late.enumerated() {
            for (column, values) in columns { chunks[index].columns[column] = values }
        }
    }

    // MARK: - The table

    private func layout(_ chunks: [Chunk], _ count: Int) -> TableLayout {
        var starts: [UInt32] = []
        starts.reserveCapacity(count + 1)
        for chunk in chunks { starts += chunk.recordStarts }
        starts.append(UInt32(scanner.bytes.count))
        return TableLayout(dialect: scanner.dialect, header: header, columnCount: names.count, recordStarts: starts)
    }

    private func noteOverflow(_ chunks: [Chunk], _ isText: [Bool], _ layout: TableLayout, _ problems: inout TableProblems) {
        for column in names.indices where !isText[column] {
            var first = 0
            for chunk in chunks {
                if let overflow = chunk.columns[column].overflow {
                    let range = layout.field(row: first + overflow, column: column, scanner.bytes)
                    problems.add(
                        "number-out-of-range",
                        "the number in column '\(names[column])' is too large; expected at most 1.7976931348623157e308 in size",
                        from: range.lowerBound, to: range.upperBound)
                    break
                }
                first += chunk.recordStarts.count
            }
        }
    }

    private static func numbers(_ chunks: [Chunk], _ column: Int, _ count: Int) -> ColumnValues {
        if chunks.count == 1 { return .numbers(chunks[0].columns[column].numbers) }
        return .numbers(
            [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
                for chunk in chunks {
                    let end = buffer[initialized...].initialize(fromContentsOf: chunk.columns[column].numbers)
                    initialized = end
                }
            })
    }

    private static func categories(_ chunks: [Chunk], _ column: Int) -> ColumnValues {
        var all = LevelTable()
        var codes: [Int32] = []
        codes.reserveCapacity(chunks.reduce(0) { $0 + $1.recordStarts.count })
        for chunk in chunks {
            guard let levels = chunk.columns[column].levels else { continue }
            let renamed = (0..<levels.count).map { level in levels.withLevel(level) { all.code(of: $0) } }
            for code in chunk.columns[column].codes { codes.append(code < 0 ? -1 : renamed[Int(code)]) }
        }
        let sorted = all.sorted(codes)
        return .categories(codes: sorted.codes, levels: sorted.levels)
    }
}
