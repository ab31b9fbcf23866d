import Canonical
import Diagnostics
import Numerics
import Tables
import Testing

@testable import Learning

/// Single rows are predicted as tables are, bit by bit.
@Suite struct RowPredictorTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let learner: String
        let target: String?
        var settings: [(String, JSONValue)] = []
        var testDescription: String { "\(learner) of \(target ?? "nothing")" }
    }

    static let cases = [
        Case(learner: "linear", target: "number"), Case(learner: "logistic", target: "two"), Case(learner: "logistic", target: "three"),
        Case(learner: "boosted-trees", target: "number", settings: [("trees", 21)]),
        Case(learner: "boosted-trees", target: "two", settings: [("trees", 8)]),
        Case(learner: "boosted-trees", target: "three", settings: [("trees", 5)]),
        Case(learner: "random-forest", target: "number", settings: [("trees", 19)]),
        Case(learner: "random-forest", target: "three", settings: [("trees", 9)]), Case(learner: "decision-tree", target: "two"),
        Case(learner: "naive-bayes", target: "three"), Case(learner: "k-nearest-neighbours", target: "number"),
        Case(learner: "multilayer-perceptron", target: "two", settings: [("epochs", 2)]),
        Case(learner: "k-means", target: nil, settings: [("clusters", 3)]),
        Case(learner: "pca", target: nil, settings: [("components", 2)]),
    ]

    static let numbers = ["a", "b", "constant"]
    static let all = numbers + ["colour", "grade", "size"]

    /// Rows to train with, or others that have levels and numbers of their own.
    static func rows(_ count: Int, seed: Int) -> (text: String, fields: [[String]]) {
        let stream = RandomStream(seed: seed, purpose: "test/row-predictor")
        var text = "a,b,constant,colour,grade,size,number,two,three\n"
        var fields: [[String]] = []
        let colours = ["red", "green", "", "blue"] + (seed == 1 ? [] : ["purple"])
        for row in 0..<count {
            let a = stream.uniform(UInt64(4 * row))
            let b = stream.uniform(UInt64(4 * row + 1)) * 1e6 - 4e5
            let colour = colours[Int(stream.below(colours.count, UInt64(4 * row + 2)))]
            // Levels that are numbers are known by them, however they are written.
            let grade = ["1", "2", "3"][Int(stream.below(3, UInt64(4 * row + 3)))] + (seed == 1 ? "" : ".0")
            let sum = a * 3 + b / 1e6 + (colour == "red" ? 1 : 0)
            let own = [row % 11 == 0 ? "" : "\(a)", row % 13 == 0 ? "" : "\(b)", "7", colour, grade, ["S", "M", "L"][row % 3]]
            fields.append(own)
            text += (own + ["\(sum)", sum > 1 ? "yes" : "no", "k\(max(0, min(2, Int(sum))))"]).joined(separator: ",") + "\n"
        }
        return (text, fields)
    }

    private func model(_ example: Case, _ features: [String]) throws -> TrainedModel {
        var options = [
            JSONMember(
                "learner", .object([JSONMember("kind", .string(example.learner))] + example.settings.map { JSONMember($0.0, $0.1) })),
            JSONMember(
                "features",
                .object([
                    JSONMember("include", .array(features.map(JSONValue.string))),
                    JSONMember("types", features.contains("grade") ? ["grade": "category"] : .object([])),
                ])),
        ]
        if let target = example.target { options.insert(JSONMember("target", .string(target)), at: 0) }
        return try Trainer.train(try Samples.table(Self.rows(300, seed: 1).text), options: try TrainingOptions(.object(options)))
    }

    @Test(arguments: cases, [numbers, all])
    func `a row by itself is predicted as in a table`(_ example: Case, _ features: [String]) throws {
        let model = try model(example, features)
        let others = Self.rows(60, seed: 2)
        let predictions = try model.predict(try Samples.table(others.text))
        let predictor = try #require(RowPredictor(model))
        for (row, fields) in others.fields.enumerated() {
            if row % 7 == 0 { predictor.clear() }
            for (field, feature) in model.pipeline.features.enumerated() {
                let text = fields[try #require(Self.all.firstIndex(of: feature.name))]
                if text.isEmpty {
                    predictor.setMissing(field)
                } else if let number = DecimalText.parse(text), row % 2 == 0 {
                    try predictor.set(field, number: number)
                } else {
                    try predictor.set(field, text: text)
                }
            }
            try predictor.predict()
            let all = predictions.probabilities.isEmpty ? predictions.values : predictions.probabilities
            let count = all.count / predictions.rowCount
            #expect(predictor.results.map(\.bitPattern) == all[row * count..<(row + 1) * count].map(\.bitPattern))
            #expect(predictor.label == (predictions.classPlaces.isEmpty ? nil : predictions.labels[row]))
        }
    }

    @Test func `what is no number is refused with its column`() throws {
        let predictor = try #require(RowPredictor(try model(Self.cases[0], Self.numbers)))
        #expect { try predictor.set(1, text: "much") } throws: { error in
            (error as? LearningError)?.diagnostics.map(\.message)
                == ["'much' in column 'b' is no number, and the column is read as numbers"]
        }
        #expect { try predictor.set(0, number: -2e100) } throws: { error in
            (error as? LearningError)?.diagnostics.map(\.message) == ["the number in column 'a' is beyond ±1e100"]
        }
    }

    @Test func `models of dates are not predicted row by row`() throws {
        let rows = "when,y\n" + (10..<40).map { "2024-01-\($0 % 18 + 10),\($0).5\n" }.joined()
        let model = try Trainer.train(
            try Samples.table(rows), options: try TrainingOptions(["target": "y", "learner": ["kind": "linear"]]))
        #expect(RowPredictor(model) == nil)
    }

    @Test func `trees that share a node are walked as tables are`() throws {
        // Two questions lead to one leaf, which no training makes.
        let nodes = [
            TreeNode(feature: 0, threshold: 1, left: 1, right: 2), TreeNode(feature: 0, threshold: 0, left: 2, right: 3),
            TreeNode(value: 4), TreeNode(value: 8),
        ]
        let trees = BoostedTrees(baselines: [1], nodes: nodes, starts: [0, 4], sets: [])
        #expect(trees.walk(featureCount: 1) == nil)
        let whole = BoostedTrees(
            baselines: [1], nodes: [TreeNode(feature: 0, threshold: 1, left: 1, right: 2), TreeNode(value: 4), TreeNode(value: 8)],
            starts: [0, 3], sets: [])
        let walk = try #require(whole.walk(featureCount: 1))
        let sums = [1.0, 2.0, .nan].map { value -> Double in
            var sum = 0.0
            walk.walk([value])
            whole.sums(walk, into: &sum)
            return sum
        }
        #expect(sums == [5, 9, 9])
    }
}
