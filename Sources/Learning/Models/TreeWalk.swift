import Numerics

/// Decision trees laid out to walk one row down many of them at once.
///
/// The steps of a walk wait for memory and for each other; eight walks side by side wait together, and none of their steps is a branch
/// that a processor could foresee wrongly. One walk serves one thread at a time.
final class TreeWalk {
    /// A question: a row whose number in `slot` is at most `threshold` goes to `left`, others to the node after it.
    ///
    /// A leaf asks whether minus infinity is at most its value, and leads back to itself.
    private struct Node {
        var threshold: Double
        var slot: UInt32
        var left: UInt32
    }

    /// Trees that are walked together.
    private static let groupSize = 8
    /// In the slot of a question about a category, whose threshold has the bits of the place of its set.
    private static let setFlag: UInt32 = 1 << 31
    /// The first slot holds minus infinity; then each feature has two.
    private static func slot(_ feature: Int, missingGoesLeft: Bool) -> UInt32 {
        UInt32(1 + 2 * feature + (missingGoesLeft ? 1 : 0))
    }

    private let nodes: UnsafeMutableBufferPointer<Node>
    /// The first nodes of the trees, groups of trees of about the same depth together.
    private let roots: UnsafeMutableBufferPointer<UInt32>
    /// For each root the place of its tree; beyond all trees where a group was filled up.
    private let places: UnsafeMutableBufferPointer<Int32>
    /// Each feature's number twice: plus infinity where it is missing and goes right, minus infinity where it goes left.
    private let slots: UnsafeMutableBufferPointer<Double>
    /// Four words of bits for each set.
    private let words: UnsafeMutableBufferPointer<UInt64>
    /// What the leaf that the row came to holds, tree by tree.
    let leaves: UnsafeMutableBufferPointer<Double>
    private let featureCount: Int
    private let hasSets: Bool

    /// A node as the trees have it; children are counted within the tree.
    enum Source {
        case leaf(Double)
        case number(feature: Int, threshold: Double, missingGoesLeft: Bool, left: Int, right: Int)
        case category(feature: Int, set: Int, left: Int, right: Int)
    }

    /// Nil where there are more nodes than can be counted, or they are no trees.
    init?(featureCount: Int, trees: [Range<Int>], sets: [CodeSet], node: (_ tree: Int, _ index: Int) -> Source) {
        let count = trees.reduce(0) { $0 + $1.count }
        guard count < Int(UInt32.max), featureCount < 1 << 29 else { return nil }
        var laid: [Node] = []
        laid.reserveCapacity(count)
        var starts: [(root: UInt32, depth: Int, tree: Int)] = []
        var pending: [(index: Int, place: Int, depth: Int)] = []
        for (tree, range) in trees.enumerated() {
            let root = laid.count
            var depth = 0
            laid.append(Node(threshold: 0, slot: 0, left: 0))
            pending.append((range.lowerBound, root, 0))
            while let next = pending.popLast() {
                depth = max(depth, next.depth)
                let children: (left: Int, right: Int)
                switch node(tree, next.index) {
                case .leaf(let value):
                    laid[next.place] = Node(threshold: value, slot: 0, left: UInt32(next.place))
                    continue
                case .number(let feature, let threshold, let missingGoesLeft, let left, let right):
                    laid[next.place] = Node(
                        threshold: threshold, slot: Self.slot(feature, missingGoesLeft: missingGoesLeft), left: UInt32(laid.count))
                    children = (left, right)
                case .category(let feature, let set, let left, let right):
                    laid[next.place] = Node(
                        threshold: Double(bitPattern: UInt64(set)), slot: Self.slot(feature, missingGoesLeft: false) | Self.setFlag,
                        left: UInt32(laid.count))
                    children = (left, right)
                }
                // A file may let two questions lead to one node; copies of it could then go on without end.
                guard laid.count + 2 <= count else { return nil }
                pending.append((range.lowerBound + children.right, laid.count + 1, next.depth + 1))
                pending.append((range.lowerBound + children.left, laid.count, next.depth + 1))
                laid.append(Node(threshold: 0, slot: 0, left: 0))
                laid.append(Node(threshold: 0, slot: 0, left: 0))
            }
            starts.append((UInt32(root), depth, tree))
        }
        // The last group is filled up with a leaf that nobody asks for.
        laid.append(Node(threshold: 0, slot: 0, left: UInt32(laid.count)))
        starts.sort { ($0.depth, $0.tree) < ($1.depth, $1.tree) }
        while starts.count % Self.groupSize != 0 { starts.append((UInt32(laid.count - 1), 0, trees.count)) }
        nodes = .allocate(capacity: laid.count)
        _ = nodes.initialize(from: laid)
        roots = .allocate(capacity: starts.count)
        _ = roots.initialize(from: starts.map(\.root))
        places = .allocate(capacity: starts.count)
        _ = places.initialize(from: starts.map { Int32($0.tree) })
        slots = .allocate(capacity: 1 + 2 * featureCount)
        slots.initialize(repeating: -.infinity)
        words = .allocate(capacity: max(1, 4 * sets.count))
        words.initialize(repeating: 0)
        for (index, set) in sets.enumerated() {
            for word in 0..<4 { words[4 * index + word] = set.words[word] }
        }
        leaves = .allocate(capacity: trees.count + 1)
        leaves.initialize(repeating: 0)
        self.featureCount = featureCount
        hasSets = laid.contains { $0.slot & Self.setFlag != 0 }
    }

