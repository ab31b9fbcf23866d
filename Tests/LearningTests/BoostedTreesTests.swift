import Canonical
import Numerics
import Tables
import Testing

@testable import Learning

/// Boosted trees against trees grown by hand and by a search that tries everything.
@Suite struct BoostedTreesTests {
    private func train(
        _ rows: String, _ settings: [(String, JSONValue)], validation: String? = nil
    ) throws -> (model: TrainedModel, trees: BoostedTrees) {
        let watched = try validation.map { try Samples.table($0) }
        let options = try Samples.options(target: "y", "boosted-trees", settings, more: [("task", "regression")])
        let model = try Trainer.train(try Samples.table(rows), validation: watched, options: options)
        guard case .boostedTrees(let trees) = model.learner else { preconditionFailure("boosted trees give boosted trees") }
        return (model, trees)
    }

    /// Predictions are within the rounding of sums in fixed point.
    private func expect(
        _ model: TrainedModel, _ rows: String, gives values: [Double], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let found = try model.predict(try Samples.table(rows)).values
        #expect(
            found.count == values.count && zip(found, values).allSatisfy { abs($0 - $1) < 1e-12 }, "\(found)",
            sourceLocation: sourceLocation)
    }

    private let oneTree: [(String, JSONValue)] = [("trees", 1), ("learning-rate", 1), ("min-rows-per-leaf", 1)]

    @Test func `one tree at full rate gives the mean of each leaf`() throws {
        let (model, trees) = try train("x,y\n1,2\n2,4\n10,20\n11,22\n", oneTree + [("max-leaves", 2)])
        #expect(trees.baselines == [12])
        #expect(trees.nodes.count == 3)
        #expect(trees.nodes[0].feature == 0 && trees.nodes[0].threshold == 6)
        #expect(try model.predict(try Samples.table("x\n0\n6\n6.1\n100\n")).values == [3, 3, 21, 21])
    }

    @Test func `the leaf that gains most is split first`() throws {
        // Splitting the right half (20, 40) gains more than splitting the left (2, 4).
        let (_, trees) = try train("x,y\n1,2\n2,4\n10,20\n11,40\n", oneTree + [("max-leaves", 3)])
        #expect(trees.nodes.map(\.feature) == [0, -1, 0, -1, -1] || trees.nodes.map(\.feature) == [0, 0, -1, -1, -1])
        #expect(trees.nodes.contains { $0.threshold == 10.5 })
    }

    @Test func `missing values go to the side where they gain`() throws {
        let rows = "x,y\n1,0\n2,0\n3,8\n4,8\n,8\n,8\n"
        let (model, trees) = try train(rows, oneTree + [("max-leaves", 2)])
        #expect(trees.nodes[0].threshold == 2.5 && !trees.nodes[0].missingGoesLeft)
        try expect(model, "x,z\n,1\n0,1\n", gives: [8, 0])
        let other = try train("x,y\n1,0\n2,0\n3,8\n4,8\n,0\n,0\n", oneTree + [("max-leaves", 2)]).trees
        #expect(other.nodes[0].missingGoesLeft)
    }

    @Test func `missing values can be a side of their own`() throws {
        let rows = "x,y\n1,0\n2,0\n3,0\n,9\n,9\n"
        let (model, trees) = try train(rows, oneTree + [("max-leaves", 2)])
        #expect(trees.nodes[0].threshold == .greatestFiniteMagnitude && !trees.nodes[0].missingGoesLeft)
        try expect(model, "x,z\n,1\n1e99,1\n", gives: [9, 0])
    }

    @Test func `where training had no missing value one goes with most rows`() throws {
        let (model, _) = try train("x,y\n1,0\n2,0\n3,0\n4,8\n", oneTree + [("max-leaves", 2)])
        try expect(model, "x,z\n,1\n", gives: [0])
    }

    @Test func `categories are parted as a set, and unseen ones go with most rows`() throws {
        let rows = "c,y\na,0\na,0\nb,6\nb,6\nc,0\nc,0\n,6\n"
        let (model, trees) = try train(rows, oneTree + [("max-leaves", 2)])
        #expect(trees.nodes.count == 3 && trees.sets.count == 1)
        try expect(model, "c\na\nb\nc\n\"\"\nnew\n", gives: [0, 6, 0, 6, 0])
    }

    @Test func `of equal columns the first is used, and every tree is within its limits`() throws {
        var rows = "a,b,y\n"
        for row in 0..<60 { rows += "\(row),\(row),\(row * row % 17)\n" }
        let (_, trees) = try train(
            rows, [("trees", 20), ("max-depth", 3), ("max-leaves", 6), ("min-rows-per-leaf", 4), ("l2", 0.5), ("max-bins", 16)])
        #expect(trees.treeCount == 20)
        #expect(trees.nodes.allSatisfy { $0.feature <= 0 })
        for tree in 0..<20 {
            let nodes = Array(trees.nodes[Int(trees.starts[tree])..<Int(trees.starts[tree + 1])])
            #expect(nodes.count { $0.feature < 0 } <= 6)
            func depth(_ node: Int) -> Int {
                nodes[node].feature < 0 ? 0 : 1 + max(depth(Int(nodes[node].left)), depth(Int(nodes[node].right)))
            }
            #expect(depth(0) <= 3)
        }
    }

    @Test func `a target that is always the same needs no question`() throws {
        let (model, trees) = try train("x,y\n1,5\n2,5\n3,5\n", oneTree)
        #expect(trees.nodes.count == 1)
        #expect(try model.predict(try Samples.table("x\n1\n")).values == [5])
    }

    @Test func `boosting stops when the validation rows gain no more, and keeps the best rounds`() throws {
        var rows = "x,y\n"
        var others = "x,y\n"
        let stream = RandomStream(seed: 3, purpose: "test/noise")
        for row in 0..<200 {
            rows += "\(row),\(stream.uniform(UInt64(row)))\n"
            others += "\(row),\(stream.uniform(UInt64(row + 1000)))\n"
        }
        let (_, trees) = try train(rows, [("trees", 200), ("early-stopping-rounds", 5)], validation: others)
        #expect(trees.treeCount < 50)
        var losses: [Double] = []
        let options = try Samples.options(
            target: "y", "boosted-trees", [("trees", 200), ("early-stopping-rounds", 5)], more: [("task", "regression")])
        _ = try Trainer.train(try Samples.table(rows), validation: try Samples.table(others), options: options, isCancelled: { false }) {
            losses.append($0.validationLoss ?? .nan)
        }
        let best = try #require(losses.firstIndex(of: losses.min() ?? .nan))
        #expect(trees.treeCount == best + 1)
        #expect(losses.count == best + 1 + 5)
    }

    @Test func `early stopping without validation rows is refused`() throws {
        #expect(throws: LearningError.self) { try train("x,y\n1,2\n2,4\n", [("early-stopping-rounds", 5)]) }
    }

    /// What ``SplitSearch`` must find for numbers, by sums of doubles over all ways to part the rows.
    private func naiveBest(_ columns: [[Double]], _ gradients: [Double], minRows: Int) -> (feature: Int, gain: Double)? {
        var best: (feature: Int, gain: Double)?
        let count = gradients.count
        func score(_ rows: [Int]) -> Double {
            let sum = rows.reduce(0) { $0 + gradients[$1] }
            return sum * sum / Double(rows.count)
        }
        for (feature, column) in columns.enumerated() {
            for threshold in Set(column.filter { !$0.isNaN }) {
                for missingGoesLeft in [false, true] {
                    let left = (0..<count).filter { column[$0].isNaN ? missingGoesLeft : column[$0] <= threshold }
                    let right = (0..<count).filter { column[$0].isNaN ? !missingGoesLeft : column[$0] > threshold }
                    guard left.count >= minRows, right.count >= minRows else { continue }
                    let gain = score(left) + score(right) - score(Array(0..<count))
                    if gain > (best?.gain ?? 1e-9) { best = (feature, gain) }
                }
            }
        }
        return best
    }

    @Test(arguments: 0..<20)
    func `the first split gains as much as the best of all splits`(_ seed: Int) throws {
        let stream = RandomStream(seed: seed, purpose: "test/splits")
        let count = 40
        let columns = (0..<3).map { column in
            (0..<count).map { row -> Double in
                let draw = stream.uniform(UInt64(column * 1000 + row))
                return draw < 0.15 ? .nan : (draw * 12).rounded(.down)
            }
        }
        let targets = (0..<count).map { stream.uniform(UInt64(5000 + $0)) }
        var rows = "a,b,c,y\n"
        for row in 0..<count {
            rows += columns.map { $0[row].isNaN ? "" : String($0[row]) }.joined(separator: ",") + ",\(targets[row])\n"
        }
        let settings: [(String, JSONValue)] = [("trees", 1), ("max-leaves", 2), ("min-rows-per-leaf", 5), ("learning-rate", 1)]
        let (model, trees) = try train(rows, settings)
        let mean = targets.reduce(0, +) / Double(count)
        let best = try #require(naiveBest(columns, targets.map { mean - $0 }, minRows: 5))
        #expect(Int(trees.nodes[0].feature) == best.feature)
        // The gain is what the squared error loses.
        let predicted = try model.predict(try Samples.table(rows)).values
        let before = targets.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let after = zip(targets, predicted).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        #expect(abs(before - after - best.gain) < 1e-9)
    }

    @Test func `what boosting sums up in training is what the model predicts`() throws {
        var rows = "a,c,y\n"
        let stream = RandomStream(seed: 9, purpose: "test/sums")
        for row in 0..<300 {
            let number = stream.uniform(UInt64(row))
            rows += "\(number < 0.1 ? "" : String(number)),\(["u", "v", "w", ""][row % 4]),k\(stream.below(3, UInt64(row + 9999)))\n"
        }
        let table = try Samples.table(rows)
        var last = 0.0
        let options = try Samples.options(target: "y", "boosted-trees", [("trees", 30)])
        let model = try Trainer.train(table, options: options, isCancelled: { false }) { last = $0.loss }
        let logLoss = try #require(try Samples.metrics(model, on: table)["log_loss"]?.numberValue)
        #expect(abs(logLoss - last) < 1e-12)
    }

    @Test(arguments: [2, 4])
    func `derivatives are the slopes of the loss`(_ classCount: Int) {
        let codes = (0..<8).map { Int32($0 % classCount) }
        let loss: BoostingLoss = classCount == 2 ? .logistic(codes: codes) : .softmax(codes: codes, classCount: classCount)
        let sums = (0..<8 * loss.outputCount).map { Double($0 * 7 % 5) / 3 - 0.5 }
        var pairs = [FixedPoint.Pair](repeating: FixedPoint.Pair(), count: sums.count)
        let fixed = pairs.withUnsafeMutableBufferPointer { loss.derivatives(sums, into: $0.baseAddress!, threads: 1) }
        for index in sums.indices {
            func moved(_ by: Double) -> Double {
                var others = sums
                others[index] += by
                return loss.mean(others, threads: 1) * 8
            }
            let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5
            let curvature = (moved(1e-4) - 2 * moved(0) + moved(-1e-4)) / 1e-8
            #expect(abs(fixed.gradient(pairs[index]) - slope) < 1e-8)
            #expect(abs(fixed.hessian(pairs[index]) - curvature) < 1e-5)
            #expect(fixed.count(pairs[index]) == 1)
        }
    }

    @Test(arguments: [0, 20_000, 1 << 28])
    func `histograms that are not kept make the same tree`(_ bytes: Int) throws {
        var rows = "a,b,c,y\n"
        let stream = RandomStream(seed: 4, purpose: "test/histograms")
        for row in 0..<500 { rows += "\(stream.uniform(UInt64(row))),\(row % 13),\(["u", "v", "w"][row * row % 3]),\(row * 31 % 97)\n" }
        let table = try Samples.table(rows)
        let options = try Samples.options(target: "y", "boosted-trees", [("max-leaves", 40), ("min-rows-per-leaf", 3)])
        let boosting = try #require(options.learner.settings as? BoostingOptions)
        let pipeline = try FeaturePipeline(fitting: table, options: options)
        let binned = BinnedTable(try pipeline.apply(to: table), pipeline, maxBins: 255, threads: 1)
        let loss = BoostingLoss.squared(targets: (0..<500).map { Double($0 * 31 % 97) })
        var pairs = [FixedPoint.Pair](repeating: FixedPoint.Pair(), count: 500)
        func tree(_ bytes: Int) -> (nodes: [TreeNode], sums: [Double]) {
            var sums = [Double](repeating: 48, count: 500)
            let nodes = pairs.withUnsafeMutableBufferPointer { pairs in
                let fixed = loss.derivatives(sums, into: pairs.baseAddress!, threads: 1)
                return sums.withUnsafeMutableBufferPointer {
                    TreeGrower(binned, boosting, mostHistogramBytes: bytes)
                        .grow(pairs.baseAddress!, fixed, predictions: $0.baseAddress!, threads: 1).nodes
                }
            }
            return (nodes, sums)
        }
        let all = tree(Int.max)
        #expect(all.nodes.count == 79)
        #expect(tree(bytes) == all)
    }

    @Test func `fixed-point sums of the largest derivatives do not overflow`() {
        for rowCount in [1, 1000, 1 << 20, 1 << 30] {
            let fixed = FixedPoint(rowCount: rowCount, largestGradient: 1, hessianBits: -2)
            let pair = fixed.pair(gradient: -1, hessian: 0.25)
            let (gradient, overflowsGradient) = pair.x.multipliedReportingOverflow(by: Int64(rowCount))
            let (second, overflowsSecond) = pair.y.multipliedReportingOverflow(by: Int64(rowCount))
            #expect(!overflowsGradient && !overflowsSecond)
            let sum = FixedPoint.Pair(gradient, second)
            #expect(fixed.gradient(sum) == -Double(rowCount))
            #expect(fixed.hessian(sum) == 0.25 * Double(rowCount))
            #expect(fixed.count(sum) == rowCount)
        }
    }
}
