import Diagnostics
import Tables
import Testing

@Suite struct TableSelectingTests {
    private func table(_ text: String) throws -> Table {
        try #require(TableReader.read(SourceText(name: "rows.csv", text: text), .csv).value)
    }

    @Test func `chosen rows keep their types, texts and places`() throws {
        let whole = try table("a,b\n1,x\n2,\n3,y\n4,x\n")
        let part = whole.selecting([3, 1, 0])
        #expect(part.rowCount == 3)
        #expect(part.columns[0].values == .numbers([4, 2, 1]))
        #expect(part.columns[1].values == .categories(codes: [0, -1, 0], levels: ["x"]))
        #expect(part.text(row: 0, column: 0) == "4")
        #expect(part.location(row: 0, column: 1).span == whole.location(row: 3, column: 1).span)
        #expect(part.categories(of: 0).levels == ["1", "2", "4"])
        #expect(TableWriter.part(part, rows: [2, 0]) == .file(Array("a,b\n1,x\n4,x\n".utf8)))
        #expect(part.selecting([1]).text(row: 0, column: 0) == "2")
    }

    @Test func `a column of numbers stays one where no number is left`() throws {
        let part = try table("a,b\n1,x\n,x\n,y\n").selecting([1, 2])
        guard case .numbers(let values) = part.columns[0].values else {
            Issue.record("no numbers")
            return
        }
        #expect(values.allSatisfy { $0.isNaN })
        #expect(part.selecting([]).rowCount == 0)
    }
}