    deinit {
        nodes.deallocate()
        roots.deallocate()
        places.deallocate()
        slots.deallocate()
        words.deallocate()
        leaves.deallocate()
    }

    /// Brings a row to a leaf of each tree, whose values are then in ``leaves``.
    ///
    /// - Parameter values: For each feature its number, NaN where missing, or its category's code.
    func walk(_ values: UnsafePointer<Double>) {
        // The pointers are read once: else each step would ask the object again.
        guard let slots = slots.baseAddress, let nodes = nodes.baseAddress, let roots = roots.baseAddress,
            let places = places.baseAddress, let leaves = leaves.baseAddress, let words = words.baseAddress
        else { return }
        for feature in 0..<featureCount {
            let value = values[feature]
            slots[1 + 2 * feature] = value.isNaN ? .infinity : value
            slots[2 + 2 * feature] = value.isNaN ? -.infinity : value
        }
        let count = self.roots.count
        if hasSets {
            for index in 0..<count {
                var node = Int(roots[index])
                while true {
                    let next = Self.stepWithSets(nodes[node], slots, words)
                    if next == node { break }
                    node = next
                }
                leaves[Int(places[index])] = nodes[node].threshold
            }
            return
        }
        for first in stride(from: 0, to: count, by: Self.groupSize) {
            var (a, b, c, d) = (Int(roots[first]), Int(roots[first + 1]), Int(roots[first + 2]), Int(roots[first + 3]))
            var (e, f, g, h) = (Int(roots[first + 4]), Int(roots[first + 5]), Int(roots[first + 6]), Int(roots[first + 7]))
            while true {
                let (a1, b1, c1) = (Self.step(nodes + a, slots), Self.step(nodes + b, slots), Self.step(nodes + c, slots))
                let (d1, e1, f1) = (Self.step(nodes + d, slots), Self.step(nodes + e, slots), Self.step(nodes + f, slots))
                let (g1, h1) = (Self.step(nodes + g, slots), Self.step(nodes + h, slots))
                let moved = (a ^ a1) | (b ^ b1) | (c ^ c1) | (d ^ d1) | (e ^ e1) | (f ^ f1) | (g ^ g1) | (h ^ h1)
                if moved == 0 { break }
                (a, b, c, d) = (a1, b1, c1, d1)
                (e, f, g, h) = (e1, f1, g1, h1)
            }
            leaves[Int(places[first])] = nodes[a].threshold
            leaves[Int(places[first + 1])] = nodes[b].threshold
            leaves[Int(places[first + 2])] = nodes[c].threshold
            leaves[Int(places[first + 3])] = nodes[d].threshold
            leaves[Int(places[first + 4])] = nodes[e].threshold
            leaves[Int(places[first + 5])] = nodes[f].threshold
            leaves[Int(places[first + 6])] = nodes[g].threshold
            leaves[Int(places[first + 7])] = nodes[h].threshold
        }
    }

