/// A way to part the rows of a node in two.
struct Split: Sendable {
    let gain: Double
    /// Place among the usable features.
    let usable: Int
    /// Rows in this bin and below go left; in a split by a set it has no meaning.
    let bin: Int
    let missingGoesLeft: Bool
    /// The bins that go left, where the feature is a category.
    let set: CodeSet?
    let left: FixedPoint.Pair
}

/// Finds the split of a node that gains most, from the node's histogram.
///
/// The gain is that of Newton boosting (Chen and Guestrin, "XGBoost", 2016): the sum over both sides of G²/(H + l2), less that
/// of the node. Of equal gains the lower feature wins, then missing values on the right, then the lower bin.
struct SplitSearch: Sendable {
    /// A side with a smaller second derivative is nearly certain of all its rows and cannot be mended.
    static let smallestHessian = 1e-3
    /// A category with fewer rows in a node, or than a leaf needs, stays on the right.
    static let fewestCategoryRows = 10
    /// Added to a category's second derivative before categories are put in order, so that rare ones are not extreme.
    private static let categorySmoothing = 10.0

    let table: BinnedTable
    let fixed: FixedPoint
    let minRows: Int
    let l2: Double
    /// What a split has to gain more than.
    let minGain: Double

    @inline(__always)
    private func score(_ sum: FixedPoint.Pair) -> Double {
        let gradient = fixed.gradient(sum)
        return gradient * gradient / (fixed.hessian(sum) + l2)
    }

    /// The best split by one usable feature; nil when none gains.
    func best(_ usable: Int, _ bins: UnsafePointer<FixedPoint.Pair>, total: FixedPoint.Pair) -> Split? {
        switch table.features[table.usable[usable]] {
        case .number(let thresholds): byThreshold(usable, bins, total, binCount: thresholds.count + 1)
        case .category(let codeCount): bySet(usable, bins, total, binCount: codeCount)
        }
    }

    /// Gains below a billionth of the node's own score are what rounding makes of a gain of nothing.
    private func leastGain(_ total: FixedPoint.Pair) -> Double { max(minGain, 1e-10 * score(total)) }

    private func byThreshold(
        _ usable: Int, _ bins: UnsafePointer<FixedPoint.Pair>, _ total: FixedPoint.Pair, binCount: Int
    ) -> Split? {
        let missing = bins[binCount]
        let hasMissing = fixed.count(missing) > 0
        let rows = fixed.count(total)
        let whole = score(total)
        var best: Split?
        var most = leastGain(total)
        for missingGoesLeft in hasMissing ? [false, true] : [false] {
            var left = missingGoesLeft ? missing : FixedPoint.Pair()
            for bin in 0..<binCount {
                let here = bins[bin]
                // An empty bin parts the rows as the bin before it does.
                if here.y == 0 { continue }
                left &+= here
                let leftRows = fixed.count(left)
                if leftRows < minRows { continue }
                if rows - leftRows < minRows { break }
                let right = total &- left
                if fixed.hessian(left) < Self.smallestHessian { continue }
                if fixed.hessian(right) < Self.smallestHessian { break }
                let gain = score(left) + score(right) - whole
                if gain > most {
                    most = gain
                    best = Split(
                        gain: gain, usable: usable, bin: bin,
                        missingGoesLeft: hasMissing ? missingGoesLeft : leftRows > rows - leftRows, set: nil, left: left)
                }
            }
        }
        return best
    }

    /// Puts the categories in the order of their wish to go up or down, and parts them as if they were numbers (Fisher, "On
    /// grouping for maximum homogeneity", 1958).
    private func bySet(_ usable: Int, _ bins: UnsafePointer<FixedPoint.Pair>, _ total: FixedPoint.Pair, binCount: Int) -> Split? {
        let enough = min(minRows, Self.fewestCategoryRows)
        var order: [(wish: Double, bin: Int)] = []
        for bin in 0..<binCount where bins[bin].y != 0 && fixed.count(bins[bin]) >= enough {
            order.append((fixed.gradient(bins[bin]) / (fixed.hessian(bins[bin]) + Self.categorySmoothing), bin))
        }
        order.sort { $0 < $1 }
        let rows = fixed.count(total)
        let whole = score(total)
        var best: (gain: Double, count: Int, left: FixedPoint.Pair, isReversed: Bool)?
        var most = leastGain(total)
        for isReversed in [false, true] {
            var left = FixedPoint.Pair()
            for place in order.indices {
                left &+= bins[order[isReversed ? order.count - 1 - place : place].bin]
                let leftRows = fixed.count(left)
                if leftRows < minRows { continue }
                if rows - leftRows < minRows { break }
                let right = total &- left
                if fixed.hessian(left) < Self.smallestHessian { continue }
                if fixed.hessian(right) < Self.smallestHessian { break }
                let gain = score(left) + score(right) - whole
                if gain > most {
                    most = gain
                    best = (gain, place + 1, left, isReversed)
                }
            }
        }
        guard let best else { return nil }
        var set = CodeSet()
        let chosen = best.isReversed ? order.suffix(best.count) : order.prefix(best.count)
        for entry in chosen { set.insert(entry.bin) }
        // A category that no row of the node has goes where most rows go.
        if 2 * fixed.count(best.left) > rows {
            for bin in 0..<binCount where bins[bin].y == 0 { set.insert(bin) }
        }
        return Split(gain: best.gain, usable: usable, bin: 0, missingGoesLeft: false, set: set, left: best.left)
    }
}
