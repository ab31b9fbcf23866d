import Numerics

/// A way to part the rows of a node, with the first bin above it that has rows.
struct ForestSplit: Sendable {
    var split: Split
    var above: Int

    var score: Double { split.gain }
}

/// The memory in which one tree's splits are found: what the rows of a node are, and sums of them by bin.
final class ForestRoom {
    private let width: Int
    private let isRegression: Bool
    /// Room for the rows that go right.
    let scratch: UnsafeMutablePointer<Int32>
    /// The usable features; the first ones are those that were drawn last.
    var features: [Int]

    /// The node's rows.
    private(set) var count = 0
    private var rows: UnsafeMutablePointer<Int32>
    /// For each of them its weight, and its class or its distance times its weight.
    private let weights: UnsafeMutablePointer<Int64>
    private let answers: UnsafeMutablePointer<Int64>
    /// The response and the weight of all of them.
    private(set) var total: [Int64]
    private(set) var totalWeight: Int64 = 0
    /// Whether no split can tell the rows' answers apart.
    private(set) var isPure = false

    /// By bin the weight and the number of rows; zero between two calls.
    private let heads: UnsafeMutablePointer<SIMD2<Int64>>
    /// By bin the response, (bins, width); zero between two calls.
    private let responses: UnsafeMutablePointer<Int64>
    /// The bins that have rows, ascending.
    private var touched: [Int] = []
    private var left: [Int64]

    /// With fewer rows, bins are noted as they come.
    private static let fewRows = 64

    init(rowCount: Int, width: Int, features: Int, isRegression: Bool) {
        self.width = width
        self.isRegression = isRegression
        self.features = Array(0..<features)
        scratch = Self.zeros(rowCount)
        weights = Self.zeros(rowCount)
        answers = Self.zeros(rowCount)
        heads = .allocate(capacity: BinSums.mostBins)
        heads.initialize(repeating: SIMD2(), count: BinSums.mostBins)
        responses = Self.zeros(BinSums.mostBins * width)
        rows = scratch
        total = [Int64](repeating: 0, count: width)
        left = total
        touched.reserveCapacity(BinSums.mostBins)
    }

    private static func zeros<Number: FixedWidthInteger>(_ count: Int) -> UnsafeMutablePointer<Number> {
        let pointer = UnsafeMutablePointer<Number>.allocate(capacity: max(count, 1))
        pointer.initialize(repeating: 0, count: count)
        return pointer
    }

    deinit {
        scratch.deallocate()
        weights.deallocate()
        answers.deallocate()
        heads.deallocate()
        responses.deallocate()
    }

    /// Looks at a node's rows, which have to stay where they are.
    func take(_ rows: UnsafeMutablePointer<Int32>, _ count: Int, _ rowWeights: [Int32], _ goal: ForestGoal) {
        (self.rows, self.count) = (rows, count)
        for place in 0..<width { total[place] = 0 }
        totalWeight = 0
        if isRegression {
            let first = goal.distances[Int(rows[0])]
            isPure = true
            for place in 0..<count {
                let row = Int(rows[place])
                let weight = Int64(max(1, rowWeights[row]))
                isPure = isPure && goal.distances[row] == first
                weights[place] = weight
                answers[place] = goal.distances[row] * weight
                total[0] += answers[place]
                totalWeight += weight
            }
        } else {
            for place in 0..<count {
                let row = Int(rows[place])
                let weight = Int64(max(1, rowWeights[row]))
                weights[place] = weight
                answers[place] = Int64(goal.codes[row])
                total[Int(goal.codes[row])] += weight
                totalWeight += weight
            }
            isPure = total.contains(totalWeight)
        }
    }

    /// The best way to part the node's rows by a feature; nil when there is none.
    func best(_ usable: Int, _ table: BinnedTable, minRows: Int) -> ForestSplit? {
        let bins = table.features[table.usable[usable]]
        add(table.column(usable), binCount: bins.count)
        defer { clear() }
        guard touched.count > 1 else { return nil }
        switch bins {
        case .number: return byThreshold(usable, missing: bins.count - 1, minRows)
        case .category(let codeCount): return bySet(usable, codeCount, minRows)
        }
    }

