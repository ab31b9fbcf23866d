import Canonical
import Numerics
import Tables
import Testing

@testable import Learning

/// A model is a function of its table and options: neither threads nor the processor's instruction sets change a byte.
@Suite(.serialized) struct DeterminismTests {
    /// Enough rows and columns that every loop is split, with missing numbers and categories.
    private static func rows(_ count: Int, target: (Double, Double, Int) -> String) -> String {
        let stream = RandomStream(seed: 2, purpose: "test/determinism")
        var rows = (0..<20).map { "f\($0)" }.joined(separator: ",") + ",c,y\n"
        for row in 0..<count {
            let numbers = (0..<20).map { stream.uniform(UInt64(row * 32 + $0)) }
            rows += numbers.map { $0 < 0.03 ? "" : String($0) }.joined(separator: ",")
            rows += ",\(["u", "v", "w", ""][row % 4]),\(target(numbers[0] + numbers[1] * numbers[2], numbers[3], row))\n"
        }
        return rows
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let kind: String
        let rows: String
        let settings: [(String, JSONValue)]
        let digest: String

        var testDescription: String { kind }
    }

    private static let large: [Case] = [
        Case(kind: "linear", rows: rows(5000) { "\($0 * 3 + $1 + Double($2 % 3))" }, settings: [], digest: ""),
        Case(kind: "logistic", rows: rows(5000) { $0 + $1 + Double($2 % 2) > 1.5 ? "yes" : "no" }, settings: [], digest: ""),
        Case(kind: "logistic", rows: rows(5000) { "k\(Int($0 + $1 + Double($2 % 2)))" }, settings: [("max-iterations", 20)], digest: ""),
        Case(
            kind: "boosted-trees", rows: rows(5000) { $0 + $1 + Double($2 % 2) > 1.5 ? "yes" : "no" }, settings: [("trees", 5)], digest: ""),
        Case(kind: "boosted-trees", rows: rows(5000) { "k\(Int($0 + $1 + Double($2 % 2)))" }, settings: [("trees", 3)], digest: ""),
        Case(kind: "boosted-trees", rows: rows(5000) { "\($0 * 3 + $1 + Double($2 % 3))" }, settings: [("trees", 5)], digest: ""),
        Case(
            kind: "boosted-trees", rows: rows(5000) { $0 + $1 + Double($2 % 2) > 1.5 ? "yes" : "no" },
            settings: [("trees", 5), ("growth", "depth-wise"), ("row-share", 0.6), ("feature-share", 0.5)], digest: ""),
        Case(kind: "random-forest", rows: rows(3000) { "k\(Int($0 + $1 + Double($2 % 2)))" }, settings: [("trees", 20)], digest: ""),
        Case(kind: "random-forest", rows: rows(3000) { "\($0 * 3 + $1 + Double($2 % 3))" }, settings: [("trees", 5)], digest: ""),
        Case(kind: "decision-tree", rows: rows(3000) { $0 + $1 + Double($2 % 2) > 1.5 ? "yes" : "no" }, settings: [], digest: ""),
        Case(
            kind: "multilayer-perceptron", rows: rows(3000) { "k\(Int($0 + $1 + Double($2 % 2)))" },
            settings: [("layers", [90, 40]), ("epochs", 2), ("batch-size", 500), ("dropout", 0.3), ("batch-norm", true)], digest: ""),
        Case(
            kind: "multilayer-perceptron", rows: rows(3000) { "\($0 * 3 + $1 + Double($2 % 3))" },
            settings: [("activation", "tanh"), ("optimiser", "sgd"), ("epochs", 2), ("schedule", "step")], digest: ""),
        Case(
            kind: "auto", rows: rows(400) { "k\(Int($0 + $1 + Double($2 % 2)))" },
            settings: [("candidates", ["logistic", "boosted-trees", "random-forest", "naive-bayes"]), ("folds", 2)], digest: ""),
        Case(kind: "naive-bayes", rows: rows(5000) { "k\(Int($0 + $1 + Double($2 % 2)))" }, settings: [], digest: ""),
        Case(kind: "k-nearest-neighbours", rows: rows(3000) { $0 + $1 + Double($2 % 2) > 1.5 ? "yes" : "no" }, settings: [], digest: ""),
    ]

    @Test(arguments: large)
    func `any number of threads gives one model and one prediction`(_ example: Case) throws {
        let table = try Samples.table(example.rows)
        let options = try Samples.options(target: "y", example.kind, example.settings)
        var models: Set<String> = []
        var predictions: Set<Predictions> = []
        for threads in [1, 2, 3, 8] {
            let model = try Trainer.train(table, options: options, threads: threads)
            models.insert(Samples.digest(model))
            predictions.insert(try model.predict(table, threads: threads))
        }
        #expect(models.count == 1 && predictions.count == 1)
    }

    @Test(arguments: large)
    func `every instruction set gives one model`(_ example: Case) throws {
        let table = try Samples.table(example.rows)
        let options = try Samples.options(target: "y", example.kind, example.settings)
        let before = KernelVariant.active
        defer { KernelVariant.active = before }
        var models: Set<String> = []
        for variant in KernelVariant.available {
            KernelVariant.active = variant
            models.insert(Samples.digest(try Trainer.train(table, options: options)))
        }
        #expect(models.count == 1)
    }

