import Diagnostics
import Numerics

/// Reads a table from lines of JSON objects: a row for each line, a column for each key, in the order of first appearance.
///
/// A column is numbers when all of its values are numbers, else categories: texts as they are, `true` and `false`, numbers as
/// they are written. Missing is a key that is absent, `null`, and a string that says so in a field of CSV, too.
struct JSONLinesReader {
    /// A column as the first pass finds it.
    private struct Found {
        let name: [UInt8]
        var isNumeric = true
    }

    private let source: SourceText
    private var scanner: JSONLineScanner
    private var lines: [Range<Int>] = []
    private var starts: [UInt32] = []
    private var found: [Found] = []
    private var places: [[UInt8]: Int] = [:]
    private var spare: [UInt8] = []
    private var members: [JSONLineScanner.Member] = []

    private init(_ source: SourceText, _ bytes: UnsafeBufferPointer<UInt8>, _ problems: TableProblems) {
        self.source = source
        scanner = JSONLineScanner(bytes, problems)
    }

    static func read(_ source: SourceText, _ problems: TableProblems) -> Diagnosed<Table> {
        source.bytes.withUnsafeBufferPointer { bytes in
            var reader = JSONLinesReader(source, bytes, problems)
            reader.findLines()
            reader.findColumns()
            guard let table = reader.table() else { return Diagnosed(nil, reader.scanner.problems.finished()) }
            return Diagnosed(table, NearlyNumeric.warnings(table))
        }
    }

