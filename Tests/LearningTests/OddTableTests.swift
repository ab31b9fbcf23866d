import Canonical
import Diagnostics
import Numerics
import Tables
import Testing

@testable import Learning

/// Tables as people have them: each gives a model whose every number is finite, or diagnostics; never a trap.
@Suite struct OddTableTests {
    private static let numbers = ["0", "1", "-1", "-0", "0.5", "1e99", "-1e99", "1e-300", "5e-324", "3", "7", "1e101", ""]
    private static let texts = ["a", "b", "é", "e\u{301}", "\"x, y\"", "long text", "NA", "", "1", "001"]

    private static func field(_ style: Int, _ draw: (Int) -> Int) -> String {
        switch style {
        case 0: String(draw(1000))
        case 1: numbers[draw(numbers.count - 2)]
        case 2: numbers[draw(numbers.count)]
        case 3: texts[draw(texts.count)]
        case 4: "7"
        case 5: ""
        case 6: "id\(draw(1_000_000))"
        default: ["yes", "no", "maybe"][draw(3)]
        }
    }

    @Test(arguments: 0..<400)
    func `any table gives a sound model or a diagnostic`(_ seed: Int) throws {
        let stream = RandomStream(seed: seed, purpose: "test/odd-tables")
        var index: UInt64 = 0
        func draw(_ count: Int) -> Int {
            index += 1
            return stream.below(count, index)
        }
        let columns = 1 + draw(6)
        let styles = (0...columns).map { _ in draw(8) }
        let count = 1 + draw(60)
        let header = (0..<columns).map { "f\($0)" } + ["y"]
        let lines = (0..<count).map { _ in styles.map { Self.field($0, draw) }.joined(separator: ",") }
        let table = try Samples.table(header.joined(separator: ",") + "\n" + lines.joined(separator: "\n") + "\n")
        let kinds: [(String, [(String, JSONValue)])] = [
            ("linear", [("penalty", "none")]), ("linear", []), ("linear", [("penalty", "lasso"), ("strength", 0.5)]),
            ("logistic", [("penalty", "none"), ("max-iterations", 50)]), ("logistic", []), ("logistic", [("penalty", "elastic-net")]),
            ("boosted-trees", [("trees", 5), ("min-rows-per-leaf", 1)]), ("boosted-trees", [("trees", 3), ("max-bins", 2), ("l2", 1)]),
        ]
        for (kind, settings) in kinds {
            do {
                let options = try Samples.options(target: "y", kind, settings)
                let model = try Trainer.train(table, options: options)
                #expect(try TrainedModel.read(model.files()) == model)
                let predictions = try model.predict(table)
                let numbers = predictions.values + predictions.probabilities
                #expect(numbers.allSatisfy { $0.isFinite })
                let evaluation = try Evaluator.evaluate(model, on: table, options: try EvaluationOptions(.object([])))
                #expect(!evaluation.predictions.isEmpty)
            } catch let error as LearningError {
                #expect(!error.diagnostics.isEmpty)
            }
        }
    }
}
