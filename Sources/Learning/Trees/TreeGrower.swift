import Numerics

/// A tree as it was grown, and where each training row ended.
struct GrownTree: Sendable {
    var nodes: [TreeNode]
    /// The sets of the tree's own nodes, which number them from 0.
    var sets: [CodeSet]
}

/// Grows one tree after another over the same rows, always at the leaf where splitting gains most.
///
/// Of leaves that gain equally, the one made first is split. The result is a function of the table, the gradients and the
/// options; `threads` only shortens the time.
final class TreeGrower {
    private let table: BinnedTable
    private let options: BoostingOptions
    private let pool: HistogramPool
    /// Row numbers; a node's rows are a stretch of it, ascending.
    private let order: UnsafeMutablePointer<Int32>
    /// Room for as many row numbers.
    private let scratch: UnsafeMutablePointer<Int32>
    /// Room for the gradients of a node's rows, side by side.
    private let gathered: UnsafeMutablePointer<FixedPoint.Pair>

    /// - Parameter mostHistogramBytes: Bounds the memory; it has no influence on the trees.
    init(_ table: BinnedTable, _ options: BoostingOptions, mostHistogramBytes: Int = HistogramPool.mostBytes) {
        self.table = table
        self.options = options
        pool = HistogramPool(binTotal: table.offsets[table.offsets.count - 1], mostBytes: mostHistogramBytes)
        order = .allocate(capacity: table.rowCount)
        order.initialize(repeating: 0, count: table.rowCount)
        scratch = .allocate(capacity: table.rowCount)
        scratch.initialize(repeating: 0, count: table.rowCount)
        gathered = .allocate(capacity: table.rowCount)
        gathered.initialize(repeating: FixedPoint.Pair(), count: table.rowCount)
    }

    deinit {
        order.deallocate()
        scratch.deallocate()
        gathered.deallocate()
    }

    /// A leaf of the tree so far.
    private struct Leaf {
        let node: Int
        let lower: Int
        let upper: Int
        let depth: Int
        let sum: FixedPoint.Pair
        /// Nil when the leaf is not to be split.
        var split: Split?
        var histogram: UnsafeMutablePointer<FixedPoint.Pair>?

        var count: Int { upper - lower }
    }

    /// Grows a tree to the gradients (one for each row), and adds the value of each row's leaf to its place in `predictions`.
    func grow(
        _ gradients: UnsafePointer<FixedPoint.Pair>, _ fixed: FixedPoint, predictions: UnsafeMutablePointer<Double>, threads: Int
    ) -> GrownTree {
        let search = SplitSearch(table: table, fixed: fixed, minRows: options.minRowsPerLeaf, l2: options.l2)
        let count = table.rowCount
        var sum = FixedPoint.Pair()
        for row in 0..<count {
            order[row] = Int32(row)
            sum &+= gradients[row]
        }
        var tree = GrownTree(nodes: [TreeNode()], sets: [])
        var leaves = [Leaf(node: 0, lower: 0, upper: count, depth: 0, sum: sum)]
        if maySplit(leaves[0], search) {
            let histogram = pool.take()
            table.fill(histogram, rows: nil, count: count, gradients: gradients, threads: threads)
            decide(&leaves[0], histogram, search, threads)
        }
        while leaves.count < options.maxLeaves, let next = Self.mostGaining(leaves), let split = leaves[next].split {
            let parent = leaves[next]
            let middle = partition(parent, split)
            let node = tree.nodes.count
            write(split, into: &tree, at: parent.node, children: node)
            tree.nodes += [TreeNode(), TreeNode()]
            var left = Leaf(node: node, lower: parent.lower, upper: middle, depth: parent.depth + 1, sum: split.left)
            var right = Leaf(node: node + 1, lower: middle, upper: parent.upper, depth: parent.depth + 1, sum: parent.sum &- split.left)
            // The last split's leaves stay leaves.
            if leaves.count + 1 < options.maxLeaves {
                decide(&left, &right, parentHistogram: parent.histogram, gradients, search, threads)
            } else if let histogram = parent.histogram {
                pool.give(back: histogram)
            }
            leaves[next] = left
            leaves.append(right)
        }
        for leaf in leaves {
            if let histogram = leaf.histogram { pool.give(back: histogram) }
            let hessian = fixed.hessian(leaf.sum) + options.l2
            let value = hessian > 0 ? -options.learningRate * fixed.gradient(leaf.sum) / hessian + 0 : 0
            tree.nodes[leaf.node].value = value
            for place in leaf.lower..<leaf.upper { predictions[Int(order[place])] += value }
        }
        return tree
    }

