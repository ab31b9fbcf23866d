import Canonical
import Numerics
import StageKinds
import Tables
import TestSupport
import Testing

@testable import Explaining
@testable import Learning

/// The numbers are those of the `shap` package.
@Suite struct ReferenceTests {
    /// A model and its rows from a file of trees.
    private func forest(_ entry: JSONValue) throws -> (TrainedModel, Table) {
        let rows = try #require(entry["rows"]?.arrayValue).map { $0.arrayValue ?? [] }
        let width = rows[0].count
        var text = (0..<width).map { "f\($0)" }.joined(separator: ",") + "\n"
        for row in rows {
            text += row.map { $0.numberValue.map { DecimalText.text($0) } ?? "" }.joined(separator: ",") + "\n"
        }
        let table = try Samples.table(text)
        let trees = try #require(entry["trees"]?.arrayValue).map { $0.arrayValue ?? [] }
        let isMixed = trees.contains { $0.contains { $0["set"] != nil } }
        var nodes: [TreeNode] = []
        var starts: [Int32] = [0]
        var sets: [CodeSet] = []
        for tree in trees {
            for entry in tree {
                var node = TreeNode()
                if let feature = entry["feature"]?.integerValue {
                    node.feature = Int32(feature)
                    node.left = Int32(try #require(entry["left"]?.integerValue))
                    node.right = Int32(try #require(entry["right"]?.integerValue))
                    if let codes = entry["set"]?.arrayValue {
                        var set = CodeSet()
                        for code in codes { set.insert(try #require(code.integerValue)) }
                        node.set = Int32(sets.count)
                        sets.append(set)
                    } else {
                        node.threshold = try #require(entry["threshold"]?.numberValue)
                        node.missingGoesLeft = entry["missing"]?.booleanValue ?? false
                    }
                } else {
                    node.value = try #require(entry["value"]?.numberValue)
                }
                nodes.append(node)
            }
            starts.append(Int32(nodes.count))
        }
        let features = (0..<width).map { place -> Feature in
            let profile = NumberProfile(mean: 0, deviation: 1, minimum: -9, maximum: 9, present: 1, missing: 0)
            let levels = CategoryProfile(levels: (0..<7).map(String.init), others: 0, missing: 0)
            return Feature(name: "f\(place)", kind: isMixed && place == width - 1 ? .category(levels) : .number(profile))
        }
        let learner = BoostedTrees(baselines: [entry["baseline"]?.numberValue ?? 0], nodes: nodes, starts: starts, sets: sets)
        let model = TrainedModel(
            task: .regression, target: "y", classes: [], pipeline: FeaturePipeline(features: features), learner: .boostedTrees(learner),
            trainingRows: rows.count)
        return (model, table)
    }

    @Test(arguments: ["lightgbm", "deep"]) func `trees part their sums as the shap package parts them`(name: String) throws {
        let entry = try #require(try Samples.data("trees.json")[name])
        let (model, table) = try forest(entry)
        let expected = try #require(entry["contributions"]?.arrayValue).map { $0.arrayValue?.compactMap(\.numberValue) ?? [] }
        let explanation = try Samples.explain(
            model, table, [("method", "shap"), ("rows", .integer(expected.count))])
        let made = try #require(explanation.contributions)
        let base = try #require(entry["base"]?.arrayValue?.first?.numberValue)
        #expect((made.base[0] - base).magnitude < 1e-9)
        for (row, list) in expected.enumerated() {
            for (part, number) in zip(made.parts(row: row, output: 0), list) {
                #expect((part - number).magnitude < 1e-9, "row \(row)")
            }
        }
    }

    @Test func `weighted sums are parted as the shap package parts them`() throws {
        let entry = try Samples.data("linear.json")
        let table = try Samples.table(try #require(entry["csv"]?.stringValue))
        let model = try Samples.model(table, target: "y", "linear", [("penalty", "none")])
        let expected = try #require(entry["contributions"]?.arrayValue).map { $0.arrayValue?.compactMap(\.numberValue) ?? [] }
        let made = try #require(
            try Samples.explain(model, table, [("method", "shap"), ("rows", .integer(expected.count))]).contributions)
        #expect((made.base[0] - (entry["base"]?.numberValue ?? .nan)).magnitude < 1e-9)
        for (row, list) in expected.enumerated() {
            for (part, number) in zip(made.parts(row: row, output: 0), list) { #expect((part - number).magnitude < 1e-9, "row \(row)") }
        }
    }

    @Test(arguments: [1, 4, 5, 8, 32, 100]) func `a quadrature of n points integrates powers below 2n`(count: Int) {
        let rule = Quadrature(count)
        for power in [0, 1, count, 2 * count - 1] {
            var sum = 0.0
            for (point, weight) in zip(rule.points, rule.weights) {
                sum += weight * (0..<power).reduce(1.0) { product, _ in product * point }
            }
            #expect((sum * Double(power + 1) - 1).magnitude < 1e-12, "power \(power)")
        }
    }

    /// Shapley values by their definition, over all sets of features.
    @Test func `small trees give what the definition gives`() throws {
        let table = try Samples.table(Samples.number)
        let model = try Samples.model(table, target: "y", "boosted-trees", [("trees", 3), ("max-leaves", 8)])
        let features = try model.pipeline.apply(to: table)
        let ensemble = try #require(try TreeEnsemble(model, weighedBy: features, threads: 1))
        let made = try #require(try Samples.explain(model, table, [("method", "shap"), ("rows", 20)]).contributions)
        for row in 0..<20 {
            let fields = features.numbers(of: row..<row + 1)
            func value(_ known: Int) -> Double {
                ensemble.trees.reduce(ensemble.baselines[0]) { $0 + value(known, $1, 0) }
            }
            func value(_ known: Int, _ tree: PlainTree, _ place: Int) -> Double {
                let node = tree.nodes[place]
                if node.feature < 0 { return tree.values[Int(node.leaf)] }
                let (left, right) = (Int(node.left), Int(node.right))
                if known >> Int(node.feature) & 1 == 1 {
                    let goesLeft = ensemble.sets.withUnsafeBufferPointer { node.sendsLeft(fields[Int(node.feature)], $0) }
                    return value(known, tree, goesLeft ? left : right)
                }
                return tree.share(left) * value(known, tree, left) + tree.share(right) * value(known, tree, right)
            }
            let weights = [1.0 / 4, 1.0 / 12, 1.0 / 12, 1.0 / 4]
            for feature in 0..<4 {
                var sum = 0.0
                for known in 0..<16 where known >> feature & 1 == 0 {
                    sum += weights[known.nonzeroBitCount] * (value(known | 1 << feature) - value(known))
                }
                let part = made.elements[row * 4 + feature]
                #expect((part - sum).magnitude < 1e-12)
            }
        }
    }
}
