import Diagnostics
import Numerics

/// What training learned of a column of texts: its terms, and how many documents have each.
package struct TextProfile: Sendable {
    enum Columns: Hashable, Sendable {
        /// A column for each term, sorted by bytes.
        case terms(TermTable)
        /// A column for each of `1 << bits` values of a hash of the term, if it has rows enough.
        case hashed(bits: Int)
    }

    /// The most columns; a hash has 24 bits at most.
    static let mostColumns = 1 << 24

    /// How many words a term has.
    let lengths: ClosedRange<Int>
    let isSublinear: Bool
    /// Words that are left out, folded and sorted by bytes.
    let stopWords: [String]
    let columns: Columns
    /// For each term, or value of the hash, the training rows that have it; 0 for a value without a column.
    let documents: [Int32]
    /// Training rows, and those of them without a text.
    let rows: Int
    let missing: Int
    /// Columns of the matrix that texts become.
    package let width: Int
    /// For each value of the hash its column, -1 where it has none; empty for terms.
    private let places: [Int32]
    /// For each column the inverse document frequency; follows from the rest.
    private let weights: [Double]
    private let stopTable: TermTable

    var isHashed: Bool {
        if case .hashed = columns { true } else { false }
    }

    init(
        lengths: ClosedRange<Int>, isSublinear: Bool, stopWords: [String], columns: Columns, documents: [Int32], rows: Int, missing: Int
    ) {
        self.lengths = lengths
        self.isSublinear = isSublinear
        self.stopWords = stopWords
        self.columns = columns
        self.documents = documents
        self.rows = rows
        self.missing = missing
        var counts = documents
        var places: [Int32] = []
        if case .hashed = columns {
            counts = documents.filter { $0 > 0 }
            var next: Int32 = 0
            places = documents.map { count in
                if count == 0 { return -1 }
                next += 1
                return next - 1
            }
        }
        width = counts.count
        self.places = places
        weights = counts.map { Elementary.log(Double(rows + 1) / Double(Int($0) + 1)) + 1 }
        stopTable = Self.table(stopWords)
    }

    private static func table(_ words: [String]) -> TermTable {
        var table = TermTable()
        for word in words {
            var word = word
            _ = word.withUTF8 { table.insert($0, hash: TermHash.of($0).short) }
        }
        return table
    }

    /// Learns the terms of a column; nil when there are none and nobody said that the column is text.
    ///
    /// - Throws: ``LearningError/diagnostics(_:)`` when no term is within the bounds, or there are too many.
    init?(_ column: FeatureColumn, _ options: TextOptions, isInferred: Bool, threads: Int) throws(LearningError) {
        let (codes, texts) = column.texts()
        var rowsOfText = [Int32](repeating: 0, count: texts.count)
        var missing = 0
        for code in codes {
            if code < 0 { missing += 1 } else { rowsOfText[Int(code)] += 1 }
        }
        let blocks = WordBlock.blocks(texts, stopWords: Self.table(options.stopWords), threads: threads)
        let columns: Columns
        let documents: [Int32]
        if let bits = options.hashingBits {
            columns = .hashed(bits: bits)
            documents = TermCounter.hashed(blocks, documents: rowsOfText, rows: codes.count, options, bits: bits)
            guard documents.contains(where: { $0 > 0 }) else {
                if isInferred { return nil }
                throw Self.noTerms(column, options)
            }
        } else {
            let found = TermCounter.vocabulary(blocks, documents: rowsOfText, rows: codes.count, options, threads: threads)
            guard found.terms.count > 0 else {
                if isInferred { return nil }
                throw Self.noTerms(column, options)
            }
            guard found.terms.count <= Self.mostColumns, found.terms.arena.count <= Int(Int32.max) else {
                throw .problem(
                    "too-large",
                    "the texts of column '\(column.name)' have \(found.terms.count) terms, more than a model can hold; raise "
                        + "'features.text.min-documents', or give 'features.text.max-terms' or 'features.text.hashing-bits'")
            }
            columns = .terms(found.terms)
            documents = found.documents
        }
        self.init(
            lengths: options.lengths, isSublinear: options.isSublinear, stopWords: options.stopWords, columns: columns,
            documents: documents, rows: codes.count, missing: missing)
    }

    private static func noTerms(_ column: FeatureColumn, _ options: TextOptions) -> LearningError {
        let bound = options.minDocuments == 1 ? "" : " that stands in \(options.minDocuments) rows or more"
        return .problem(
            "no-terms", "the texts of column '\(column.name)' have no term\(bound), by the bounds of 'features.text'",
            notes: ["lower 'min-documents' there, or leave the column out with 'features.exclude'"])
    }

    /// The rows of a column as a model sees them: the weights of the terms, each row's of length 1, or none.
    // SPEC: model.md#texts
    func matrix(_ column: FeatureColumn, threads: Int) -> SparseMatrix {
        let (codes, texts) = column.texts()
        let blocks = WordBlock.blocks(texts, stopWords: stopTable, threads: threads)
        let parts = ParallelLoop.map(count: blocks.count, threads: threads) { rows(blocks[$0]) }
        var starts = [0]
        var indices: [Int32] = []
        var values: [Double] = []
        let total = parts.reduce(0) { $0 + $1.indices.count }
        indices.reserveCapacity(total)
        values.reserveCapacity(total)
        for part in parts {
            for end in part.ends { starts.append(indices.count + end) }
            indices += part.indices
            values += part.values
        }
        // One more row without entries, for missing texts.
        starts.append(indices.count)
        guard let all = SparseMatrix(rows: texts.count + 1, columns: width, starts: starts, indices: indices, values: values) else {
            preconditionFailure("a text's columns ascend")
        }
        return all.gathered(codes.map { $0 < 0 ? texts.count : Int($0) })
    }

    private struct Rows {
        var ends: [Int] = []
        var indices: [Int32] = []
        var values: [Double] = []
    }

    private func rows(_ block: WordBlock) -> Rows {
        var result = Rows()
        // The columns of a text's terms, and the sign of each.
        var found: [Int64] = []
        for text in 0..<block.textCount {
            found.removeAll(keepingCapacity: true)
            switch columns {
            case .terms(let table):
                block.forTerms(of: text, lengths) { term, hash in
                    if let number = table.number(of: term, hash: hash.short) { found.append(Int64(number) << 1) }
                }
            case .hashed(let bits):
                block.forTerms(of: text, lengths) { _, hash in
                    let place = places[Int(hash.long & (1 << UInt64(bits) - 1))]
                    if place >= 0 { found.append(Int64(place) << 1 | Int64(hash.long >> 63)) }
                }
            }
            found.sort()
            append(found, to: &result)
            result.ends.append(result.indices.count)
        }
        return result
    }

    /// Adds a row: `found` has the columns, each twice its number and 1 more for a negative sign, ascending.
    private func append(_ found: [Int64], to result: inout Rows) {
        let first = result.indices.count
        var place = 0
        var squares = 0.0
        while place < found.count {
            let column = Int(found[place] >> 1)
            var count = 0
            while place < found.count, Int(found[place] >> 1) == column {
                count += found[place] & 1 == 0 ? 1 : -1
                place += 1
            }
            // Terms of opposite signs in one column of a hash.
            if count == 0 { continue }
            let size = Double(abs(count))
            let frequency = isSublinear ? Elementary.log(size) + 1 : size
            let value = (count < 0 ? -frequency : frequency) * weights[column]
            squares += value * value
            result.indices.append(Int32(column))
            result.values.append(value)
        }
        let length = squares.squareRoot()
        for index in first..<result.values.count { result.values[index] /= length }
    }
}

extension TextProfile: Hashable {
    package static func == (left: TextProfile, right: TextProfile) -> Bool {
        left.lengths == right.lengths && left.isSublinear == right.isSublinear && left.stopWords == right.stopWords
            && left.columns == right.columns && left.documents == right.documents && left.rows == right.rows
            && left.missing == right.missing
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(columns)
        hasher.combine(documents)
        hasher.combine(rows)
    }
}
