import Numerics

/// Takes the fields of one column, row by row, and finds out what the column holds.
///
/// A column is numbers until a field is neither a number nor missing; then the rows so far are taken again as texts.
struct ColumnBuilder {
    private var numbers: UnsafeMutablePointer<Double>?
    private var codes: UnsafeMutablePointer<Int32>?
    /// Made when it is needed: most columns of a wide table are numbers.
    private var levels: LevelTable?
    private var capacity: Int
    /// The row of the first number that is too large for a Double.
    private(set) var overflow: Int?

    var isNumeric: Bool { numbers != nil }

    init(capacity: Int) {
        self.capacity = capacity
        numbers = .allocate(capacity: capacity)
    }

    func deallocate() {
        numbers?.deallocate()
        codes?.deallocate()
    }

    /// Makes room for `wanted` rows, of which `row` are filled.
    mutating func grow(to wanted: Int, filled row: Int) {
        if let old = numbers {
            let new = UnsafeMutablePointer<Double>.allocate(capacity: wanted)
            new.initialize(from: old, count: row)
            old.deallocate()
            numbers = new
        } else if let old = codes {
            let new = UnsafeMutablePointer<Int32>.allocate(capacity: wanted)
            new.initialize(from: old, count: row)
            old.deallocate()
            codes = new
        }
        capacity = wanted
    }

    /// Takes a number, if the column still is numbers.
    @inline(__always)
    func takes(_ number: Double, row: Int) -> Bool {
        guard let numbers else { return false }
        (numbers + row).initialize(to: number)
        return true
    }

    /// Takes a field's content. False: the column turns into categories, and wants all rows so far again through `takeText`.
    mutating func takes(_ content: UnsafeBufferPointer<UInt8>, row: Int) -> Bool {
        guard let numbers else {
            takeText(content, row: row)
            return true
        }
        let number: Double
        if FieldText.isMissing(content) {
            number = .nan
        } else if let value = DecimalText.parse(content) {
            if value.isInfinite, overflow == nil { overflow = row }
            number = value
        } else {
            return false
        }
        (numbers + row).initialize(to: number)
        return true
    }

    /// Forgets the numbers; the rows follow as texts.
    mutating func becomeCategories() {
        numbers?.deallocate()
        numbers = nil
        overflow = nil
        codes = .allocate(capacity: capacity)
        levels = LevelTable()
    }

    mutating func takeText(_ content: UnsafeBufferPointer<UInt8>, row: Int) {
        guard let codes else { return }
        (codes + row).initialize(to: FieldText.isMissing(content) ? -1 : levels?.code(of: content) ?? -1)
    }

    func values(rowCount: Int) -> ColumnValues {
        if let numbers { return .numbers(Array(UnsafeBufferPointer(start: numbers, count: rowCount))) }
        guard let codes, let levels else { preconditionFailure("a column is numbers or categories") }
        let sorted = levels.sorted(Array(UnsafeBufferPointer(start: codes, count: rowCount)))
        return .categories(codes: sorted.codes, levels: sorted.levels)
    }
}
