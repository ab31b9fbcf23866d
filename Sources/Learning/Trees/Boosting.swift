import Canonical
import Numerics

/// Fits ``BoostedTrees`` to a table, round by round.
enum Boosting {
    /// What training watches but does not learn from.
    struct Watched: Sendable {
        let table: FeatureTable
        let loss: BoostingLoss
    }

    /// More rows than this cannot be numbered.
    private static let mostRows = 1 << 30
    /// More derivatives, one for each row and output, are refused: 4 GiB.
    private static let mostDerivatives = 1 << 28

    /// - Throws: ``LearningError/cancelled``, or ``LearningError/diagnostics(_:)`` when rows or trees are too many to be numbered.
    static func fit(
        _ table: FeatureTable, _ pipeline: FeaturePipeline, _ loss: BoostingLoss, watched: Watched?, _ options: BoostingOptions,
        seed: Int, threads: Int, observer: TrainingObserver
    ) throws(LearningError) -> BoostedTrees {
        guard table.rowCount <= mostRows else { throw .problem("too-large", "\(table.rowCount) rows are too many for boosted trees") }
        let binned = BinnedTable(table, pipeline, maxBins: options.maxBins, threads: threads)
        let outputs = loss.outputCount
        let rowCount = table.rowCount
        guard rowCount.multipliedReportingOverflow(by: outputs).partialValue <= mostDerivatives else {
            throw .problem("too-large", "\(rowCount) rows of \(outputs) classes are too large for boosted trees; use fewer of either")
        }
        let baselines = loss.baselines
        var forest = Forest()
        var sums = baselines.flatMap { [Double](repeating: $0, count: rowCount) }
        var watchedSums = watched.map { watched in baselines.flatMap { [Double](repeating: $0, count: watched.table.rowCount) } }
        var best: (loss: Double, rounds: Int)?
        let draws = TreeDraws(options, seed: seed)
        // Each grower has memory of its own for all rows; it grows the trees of several classes in turn.
        let growerCount = min(outputs, threads)
        nonisolated(unsafe) let growers = (0..<growerCount).map { _ in
            TreeGrower(binned, options, draws, mostHistogramBytes: HistogramPool.mostBytes / growerCount)
        }
        nonisolated(unsafe) let derivatives = DerivativeTable(rowCount: rowCount, outputs: outputs)
        var derived = loss.derive(sums, into: derivatives, threads: threads)
        for round in 1...options.trees {
            if observer.isCancelled() { throw .cancelled }
            let fixed = derived.fixed
            let trees = sums.withUnsafeMutableBufferPointer { sums in
                nonisolated(unsafe) let predictions = sums
                return ParallelLoop.map(count: growerCount, threads: threads) { grower in
                    stride(from: grower, to: outputs, by: growerCount).map { output in
                        let goal = TreeGrower.Goal(
                            fixed: fixed, fine: derivatives.fine + output * rowCount, words: derivatives.words + output * rowCount,
                            round: round - 1, tree: (round - 1) * outputs + output)
                        return growers[grower].grow(
                            goal, predictions: predictions.baseAddress! + output * rowCount, threads: outputs == 1 ? threads : 1)
                    }
                }
            }
            for output in 0..<outputs { forest.append(trees[output % growerCount][output / growerCount]) }
            if forest.isFull {
                throw .problem("too-large", "\(round) rounds have more nodes than a model can hold; use fewer or smaller trees")
            }
            var watchedLoss: Double?
            if let watched, watchedSums != nil {
                let added = forest.trees(of: round, outputs: outputs).sums(watched.table, threads: threads)
                for row in 0..<watched.table.rowCount {
                    for output in 0..<outputs { watchedSums![output * watched.table.rowCount + row] += added[row * outputs + output] }
                }
                watchedLoss = watched.loss.mean(watchedSums!, threads: threads)
            }
            derived = loss.derive(sums, into: derivatives, threads: threads)
            observer.progress(
                TrainingStep(
                    round: round, total: options.trees, loss: derived.loss, validationLoss: watchedLoss, digest: forest.digest))
            if let watchedLoss, let patience = options.earlyStoppingRounds {
                if best.map({ watchedLoss < $0.loss }) ?? true { best = (watchedLoss, round) }
                if let best, round - best.rounds >= patience { break }
            }
        }
        return forest.model(baselines: baselines, rounds: best?.rounds ?? forest.treeCount / outputs)
    }
}

/// Trees as they come, with a digest that each new one extends.
private struct Forest {
    private var nodes: [TreeNode] = []
    private var starts: [Int32] = [0]
    private var sets: [CodeSet] = []
    private(set) var digest = Digest.of([])

    var treeCount: Int { starts.count - 1 }

    /// Whether another round might not be numbered any more.
    var isFull: Bool { nodes.count > 1 << 30 }

    mutating func append(_ tree: GrownTree) {
        var bytes = digest.bytes
        for var node in tree.nodes {
            if node.set >= 0 { node.set += Int32(sets.count) }
            nodes.append(node)
            node.appendBytes(to: &bytes)
        }
        for set in tree.sets {
            for word in 0..<4 { bytes.appendLittleEndian(set.words[word]) }
        }
        sets += tree.sets
        starts.append(Int32(nodes.count))
        digest = Digest.of(bytes)
    }

    /// The trees of one round, on top of nothing.
    func trees(of round: Int, outputs: Int) -> BoostedTrees {
        let first = (round - 1) * outputs
        let lower = starts[first]
        return BoostedTrees(
            baselines: [Double](repeating: 0, count: outputs), nodes: Array(nodes[Int(lower)..<Int(starts[first + outputs])]),
            starts: starts[first...first + outputs].map { $0 - lower }, sets: sets)
    }

    /// The first rounds' trees.
    func model(baselines: [Double], rounds: Int) -> BoostedTrees {
        let kept = Array(starts[...(rounds * baselines.count)])
        let keptNodes = Array(nodes[..<Int(kept[kept.count - 1])])
        // Sets are numbered in the order of the nodes' trees, so those of later trees come last.
        let keptSets = keptNodes.reduce(0) { max($0, Int($1.set) + 1) }
        return BoostedTrees(baselines: baselines, nodes: keptNodes, starts: kept, sets: Array(sets[..<keptSets]))
    }
}

extension TreeNode {
    fileprivate func appendBytes(to bytes: inout [UInt8]) {
        for word in [feature, left, right, missingGoesLeft ? 1 : 0, set] { bytes.appendLittleEndian(word) }
        bytes.appendLittleEndian(threshold.bitPattern)
        bytes.appendLittleEndian(value.bitPattern)
    }
}

extension [UInt8] {
    /// The bytes of an integer, the least significant first.
    mutating func appendLittleEndian(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }
}
