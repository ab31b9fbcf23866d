import Canonical
import Diagnostics
import StageKinds
import Tables
import Testing

@testable import Learning

/// Which task a target asks for, and which targets no learner takes.
@Suite struct TargetTests {
    private func target(_ fields: [String], _ kind: String = "boosted-trees", task: String = "auto") throws -> TargetColumn {
        let rows = "x,y\n" + fields.enumerated().map { "\($0.offset),\($0.element)\n" }.joined()
        return try TargetColumn(
            training: try Samples.table(rows), options: try Samples.options(target: "y", kind, more: [("task", .string(task))]))
    }

    private func code(_ fields: [String], _ kind: String = "boosted-trees", task: String = "auto") -> String? {
        do {
            _ = try target(fields, kind, task: task)
            return nil
        } catch let error as LearningError {
            return error.diagnostics.first?.code
        } catch {
            return "\(error)"
        }
    }

    @Test func `text is classes, sorted by bytes`() throws {
        guard case .classes(let codes, let classes) = try target(["b", "a", "Z", "b"]) else { return }
        #expect(classes == ["Z", "a", "b"] && codes == [2, 1, 0, 2])
    }

    @Test func `few whole numbers are classes, and all else is numbers`() throws {
        #expect(try target(["0", "1", "0", "1"]).task == .classification)
        #expect(try target((0..<40).map { String($0 % 20) }).task == .classification)
        #expect(try target((0..<42).map { String($0 % 21) }).task == .regression)
        #expect(try target(["0", "0.5", "0", "0.5"]).task == .regression)
        // Each number stands for itself alone.
        #expect(try target(["1", "2", "3"]).task == .regression)
        #expect(try target(["0", "1", "0", "1"], task: "regression").task == .regression)
        #expect(try target(["0.5", "1.5"], task: "classification").classes == ["0.5", "1.5"])
    }

    @Test func `a learner of one task decides where the target leaves it open`() throws {
        #expect(try target(["0", "1", "0", "1"], "linear").task == .regression)
        #expect(try target((0..<50).map(String.init), "logistic").task == .classification)
    }

    @Test func `what no learner can do is refused`() {
        #expect(code(["a", "b"], "linear") == "learning/task-mismatch")
        #expect(code(["0.5", "1.5"], "logistic") == "learning/task-mismatch")
        #expect(code(["1", "2"], "linear", task: "classification") == "learning/task-mismatch")
        #expect(code(["a", "b"], task: "regression") == "learning/not-a-number")
        #expect(code(["a", "a"]) == "learning/one-class")
        #expect(code(["a", ""]) == "learning/missing-target")
        #expect(code((0..<2002).map { "k\($0 % 1001)" }) == "learning/too-many-classes")
        #expect(code(["1e300", "2"], task: "regression") == "learning/number-out-of-range")
    }

    @Test func `options of the wrong type or out of range are refused`() throws {
        let wrong: [[(String, JSONValue)]] = [
            [("trees", 0)], [("trees", "many")], [("learning-rate", 0)], [("learning-rate", 2)], [("max-leaves", 1)], [("max-bins", 1000)],
        ]
        for settings in wrong {
            #expect(throws: LearningError.self) { try Samples.options(target: "y", "boosted-trees", settings) }
        }
        #expect(throws: LearningError.self) { try Samples.options(target: "y", "logistic", [("penalty", "l2")]) }
        #expect(throws: LearningError.self) { try Samples.options(target: "y", "guess") }
        #expect(throws: LearningError.self) { try TrainingOptions(.object([])) }
        #expect(throws: LearningError.self) { try TrainingOptions(["not", "an", "object"]) }
    }
}
