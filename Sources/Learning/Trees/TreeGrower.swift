import Numerics
import StageKinds

/// A tree as it was grown.
struct GrownTree: Sendable {
    var nodes: [TreeNode]
    /// The sets of the tree's own nodes, which number them from 0.
    var sets: [CodeSet]
}

/// Grows one tree after another over the same rows: at the leaf where splitting gains most, or level by level.
///
/// Of leaves that gain equally, the one made first is split. The result is a function of the table, the derivatives, the draws and the
/// options; `threads` only shortens the time.
final class TreeGrower {
    private let table: BinnedTable
    private let options: BoostingOptions
    private let draws: TreeDraws
    private let pool: HistogramPool
    /// The rows that the tree is grown on.
    private let seen: RowOrder
    /// The other rows, which only learn what the tree says of them; nil when every tree sees all rows.
    private let unseen: RowOrder?

    /// - Parameter mostHistogramBytes: Bounds the memory; it has no influence on the trees.
    init(_ table: BinnedTable, _ options: BoostingOptions, _ draws: TreeDraws, mostHistogramBytes: Int = HistogramPool.mostBytes) {
        self.table = table
        self.options = options
        self.draws = draws
        pool = HistogramPool(table, mostBytes: mostHistogramBytes)
        seen = RowOrder(capacity: table.rowCount)
        unseen = draws.rowShare < 1 ? RowOrder(capacity: table.rowCount) : nil
    }

    /// A leaf of the tree so far.
    private struct Leaf {
        let node: Int
        let rows: Range<Int>
        let others: Range<Int>
        let depth: Int
        let sum: FixedPoint.Pair
        /// Nil when the leaf is not to be split.
        var split: Split?
        var histogram: UnsafeMutablePointer<FixedPoint.Pair>?
    }

    /// What a tree is grown to.
    struct Goal {
        let fixed: FixedPoint
        /// One for each row.
        let fine: UnsafePointer<FixedPoint.Fine>
        /// One for each row.
        let words: UnsafePointer<UInt64>
        /// Counted from 0.
        let round: Int
        /// Counted from 0, over all outputs.
        let tree: Int
    }

    /// The leaf search of one tree.
    private struct Search {
        let splits: SplitSearch
        let goal: Goal
        /// Places of the usable features that the tree may ask about.
        let features: [Int]
        let threads: Int
    }

    /// Grows a tree, and adds the value of each row's leaf to its place in `predictions`.
    func grow(_ goal: Goal, predictions: UnsafeMutablePointer<Double>, threads: Int) -> GrownTree {
        let search = Search(
            splits: SplitSearch(
                table: table, fixed: goal.fixed, minRows: options.minRowsPerLeaf, l2: options.l2, minGain: options.minGain),
            goal: goal, features: draws.features(of: table.usable.count, tree: goal.tree), threads: threads)
        if let unseen {
            let draws = draws
            RowOrder.deal(table.rowCount, to: seen, and: unseen) { draws.sees($0, round: goal.round) }
        } else {
            seen.takeAll()
        }
        var tree = GrownTree(nodes: [TreeNode()], sets: [])
        var leaves = [
            Leaf(node: 0, rows: 0..<seen.count, others: 0..<(unseen?.count ?? 0), depth: 0, sum: seen.sum(goal.words, goal.fixed))
        ]
        if maySplit(leaves[0], search) { decide(&leaves[0], filled(leaves[0], search), search) }
        while leaves.count < options.maxLeaves, let next = next(leaves), let split = leaves[next].split {
            let parent = leaves[next]
            let sides = table.sides(of: split)
            let column = table.column(split.usable)
            let middle = seen.part(parent.rows, by: column, sides, threads: threads)
            let otherMiddle = unseen?.part(parent.others, by: column, sides, threads: threads) ?? 0
            let node = tree.nodes.count
            write(split, into: &tree, at: parent.node, children: node)
            tree.nodes += [TreeNode(), TreeNode()]
            var left = Leaf(
                node: node, rows: parent.rows.lowerBound..<middle, others: parent.others.lowerBound..<otherMiddle, depth: parent.depth + 1,
                sum: split.left)
            var right = Leaf(
                node: node + 1, rows: middle..<parent.rows.upperBound, others: otherMiddle..<parent.others.upperBound,
                depth: parent.depth + 1, sum: parent.sum &- split.left)
            // The last split's leaves stay leaves.
            if leaves.count + 1 < options.maxLeaves {
                decide(&left, &right, parentHistogram: parent.histogram, search)
            } else if let histogram = parent.histogram {
                pool.give(back: histogram)
            }
            leaves[next] = left
            leaves.append(right)
        }
        for leaf in leaves {
            if let histogram = leaf.histogram { pool.give(back: histogram) }
        }
        let values = leafValues(leaves, goal, threads)
        for (leaf, value) in zip(leaves, values) { tree.nodes[leaf.node].value = value }
        seen.add(zip(leaves, values).map { ($0.rows, $1) }, to: predictions, threads: threads)
        unseen?.add(zip(leaves, values).map { ($0.others, $1) }, to: predictions, threads: threads)
        return tree
    }

