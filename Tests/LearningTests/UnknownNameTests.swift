import Canonical
import Diagnostics
import Tables
import Testing

@testable import Learning

/// A name that is not there is answered with the option that has it and the names that there are.
@Suite struct UnknownNameTests {
    private func problem(_ rows: String, _ body: (Table) throws -> Void) throws -> Diagnostic {
        let error = try #require(throws: LearningError.self) { try body(try Samples.table(rows)) }
        return try #require(error.diagnostics.first)
    }

    private func untrained(_ rows: String, target: String) throws -> Diagnostic {
        try problem(rows) { _ = try Trainer.train($0, options: try Samples.options(target: target, "boosted-trees")) }
    }

    @Test func `a column is named with the option and the table, and the nearest one`() throws {
        let found = try untrained("age,mdvis\n1,2\n", target: "mdvisit")
        #expect(found.message == "option 'target' names the column 'mdvisit', which 'rows.csv' does not have")
        #expect(found.notes.map(\.message) == ["did you mean 'mdvis'?"] && found.location == nil)
    }

    @Test func `with no near column the first twelve are listed`() throws {
        let few = try untrained("age,city\n1,2\n", target: "price")
        #expect(few.notes.map(\.message) == ["the table's columns are 'age', 'city'"])
        let names = (0..<15).map { "c\($0)" }.joined(separator: ",")
        let many = try untrained(names + "\n" + names + "\n", target: "price")
        #expect(many.notes.first?.message.hasSuffix("'c10', 'c11' and 3 more") == true)
    }

    @Test(arguments: [("age;price", "';'"), ("age\tprice", "tabs"), ("age|price", "'|'")])
    func `a table of one column says what seems to separate its fields`(_ header: String, _ separator: String) throws {
        let found = try untrained(header + "\n1\n", target: "price")
        #expect(found.notes.first?.message.contains("seem to be separated by \(separator), but a .csv file has ','") == true)
    }

    @Test func `a class is named with the option, and with those of the model`() throws {
        let rows = "x,y\n" + (0..<40).map { "\($0),\($0 < 20 ? "no" : "yes")\n" }.joined()
        let table = try Samples.table(rows)
        let model = try Trainer.train(table, options: try Samples.options(target: "y", "boosted-trees"))
        func notes(_ positive: JSONValue) throws -> [String] {
            let found = try problem(rows) { _ = try Samples.metrics(model, on: $0, .object([JSONMember("positive", positive)])) }
            #expect(found.message.hasPrefix("option 'positive' names the class") && found.code == "learning/unknown-class")
            return found.notes.map(\.message)
        }
        #expect(try notes("Yes") == ["did you mean 'yes'?"])
        #expect(try notes("perhaps") == ["the model's classes are 'no', 'yes'"])
    }
}
