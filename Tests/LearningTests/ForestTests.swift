import Canonical
import Numerics
import StageKinds
import Tables
import Testing

@testable import Learning

/// Decision trees and forests against trees made by hand and a search that tries everything.
@Suite struct ForestTests {
    private func train(
        _ rows: String, _ kind: String, _ settings: [(String, JSONValue)] = [], more: [(String, JSONValue)] = []
    ) throws -> (model: TrainedModel, forest: DecisionForest) {
        let model = try Trainer.train(try Samples.table(rows), options: try Samples.options(target: "y", kind, settings, more: more))
        switch model.learner {
        case .randomForest(let forest), .decisionTree(let forest): return (model, forest)
        default: preconditionFailure("a forest gives a forest")
        }
    }

    @Test func `a tree asks until every leaf is of one class`() throws {
        let rows = "x,z,y\n1,5,a\n2,6,a\n3,5,b\n4,6,c\n5,7,c\n"
        let (model, forest) = try train(rows, "decision-tree")
        #expect(forest.treeCount == 1 && forest.nodes.count { $0.feature < 0 } == 3)
        #expect(try model.predict(try Samples.table(rows)).labels == ["a", "a", "b", "c", "c"])
        #expect(try model.predict(try Samples.table("x,z\n2.5,0\n3.5,0\n99,0\n")).labels == ["a", "b", "c"])
        #expect(forest.values.allSatisfy { $0 == 0 || $0 == 1 })
    }

    @Test func `a leaf says the shares of its classes, or the mean of its numbers`() throws {
        let classes = try train("x,y\n1,a\n1,a\n1,b\n2,b\n", "decision-tree").model
        #expect(try classes.predict(try Samples.table("x\n1\n2\n")).probabilities == [2.0 / 3, 1.0 / 3, 0, 1])
        let numbers = try train("x,y\n1,1.5\n1,2.5\n2,8\n", "decision-tree", more: [("task", "regression")]).model
        #expect(try numbers.predict(try Samples.table("x\n1\n2\n")).values == [2, 8])
    }

    @Test func `limits hold`() throws {
        var rows = "a,b,y\n"
        let stream = RandomStream(seed: 5, purpose: "test/forest")
        for row in 0..<500 {
            rows += "\(stream.uniform(UInt64(row))),\(stream.uniform(UInt64(row + 1000))),k\(stream.below(3, UInt64(row + 2000)))\n"
        }
        let (_, forest) = try train(rows, "random-forest", [("trees", 7), ("max-depth", 4)])
        // The first one is a leaf.
        #expect(forest.treeCount == 8 && forest.starts[1] == 1)
        for tree in 1..<8 {
            let nodes = Array(forest.nodes[Int(forest.starts[tree])..<Int(forest.starts[tree + 1])])
            func depth(_ node: Int) -> Int { nodes[node].feature < 0 ? 0 : 1 + max(depth(node + 1), depth(Int(nodes[node].right))) }
            #expect(depth(0) == 4)
        }
        let (_, one) = try train(rows, "decision-tree", [("min-rows-per-leaf", 40)])
        #expect((2...12).contains(one.nodes.count { $0.feature < 0 }))
    }

    @Test func `a missing value goes where it tells most, and an unseen category with most rows`() throws {
        let rows = "x,y\n1,a\n2,a\n,b\n,b\n"
        #expect(try train(rows, "decision-tree").model.predict(try Samples.table("x,z\n1,1\n,1\n9,1\n")).labels == ["a", "b", "a"])
        let beside = "x,y\n1,a\n2,a\n3,b\n4,b\n,b\n,b\n"
        #expect(try train(beside, "decision-tree").model.predict(try Samples.table("x,z\n1,1\n,1\n9,1\n")).labels == ["a", "b", "b"])
        let (model, forest) = try train("c,y\nu,a\nu,a\nv,b\nv,b\nw,a\nw,a\n,b\n", "decision-tree")
        #expect(forest.sets.count == 1)
        #expect(try model.predict(try Samples.table("c\nu\nv\nw\n\"\"\nnew\n")).labels == ["a", "b", "a", "b", "a"])
    }

