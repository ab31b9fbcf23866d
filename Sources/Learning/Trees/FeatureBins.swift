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
    init(_ column: FeatureTable.Column, _ feature: Feature, maxBins: Int) {
        switch (column, feature.kind) {
        case (.codes, .category(let profile)): self = .category(codeCount: profile.codeCount)
        case (.numbers(let values), .number): self = .number(thresholds: Self.thresholds(values, maxBins: maxBins))
        default: preconditionFailure("trees see numbers and categories, and a feature's column has the feature's kind")
        }
    }

    private static func thresholds(_ values: [Double], maxBins: Int) -> [Double] {
        // Adding 0 makes one zero of two.
        let sorted = sample(values).map { $0 + 0 }.sorted()
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

    /// The numbers present; of many, one out of each of equally long stretches.
    private static func sample(_ values: [Double]) -> [Double] {
        let numbers = values.filter { !$0.isNaN }
        guard numbers.count > mostSampled else { return numbers }
        let stream = RandomStream(seed: 0, purpose: "boosted-trees/bins")
        return (0..<mostSampled).map { stretch in
            let lower = stretch * numbers.count / mostSampled
            let upper = (stretch + 1) * numbers.count / mostSampled
            return numbers[lower + stream.below(upper - lower, UInt64(stretch))]
        }
    }

    /// A number from `lower` on and below `upper`, half-way if there is one; `lower` when the two are equal.
    private static func between(_ lower: Double, _ upper: Double) -> Double {
        let middle = lower + (upper - lower) / 2
        return middle < upper ? middle : lower
    }

    /// The bin of each row.
    func codes(of column: FeatureTable.Column, into result: UnsafeMutablePointer<UInt8>) {
        switch (column, self) {
        case (.numbers(let values), .number(let thresholds)):
            for (row, value) in values.enumerated() {
                result[row] = UInt8(value.isNaN ? thresholds.count + 1 : FeatureColumn.lowerBound(of: value, in: thresholds))
            }
        case (.codes(let codes), .category):
            for (row, code) in codes.enumerated() { result[row] = UInt8(code) }
        default: preconditionFailure("trees see numbers and categories, and a feature's column has the feature's kind")
        }
    }
}

/// A feature table with every value replaced by its bin.
final class BinnedTable: Sendable {
    let rowCount: Int
    let features: [FeatureBins]
    /// The features with rows in at least two bins; no other can part rows.
    let usable: [Int]
    /// Where each usable feature's bins begin in a histogram, and where the last one's end.
    let offsets: [Int]
    /// Bins by feature, (usable features, rows).
    let codes: [UInt8]

    init(_ table: FeatureTable, _ pipeline: FeaturePipeline, maxBins: Int, threads: Int) {
        let rowCount = table.rowCount
        self.rowCount = rowCount
        let features = ParallelLoop.map(count: table.columns.count, threads: threads) {
            FeatureBins(table.columns[$0], pipeline.features[$0], maxBins: maxBins)
        }
        self.features = features
        let columns = ParallelLoop.map(count: table.columns.count, threads: threads) { feature in
            [UInt8](unsafeUninitializedCapacity: rowCount) { buffer, initialized in
                if let base = buffer.baseAddress, rowCount > 0 { features[feature].codes(of: table.columns[feature], into: base) }
                initialized = rowCount
            }
        }
        usable = columns.indices.filter { feature in columns[feature].contains { $0 != columns[feature][0] } }
        var offsets = [0]
        for feature in usable { offsets.append(offsets[offsets.count - 1] + features[feature].count) }
        self.offsets = offsets
        var codes: [UInt8] = []
        codes.reserveCapacity(usable.count * rowCount)
        for feature in usable { codes += columns[feature] }
        self.codes = codes
    }
}
