internal import Learning
internal import Numerics

/// Shapley values of the sums of trees, exactly, in a time that is linear in the trees' nodes.
///
/// What trees give when only some features are known is as in Lundberg and others, "Consistent individualized feature
/// attribution for tree ensembles", 2018: a question about an unknown feature is answered both ways, weighed by the background
/// rows that go each way. How they are summed: ``TreePaths``.
enum TreeContributions {
    /// Rows that are taken together.
    private static let blockRows = 32

    /// - Throws: ``LearningError/diagnostics(_:)`` for trees that are too deep, ``LearningError/cancelled``.
    static func of(
        _ ensemble: TreeEnsemble, _ rows: FeatureTable, featureCount: Int, threads: Int, isCancelled: () -> Bool
    ) throws(LearningError) -> Contributions {
        let outputs = ensemble.baselines.count
        var base = ensemble.baselines
        var elements = [Double](repeating: 0, count: rows.count * outputs * featureCount)
        let values = rows.numbers(of: 0..<rows.count)
        for tree in ensemble.trees {
            if isCancelled() { throw .cancelled }
            for output in tree.outputs { base[output] += tree.means(output - tree.outputs.lowerBound)[0] }
            guard tree.nodes.count > 1 else { continue }
            guard let paths = TreePaths(tree, featureCount: featureCount) else {
                throw .explaining("learning/too-large", "a tree of the model is too deep for contributions; use the method 'permutation'")
            }
            // DETERMINISM: each row's chains are over the trees ascending, and over a tree's nodes descending.
            elements.withUnsafeMutableBufferPointer { buffer in
                nonisolated(unsafe) let elements = buffer
                ParallelLoop.run(count: (rows.count + blockRows - 1) / blockRows, threads: threads) { block in
                    let walk = Walk(tree: tree, paths: paths, outputCount: outputs, featureCount: featureCount)
                    values.withUnsafeBufferPointer { values in
                        ensemble.sets.withUnsafeBufferPointer { sets in
                            walk.add(block * blockRows..<min(rows.count, (block + 1) * blockRows), values, sets, to: elements)
                        }
                    }
                }
            }
        }
        return Contributions(rowCount: rows.count, outputCount: outputs, base: base, elements: elements)
    }

    /// How a row stands to a path: it has taken the questions about a feature as the path does, it leaves it here, or it had left.
    private enum Standing {
        static let stays: UInt8 = 0
        static let leaves: UInt8 = 1
        static let left: UInt8 = 2
    }

    /// Some rows on their way through one tree.
    private struct Walk {
        let tree: PlainTree
        let paths: TreePaths
        let outputCount: Int
        let featureCount: Int

        func add(
            _ rows: Range<Int>, _ values: UnsafeBufferPointer<Double>, _ sets: UnsafeBufferPointer<CodeSet>,
            to elements: UnsafeMutableBufferPointer<Double>
        ) {
            let count = tree.nodes.count
            let blocks = paths.blocks
            withUnsafeTemporaryAllocation(of: SIMD4<Double>.self, capacity: 2 * count * blocks) { room in
                withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 2 * count) { marks in
                    let products = UnsafeMutableBufferPointer(rebasing: room[..<(count * blocks)])
                    let sums = UnsafeMutableBufferPointer(rebasing: room[(count * blocks)...])
                    let standings = UnsafeMutableBufferPointer(rebasing: marks[..<count])
                    let goesLeft = UnsafeMutableBufferPointer(rebasing: marks[count...])
                    for row in rows {
                        let fields = UnsafeBufferPointer(rebasing: values[row * featureCount..<(row + 1) * featureCount])
                        // Most trees need one block or two: a constant lets the compiler unroll.
                        switch blocks {
                        case 1: down(fields, sets, products, standings, goesLeft, blocks: 1)
                        case 2: down(fields, sets, products, standings, goesLeft, blocks: 2)
                        default: down(fields, sets, products, standings, goesLeft, blocks: blocks)
                        }
                        for output in tree.outputs {
                            let first = (row * outputCount + output) * featureCount
                            let target = UnsafeMutableBufferPointer(rebasing: elements[first..<first + featureCount])
                            let place = output - tree.outputs.lowerBound
                            switch blocks {
                            case 1: up(products, standings, sums, place, target, blocks: 1)
                            case 2: up(products, standings, sums, place, target, blocks: 2)
                            default: up(products, standings, sums, place, target, blocks: blocks)
                            }
                        }
                    }
                }
            }
        }

