import Numerics

/// One place in a decision tree: a question, or a leaf.
///
/// The nodes of a tree stand in preorder, so that the left child of a question is the node after it.
package struct ForestNode: Hashable, Sendable {
    /// The feature asked about; -1 in a leaf.
    package var feature: Int32
    /// Of a number the place of the threshold among ``DecisionForest/thresholds``, of a category that of the set of codes that go left;
    /// in a leaf the place of what it says among ``DecisionForest/values``.
    package var detail: Int32
    /// The right child, counted within the tree; 0 in a leaf.
    package var right: Int32
    /// Whether the question is about a category.
    package var isAboutSet = false
    /// Whether a row whose number is missing goes left.
    package var missingGoesLeft = false
}

/// Decision trees whose leaves say how many training rows of each class they held, or the mean of their numbers; what the trees say
/// is averaged. One tree is a forest too.
package struct DecisionForest: Hashable, Sendable {
    /// Numbers that a leaf says: one for regression, else one for each class.
    package let width: Int
    /// Nodes of all trees, tree after tree.
    package let nodes: [ForestNode]
    /// Where each tree's nodes begin, and where the last one's end.
    package let starts: [Int32]
    /// The thresholds of all questions; numbers up to one go left.
    package let thresholds: [Double]
    package let sets: [CodeSet]
    /// What leaves say, (distinct leaves, width); shares of classes, or a number.
    package let values: [Double]

    package var treeCount: Int { starts.count - 1 }

    /// Rows that are walked down the trees together.
    private static let blockRows = 64

    /// What the trees say of each row on average, (rows, width).
    // DETERMINISM: for each row and number one chain over the trees, ascending; then one division.
    func means(_ table: FeatureTable, threads: Int) -> [Double] {
        let (width, featureCount) = (width, table.columns.count)
        var result = [Double](repeating: 0, count: table.rowCount * width)
        result.withUnsafeMutableBufferPointer { buffer in
            nonisolated(unsafe) let sums = buffer
            ParallelLoop.run(count: (table.rowCount + Self.blockRows - 1) / Self.blockRows, threads: threads) { block in
                let rows = block * Self.blockRows..<min(table.rowCount, (block + 1) * Self.blockRows)
                let numbers = table.numbers(of: rows)
                numbers.withUnsafeBufferPointer { numbers in
                    for tree in 0..<treeCount {
                        for row in rows {
                            let first = (row - rows.lowerBound) * featureCount
                            let leaf = leaf(tree, UnsafeBufferPointer(rebasing: numbers[first..<first + featureCount]))
                            for place in 0..<width { sums[row * width + place] += values[leaf * width + place] }
                        }
                    }
                }
                for place in rows.lowerBound * width..<rows.upperBound * width { sums[place] /= Double(treeCount) }
            }
        }
        return result
    }

    /// The place among the leaves' values that a row comes to; `numbers` holds a number or a category's code for each feature.
    private func leaf(_ tree: Int, _ numbers: UnsafeBufferPointer<Double>) -> Int {
        let start = Int(starts[tree])
        var index = start
        // INVARIANT: children come after their parent, so this ends.
        while true {
            let node = nodes[index]
            if node.feature < 0 { return Int(node.detail) }
            let number = numbers[Int(node.feature)]
            let goesLeft: Bool
            if number.isNaN {
                goesLeft = node.missingGoesLeft
            } else if node.isAboutSet {
                goesLeft = sets[Int(node.detail)].contains(Int(number))
            } else {
                goesLeft = number <= thresholds[Int(node.detail)]
            }
            index = goesLeft ? index + 1 : start + Int(node.right)
        }
    }
}