    @inline(__always)
    private static func step(_ node: UnsafePointer<Node>, _ slots: UnsafePointer<Double>) -> Int {
        // Neither side is NaN: "not at most" is "above".
        Int(node.pointee.left) &+ (slots[Int(node.pointee.slot)] > node.pointee.threshold ? 1 : 0)
    }

    @inline(__always)
    private static func stepWithSets(_ node: Node, _ slots: UnsafePointer<Double>, _ words: UnsafePointer<UInt64>) -> Int {
        let value = slots[Int(node.slot & ~setFlag)]
        let goesRight: Bool
        if node.slot & setFlag == 0 {
            goesRight = value > node.threshold
        } else {
            // INVARIANT: codes are from 0 to 255.
            let code = Int(value)
            goesRight = words[4 * Int(node.threshold.bitPattern) + (code >> 6)] &>> UInt64(code & 63) & 1 == 0
        }
        return Int(node.left) &+ (goesRight ? 1 : 0)
    }
}

extension BoostedTrees {
    /// The trees laid out for single rows; a leaf holds what it adds.
    func walk(featureCount: Int) -> TreeWalk? {
        let trees = (0..<treeCount).map { Int(starts[$0])..<Int(starts[$0 + 1]) }
        return TreeWalk(featureCount: featureCount, trees: trees, sets: sets) { _, index in
            let node = nodes[index]
            if node.feature < 0 { return .leaf(node.value) }
            let (feature, left, right) = (Int(node.feature), Int(node.left), Int(node.right))
            if node.set >= 0 { return .category(feature: feature, set: Int(node.set), left: left, right: right) }
            return .number(feature: feature, threshold: node.threshold, missingGoesLeft: node.missingGoesLeft, left: left, right: right)
        }
    }

    /// The sums of the row that was walked.
    // DETERMINISM: in the order of sums(_:threads:), trees ascending.
    func sums(_ walk: TreeWalk, into sums: UnsafeMutablePointer<Double>) {
        let outputs = outputCount
        for output in 0..<outputs { sums[output] = baselines[output] }
        if outputs == 1 {
            var sum = sums[0]
            for tree in 0..<treeCount { sum += walk.leaves[tree] }
            sums[0] = sum
            return
        }
        for tree in 0..<treeCount { sums[tree % outputs] += walk.leaves[tree] }
    }
}

extension DecisionForest {
    /// The trees laid out for single rows; a leaf holds the place of what it says.
    func walk(featureCount: Int) -> TreeWalk? {
        let trees = (0..<treeCount).map { Int(starts[$0])..<Int(starts[$0 + 1]) }
        return TreeWalk(featureCount: featureCount, trees: trees, sets: sets) { tree, index in
            let node = nodes[index]
            if node.feature < 0 { return .leaf(Double(node.detail)) }
            let (feature, detail) = (Int(node.feature), Int(node.detail))
            let (left, right) = (index - Int(starts[tree]) + 1, Int(node.right))
            if node.isAboutSet { return .category(feature: feature, set: detail, left: left, right: right) }
            return .number(
                feature: feature, threshold: thresholds[detail], missingGoesLeft: node.missingGoesLeft, left: left, right: right)
        }
    }

    /// The means of the row that was walked.
    // DETERMINISM: in the order of means(_:threads:), trees ascending; then one division.
    func means(_ walk: TreeWalk, into means: UnsafeMutablePointer<Double>) {
        for place in 0..<width { means[place] = 0 }
        values.withUnsafeBufferPointer { values in
            for tree in 0..<treeCount {
                let leaf = Int(walk.leaves[tree])
                for place in 0..<width { means[place] += values[leaf * width + place] }
            }
        }
        for place in 0..<width { means[place] /= Double(treeCount) }
    }
}
