import Numerics

/// The limits of a tree, and how many features a question is chosen from.
struct ForestGrowth: Sendable {
    let maxDepth: Int
    let minRows: Int
    let featuresPerSplit: Int
}

/// A tree as it was grown; thresholds and leaves are its own.
struct GrownForestTree: Sendable {
    var nodes: [ForestNode] = []
    var thresholds: [Double] = []
    var sets: [CodeSet] = []
    /// (leaves, width)
    var values: [Double] = []

    /// A tree without a question, which says the shares of the classes among all rows.
    static func leaf(_ goal: ForestGoal, rowCount: Int) -> GrownForestTree {
        var response = [Int64](repeating: 0, count: goal.width)
        for row in 0..<rowCount { response[Int(goal.codes[row])] += Int64(goal.weights?[row] ?? 1) }
        return GrownForestTree(
            nodes: [ForestNode(feature: -1, detail: 0, right: 0)], values: goal.value(response, weight: response.reduce(0, +)))
    }
}

/// Grows one decision tree in preorder, each question the best of a few features'.
///
/// Of equal splits the feature that was drawn first wins, then missing values on the right, then the lower bin. As in scikit-learn,
/// features are drawn on past the agreed number while none of them parts the rows.
struct ForestGrower {
    private let table: BinnedTable
    private let goal: ForestGoal
    private let growth: ForestGrowth
    private let sample: ForestSample
    private let weights: [Int32]
    private let featureCount: Int
    private let initialRows: [Int32]

    init(_ table: BinnedTable, _ goal: ForestGoal, _ growth: ForestGrowth, sample: ForestSample) {
        self.table = table
        self.goal = goal
        self.growth = growth
        self.sample = sample
        featureCount = table.usable.count
        let copies = sample.copies(of: table.rowCount)
        let weights = copies.indices.map { Int32(copies[$0]) * (goal.weights?[$0] ?? 1) }
        self.weights = weights
        let rows = weights.indices.filter { weights[$0] > 0 }.map { Int32($0) }
        // Rows that all weigh nothing count alike.
        initialRows = rows.isEmpty ? [0] : rows
    }

    /// A node that is still to be made: a stretch of the rows.
    private struct Pending {
        let rows: Range<Int>
        let depth: Int
        /// The question whose right child it is; -1 for none.
        let parent: Int
    }

    func grow() -> GrownForestTree {
        var tree = GrownForestTree()
        var rows = initialRows
        let room = ForestRoom(rowCount: rows.count, width: goal.width, features: featureCount, isRegression: goal.isRegression)
        var pending = [Pending(rows: 0..<rows.count, depth: 0, parent: -1)]
        var draws = 0
        rows.withUnsafeMutableBufferPointer { buffer in
            guard let rows = buffer.baseAddress else { return }
            // A list instead of recursion: a tree may be as deep as it has rows.
            while let node = pending.popLast() {
                let place = tree.nodes.count
                if node.parent >= 0 { tree.nodes[node.parent].right = Int32(truncatingIfNeeded: place) }
                room.take(rows + node.rows.lowerBound, node.rows.count, weights, goal)
                let split = node.depth < growth.maxDepth ? best(room, &draws) : nil
                guard let split else {
                    tree.nodes.append(
                        ForestNode(feature: -1, detail: Int32(truncatingIfNeeded: tree.values.count / goal.width), right: 0))
                    tree.values += goal.value(room.total, weight: max(room.totalWeight, 1))
                    continue
                }
                tree.nodes.append(question(split, &tree))
                let left = table.sides(of: split.split).withUnsafeBufferPointer { sides in
                    BinSums.part(
                        rows + node.rows.lowerBound, count: node.rows.count, by: table.column(split.split.usable),
                        goesLeft: sides.baseAddress!,
                        left: rows + node.rows.lowerBound, right: room.scratch)
                }
                (rows + node.rows.lowerBound + left).update(from: room.scratch, count: node.rows.count - left)
                let middle = node.rows.lowerBound + left
                pending.append(Pending(rows: middle..<node.rows.upperBound, depth: node.depth + 1, parent: place))
                pending.append(Pending(rows: node.rows.lowerBound..<middle, depth: node.depth + 1, parent: -1))
            }
        }
        return tree
    }

    private func question(_ chosen: ForestSplit, _ tree: inout GrownForestTree) -> ForestNode {
        let split = chosen.split
        let feature = table.usable[split.usable]
        var node = ForestNode(feature: Int32(feature), detail: 0, right: 0, missingGoesLeft: split.missingGoesLeft)
        if let set = split.set {
            (node.detail, node.isAboutSet) = (Int32(tree.sets.count), true)
            tree.sets.append(set)
        } else if case .number(let thresholds) = table.features[feature] {
            node.detail = Int32(tree.thresholds.count)
            tree.thresholds.append(Self.threshold(thresholds, below: split.bin, above: chosen.above))
        }
        return node
    }

    /// A number half-way through the gap between the node's numbers on both sides.
    private static func threshold(_ thresholds: [Double], below: Int, above: Int) -> Double {
        // Past the last threshold all numbers go left and only missing ones right.
        guard below < thresholds.count else { return .greatestFiniteMagnitude }
        let (low, high) = (thresholds[below], thresholds[above - 1])
        return min(max(low + (high - low) / 2, low), high)
    }

    /// The best split of the node in the room; nil when it is pure or too small, or no feature parts its rows.
    private func best(_ room: ForestRoom, _ draws: inout Int) -> ForestSplit? {
        if room.count < 2 * growth.minRows || room.isPure { return nil }
        var best: ForestSplit?
        for place in 0..<featureCount {
            if place >= growth.featuresPerSplit, best != nil { break }
            if growth.featuresPerSplit < featureCount {
                room.features.swapAt(place, place + sample.below(featureCount - place, draw: draws))
                draws += 1
            }
            let usable = room.features[place]
            if let split = room.best(usable, table, minRows: growth.minRows), best.map({ split.score > $0.score }) ?? true { best = split }
        }
        return best
    }
}
