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
            var plain: [PlainTree] = []
            for tree in 0..<forest.treeCount { plain.append(try PlainTree(forest, tree)) }
            self.trees = plain
        case .linear, .logistic, .naiveBayes, .nearestNeighbours, .multilayerPerceptron, .convolutionalNetwork, .kMeans, .pca: return nil
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
        let source = model.nodes[Int(model.starts[tree])..<Int(model.starts[tree + 1])]
        let output = tree % model.outputCount
        try self.init(nodeCount: source.count, outputs: output..<output + 1) { place in
            let node = source[source.startIndex + place]
            if node.feature < 0 { return (Node(), [node.value]) }
            let question = Node(
                feature: node.feature, left: node.left, right: node.right, threshold: node.threshold,
                missingGoesLeft: node.missingGoesLeft, set: node.set)
            return (question, [])
        }
    }

    /// One of a forest's trees, whose average is what the forest says.
    init(_ model: DecisionForest, _ tree: Int) throws(LearningError) {
        let source = model.nodes[Int(model.starts[tree])..<Int(model.starts[tree + 1])]
        let (width, count) = (model.width, Double(model.treeCount))
        try self.init(nodeCount: source.count, outputs: 0..<width) { place in
            let node = source[source.startIndex + place]
            let detail = Int(node.detail)
            if node.feature < 0 { return (Node(), model.values[detail * width..<(detail + 1) * width].map { $0 / count }) }
            let question = Node(
                feature: node.feature, left: Int32(place + 1), right: node.right,
                threshold: node.isAboutSet ? 0 : model.thresholds[detail], missingGoesLeft: node.missingGoesLeft,
                set: node.isAboutSet ? node.detail : -1)
            return (question, [])
        }
    }

    /// - Parameter node: The question at a place of the model's tree, its children as they are counted there, or a leaf's values.
    /// - Throws: ``LearningError/damagedModel(_:)`` for nodes with two parents.
    private init(
        nodeCount: Int, outputs: Range<Int>, node: (Int) -> (question: Node, values: [Double])
    ) throws(LearningError) {
        var nodes: [Node] = []
        var values: [Double] = []
        var waiting: [(place: Int, parent: Int, isRight: Bool)] = [(0, 0, false)]
        while let next = waiting.popLast() {
            // A node with two parents would be here twice, and such trees grow beyond all bounds.
            guard nodes.count < nodeCount else { throw .damagedModel("a node of its trees has two parents") }
            let place = nodes.count
            if next.isRight { nodes[next.parent].right = Int32(place) }
            var (plain, leaf) = node(next.place)
            plain.parent = Int32(next.parent)
            if plain.feature < 0 {
                plain.leaf = Int32(values.count / outputs.count)
                values += leaf
            } else {
                waiting.append((Int(plain.right), place, true))
                waiting.append((Int(plain.left), place, false))
                plain.left = Int32(place + 1)
            }
            nodes.append(plain)
        }
        self.init(nodes: nodes, outputs: outputs, values: values)
    }
}
