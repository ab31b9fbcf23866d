import Canonical
import Diagnostics
import Learning
import Tables
import Testing

@Suite struct EvaluatorLimitTests {
    private func table(_ text: String) throws -> Table {
        try #require(TableReader.read(SourceText(name: "t.csv", text: text), .csv).value)
    }

    @Test func `a target with thousands of classes that the model does not know is an error`() throws {
        let rows = (0..<40).map { "\($0),\($0 < 20 ? "a" : "b")" }.joined(separator: "\n")
        let options = try TrainingOptions(["target": "y", "learner": ["kind": "logistic"]])
        let model = try Trainer.train(table("x,y\n" + rows + "\n"), options: options)
        let other = try table("x,y\n" + (0..<2_500).map { "\($0),k\($0)" }.joined(separator: "\n") + "\n")
        let error = #expect(throws: LearningError.self) {
            try Evaluator.evaluate(model, on: other, options: EvaluationOptions([:]), threads: 1)
        }
        #expect(error?.diagnostics.map(\.code) == ["learning/too-large"])
    }
}