    private mutating func findLines() {
        let bytes = scanner.bytes
        var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        guard bytes.count > start else {
            scanner.problems.add("empty-file", "the table is empty; expected an object on each line", from: 0, to: 0)
            return
        }
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            lines.append(start..<end)
            starts.append(UInt32(start))
            start = min(end + 1, bytes.count)
        }
        starts.append(UInt32(bytes.count))
    }

    /// The first pass: which columns there are, what they hold, and all that is wrong.
    private mutating func findColumns() {
        var seen: [Int] = []
        for (row, line) in lines.enumerated() {
            if scanner.problems.isFull { return }
            var order = 0
            var twice: Range<Int>?
            let isFine = read(line) { reader, member in
                let place = reader.place(of: member, guess: order)
                order = place + 1
                if place < seen.count, seen[place] == row { twice = twice ?? member.key }
                while seen.count <= place { seen.append(-1) }
                seen[place] = row
                if member.kind == .string || member.kind == .boolean, !reader.isMissing(member) { reader.found[place].isNumeric = false }
            }
            if isFine, let twice {
                let key = String(decoding: found[place(ofKey: twice)].name, as: UTF8.self)
                scanner.problems.add(
                    "duplicate-key", "the key '\(key)' stands twice in the object; expected it once", from: twice.lowerBound,
                    to: twice.upperBound)
            }
        }
        if scanner.problems.isEmpty, found.isEmpty {
            scanner.problems.add("no-columns", "the objects have no keys; expected one for each column", from: 0, to: 0)
        }
        guard scanner.problems.isEmpty else { return }
        var names: Set<String> = []
        for column in found {
            let name = String(decoding: column.name, as: UTF8.self)
            if name.isEmpty {
                scanner.problems.add("empty-column-name", "a key is empty; expected the name of a column", in: source.name)
            } else if !names.insert(name).inserted {
                scanner.problems.add(
                    "duplicate-column", "two keys read '\(name)' and differ in their bytes; expected one spelling", in: source.name)
            }
        }
    }

    private mutating func read(_ line: Range<Int>, _ body: (inout Self, JSONLineScanner.Member) -> Void) -> Bool {
        // The scanner's members are taken one by one, so that `body` may change the reader.
        var members = members
        self.members = []
        members.removeAll(keepingCapacity: true)
        let isFine = scanner.read(line) { members.append($0) }
        if isFine { for member in members { body(&self, member) } }
        self.members = members
        return isFine
    }

    /// The column of a member, a new one if there was none; most often it is the one after the member before.
    private mutating func place(of member: JSONLineScanner.Member, guess: Int) -> Int {
        if !member.keyHasEscapes, guess < found.count, scanner.bytes[member.key].elementsEqual(found[guess].name) { return guess }
        let name = JSONLineScanner.withContent(scanner.bytes, member.key, hasEscapes: member.keyHasEscapes, &spare) { Array($0) }
        if let place = places[name] { return place }
        places[name] = found.count
        found.append(Found(name: name))
        return found.count - 1
    }

    private mutating func place(ofKey key: Range<Int>) -> Int {
        let name = JSONLineScanner.withContent(scanner.bytes, key, hasEscapes: true, &spare) { Array($0) }
        return places[name] ?? 0
    }

    private mutating func isMissing(_ member: JSONLineScanner.Member) -> Bool {
        if member.kind == .null { return true }
        guard member.kind == .string else { return false }
        return JSONLineScanner.withContent(scanner.bytes, member.value, hasEscapes: member.valueHasEscapes, &spare) {
            FieldText.isMissing($0)
        }
    }

    /// The second pass: the values.
    private mutating func table() -> Table? {
        guard scanner.problems.isEmpty else { return nil }
        let count = lines.count
        var numbers = found.map { [Double](repeating: .nan, count: $0.isNumeric ? count : 0) }
        var codes = found.map { [Int32](repeating: -1, count: $0.isNumeric ? 0 : count) }
        var levels = found.map { _ in LevelTable() }
        for (row, line) in lines.enumerated() {
            var order = 0
            _ = read(line) { reader, member in
                let place = reader.place(of: member, guess: order)
                order = place + 1
                if reader.isMissing(member) { return }
                if reader.found[place].isNumeric {
                    let value = DecimalText.parse(UnsafeBufferPointer(rebasing: reader.scanner.bytes[member.value])) ?? .nan
                    if value.isInfinite { reader.noteOverflow(member.value, place) }
                    numbers[place][row] = value
                } else {
                    codes[place][row] = JSONLineScanner.withContent(
                        reader.scanner.bytes, member.value, hasEscapes: member.valueHasEscapes, &reader.spare
                    ) { levels[place].code(of: $0) }
                }
            }
        }
        guard scanner.problems.isEmpty else { return nil }
        let columns = found.indices.map { place -> Column in
            let name = String(decoding: found[place].name, as: UTF8.self)
            if found[place].isNumeric { return Column(name: name, values: .numbers(numbers[place])) }
            let sorted = levels[place].sorted(codes[place])
            return Column(name: name, values: .categories(codes: sorted.codes, levels: sorted.levels))
        }
        return Table(input: .file(source), format: .jsonl, rowCount: count, columns: columns, rows: .lines(starts))
    }

    private mutating func noteOverflow(_ range: Range<Int>, _ place: Int) {
        let name = String(decoding: found[place].name, as: UTF8.self)
        scanner.problems.add(
            "number-out-of-range", "the number in column '\(name)' is too large; expected at most 1.7976931348623157e308 in size",
            from: range.lowerBound, to: range.upperBound)
    }

    /// The value of column `name` in the line at `range` of a table that was read: its place and what it says; nil where it is absent.
    static func value(of name: String, in line: Range<Int>, _ bytes: [UInt8]) -> (range: Range<Int>, text: String)? {
        bytes.withUnsafeBufferPointer { bytes in
            var scanner = JSONLineScanner(bytes, TableProblems(name: ""))
            var result: (Range<Int>, String)?
            var spare: [UInt8] = []
            _ = scanner.read(line) { member in
                let isIt = JSONLineScanner.withContent(bytes, member.key, hasEscapes: member.keyHasEscapes, &spare) {
                    $0.elementsEqual(name.utf8)
                }
                guard isIt else { return }
                let text = JSONLineScanner.withContent(bytes, member.value, hasEscapes: member.valueHasEscapes, &spare) {
                    String(decoding: $0, as: UTF8.self)
                }
                result = (member.value, member.kind == .null ? "" : text)
            }
            return result
        }
    }
}
