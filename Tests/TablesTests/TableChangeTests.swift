import Diagnostics
import Tables
import Testing

/// How two versions of a table differ as wholes.
@Suite struct TableChangeTests {
    private func profile(_ text: String) throws -> TableProfile {
        TableProfile(try #require(TableReader.read(SourceText(name: "t.csv", text: text), .csv).value))
    }

    @Test func `rows, columns, types and label counts are told`() throws {
        let before = try profile("x,kind,gone,later\n1,a,1,1\n2,a,1,2\n3,b,1,3\n")
        let after = try profile("new,kind,x,later\n1,a,1,u\n2,b,2,v\n3,c,3,w\n4,c,4,u\n")
        let change = TableChange(from: before, to: after)
        #expect(change.rowsBefore == 3 && change.rowsAfter == 4)
        #expect(change.added == ["new"])
        #expect(change.removed == ["gone"])
        #expect(change.retyped.map { [$0.name, $0.before, $0.after] } == [["later", "numbers", "categories"]])
        #expect(change.labels.map { "\($0.column) \($0.level) \($0.before) \($0.after)" } == ["kind a 2 1", "kind c 0 2"])
    }

    @Test func `columns of many levels are no labels, and equal tables do not differ`() throws {
        let rows = (0...TableChange.mostLevels).map { "n\($0)\n" }.joined()
        let before = try profile("name\n" + rows)
        #expect(TableChange(from: before, to: try profile("name\n" + rows + "n0\n")).labels == [])
        let same = TableChange(from: before, to: before)
        #expect(same.added.isEmpty && same.removed.isEmpty && same.retyped.isEmpty && same.labels.isEmpty)
    }

    @Test func `two spellings of one letter are two columns and two labels`() throws {
        let before = try profile("é,kind\n1,é\n")
        let after = try profile("e\u{301},kind\n1,e\u{301}\n")
        let change = TableChange(from: before, to: after)
        #expect(change.added.count == 1 && change.removed.count == 1)
        #expect(change.labels.map(\.before) == [0, 1] && change.labels.map(\.after) == [1, 0])
    }
}
