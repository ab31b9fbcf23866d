import Numerics

/// A feature table with every value replaced by its bin, laid out twice: by column, for parting rows by one feature, and in
/// groups of features whose bins lie side by side in each row, for sums by bin.
final class BinnedTable: Sendable {
    /// Features whose bins lie side by side.
    struct Group: Sendable {
        /// Places among the usable features.
        let usable: Range<Int>
        /// Bytes of a row; the last ones may belong to no feature.
        let width: Int
        /// (rows, width)
        nonisolated(unsafe) let codes: UnsafeMutablePointer<UInt8>
    }

    let rowCount: Int
    let features: [FeatureBins]
    /// The features with rows in at least two bins; no other can part rows.
    let usable: [Int]
    /// Where each usable feature's bins begin in a histogram, and where the last one's end.
    let offsets: [Int]
    let groups: [Group]
    /// (features, rows)
    nonisolated(unsafe) private let columns: UnsafeMutablePointer<UInt8>

    /// Bins of all usable features.
    var binTotal: Int { offsets[offsets.count - 1] }

    /// Rows that are binned by one thread at a time.
    private static let blockRows = 1 << 16

    init(_ table: FeatureTable, _ pipeline: FeaturePipeline, maxBins: Int, threads: Int) {
        let rowCount = table.rowCount
        self.rowCount = rowCount
        let sampled = FeatureBins.sampledRows(of: rowCount)
        let features = ParallelLoop.map(count: table.columns.count, threads: threads) {
            FeatureBins(table.columns[$0], pipeline.features[$0], maxBins: maxBins, sampled: sampled)
        }
        self.features = features
        nonisolated(unsafe) let columns = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, features.count * rowCount))
        self.columns = columns
        let blocks = (rowCount + Self.blockRows - 1) / Self.blockRows
        ParallelLoop.run(count: features.count * blocks, threads: threads) { part in
            let (feature, block) = (part / blocks, part % blocks)
            let rows = block * Self.blockRows..<min(rowCount, (block + 1) * Self.blockRows)
            features[feature].codes(of: table.columns[feature], rows: rows, into: columns + feature * rowCount + rows.lowerBound)
        }
        let usable = features.indices.filter { feature in
            let column = UnsafeBufferPointer(start: columns + feature * rowCount, count: rowCount)
            return column.contains { $0 != column[0] }
        }
        self.usable = usable
        var offsets = [0]
        for feature in usable { offsets.append(offsets[offsets.count - 1] + features[feature].count) }
        self.offsets = offsets
        let groups = stride(from: 0, to: usable.count, by: BinSums.mostWidth).map { lower in
            let upper = min(usable.count, lower + BinSums.mostWidth)
            let width = (upper - lower + 7) / 8 * 8
            return Group(usable: lower..<upper, width: width, codes: .allocate(capacity: width * rowCount))
        }
        self.groups = groups
        ParallelLoop.run(count: groups.count * blocks, threads: threads) { part in
            let (group, block) = (groups[part / blocks], part % blocks)
            let rows = block * Self.blockRows..<min(rowCount, (block + 1) * Self.blockRows)
            let side = group.usable.map { UnsafePointer(columns + usable[$0] * rowCount) }
            BinSums.interleave(side, width: group.width, rows: rows, into: group.codes)
        }
    }

    deinit {
        columns.deallocate()
        for group in groups { group.codes.deallocate() }
    }

    /// The bin of each row in a usable feature.
    func column(_ place: Int) -> UnsafePointer<UInt8> {
        UnsafePointer(columns + usable[place] * rowCount)
    }

    /// Rows past a split are parted by these: 1 for each bin whose rows go left.
    func sides(of split: Split) -> [UInt8] {
        var sides = [UInt8](repeating: 0, count: BinSums.mostBins)
        switch features[usable[split.usable]] {
        case .number(let thresholds):
            for bin in 0...split.bin { sides[bin] = 1 }
            sides[thresholds.count + 1] = split.missingGoesLeft ? 1 : 0
        case .category(let codeCount):
            for bin in 0..<codeCount where split.set?.contains(bin) == true { sides[bin] = 1 }
        }
        return sides
    }
}
