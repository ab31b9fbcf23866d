import Tables
import Testing

@Suite struct TableWritingTests {
    private func verbatim(_ text: String, _ rows: [Int]) throws -> String {
        String(decoding: TableWriter.verbatim(try table(text), rows: rows), as: UTF8.self)
    }

    @Test func `rows are copied byte for byte`() throws {
        let text = "\u{FEFF}a,\"b\"\r\n1,\"x\r\ny\"\n 2,z\r\n3,\"q\"\"q\"\n"
        #expect(try verbatim(text, [0, 1, 2]) == text)
        #expect(try verbatim(text, [1]) == "\u{FEFF}a,\"b\"\r\n 2,z\r\n")
        #expect(try verbatim(text, []) == "\u{FEFF}a,\"b\"\r\n")
    }

    @Test func `a last row without line end gets one only when another follows`() throws {
        #expect(try verbatim("a\n1\n2", [0, 1]) == "a\n1\n2")
        #expect(try verbatim("a\n1\n2", [1, 0]) == "a\n2\n1\n")
        #expect(try verbatim("a\r\n1\r\n2", [1, 1]) == "a\r\n2\r\n2")
    }

    @Test func `parts of a table hold its rows between them`() throws {
        let text = "k,v\n" + (0..<100).map { "\($0),\"row \($0)\"\n" }.joined()
        let whole = try table(text)
        let even = try table(try verbatim(text, Array(stride(from: 0, to: 100, by: 2))))
        let odd = try table(try verbatim(text, Array(stride(from: 1, to: 100, by: 2))))
        for row in 0..<100 {
            let part = row % 2 == 0 ? even : odd
            #expect(part.text(row: row / 2, column: 1) == whole.text(row: row, column: 1))
        }
    }

    @Test(arguments: ["plain", "with, comma", "say \"hi\"", "two\nlines", "cr\r\nlf", "", "é", " space "])
    func `a written CSV field reads back as it was`(field: String) throws {
        var bytes: [UInt8] = []
        TableWriter.appendLine(["x", "y"], .csv, to: &bytes)
        TableWriter.appendLine([field, "1"], .csv, to: &bytes)
        let read = try table(String(decoding: bytes, as: UTF8.self))
        #expect(Array(read.text(row: 0, column: 0).utf8) == Array(field.utf8))
    }

    @Test func `TSV cannot say tabs and line ends`() {
        var bytes: [UInt8] = []
        TableWriter.appendLine(["a\tb", "c\nd\r", "\"q\""], .tsv, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == "a b\tc d \t\"q\"\n")
    }

    @Test func `a profile sums up each column`() throws {
        let profile = TableProfile(try table("n,c,e\n1,x,\n4,y,NA\n,x,\n-2,,\n"))
        #expect(profile.rowCount == 4)
        #expect(profile.columns.map(\.missing) == [1, 1, 4])
        #expect(profile.columns[0].content == .numbers(least: -2, greatest: 4, mean: 1))
        #expect(profile.columns[1].content == .categories(levels: ["x", "y"], counts: [2, 1]))
        #expect(profile.columns[2].content == .nothing)
    }
}
