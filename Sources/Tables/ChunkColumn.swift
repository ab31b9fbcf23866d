import Numerics

/// What a chunk's rows hold in one column.
///
/// A column is numbers until a field is neither a number nor missing; from that row on it is texts. Rows before it are taken as
/// texts later, when all chunks are read and it is known which columns are texts.
struct ChunkColumn: Sendable {
    /// One for each row before ``textStart``.
    var numbers: [Double] = []
    /// One for each row from ``textStart`` on.
    private(set) var codes: [Int32] = []
    /// Made when it is needed: most columns of a wide table are numbers.
    private(set) var levels: LevelTable?
    /// The first row that is text, in this chunk; nil when there is none.
    private(set) var textStart: Int?
    /// The first row of this chunk whose number is too large for a Double.
    private(set) var overflow: Int?

    /// A field's content as a number, NaN where it is missing; nil when it is neither.
    mutating func number(_ content: UnsafeBufferPointer<UInt8>, row: Int) -> Double? {
        if FieldText.isMissing(content) { return .nan }
        guard let value = DecimalText.parse(content) else { return nil }
        if value.isInfinite, overflow == nil { overflow = row }
        return value
    }

    mutating func startTexts(row: Int) {
        textStart = row
        levels = LevelTable()
    }

    mutating func takeText(_ content: UnsafeBufferPointer<UInt8>) {
        codes.append(FieldText.isMissing(content) ? -1 : levels?.code(of: content) ?? -1)
    }

    /// The column as texts from its first row on; `early` has the texts of the rows before ``textStart``.
    func withTexts(_ early: ChunkColumn) -> ChunkColumn {
        var all = early
        guard let levels, var known = all.levels else { return all }
        let renamed = (0..<levels.count).map { level in levels.withLevel(level) { known.code(of: $0) } }
        all.levels = known
        for code in codes { all.codes.append(code < 0 ? -1 : renamed[Int(code)]) }
        return all
    }
}
