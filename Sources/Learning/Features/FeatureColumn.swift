import Diagnostics
import Numerics
import Tables

/// Reads one column of a table as what a model wants it to be, whatever its fields look like in this table.
///
/// A column of a small table may hold only digits where the training table held words, and the other way round: what a
/// column *is* was decided in training.
struct FeatureColumn {
    /// Numbers beyond this would overflow when squared and summed; no measurement is near it.
    static let largestNumber = 1e100

    let table: Table
    let index: Int

    var name: String { table.columns[index].name }

    /// The column of this name, compared by bytes.
    ///
    /// - Throws: ``LearningError/diagnostics(_:)`` that says who asked for it, and which columns there are.
    init(_ name: String, in table: Table, _ asker: Asker) throws(LearningError) {
        guard let index = table.index(of: name) else { throw Self.unknown(name, in: table, asker) }
        self.table = table
        self.index = index
    }

    init(_ index: Int, in table: Table) {
        self.table = table
        self.index = index
    }

    /// The column's numbers; NaN where a field is missing.
    ///
    /// - Throws: ``LearningError/diagnostics(_:)`` with the first places where a field is no number, or one beyond ±1e100.
    func numbers() throws(LearningError) -> [Double] {
        var problems: [Diagnostic] = []
        let numbers: [Double]
        switch table.columns[index].values {
        case .numbers(let values):
            numbers = values
        case .categories(let codes, let levels):
            let levelNumbers = levels.map { DecimalText.parse($0) }
            for (row, code) in codes.enumerated() where code >= 0 && levelNumbers[Int(code)] == nil {
                problems.append(
                    problem(
                        "not-a-number", "'\(levels[Int(code)])' in column '\(name)' is no number, and the column is read as numbers", row))
                if problems.count == Self.mostProblems { break }
            }
            numbers = codes.map { $0 < 0 ? .nan : levelNumbers[Int($0)] ?? .nan }
        case .images:
            throw holdsImages("it is read as numbers")
        }
        if Self.haveOutOfRange(numbers) {
            for (row, number) in numbers.enumerated() where number.magnitude > Self.largestNumber {
                if problems.count == Self.mostProblems { break }
                problems.append(problem("number-out-of-range", "the number in column '\(name)' is beyond ±1e100", row))
            }
        }
        if !problems.isEmpty { throw .diagnostics(problems) }
        return numbers
    }

    /// Whether a number is beyond ±1e100, found without a branch for each.
    private static func haveOutOfRange(_ numbers: [Double]) -> Bool {
        numbers.withUnsafeBytes { bytes in
            var found = SIMDMask<SIMD8<Int64>>(repeating: false)
            var offset = 0
            while offset + 64 <= bytes.count {
                let part = bytes.loadUnaligned(fromByteOffset: offset, as: SIMD8<Double>.self)
                found = found .| (part .> largestNumber) .| (part .< -largestNumber)
                offset += 64
            }
            return any(found) || numbers[(offset / 8)...].contains { $0.magnitude > largestNumber }
        }
    }

    /// For each row the place of its field among `texts`, the column's distinct fields sorted by bytes; -1 where missing.
    func texts() -> (codes: [Int32], texts: [String]) {
        let (codes, levels) = table.categories(of: index)
        return (codes, levels)
    }

    /// For each row the place of its field in `known`, which is sorted by bytes; -1 where the field is missing,
    /// `known.count` where it is not among them.
    ///
    /// A field is a known text when it has the same bytes, else when it is the same number: `1.0` and `1`.
    func codes(among known: [String]) -> [Int32] {
        let (codes, texts) = texts()
        var places = Self.places(of: texts, in: known)
        // Known numbers are read only when there is one that is not known as it is written.
        var numbers: [UInt64: Int32]?
        for (index, place) in places.enumerated() where place < 0 {
            guard let number = DecimalText.parse(texts[index]) else { continue }
            let known = numbers ?? Self.numbers(known)
            numbers = known
            places[index] = known[(number + 0).bitPattern] ?? -1
        }
        return codes.map { $0 < 0 ? -1 : places[Int($0)] < 0 ? Int32(known.count) : places[Int($0)] }
    }

    /// The first place of each number among `known`, by its bits; -0 is 0.
    static func numbers(_ known: [String]) -> [UInt64: Int32] {
        var places: [UInt64: Int32] = [:]
        for (place, text) in known.enumerated() {
            guard let number = DecimalText.parse(text) else { continue }
            let bits = (number + 0).bitPattern
            if places[bits] == nil { places[bits] = Int32(place) }
        }
        return places
    }

    /// The place of each text in `known`, -1 where it is not; both are sorted by bytes.
    private static func places(of texts: [String], in known: [String]) -> [Int32] {
        if texts.count * 16 < known.count { return texts.map { Int32(place(of: $0, in: known) ?? -1) } }
        var next = 0
        return texts.map { text in
            while next < known.count, known[next].utf8.lexicographicallyPrecedes(text.utf8) { next += 1 }
            return next < known.count && known[next].utf8.elementsEqual(text.utf8) ? Int32(next) : -1
        }
    }

    /// The numbers present, each once, ascending; -0 is 0.
    static func distinct(_ values: [Double]) -> [Double] {
        let sorted = values.lazy.filter { !$0.isNaN }.map { $0 + 0 }.sorted()
        var distinct: [Double] = []
        for value in sorted where distinct.last != value { distinct.append(value) }
        return distinct
    }

    /// The first place in the ascending `sorted` whose number is not below `value`.
    static func lowerBound(of value: Double, in sorted: [Double]) -> Int {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The place of a text among texts sorted by bytes.
    static func place(of text: String, in sorted: [String]) -> Int? {
        var low = 0
        var high = sorted.count
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle].utf8.lexicographicallyPrecedes(text.utf8) { low = middle + 1 } else { high = middle }
        }
        return low < sorted.count && sorted[low].utf8.elementsEqual(text.utf8) ? low : nil
    }

    static let mostProblems = 20

    /// The error for a column of images where `use` cannot be made of one.
    func holdsImages(_ use: String) -> LearningError {
        .diagnostics([
            Diagnostic(
                code: "learning/image-column", "column '\(name)' holds images, and \(use)",
                at: Diagnostic.Location(source: table.source.name, span: nil))
        ])
    }

    func problem(_ code: String, _ message: String, _ row: Int, notes: [Diagnostic.Note] = []) -> Diagnostic {
        Diagnostic(code: "learning/\(code)", message, at: table.location(row: row, column: index), notes: notes)
    }
}
