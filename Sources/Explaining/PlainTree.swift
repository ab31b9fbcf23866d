internal import Learning

/// A tree as the algorithms here want it: nodes before their children, the left child next to its parent.
struct PlainTree: Sendable {
    struct Node: Sendable {
        /// The feature asked about; -1 in a leaf.
        var feature: Int32 = -1
        /// The nodes' places; the root is its own parent.
        var parent: Int32 = 0
        var left: Int32 = 0
        var right: Int32 = 0
        /// Rows with a number up to this go left.
        var threshold = 0.0
        var missingGoesLeft = false
        /// The place of the set of codes that go left; -1 where the feature is a number.
        var set: Int32 = -1
        /// The place of a leaf's values.
        var leaf: Int32 = -1
    }

    let nodes: [Node]
    /// The outputs that the tree adds to.
    let outputs: Range<Int>
    /// What leaves add, (leaves, outputs of the tree).
    let values: [Double]
    /// For each node how many background rows come to it.
    var covers: [Int32] = []

    /// The share of the rows at its parent that comes to a node; a half where there are none.
    func share(_ node: Int) -> Double {
        let parent = covers[Int(nodes[node].parent)]
        return parent > 0 ? Double(covers[node]) / Double(parent) : 0.5
    }

    /// The mean of an output over the background rows of each node.
    func means(_ output: Int) -> [Double] {
        var means = [Double](repeating: 0, count: nodes.count)
        for (place, node) in nodes.enumerated().reversed() {
            if node.feature < 0 {
                means[place] = values[Int(node.leaf) * outputs.count + output]
            } else {
                let (left, right) = (Int(node.left), Int(node.right))
                means[place] = share(left) * means[left] + share(right) * means[right]
            }
        }
        return means
    }
}

extension PlainTree.Node {
    /// Whether a row with this number, or code of a category, goes left.
    @inline(__always)
    func sendsLeft(_ value: Double, _ sets: UnsafeBufferPointer<CodeSet>) -> Bool {
        if set >= 0 { return sets[Int(set)].contains(Int(value)) }
        return value.isNaN ? missingGoesLeft : value <= threshold
    }
}
