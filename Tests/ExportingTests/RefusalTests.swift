import Canonical
import Diagnostics
import Learning
import Tables
import Testing

@testable import Exporting

/// What ONNX cannot express is refused by name.
// SPEC: model.md#onnx
@Suite struct RefusalTests {
    private func refusal(_ rows: String, _ options: JSONValue) throws -> String {
        let table = try #require(TableReader.read(SourceText(name: "rows.csv", bytes: Array(rows.utf8)), .csv).value)
        let model = try Trainer.train(table, options: try TrainingOptions(options))
        do {
            _ = try ONNXExporter.bytes(of: model)
        } catch {
            switch error {
            case .notExpressible(let reason): return reason
            }
        }
        return "nothing was refused"
    }

    @Test func `nearest neighbours are refused`() throws {
        let reason = try refusal(
            "a,y\n1,2.5\n2,3.5\n3,4.5\n4,1.5\n5,0.5\n", ["target": "y", "learner": ["kind": "k-nearest-neighbours", "neighbours": 2]])
        #expect(
            reason
                == "of neighbours that are equally far, runtimes would choose others than learner 'k-nearest-neighbours' does; every other learner is exported"
        )
    }

    @Test(arguments: ["linear", "boosted-trees", "multilayer-perceptron"])
    func `dates are refused`(_ learner: String) throws {
        let rows = "when,y\n" + (0..<40).map { "2024-01-\($0 % 28 < 9 ? "0" : "")\($0 % 28 + 1),\($0).5\n" }.joined()
        let reason = try refusal(rows, ["target": "y", "learner": .object([JSONMember("kind", .string(learner))])])
        #expect(reason == "column 'when' holds dates, which no operator reads")
    }

    @Test func `texts are refused`() throws {
        let rows = "note,y\n" + (0..<60).map { "the \($0 % 7) small words of a note number \($0),\($0).5\n" }.joined()
        let reason = try refusal(rows, ["target": "y", "learner": ["kind": "linear"], "features": ["types": ["note": "text"]]])
        #expect(reason == "column 'note' holds texts, which are not exported")
    }

    @Test func `a model without inputs is refused`() throws {
        let reason = try refusal("a,y\n1,2.5\n1,3.5\n1,4.5\n", ["target": "y", "learner": ["kind": "linear"]])
        #expect(reason == "no feature of the model varies, so that it has no input")
    }
}