    private static func mostGaining(_ leaves: [Leaf]) -> Int? {
        var best: (gain: Double, node: Int, place: Int)?
        for (place, leaf) in leaves.enumerated() {
            guard let gain = leaf.split?.gain else { continue }
            if let held = best, held.gain > gain || (held.gain == gain && held.node < leaf.node) { continue }
            best = (gain, leaf.node, place)
        }
        return best?.place
    }

    private func maySplit(_ leaf: Leaf, _ search: SplitSearch) -> Bool {
        if let limit = options.maxDepth, leaf.depth >= limit { return false }
        return leaf.count >= 2 * options.minRowsPerLeaf && search.fixed.hessian(leaf.sum) >= 2 * SplitSearch.smallestHessian
    }

    /// Finds the best split of a leaf whose histogram is filled; the leaf keeps the histogram if it has one.
    private func decide(
        _ leaf: inout Leaf, _ histogram: UnsafeMutablePointer<FixedPoint.Pair>, _ search: SplitSearch, _ threads: Int
    ) {
        nonisolated(unsafe) let bins = histogram
        let total = leaf.sum
        let table = table
        let isLarge = table.offsets[table.offsets.count - 1] >= 1 << 13
        let splits = ParallelLoop.map(count: table.usable.count, threads: isLarge ? threads : 1) { place in
            search.best(place, bins + table.offsets[place], total: total)
        }
        var best: Split?
        // DETERMINISM: in the order of features, so that the lower one wins a tie.
        for case let split? in splits where best.map({ split.gain > $0.gain }) ?? true { best = split }
        leaf.split = best
        if best != nil, pool.hasRoom { leaf.histogram = histogram } else { pool.give(back: histogram) }
    }

    /// Finds the best splits of two new leaves; where the parent's histogram was kept, that of the larger one is the parent's
    /// less that of the smaller.
    private func decide(
        _ left: inout Leaf, _ right: inout Leaf, parentHistogram: UnsafeMutablePointer<FixedPoint.Pair>?,
        _ gradients: UnsafePointer<FixedPoint.Pair>, _ search: SplitSearch, _ threads: Int
    ) {
        let leftMay = maySplit(left, search)
        let rightMay = maySplit(right, search)
        guard let parentHistogram else {
            if leftMay { decide(&left, filled(left, gradients, threads), search, threads) }
            if rightMay { decide(&right, filled(right, gradients, threads), search, threads) }
            return
        }
        guard leftMay || rightMay else {
            pool.give(back: parentHistogram)
            return
        }
        let leftIsSmaller = left.count <= right.count
        let histogram = filled(leftIsSmaller ? left : right, gradients, threads)
        for bin in 0..<table.offsets[table.offsets.count - 1] { parentHistogram[bin] = parentHistogram[bin] &- histogram[bin] }
        let (leftHistogram, rightHistogram) = leftIsSmaller ? (histogram, parentHistogram) : (parentHistogram, histogram)
        if leftMay { decide(&left, leftHistogram, search, threads) } else { pool.give(back: leftHistogram) }
        if rightMay { decide(&right, rightHistogram, search, threads) } else { pool.give(back: rightHistogram) }
    }

    /// The histogram of a leaf's rows.
    private func filled(
        _ leaf: Leaf, _ gradients: UnsafePointer<FixedPoint.Pair>, _ threads: Int
    ) -> UnsafeMutablePointer<FixedPoint.Pair> {
        let histogram = pool.take()
        let rows = order + leaf.lower
        for place in 0..<leaf.count { gathered[place] = gradients[Int(rows[place])] }
        table.fill(histogram, rows: rows, count: leaf.count, gradients: gathered, threads: threads)
        return histogram
    }

    /// Moves a node's rows so that those going left come first, each side in its order, and gives the place of the first
    /// that goes right.
    private func partition(_ leaf: Leaf, _ split: Split) -> Int {
        var side = [UInt8](repeating: 0, count: 256)
        switch table.features[table.usable[split.usable]] {
        case .number(let thresholds):
            for bin in 0...split.bin { side[bin] = 1 }
            side[thresholds.count + 1] = split.missingGoesLeft ? 1 : 0
        case .category(let codeCount):
            for bin in 0..<codeCount where split.set?.contains(bin) == true { side[bin] = 1 }
        }
        var left = leaf.lower
        var right = 0
        let (order, scratch) = (order, scratch)
        table.codes.withUnsafeBufferPointer { codes in
            guard let column = codes.baseAddress.map({ $0 + split.usable * table.rowCount }) else { return }
            side.withUnsafeBufferPointer { side in
                // Every row is written to both sides and one side moves on: which one cannot be guessed, so nothing branches.
                for place in leaf.lower..<leaf.upper {
                    let row = order[place]
                    let goesLeft = Int(side[Int(column[Int(row)])])
                    order[left] = row
                    scratch[right] = row
                    left += goesLeft
                    right += 1 - goesLeft
                }
            }
        }
        (order + left).update(from: scratch, count: right)
        return left
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
