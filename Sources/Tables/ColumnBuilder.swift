import Numerics

/// Takes the fields of one column, row by row, and finds out what the column holds.
///
/// A column is numbers until a field is neither a number nor missing; then the rows so far are taken again as texts.
/// Numbers are gathered in a block, since a row of a wide table would else touch as many pages as it has columns.
struct ColumnBuilder {
    /// The numbers of the rows since the last ``flush(_:)``; owned by the reader of the rows.
    private let block: UnsafeMutablePointer<Double>
    private var numbers: [Double] = []
    private var codes: [Int32] = []
    /// Made when it is needed: most columns of a wide table are numbers. A column with levels is categories.
    private var levels: LevelTable?
    /// The row of the first number that is too large for a Double.
    private(set) var overflow: Int?

    @inline(__always)
    var isNumeric: Bool { levels == nil }

    /// - Parameter rows: About how many rows there will be.
    init(block: UnsafeMutablePointer<Double>, rows: Int) {
        self.block = block
        numbers.reserveCapacity(rows)
    }

    /// Takes a number as row `slot` of the block; the column still is numbers.
    @inline(__always)
    func takes(_ number: Double, slot: Int) {
        block[slot] = number
    }

    /// Takes a field's content. False: the column cannot be numbers, and wants all rows so far again as texts.
    mutating func takes(_ content: UnsafeBufferPointer<UInt8>, slot: Int, row: Int) -> Bool {
        guard isNumeric else {
            takeText(content)
            return true
        }
        if FieldText.isMissing(content) {
            block[slot] = .nan
        } else if let value = DecimalText.parse(content) {
            if value.isInfinite, overflow == nil { overflow = row }
            block[slot] = value
        } else {
            return false
        }
        return true
    }

    /// Forgets the numbers; all rows so far follow as texts.
    mutating func becomeCategories() {
        codes.reserveCapacity(numbers.capacity)
        numbers = []
        overflow = nil
        levels = LevelTable()
    }

    mutating func takeText(_ content: UnsafeBufferPointer<UInt8>) {
        codes.append(FieldText.isMissing(content) ? -1 : levels?.code(of: content) ?? -1)
    }

    /// Keeps the first `count` rows of the block.
    mutating func flush(_ count: Int) {
        if isNumeric { numbers.append(contentsOf: UnsafeBufferPointer(start: block, count: count)) }
    }

    /// What the column holds; the builder is empty afterwards.
    mutating func finished() -> ColumnValues {
        guard let levels else {
            defer { numbers = [] }
            return .numbers(numbers)
        }
        let sorted = levels.sorted(codes)
        return .categories(codes: sorted.codes, levels: sorted.levels)
    }
}