    private static let iris = """
        sepal,petal,color,species
        5.1,1.4,pale,setosa
        4.9,1.4,pale,setosa
        4.7,,pale,setosa
        4.6,1.5,,setosa
        7,4.7,deep,versicolor
        6.4,4.5,deep,versicolor
        6.9,4.9,pale,versicolor
        5.5,4,deep,versicolor
        6.3,6,deep,virginica
        5.8,5.1,deep,virginica
        7.1,5.9,,virginica
        6.3,5.6,deep,virginica

        """

    /// These digests stand for every byte that training writes. One changes only together with `train`'s semantic version.
    private static let golden: [(name: String, target: String, kind: String, settings: [(String, JSONValue)], digest: String)] = [
        (
            "ridge", "sepal", "linear", [],
            "6868f90ddc99dfc03181d2ba215cd13d85a485ba5218e10ff16020736b2e674a"
        ),
        (
            "least squares", "sepal", "linear", [("penalty", "none")],
            "cf3e3996955bc5442141911cf75c652e83d6a570a05106936f30c49555b8ae57"
        ),
        (
            "lasso", "sepal", "linear", [("penalty", "lasso"), ("strength", 0.1)],
            "5b1f4374341113612df5443805f62d61f752219e13e8d29fbcb232dbeabad348"
        ),
        (
            "softmax", "species", "logistic", [],
            "6f1cfde848d6443c3ab97dccbcfffbedad978f07ef3f9dcec43d3cbed1a2cf62"
        ),
        (
            "elastic net", "species", "logistic", [("penalty", "elastic-net"), ("strength", 0.1)],
            "4719d958c4791c9f352fd7b11c505989ada978356740191e990d51a722e12429"
        ),
        (
            "two classes", "color", "logistic", [],
            "15a2a7aa687a187364cd77e43b121662d91924043c3655cb9dac8b8acafd939a"
        ),
        (
            "perceptron", "species", "multilayer-perceptron", [("layers", [5, 4]), ("batch-norm", true), ("dropout", 0.2), ("epochs", 4)],
            "5b412ed4e9a124237d2a68b73ee23822eb8779cc6dce108874dff996a617af47"
        ),
        (
            "perceptron of numbers", "sepal", "multilayer-perceptron",
            [("layers", [5]), ("activation", "tanh"), ("optimiser", "sgd"), ("epochs", 4)],
            "c295497e41d101d8e906785383ddd97f56734cde5a1152bca08cc97401e76491"
        ),
        (
            "trees of classes", "species", "boosted-trees", [("trees", 10), ("min-rows-per-leaf", 2)],
            "62ea5ebc88ae1b85ffb69e003b7afd4b4c65607509aa41739ec609b87b38d16d"
        ),
        (
            "trees of numbers", "sepal", "boosted-trees", [("trees", 10), ("min-rows-per-leaf", 2)],
            "b368ab075b04db616650f1c6e562700e26794309b3bea58ac0b4e75572d772e9"
        ),
        (
            "forest of classes", "species", "random-forest", [("trees", 10)],
            "fa10a25579d4070bebadf991bbca06c65f897048511fb541b54baa92d29ed191"
        ),
        (
            "forest of numbers", "sepal", "random-forest", [("trees", 10)],
            "7d4b3aa88acc71e15ab4e5fe083c25db4c8ce64ea765deea4a2965cf135329e6"
        ),
        ("tree of classes", "species", "decision-tree", [], "e95ca2bfca050ac8cfe70edeebec45d076aed57ebce1f52c2e495e05450add24"),
    ]

    @Test(arguments: golden.map(\.name))
    func `the model of a small table has these bytes`(_ name: String) throws {
        let example = try #require(Self.golden.first { $0.name == name })
        var rows = Self.iris
        if example.target == "color" {
            rows = rows.replacing(",,setosa", with: ",pale,setosa").replacing(",,virginica", with: ",deep,virginica")
        }
        let model = try Trainer.train(
            try Samples.table(rows), options: try Samples.options(target: example.target, example.kind, example.settings))
        #expect(Samples.digest(model) == example.digest)
    }

    @Test func `the log is told step by step, and a cancelled training ends`() throws {
        let table = try Samples.table(Self.iris)
        let options = try Samples.options(target: "species", "boosted-trees", [("trees", 3), ("min-rows-per-leaf", 2)])
        var steps: [TrainingStep] = []
        _ = try Trainer.train(table, options: options, isCancelled: { false }) { steps.append($0) }
        #expect(steps.map(\.round) == [1, 2, 3])
        #expect(steps[2].loss < steps[1].loss && steps[1].loss < steps[0].loss)
        #expect(Set(steps.map(\.digest)).count == 3)
        #expect(steps[0].record["round"] == 1 && steps[0].record["validationLoss"] == nil)
        for kind in ["boosted-trees", "logistic"] {
            let options = try Samples.options(target: "species", kind)
            #expect {
                try Trainer.train(table, options: options, isCancelled: { true })
            } throws: {
                if case LearningError.cancelled = $0 { true } else { false }
            }
        }
    }
}
