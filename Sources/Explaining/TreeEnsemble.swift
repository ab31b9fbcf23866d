internal import Learning
internal import Numerics

/// A model made of trees, with the rows of a background counted at every node.
struct TreeEnsemble: Sendable {
    /// Where each output's sum begins.
    let baselines: [Double]
    private(set) var trees: [PlainTree]
    let sets: [CodeSet]

    /// Nil when the model has no trees.
    ///
    /// - Throws: ``LearningError/damagedModel(_:)`` for nodes with two parents.
    init?(_ model: TrainedModel, weighedBy background: FeatureTable, threads: Int) throws(LearningError) {
        switch model.learner {
        case .boostedTrees(let trees):
            baselines = trees.baselines
            sets = trees.sets
            var plain: [PlainTree] = []
            for tree in 0..<trees.treeCount { plain.append(try PlainTree(trees, tree)) }
            self.trees = plain
        case .randomForest(let forest), .decisionTree(let forest):
            baselines = [Double](repeating: 0, count: forest.width)
            sets = forest.sets
            self.trees = (0..<forest.treeCount).map { PlainTree(forest, $0) }
        case .linear, .logistic, .naiveBayes, .nearestNeighbours, .kMeans, .pca: return nil
        }
        count(background, threads: threads)
    }

    /// Rows whose values are looked up together.
    private static let blockRows = 256

    // DETERMINISM: integers, so that neither the parts nor their order matter.
    private mutating func count(_ background: FeatureTable, threads: Int) {
        var starts = [0]
        for tree in trees { starts.append(starts[starts.count - 1] + tree.nodes.count) }
        let blocks = (background.count + Self.blockRows - 1) / Self.blockRows
        let parts = min(blocks, threads)
        let (trees, sets, firsts) = (trees, sets, starts)
        let counts = ParallelLoop.map(count: parts, threads: threads) { part -> [Int32] in
            var counts = [Int32](repeating: 0, count: firsts[firsts.count - 1])
            for block in part * blocks / parts..<(part + 1) * blocks / parts {
                let rows = block * Self.blockRows..<min(background.count, (block + 1) * Self.blockRows)
                let values = background.numbers(of: rows)
                let width = values.count / rows.count
                values.withUnsafeBufferPointer { values in
                    sets.withUnsafeBufferPointer { sets in
                        counts.withUnsafeMutableBufferPointer { counts in
                            for (tree, start) in zip(trees, firsts) {
                                tree.nodes.withUnsafeBufferPointer { nodes in
                                    for first in stride(from: 0, to: values.count, by: width) {
                                        var place = 0
                                        counts[start] &+= 1
                                        // INVARIANT: children come after their parent, so this ends.
                                        while nodes[place].feature >= 0 {
                                            let goesLeft = nodes[place].sendsLeft(values[first + Int(nodes[place].feature)], sets)
                                            place = Int(goesLeft ? nodes[place].left : nodes[place].right)
                                            counts[start + place] &+= 1
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
            return counts
        }
        for tree in trees.indices {
            var sums = [Int32](repeating: 0, count: trees[tree].nodes.count)
            for part in counts {
                for place in sums.indices { sums[place] &+= part[starts[tree] + place] }
            }
            self.trees[tree].covers = sums
        }
    }
}

extension PlainTree {
    /// One of boosted trees.
    init(_ model: BoostedTrees, _ tree: Int) throws(LearningError) {
        let start = Int(model.starts[tree])
        let source = model.nodes[start..<Int(model.starts[tree + 1])]
        var nodes: [Node] = []
        var values: [Double] = []
        var waiting = [(node: start, parent: 0, isRight: false)]
        while let next = waiting.popLast() {
            // A node with two parents would be here twice, and such trees grow beyond all bounds.
            guard nodes.count < source.count else { throw .damagedModel("a node of its trees has two parents") }
            let place = nodes.count
            let node = source[next.node]
            if next.isRight { nodes[next.parent].right = Int32(place) }
            var plain = Node(
                feature: node.feature, parent: Int32(next.parent), threshold: node.threshold, missingGoesLeft: node.missingGoesLeft,
                set: node.set)
            if node.feature < 0 {
                plain.leaf = Int32(values.count)
                values.append(node.value)
            } else {
                plain.left = Int32(place + 1)
                waiting.append((start + Int(node.right), place, true))
                waiting.append((start + Int(node.left), place, false))
            }
            nodes.append(plain)
        }
        let output = tree % model.outputCount
        self.init(nodes: nodes, outputs: output..<output + 1, values: values)
    }

    /// One of a forest's, whose trees are averaged; these are in the order that is wanted here.
    init(_ model: DecisionForest, _ tree: Int) {
        let source = model.nodes[Int(model.starts[tree])..<Int(model.starts[tree + 1])]
        var nodes = [Node](repeating: Node(), count: source.count)
        var values: [Double] = []
        for (place, node) in source.enumerated() {
            nodes[place].feature = node.feature
            let detail = Int(node.detail)
            if node.feature < 0 {
                nodes[place].leaf = Int32(values.count / model.width)
                values += model.values[detail * model.width..<(detail + 1) * model.width].map { $0 / Double(model.treeCount) }
                continue
            }
            if node.isAboutSet { nodes[place].set = node.detail } else { nodes[place].threshold = model.thresholds[detail] }
            nodes[place].missingGoesLeft = node.missingGoesLeft
            nodes[place].left = Int32(place + 1)
            nodes[place].right = node.right
            nodes[place + 1].parent = Int32(place)
            nodes[Int(node.right)].parent = Int32(place)
        }
        self.init(nodes: nodes, outputs: 0..<model.width, values: values)
    }
}
