import Canonical
import Diagnostics
import Tables
import Testing

@testable import Learning

/// A column of numbers in which one field is none is never taken for something else in silence.
@Suite struct OddWordTests {
    /// Forty rows of two numbers and a target of numbers, with one field of row 30 put in the place of what is there.
    private static func rows(x: String? = nil, y: String? = nil) -> String {
        var text = "x,y\n"
        for row in 0..<40 {
            let isOdd = row == 30
            text += "\(isOdd ? x ?? "30.5" : "\(row).5"),\(isOdd ? y ?? "0.25" : "\(row * 7 % 11).25")\n"
        }
        return text
    }

    private func said(_ rows: String, _ kind: String = "boosted-trees", _ more: [(String, JSONValue)] = []) throws -> String {
        let table = try Samples.table(rows)
        do {
            _ = try Trainer.train(table, options: try Samples.options(target: "y", kind, [], more: more))
            return ""
        } catch let error as LearningError {
            return DiagnosticRenderer(sources: [table.source]).render(error.diagnostics)
        }
    }

    @Test(arguments: ["boosted-trees", "linear", "logistic"])
    func `an odd word among the numbers of the target is an error at its cell`(_ kind: String) throws {
        let text = try said(Self.rows(y: "n.a."), kind)
        let fact = "'n.a.' is no number, in the target column 'y', where 39 of its 40 values are numbers"
        #expect(
            text == """
                rows.csv:32:6: error: \(fact) [learning/nearly-numeric]
                  32 | 30.5,n.a.
                     |      ^~~~
                note: mend it or remove the row; if the values are names of classes, say "task": "classification"

                """)
    }

    @Test func `a task that is stated decides what the target is`() throws {
        let rows = Self.rows(y: "n.a.")
        #expect(try said(rows, "boosted-trees", [("task", "classification")]) == "")
        let text = try said(rows, "boosted-trees", [("task", "regression")])
        #expect(text.hasPrefix("rows.csv:32:6: error: 'n.a.' in column 'y' is no number"), "\(text)")
    }

    @Test func `an odd word among the numbers of a feature is an error unless its type is stated`() throws {
        let text = try said(Self.rows(x: "inf"), "linear")
        #expect(text.hasPrefix("rows.csv:32:1: error: 'inf' is no number, in column 'x', where 39 of its 40"), "\(text)")
        #expect(text.contains(#""types": { "x": "category" }"#))
        let category = JSONValue.object([JSONMember("types", .object([JSONMember("x", "category")]))])
        #expect(try said(Self.rows(x: "inf"), "boosted-trees", [("features", category)]) == "")
        let number = JSONValue.object([JSONMember("types", .object([JSONMember("x", "number")]))])
        #expect(try said(Self.rows(x: "inf"), "boosted-trees", [("features", number)]).contains("[learning/not-a-number]"))
        #expect(try said(Self.rows(x: "NA"), "linear") == "")
    }

    @Test func `a learner of numbers names the first word of a short target`() throws {
        let text = try said("x,y\n1,2.5\n2,inf\n3,4\n", "linear")
        #expect(text.hasPrefix("rows.csv:3:3: error: 'inf' is no number, and the learner 'linear' predicts only numbers"), "\(text)")
        #expect(text.contains("[learning/task-mismatch]"))
    }

    @Test func `a missing answer comes with a way out, once`() throws {
        let text = try said("x,y\n1,a\n2,\n3,\n4,b\n")
        #expect(text.split(separator: "\n").count { $0.contains("[learning/missing-target]") } == 2)
        #expect(text.split(separator: "\n").count { $0.hasPrefix("note: fill in the answer") } == 1)
    }
}
