import Numerics

/// How one feature's values are sorted into at most 256 bins, on which trees are grown.
enum FeatureBins: Hashable, Sendable {
    /// Bin b holds the numbers above threshold b - 1 and up to threshold b; the bin after the last holds the missing ones.
    case number(thresholds: [Double])
    /// A category's code is its bin; all `codeCount` codes have one.
    case category(codeCount: Int)

    /// Number of bins, the one of missing values included.
    var count: Int {
        switch self {
        case .number(let thresholds): thresholds.count + 2
        case .category(let codeCount): codeCount
        }
    }

    /// More numbers than this are sampled before the thresholds are chosen.
    static let mostSampled = 200_000

    /// Chooses the bins of a feature.
    ///
    /// With at most `maxBins` distinct numbers every one has a bin, parted half-way; else the bins hold about equally many
    /// rows.
    ///
    /// - Parameter sampled: What ``sampledRows(of:)`` gives for the table.
    init(_ column: FeatureTable.Column, _ feature: Feature, maxBins: Int, sampled: [Int32]?) {
        switch (column, feature.kind) {
        case (.codes, .category(let profile)): self = .category(codeCount: profile.codeCount)
        case (.numbers(let values), .number):
            self = .number(thresholds: Self.thresholds(Self.sample(values, sampled), maxBins: maxBins))
        default: preconditionFailure("trees see numbers and categories, and a feature's column has the feature's kind")
        }
    }

    private static func thresholds(_ numbers: [Double], maxBins: Int) -> [Double] {
        var sorted = numbers
        BinSums.sort(&sorted)
        var distinct: [Double] = []
        for value in sorted where distinct.last != value {
            distinct.append(value)
            if distinct.count > maxBins { break }
        }
        if distinct.count <= maxBins {
            return zip(distinct, distinct.dropFirst()).map(between)
        }
        var thresholds: [Double] = []
        for bin in 1..<maxBins {
            let position = bin * (sorted.count - 1)
            let lower = position / maxBins
            let upper = position % maxBins == 0 ? lower : lower + 1
            let threshold = between(sorted[lower], sorted[upper])
            // The greatest number must stay above every threshold, or the last bin is empty.
            if threshold < sorted[sorted.count - 1], thresholds.last.map({ $0 < threshold }) ?? true { thresholds.append(threshold) }
        }
        return thresholds
    }

    /// One row out of each of ``mostSampled`` equally long stretches; nil where there are no more rows.
    static func sampledRows(of rowCount: Int) -> [Int32]? {
        guard rowCount > mostSampled else { return nil }
        let stream = RandomStream(seed: 0, purpose: "boosted-trees/bins")
        return (0..<mostSampled).map { stretch in
            let lower = stretch * rowCount / mostSampled
            let upper = (stretch + 1) * rowCount / mostSampled
            return Int32(lower + stream.below(upper - lower, UInt64(stretch)))
        }
    }

    /// The numbers present in the sampled rows; in all rows where few of those have a number. There is one zero.
    private static func sample(_ values: [Double], _ sampled: [Int32]?) -> [Double] {
        guard let sampled else { return values.compactMap { $0.isNaN ? nil : $0 + 0 } }
        var numbers: [Double] = []
        numbers.reserveCapacity(sampled.count)
        for row in sampled where !values[Int(row)].isNaN { numbers.append(values[Int(row)] + 0) }
        return 2 * numbers.count < sampled.count ? sample(values, nil) : numbers
    }

    /// A number from `lower` on and below `upper`, half-way if there is one; `lower` when the two are equal.
    private static func between(_ lower: Double, _ upper: Double) -> Double {
        let middle = lower + (upper - lower) / 2
        return middle < upper ? middle : lower
    }

    /// The bin of each of the `rows`.
    func codes(of column: FeatureTable.Column, rows: Range<Int>, into result: UnsafeMutablePointer<UInt8>) {
        switch (column, self) {
        case (.numbers(let values), .number(let thresholds)):
            values.withUnsafeBufferPointer {
                BinSums.bins(
                    of: UnsafeBufferPointer(rebasing: $0[rows]), thresholds: thresholds, missing: UInt8(thresholds.count + 1),
                    into: result)
            }
        case (.codes(let codes), .category):
            for row in rows { result[row - rows.lowerBound] = UInt8(codes[row]) }
        default: preconditionFailure("trees see numbers and categories, and a feature's column has the feature's kind")
        }
    }
}