    private func add(_ column: UnsafePointer<UInt8>, binCount: Int) {
        touched.removeAll(keepingCapacity: true)
        let isSmall = count < Self.fewRows
        for place in 0..<count {
            let bin = Int(column[Int(rows[place])])
            if isSmall, heads[bin].y == 0 { touched.append(bin) }
            heads[bin] &+= SIMD2(weights[place], 1)
            if isRegression {
                responses[bin] &+= answers[place]
            } else {
                responses[bin &* width &+ Int(answers[place])] &+= weights[place]
            }
        }
        if isSmall {
            touched.sort()
        } else {
            for bin in 0..<binCount where heads[bin].y > 0 { touched.append(bin) }
        }
    }

    private func clear() {
        for bin in touched {
            heads[bin] = SIMD2()
            (responses + bin * width).update(repeating: 0, count: width)
        }
    }

    /// Goes through ways to part the rows, each with one more bin on the left.
    private func scan(
        _ bins: some Sequence<Int>, from start: Int?, _ minRows: Int, _ visit: (_ place: Int, _ score: Double, _ leftRows: Int) -> Void
    ) {
        var leftHead = SIMD2<Int64>()
        left.withUnsafeMutableBufferPointer { left in
            total.withUnsafeBufferPointer { total in
                for place in 0..<width { left[place] = start.map { responses[$0 * width + place] } ?? 0 }
                if let start { leftHead = heads[start] }
                for (index, bin) in bins.enumerated() {
                    leftHead &+= heads[bin]
                    for place in 0..<width { left[place] &+= responses[bin &* width &+ place] }
                    if Int(leftHead.y) < minRows { continue }
                    if count - Int(leftHead.y) < minRows { break }
                    var (leftSquares, rightSquares) = (0.0, 0.0)
                    for place in 0..<width {
                        let (here, there) = (Double(left[place]), Double(total[place] &- left[place]))
                        leftSquares += here * here
                        rightSquares += there * there
                    }
                    let score = leftSquares / Double(leftHead.x) + rightSquares / Double(totalWeight - leftHead.x)
                    visit(index, score, Int(leftHead.y))
                }
            }
        }
    }

    private func byThreshold(_ usable: Int, missing: Int, _ minRows: Int) -> ForestSplit? {
        let hasMissing = touched.last == missing
        let bins = hasMissing ? touched.dropLast() : touched[...]
        var best: ForestSplit?
        for missingGoesLeft in hasMissing ? [false, true] : [false] {
            scan(bins, from: missingGoesLeft ? missing : nil, minRows) { place, score, leftRows in
                guard best.map({ score > $0.score }) ?? true else { return }
                // Past all numbers only missing ones are left.
                let isLast = place + 1 == bins.count
                best = ForestSplit(
                    split: Split(
                        gain: score, usable: usable, bin: isLast ? missing - 1 : bins[place],
                        missingGoesLeft: hasMissing ? missingGoesLeft : 2 * leftRows > count, set: nil, left: FixedPoint.Pair()),
                    above: isLast ? missing : bins[place + 1])
            }
        }
        return best
    }

    /// Categories by their mean answer, parted as if they were numbers; with several classes by the share of the most frequent one.
    private func bySet(_ usable: Int, _ codeCount: Int, _ minRows: Int) -> ForestSplit? {
        let place = isRegression ? 0 : total.indices.max { (total[$0], $1) < (total[$1], $0) } ?? 0
        let order = touched.map { (wish: Double(responses[$0 * width + place]) / Double(heads[$0].x), bin: $0) }.sorted { $0 < $1 }
        var best: (score: Double, count: Int, leftRows: Int)?
        scan(order.lazy.map(\.bin), from: nil, minRows) { place, score, leftRows in
            if best.map({ score > $0.score }) ?? true { best = (score, place + 1, leftRows) }
        }
        guard let best else { return nil }
        var set = CodeSet()
        for entry in order.prefix(best.count) { set.insert(entry.bin) }
        // A category that no row of the node has goes where most rows go.
        if 2 * best.leftRows > count {
            for bin in 0..<codeCount where heads[bin].y == 0 { set.insert(bin) }
        }
        let split = Split(gain: best.score, usable: usable, bin: 0, missingGoesLeft: false, set: set, left: FixedPoint.Pair())
        return ForestSplit(split: split, above: 0)
    }
}