        /// The products of each path, from the root to the leaves.
        @inline(__always)
        private func down(
            _ fields: UnsafeBufferPointer<Double>, _ sets: UnsafeBufferPointer<CodeSet>,
            _ products: UnsafeMutableBufferPointer<SIMD4<Double>>, _ standings: UnsafeMutableBufferPointer<UInt8>,
            _ goesLeft: UnsafeMutableBufferPointer<UInt8>, blocks: Int
        ) {
            tree.nodes.withUnsafeBufferPointer { nodes in
                paths.stay.withUnsafeBufferPointer { stay in
                    paths.leave.withUnsafeBufferPointer { leave in
                        for place in nodes.indices {
                            let node = nodes[place]
                            if node.feature >= 0 { goesLeft[place] = node.sendsLeft(fields[Int(node.feature)], sets) ? 1 : 0 }
                            if place == 0 {
                                for block in 0..<blocks { products[block] = SIMD4(repeating: 1) }
                                continue
                            }
                            let parent = Int(node.parent)
                            let isLeft = Int(nodes[parent].left) == place
                            let before = Int(paths.previous[place])
                            let from = parent * blocks
                            let to = place * blocks
                            if before >= 0, standings[before] != Standing.stays {
                                standings[place] = Standing.left
                                let factor = paths.left[place]
                                for block in 0..<blocks { products[to + block] = products[from + block] * factor }
                            } else if (goesLeft[parent] == 1) == isLeft {
                                standings[place] = Standing.stays
                                for block in 0..<blocks { products[to + block] = products[from + block] * stay[to + block] }
                            } else {
                                standings[place] = Standing.leaves
                                for block in 0..<blocks { products[to + block] = products[from + block] * leave[to + block] }
                            }
                        }
                    }
                }
            }
        }

        /// The sums of the leaves below each node, from the leaves to the root, and what they say of the features.
        @inline(__always)
        private func up(
            _ products: UnsafeMutableBufferPointer<SIMD4<Double>>, _ standings: UnsafeMutableBufferPointer<UInt8>,
            _ sums: UnsafeMutableBufferPointer<SIMD4<Double>>, _ output: Int, _ target: UnsafeMutableBufferPointer<Double>, blocks: Int
        ) {
            let width = tree.outputs.count
            tree.nodes.withUnsafeBufferPointer { nodes in
                for place in stride(from: nodes.count - 1, to: 0, by: -1) {
                    let node = nodes[place]
                    let to = place * blocks
                    if node.feature < 0 {
                        let value = tree.values[Int(node.leaf) * width + output]
                        for block in 0..<blocks { sums[to + block] = products[to + block] * value }
                    } else {
                        let (left, right) = (Int(node.left) * blocks, Int(node.right) * blocks)
                        for block in 0..<blocks { sums[to + block] = sums[left + block] + sums[right + block] }
                    }
                    if standings[place] == Standing.left { continue }
                    let weights = standings[place] == Standing.stays ? paths.stayWeight : paths.leaveWeight
                    var sum = SIMD4<Double>(repeating: 0)
                    for block in 0..<blocks { sum += sums[to + block] * weights[to + block] }
                    target[Int(nodes[Int(node.parent)].feature)] += (sum.x + sum.z) + (sum.y + sum.w)
                }
            }
        }
    }
}
