import Diagnostics
import Numerics
import Tables
import Testing

/// Reads any bytes and uses everything that a table offers. A trap ends the test run.
private func exercise(_ bytes: [UInt8], _ format: TableFormatKind) throws {
    let source = SourceText(name: "f", bytes: bytes)
    let result = TableReader.read(source, format)
    let text = DiagnosticRenderer(sources: [source]).render(result.diagnostics)
    #expect(result.diagnostics.count <= 21 && (result.value == nil) == result.hasErrors && text.isEmpty == result.diagnostics.isEmpty)
    guard let read = result.value else { return }
    // The rows lie one after the other and make up the whole text.
    var end = try #require(read.headerRange).upperBound
    for row in 0..<read.rowCount {
        let range = try #require(read.recordRange(row))
        #expect(range.lowerBound == end)
        end = range.upperBound
        for column in 0..<read.columns.count {
            let field = try #require(read.location(row: row, column: column).span)
            #expect(range.lowerBound <= field.lower && field.upper <= range.upperBound)
        }
    }
    #expect(end == bytes.count)
    #expect(TableWriter.verbatim(read, rows: Array(0..<read.rowCount)) == bytes)
    let profile = TableProfile(read)
    for (index, column) in read.columns.enumerated() {
        let labels = read.categories(of: index)
        #expect(labels.codes.count == read.rowCount)
        #expect(zip(labels.levels, labels.levels.dropFirst()).allSatisfy { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) })
        for (row, code) in labels.codes.enumerated() where code >= 0 {
            #expect(Array(labels.levels[Int(code)].utf8) == Array(read.text(row: row, column: index).utf8))
        }
        switch column.values {
        case .numbers(let values):
            #expect(values.count == read.rowCount && values.allSatisfy { !$0.isInfinite })
            #expect(values.count { $0.isNaN } == profile.columns[index].missing)
            // Each number is what the field's text says.
            for (row, value) in values.enumerated() where !value.isNaN {
                #expect(DecimalText.parse(read.text(row: row, column: index))?.bitPattern == value.bitPattern)
            }
        case .categories(let codes, let levels):
            #expect(codes == labels.codes && levels == labels.levels)
        case .images: Issue.record("a text holds no images")
        }
    }
}

@Suite struct TableFuzzTests {
    private static let seeds = [
        "a,b,c\n1,x,2.5\n-3,\"q,\"\"r\"\"\",NA\n4e2,y,0.125\n", "a\tb\n\"x\" y\t1\nz\t-2.5e-3\n",
        "\u{FEFF}id,name\r\n007,é\r\n8,\"line\nfeed\"\r\n9,",
        "x\n1\n\n2\nnull\n", "p,q\n123456789012345678901,1e308\n.5,5.\n",
    ]

    /// Bytes that mean something to the reader.
    private static let telling: [UInt8] = [
        0x0A, 0x0D, 0x2C, 0x09, 0x22, 0x00, 0x2E, 0x2D, 0x2B, 0x65, 0x30, 0x39, 0x20, 0xEF, 0xBB, 0xBF, 0xC3, 0xFF, 0x80, 0x4E, 0x41, 0x61,
    ]

    @Test(arguments: 0..<8) func `no mutation of a table traps`(part: Int) throws {
        let stream = RandomStream(seed: part, purpose: "test/fuzz")
        var draw: UInt64 = 0
        func next(_ count: Int) -> Int {
            draw += 1
            return stream.below(count, draw)
        }
        for _ in 0..<1_500 {
            var bytes = Array(Self.seeds[next(Self.seeds.count)].utf8)
            for _ in 0...next(5) {
                let place = next(bytes.count + 1)
                switch next(5) {
                case 0: bytes.insert(Self.telling[next(Self.telling.count)], at: place)
                case 1: if place < bytes.count { bytes.remove(at: place) }
                case 2: if place < bytes.count { bytes[place] = Self.telling[next(Self.telling.count)] }
                case 3: bytes.removeLast(next(min(4, bytes.count) + 1))
                default: bytes.insert(contentsOf: bytes[..<place].suffix(12), at: place)
                }
            }
            try exercise(bytes, next(3) == 0 ? .tsv : .csv)
        }
    }

    @Test func `random bytes never trap`() throws {
        let stream = RandomStream(seed: 99, purpose: "test/fuzz")
        for round in 0..<2_000 {
            let count = stream.below(40, UInt64(round))
            let bytes = (0..<count).map { index -> UInt8 in
                let bits = stream.bits(UInt64(round * 64 + index + 1_000_000))
                return bits & 1 == 0 ? UInt8(truncatingIfNeeded: bits >> 8) : Self.telling[Int(bits >> 8) % Self.telling.count]
            }
            try exercise([0x61, 0x0A] + bytes, .csv)
        }
    }

    @Test func `a wide header with a long row of text is read in time`() throws {
        let names = (0..<5_000).map { "c\($0)" }.joined(separator: ",")
        let words = (0..<5_000).map { "w\($0 % 7)" }.joined(separator: ",")
        let read = try table(names + "\n" + String(repeating: words + "\n", count: 20))
        #expect(read.columns.count == 5_000 && read.rowCount == 20)
        #expect(read.text(row: 19, column: 4_999) == "w1")
    }

    @Test func `columns that turn into categories in the last row agree with their texts`() throws {
        var text = (0..<60).map { "c\($0)" }.joined(separator: ",") + "\n"
        for row in 0..<1_000 { text += (0..<60).map { "\(row * 60 + $0)" }.joined(separator: ",") + "\n" }
        text += (0..<60).map { "t\($0)" }.joined(separator: ",") + "\n"
        let read = try table(text)
        for index in [0, 31, 59] {
            let labels = try #require(texts(read.columns[index]))
            #expect(labels[999] == "\(999 * 60 + index)" && labels[1_000] == "t\(index)")
        }
    }
}
