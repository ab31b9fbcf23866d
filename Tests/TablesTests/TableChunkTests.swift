import Diagnostics
import Numerics
import Testing

@testable import Tables

/// A text read as one chunk on one thread, and in chunks of a few bytes on three: nobody may see a difference.
@Suite struct TableChunkTests {
    private static func read(_ bytes: [UInt8], _ format: TableFormatKind, threads: Int, chunkSize: Int) -> Diagnosed<Table> {
        TableReader.text(
            SourceText(name: "t", bytes: bytes), format, TextDialect(format), TableProblems(name: "t"), threads: threads,
            chunkSize: chunkSize)
    }

    private static let seeds = [
        "a,b,c\n1,x,2.5\n-3,\"q,\"\"r\"\"\",NA\n4e2,y,0.125\n5,,6\n7,\"l\n\nf\",8\n", "a\tb\n\"x\" y\t1\nz\t-2.5e-3\n",
        "\u{FEFF}id,name\r\n007,é\r\n8,\"line\r\nfeed\"\r\n9,\r\n1,2\r\n3,4\r\n5,6", "x\n1\n\n2\nnull\n3\n4\nz\n5\n\n6\n7\n",
        "p,q\n123456789012345678901,1e308\n.5,5.\n1,1e999\n2,3\n4,5\n6,7\n",
    ]

    private static let telling = Array("\n\r,\t\"\u{0}.-+e09 é\u{FEFF}NAa".utf8) + [0xFF, 0x80]

    @Test(arguments: 0..<4) func `chunks and threads cannot be seen`(part: Int) throws {
        let stream = RandomStream(seed: part, purpose: "test/chunks")
        var draw: UInt64 = 0
        func next(_ count: Int) -> Int {
            draw += 1
            return stream.below(count, draw)
        }
        var tables = 0
        for _ in 0..<3_000 {
            var bytes = Array(Self.seeds[next(Self.seeds.count)].utf8)
            for _ in 0..<next(4) {
                let place = next(bytes.count + 1)
                switch next(3) {
                case 0: bytes.insert(Self.telling[next(Self.telling.count)], at: place)
                case 1 where place < bytes.count: bytes.remove(at: place)
                default: bytes.insert(contentsOf: Array("1,2\n\"a\nb\",5\n".utf8), at: place)
                }
            }
            let format: TableFormatKind = next(4) == 0 ? .tsv : .csv
            let whole = Self.read(bytes, format, threads: 1, chunkSize: 1 << 30)
            let parts = Self.read(bytes, format, threads: 3, chunkSize: 1 + next(20))
            #expect(whole.diagnostics == parts.diagnostics, "\(String(decoding: bytes, as: UTF8.self))")
            #expect((whole.value == nil) == (parts.value == nil))
            guard let first = whole.value, let second = parts.value else { continue }
            tables += 1
            #expect(first.columns.map(\.name) == second.columns.map(\.name))
            for (one, other) in zip(first.columns, second.columns) {
                switch (one.values, other.values) {
                case (.numbers(let left), .numbers(let right)): #expect(left.map(\.bitPattern) == right.map(\.bitPattern))
                default: #expect(one == other)
                }
            }
            for row in 0..<first.rowCount { #expect(first.recordRange(row) == second.recordRange(row)) }
        }
        #expect(tables > 500)
    }

    @Test func `plain numbers are what the general reader makes of them`() throws {
        let stream = RandomStream(seed: 1, purpose: "test/numbers")
        var draw: UInt64 = 0
        func next(_ count: Int) -> Int {
            draw += 1
            return stream.below(count, draw)
        }
        var plain = 0
        for _ in 0..<200_000 {
            var field: [UInt8] = []
            if next(3) == 0 { field.append(UInt8(ascii: next(2) == 0 ? "-" : "+")) }
            for _ in 0..<next(next(4) == 0 ? 26 : 9) { field.append(UInt8(0x30 + next(10))) }
            if next(2) == 0 {
                field.append(UInt8(ascii: "."))
                for _ in 0..<next(next(4) == 0 ? 26 : 9) { field.append(UInt8(0x30 + next(10))) }
            }
            if next(20) == 0 { field.insert(Self.telling[next(Self.telling.count)], at: next(field.count + 1)) }
            let expected = field.withUnsafeBufferPointer { DecimalText.parse($0) }
            // At the end of a text, and far from it.
            for rest in [",1\n", "\r\n" + String(repeating: "9", count: 80)] {
                let bytes = field + Array(rest.utf8)
                bytes.withUnsafeBufferPointer { buffer in
                    guard let base = buffer.baseAddress, let read = PlainNumber.read(base, from: 0, limit: buffer.count, UInt8(ascii: ","))
                    else { return }
                    plain += 1
                    // The field may have been cut by what was put into it.
                    let own = expected ?? bytes[..<read.end].withUnsafeBufferPointer { DecimalText.parse($0) }
                    #expect(read.value.bitPattern == own?.bitPattern)
                    #expect(expected == nil || read.end == field.count)
                }
            }
        }
        #expect(plain > 100_000)
    }

    @Test func `a field separated by another delimiter may hold commas`() throws {
        let source = SourceText(name: "t", text: "a;b\n1,5;\"x;y\"\n2;z\n")
        let table = try #require(TableReader.read(source, .csv, delimiter: UInt8(ascii: ";")).value)
        #expect(table.columns.map(\.name) == ["a", "b"])
        #expect(table.text(row: 0, column: 0) == "1,5" && table.text(row: 0, column: 1) == "x;y")
        #expect(TableWriter.verbatim(table, rows: [1]) == Array("a;b\n2;z\n".utf8))
        let bar = try #require(TableReader.read(SourceText(name: "t", text: "a|b\n1|2\n"), .csv, delimiter: UInt8(ascii: "|")).value)
        #expect(bar.columns.map(\.values) == [.numbers([1]), .numbers([2])])
    }
}
