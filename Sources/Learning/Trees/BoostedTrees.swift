import Numerics

/// One place in a tree: a question about a feature, or a leaf with its value.
package struct TreeNode: Hashable, Sendable {
    /// The feature asked about; -1 in a leaf.
    package var feature: Int32 = -1
    /// Rows with a number up to this go left.
    package var threshold = 0.0
    /// The children, counted within the tree; both come after their parent.
    package var left: Int32 = 0
    package var right: Int32 = 0
    /// Whether a row whose number is missing goes left.
    package var missingGoesLeft = false
    /// The set of category codes that go left, counted over all trees; -1 where the feature is a number.
    package var set: Int32 = -1
    /// What a leaf adds to the prediction.
    package var value = 0.0
}

/// The category codes, from 0 to 255, of the rows that go left.
package struct CodeSet: Hashable, Sendable {
    package var words = SIMD4<UInt64>()

    package init() {}

    package mutating func insert(_ code: Int) {
        words[code >> 6] |= 1 &<< UInt64(code & 63)
    }

    package func contains(_ code: Int) -> Bool {
        words[(code >> 6) & 3] &>> UInt64(code & 63) & 1 == 1
    }
}

/// A sum of decision trees on top of a baseline, for each output.
package struct BoostedTrees: Hashable, Sendable {
    /// Where the sum of each output begins: 1 output for regression and two classes, else one for each class.
    package let baselines: [Double]
    /// Nodes of all trees, tree after tree; the trees of a round follow each other, one for each output.
    package let nodes: [TreeNode]
    /// Where each tree's nodes begin, and where the last one's end.
    package let starts: [Int32]
    package let sets: [CodeSet]

    package var outputCount: Int { baselines.count }
    package var treeCount: Int { starts.count - 1 }

    /// Rows that are walked down the trees together.
    private static let blockRows = 64

    /// The sums for each row, (rows, outputs).
    func sums(_ table: FeatureTable, threads: Int) -> [Double] {
        let outputs = outputCount
        var result = [Double](repeating: 0, count: table.rowCount * outputs)
        let width = table.columns.count
        result.withUnsafeMutableBufferPointer { buffer in
            nonisolated(unsafe) let sums = buffer
            ParallelLoop.run(count: (table.rowCount + Self.blockRows - 1) / Self.blockRows, threads: threads) { block in
                let rows = block * Self.blockRows..<min(table.rowCount, (block + 1) * Self.blockRows)
                let values = table.numbers(of: rows)
                for row in rows {
                    for output in 0..<outputs { sums[row * outputs + output] = baselines[output] }
                }
                values.withUnsafeBufferPointer { values in
                    for tree in 0..<treeCount {
                        for row in rows {
                            let first = (row - rows.lowerBound) * width
                            sums[row * outputs + tree % outputs] += leaf(tree, UnsafeBufferPointer(rebasing: values[first..<first + width]))
                        }
                    }
                }
            }
        }
        return result
    }

    /// The value of the leaf that a row comes to; `values` holds a number or a category's code for each feature.
    private func leaf(_ tree: Int, _ values: UnsafeBufferPointer<Double>) -> Double {
        let start = Int(starts[tree])
        var index = start
        // INVARIANT: children come after their parent, so this ends.
        while true {
            let node = nodes[index]
            if node.feature < 0 { return node.value }
            let value = values[Int(node.feature)]
            let goesLeft: Bool
            if node.set >= 0 {
                goesLeft = sets[Int(node.set)].contains(Int(value))
            } else {
                goesLeft = value.isNaN ? node.missingGoesLeft : value <= node.threshold
            }
            index = start + Int(goesLeft ? node.left : node.right)
        }
    }
}

extension FeatureTable {
    /// The numbers, and the categories' codes as numbers, of a few rows, (rows, features).
    package func numbers(of rows: Range<Int>) -> [Double] {
        let width = columns.count
        var values = [Double](repeating: 0, count: rows.count * width)
        for (feature, column) in columns.enumerated() {
            switch column {
            case .numbers(let numbers): for row in rows { values[(row - rows.lowerBound) * width + feature] = numbers[row] }
            case .codes(let codes): for row in rows { values[(row - rows.lowerBound) * width + feature] = Double(codes[row]) }
            case .sparse, .images: preconditionFailure("trees see numbers and categories")
            }
        }
        return values
    }
}