    /// What each leaf adds, by the fine derivatives of its rows.
    private func leafValues(_ leaves: [Leaf], _ goal: Goal, _ threads: Int) -> [Double] {
        seen.fineSums(leaves.map(\.rows), goal.fine, threads: threads).map { sums in
            let (gradient, hessian) = goal.fixed.fineSums(sums.gradient, sums.hessian)
            return hessian + options.l2 > 0 ? -options.learningRate * gradient / (hessian + options.l2) + 0 : 0
        }
    }

    /// The place of the leaf to be split next.
    private func next(_ leaves: [Leaf]) -> Int? {
        var best: (gain: Double, leaf: Leaf, place: Int)?
        for (place, leaf) in leaves.enumerated() {
            guard let gain = leaf.split?.gain else { continue }
            if let held = best {
                switch options.growth {
                case .leafWise: if held.gain > gain || (held.gain == gain && held.leaf.node < leaf.node) { continue }
                case .depthWise: if (held.leaf.depth, held.leaf.node) < (leaf.depth, leaf.node) { continue }
                }
            }
            best = (gain, leaf, place)
        }
        return best?.place
    }

    private func maySplit(_ leaf: Leaf, _ search: Search) -> Bool {
        if let limit = options.maxDepth, leaf.depth >= limit { return false }
        return leaf.rows.count >= 2 * options.minRowsPerLeaf
            && search.goal.fixed.hessian(leaf.sum) >= 2 * SplitSearch.smallestHessian
    }

    /// Finds the best split of a leaf whose histogram is filled; the leaf keeps the histogram if it has one.
    private func decide(_ leaf: inout Leaf, _ histogram: UnsafeMutablePointer<FixedPoint.Pair>, _ search: Search) {
        nonisolated(unsafe) let bins = histogram
        let total = leaf.sum
        let (table, splits, features) = (table, search.splits, search.features)
        let isLarge = table.binTotal >= 1 << 12
        let found = ParallelLoop.map(count: features.count, threads: isLarge ? search.threads : 1) { place in
            splits.best(features[place], bins + table.offsets[features[place]], total: total)
        }
        var best: Split?
        // DETERMINISM: in the order of features, so that the lower one wins a tie.
        for case let split? in found where best.map({ split.gain > $0.gain }) ?? true { best = split }
        leaf.split = best
        if best != nil, pool.hasRoom { leaf.histogram = histogram } else { pool.give(back: histogram) }
    }

    /// Finds the best splits of two new leaves; where the parent's histogram was kept, that of the larger one is the parent's
    /// less that of the smaller.
    private func decide(
        _ left: inout Leaf, _ right: inout Leaf, parentHistogram: UnsafeMutablePointer<FixedPoint.Pair>?, _ search: Search
    ) {
        let leftMay = maySplit(left, search)
        let rightMay = maySplit(right, search)
        guard let parentHistogram else {
            if leftMay { decide(&left, filled(left, search), search) }
            if rightMay { decide(&right, filled(right, search), search) }
            return
        }
        guard leftMay || rightMay else {
            pool.give(back: parentHistogram)
            return
        }
        let leftIsSmaller = left.rows.count <= right.rows.count
        let histogram = filled(leftIsSmaller ? left : right, search)
        BinSums.subtract(histogram, from: parentHistogram, count: table.binTotal)
        let (leftHistogram, rightHistogram) = leftIsSmaller ? (histogram, parentHistogram) : (parentHistogram, histogram)
        if leftMay { decide(&left, leftHistogram, search) } else { pool.give(back: leftHistogram) }
        if rightMay { decide(&right, rightHistogram, search) } else { pool.give(back: rightHistogram) }
    }

    /// The histogram of a leaf's rows.
    private func filled(_ leaf: Leaf, _ search: Search) -> UnsafeMutablePointer<FixedPoint.Pair> {
        let isWhole = leaf.rows.count == table.rowCount
        return pool.histogram(
            isWhole ? nil : seen.rows + leaf.rows.lowerBound, count: leaf.rows.count, words: search.goal.words,
            search.goal.fixed.packing, threads: search.threads)
    }

    private func write(_ split: Split, into tree: inout GrownTree, at node: Int, children: Int) {
        let feature = table.usable[split.usable]
        tree.nodes[node].feature = Int32(feature)
        tree.nodes[node].left = Int32(children)
        tree.nodes[node].right = Int32(children + 1)
        tree.nodes[node].missingGoesLeft = split.missingGoesLeft
        if let set = split.set {
            tree.nodes[node].set = Int32(tree.sets.count)
            tree.sets.append(set)
        } else if case .number(let thresholds) = table.features[feature] {
            // Past the last threshold all numbers go left and only missing ones right.
            tree.nodes[node].threshold = split.bin < thresholds.count ? thresholds[split.bin] : .greatestFiniteMagnitude
        }
    }
}
