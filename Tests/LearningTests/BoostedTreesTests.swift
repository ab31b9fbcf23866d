import Canonical
import Numerics
import StageKinds
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

    @Test(arguments: [2, 4], [false, true])
    func `derivatives are the slopes of the loss`(_ classCount: Int, isWeighted: Bool) {
        let codes = (0..<8).map { Int32($0 % classCount) }
        let weights = (0..<8).map { Double($0 % 3) + 0.5 }
        let loss = BoostingLoss(
            classCount == 2 ? .logistic(codes: codes) : .softmax(codes: codes, classCount: classCount), weights: isWeighted ? weights : nil)
        let total = isWeighted ? Reduction.sum(weights) : 8
        let sums = (0..<8 * loss.outputCount).map { Double($0 * 7 % 5) / 3 - 0.5 }
        let derivatives = DerivativeTable(rowCount: 8, outputs: loss.outputCount)
        let (fixed, mean) = loss.derive(sums, into: derivatives, threads: 1)
        #expect(mean == loss.mean(sums, threads: 1))
        for index in sums.indices {
            func moved(_ by: Double) -> Double {
                var others = sums
                others[index] += by
                return loss.mean(others, threads: 1) * total
            }
            let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5
            let curvature = (moved(1e-4) - 2 * moved(0) + moved(-1e-4)) / 1e-8
            let fine = derivatives.fine[index]
            let (gradient, hessian) = fixed.fineSums(fine.x, fine.y)
            #expect(abs(gradient - slope) < 1e-8)
            #expect(abs(hessian - curvature) < 1e-5)
            let coarse = fixed.pair(derivatives.words[index])
            #expect(abs(fixed.gradient(coarse) - gradient) < 1e-5 && abs(fixed.hessian(coarse) - hessian) < 1e-5)
            #expect(fixed.count(coarse) == 1)
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
        let loss = BoostingLoss(.squared(targets: (0..<500).map { Double($0 * 31 % 97) }))
        let derivatives = DerivativeTable(rowCount: 500, outputs: 1)
        func tree(_ bytes: Int) -> (nodes: [TreeNode], sums: [Double]) {
            var sums = [Double](repeating: 48, count: 500)
            let fixed = loss.derive(sums, into: derivatives, threads: 1).fixed
            let goal = TreeGrower.Goal(fixed: fixed, fine: derivatives.fine, words: derivatives.words, round: 0, tree: 0)
            let nodes = sums.withUnsafeMutableBufferPointer {
                TreeGrower(binned, boosting, TreeDraws(boosting, seed: 0), mostHistogramBytes: bytes)
                    .grow(goal, predictions: $0.baseAddress!, threads: 1).nodes
            }
            return (nodes, sums)
        }
        let all = tree(Int.max)
        #expect(all.nodes.count == 79)
        #expect(tree(bytes) == all)
    }

    @Test(arguments: [1, 2, 1000, 4095, 4096, 1 << 20, 1 << 25, 1 << 30], [false, true])
    func `sums of the largest derivatives do not overflow`(_ rowCount: Int, isConstant: Bool) {
        let fixed = FixedPoint(rowCount: rowCount, largestGradient: 3, largestHessian: 0.25, isConstant: isConstant)
        for gradient in [-3.0, 3] {
            let word = fixed.word(fixed.fine(gradient: gradient, hessian: 0.25))
            // As many words as are summed before they are taken apart.
            let block = min(rowCount, 1 << fixed.packing.countBits - 1)
            let (sum, _) = word.multipliedReportingOverflow(by: UInt64(block))
            let pair = fixed.pair(sum)
            #expect(fixed.count(pair) == block)
            #expect(fixed.hessian(pair) == 0.25 * Double(block))
            #expect(abs(fixed.gradient(pair) - gradient * Double(block)) <= 4e-5 * Double(block))
            let one = fixed.pair(word)
            let (first, overflowsFirst) = one.x.multipliedReportingOverflow(by: Int64(rowCount))
            let (second, overflowsSecond) = one.y.multipliedReportingOverflow(by: Int64(rowCount))
            #expect(!overflowsFirst && !overflowsSecond)
            let total = FixedPoint.Pair(first, second)
            #expect(fixed.count(total) == rowCount && fixed.hessian(total) == 0.25 * Double(rowCount))
        }
    }

    @Test func `trees grown by depth split every leaf of a level before the next`() throws {
        var rows = "a,b,y\n"
        let stream = RandomStream(seed: 5, purpose: "test/depth")
        for row in 0..<400 {
            let (a, b) = (stream.uniform(UInt64(row)), stream.uniform(UInt64(row + 1000)))
            rows += "\(a),\(b),\(a > 0.9 ? 100 * b : b)\n"
        }
        let settings: [(String, JSONValue)] = [("trees", 1), ("max-leaves", 8), ("min-rows-per-leaf", 1)]
        let wide = try train(rows, settings + [("growth", "depth-wise")]).trees
        let deep = try train(rows, settings).trees
        func depths(_ trees: BoostedTrees) -> [Int] {
            var depths = [Int](repeating: 0, count: trees.nodes.count)
            for (place, node) in trees.nodes.enumerated() where node.feature >= 0 {
                depths[Int(node.left)] = depths[place] + 1
                depths[Int(node.right)] = depths[place] + 1
            }
            return trees.nodes.indices.filter { trees.nodes[$0].feature < 0 }.map { depths[$0] }
        }
        #expect(depths(wide) == [Int](repeating: 3, count: 8))
        #expect(depths(deep).max() ?? 0 > 3)
    }

    @Test func `a split has to gain more than is asked`() throws {
        let rows = "x,y\n1,2\n2,4\n10,20\n11,40\n"
        let all = try train(rows, oneTree + [("max-leaves", 8)]).trees
        #expect(all.nodes.count == 7)
        // Splitting off 2 and 4 gains 2, 20 and 40 gains 200.
        #expect(try train(rows, oneTree + [("max-leaves", 8), ("min-gain", 50)]).trees.nodes.count == 5)
        #expect(try train(rows, oneTree + [("max-leaves", 8), ("min-gain", 1e6)]).trees.nodes.count == 1)
    }

    @Test func `shares of rows and features are drawn by the seed`() throws {
        var rows = "a,b,c,d,y\n"
        let stream = RandomStream(seed: 6, purpose: "test/shares")
        for row in 0..<600 {
            let draws = (0..<4).map { stream.uniform(UInt64(row * 4 + $0)) }
            rows += draws.map { String($0) }.joined(separator: ",") + ",\(draws[0] + draws[1] * draws[2] + draws[3])\n"
        }
        let table = try Samples.table(rows)
        func digest(_ seed: Int, _ settings: [(String, JSONValue)], threads: Int = 1) throws -> (digest: String, error: Double) {
            let options = try Samples.options(
                target: "y", "boosted-trees", settings, more: [("task", "regression"), ("seed", .integer(seed))])
            let model = try Trainer.train(table, options: options, threads: threads)
            return (Samples.digest(model), try #require(try Samples.metrics(model, on: table)["rmse"]?.numberValue))
        }
        let plain = try digest(1, [])
        #expect(try digest(2, []).digest == plain.digest)
        for name in ["row-share", "feature-share"] {
            let first = try digest(1, [(name, 0.5)])
            #expect(try digest(1, [(name, 0.5)], threads: 3).digest == first.digest)
            #expect(try digest(2, [(name, 0.5)]).digest != first.digest)
            #expect(first.digest != plain.digest)
            // The rows that a tree does not see are predicted all the same: boosting goes on where it was.
            #expect(first.error < 0.12)
        }
        let options = try Samples.options(target: "y", "boosted-trees", [("feature-share", 0.5), ("trees", 20)])
        guard case .boostedTrees(let trees) = try Trainer.train(table, options: options).learner else { return }
        for tree in 0..<20 {
            let asked = Set(trees.nodes[Int(trees.starts[tree])..<Int(trees.starts[tree + 1])].map(\.feature)).subtracting([-1])
            #expect(asked.count <= 2)
        }
    }

    @Test func `a row that weighs two counts like two rows`() throws {
        let stream = RandomStream(seed: 8, purpose: "test/weights")
        let numbers = (0..<200).map { stream.uniform(UInt64($0)) }
        let codes = numbers.indices.map { Int32(stream.uniform(UInt64($0 + 1000)) < numbers[$0] ? 1 : 0) }
        let weights = numbers.indices.map { Double(1 + $0 % 2) }
        let doubled = numbers.indices.flatMap { [Int](repeating: $0, count: 1 + $0 % 2) }
        let pipeline = FeaturePipeline(features: [Feature(name: "x", kind: .number(NumberProfile(numbers)))])
        let values = OptionValues(
            written: .object([JSONMember("trees", 5), JSONMember("min-rows-per-leaf", 1), JSONMember("max-leaves", 6)]),
            descriptions: LearnerKind.boostedTrees.description.options)
        let options = try BoostingOptions(values)
        let observer = TrainingObserver(progress: { _ in }, isCancelled: { false })
        func sums(_ rows: [Int], _ weights: [Double]?) throws -> [Double] {
            let table = FeatureTable(rowCount: rows.count, columns: [.numbers(rows.map { numbers[$0] })])
            let loss = BoostingLoss(.logistic(codes: rows.map { codes[$0] }), weights: weights)
            let trees = try Boosting.fit(table, pipeline, loss, watched: nil, options, seed: 0, threads: 1, observer: observer)
            return trees.sums(FeatureTable(rowCount: numbers.count, columns: [.numbers(numbers)]), threads: 1)
        }
        let (weighted, repeated) = (try sums(Array(numbers.indices), weights), try sums(doubled, nil))
        #expect(zip(weighted, repeated).allSatisfy { abs($0 - $1) < 1e-3 })
        #expect(try zip(weighted, sums(Array(numbers.indices), nil)).contains { abs($0 - $1) > 0.01 })
    }
}