    @Test(arguments: 0..<12)
    func `the first question is the best of all`(_ seed: Int) throws {
        let stream = RandomStream(seed: seed, purpose: "test/questions")
        let classCount = 2 + seed % 3
        let columns = (0..<3).map { column in
            (0..<60).map { row -> Double in
                let draw = stream.uniform(UInt64(column * 1000 + row))
                return draw < 0.1 ? .nan : (draw * 12).rounded(.down)
            }
        }
        let codes = (0..<60).map { stream.below(classCount, UInt64($0 + 9000)) }
        var rows = "a,b,c,y\n"
        for row in 0..<60 { rows += columns.map { $0[row].isNaN ? "" : String($0[row]) }.joined(separator: ",") + ",k\(codes[row])\n" }
        func squares(_ chosen: [Int]) -> Double {
            (0..<classCount).reduce(0) { sum, code in
                let count = Double(chosen.count { codes[$0] == code })
                return sum + count * count
            } / Double(chosen.count)
        }
        func score(_ isLeft: (Int) -> Bool) -> Double? {
            let (left, right) = ((0..<60).filter(isLeft), (0..<60).filter { !isLeft($0) })
            return left.count < 5 || right.count < 5 ? nil : squares(left) + squares(right)
        }
        var best = 0.0
        for column in columns {
            for threshold in Set(column.filter { !$0.isNaN }) {
                for missing in [false, true] {
                    best = max(best, score { column[$0].isNaN ? missing : column[$0] <= threshold } ?? 0)
                }
            }
        }
        let (_, forest) = try train(rows, "decision-tree", [("max-depth", 1), ("min-rows-per-leaf", 5)])
        let root = forest.nodes[0]
        let column = columns[Int(root.feature)]
        let found = score { column[$0].isNaN ? root.missingGoesLeft : column[$0] <= forest.thresholds[Int(root.detail)] }
        #expect(abs((found ?? 0) - best) < 1e-9)
    }

    @Test func `a forest holds no class for impossible`() throws {
        var rows = "x,y\n"
        for row in 0..<60 { rows += "\(row),\(row < 30 ? "a" : row < 59 ? "b" : "c")\n" }
        let model = try train(rows, "random-forest", [("trees", 9)]).model
        let probabilities = try model.predict(try Samples.table("x\n3\n")).probabilities
        // Nine trees are sure; one more says 30, 29 and 1 in 60.
        #expect(zip(probabilities, [0.95, 29.0 / 600, 1.0 / 600]).allSatisfy { abs($0 - $1) < 1e-12 })
    }

    @Test func `the seed draws the rows and the features`() throws {
        var rows = "a,b,c,y\n"
        let stream = RandomStream(seed: 2, purpose: "test/draws")
        for row in 0..<200 {
            let draws = (0..<3).map { stream.uniform(UInt64(row * 3 + $0)) }
            rows += draws.map { String($0) }.joined(separator: ",") + ",\(draws[0] + draws[1] > 1 ? "yes" : "no")\n"
        }
        let table = try Samples.table(rows)
        func model(_ seed: Int, _ kind: String) throws -> TrainedModel {
            try Trainer.train(table, options: try Samples.options(target: "y", kind, more: [("seed", .integer(seed))]))
        }
        #expect(try model(1, "random-forest") == model(1, "random-forest"))
        #expect(try model(1, "random-forest") != model(2, "random-forest"))
        #expect(try model(1, "decision-tree") == model(2, "decision-tree"))
        let sample = ForestSample(seed: 1, tree: 3, isRandom: true).copies(of: 10_000)
        #expect(sample.reduce(0) { $0 + Int($1) } == 10_000)
        // A row is left out with chance 1 / e.
        #expect(abs(Double(sample.count { $0 == 0 }) / 10_000 - 0.3679) < 0.02)
    }

    @Test func `a row that weighs nothing is as good as absent`() throws {
        let rows = (0..<40).map { Double($0 * 7 % 40) }
        let codes = rows.indices.map { Int32($0 % 5 == 0 ? 1 : 0) }
        let pipeline = FeaturePipeline(features: [Feature(name: "x", kind: .number(NumberProfile(rows)))])
        func forest(_ chosen: [Int], _ weights: [Double]?) throws -> [Double] {
            let features = FeatureTable(rowCount: chosen.count, columns: [.numbers(chosen.map { rows[$0] })])
            let problem = TrainingProblem(
                features: features, pipeline: pipeline, target: .classes(chosen.map { codes[$0] }, classes: ["a", "b"]),
                rowWeights: weights,
                watched: nil, seed: 0, threads: 1, observer: TrainingObserver(progress: { _ in }, isCancelled: { false }))
            let options = ForestOptions(trees: 1, maxDepth: 2, minRowsPerLeaf: 1, featuresPerSplit: nil, isRandom: false, maxBins: 255)
            return try options.fit(problem).means(FeatureTable(rowCount: 40, columns: [.numbers(rows)]), threads: 1)
        }
        let kept = rows.indices.filter { rows[$0] < 30 }
        let all = try forest(Array(rows.indices), rows.map { $0 < 30 ? 1 : 0 })
        let some = try forest(kept, nil)
        #expect(kept.allSatisfy { all[$0 * 2] == some[$0 * 2] })
    }
}
