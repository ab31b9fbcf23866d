import Numerics

/// Buffers for the histograms of one tree at a time, used again from tree to tree.
///
/// A histogram holds, for every usable feature and bin, the sum of the fixed-point derivatives of a node's rows.
final class HistogramPool {
    /// Histograms that leaves keep for later take at most so many bytes; past that they are made again when they are needed.
    static let mostBytes = 256 << 20
    /// Fewer additions than this are not worth another thread.
    private static let leastParallelWork = 1 << 18

    private let table: BinnedTable
    private let binTotal: Int
    private let mostKept: Int
    private var all: [UnsafeMutablePointer<FixedPoint.Pair>] = []
    private var free: [UnsafeMutablePointer<FixedPoint.Pair>] = []
    /// Rooms for sums of words, all zero; one for each part of a histogram that is summed at the same time.
    private var packed: [UnsafeMutablePointer<UInt64>] = []
    private static let packedCount = BinSums.mostWidth * BinSums.mostBins

    init(_ table: BinnedTable, mostBytes: Int) {
        self.table = table
        binTotal = table.binTotal
        mostKept = mostBytes / max(binTotal * MemoryLayout<FixedPoint.Pair>.stride, 1)
    }

    /// Whether a leaf may keep its histogram.
    var hasRoom: Bool { all.count - free.count <= mostKept }

    deinit {
        for buffer in all { buffer.deallocate() }
        for buffer in packed { buffer.deallocate() }
    }

    /// A buffer with unspecified content.
    private func take() -> UnsafeMutablePointer<FixedPoint.Pair> {
        if let buffer = free.popLast() { return buffer }
        let buffer = UnsafeMutablePointer<FixedPoint.Pair>.allocate(capacity: max(binTotal, 1))
        buffer.initialize(repeating: FixedPoint.Pair(), count: binTotal)
        all.append(buffer)
        return buffer
    }

    func give(back buffer: UnsafeMutablePointer<FixedPoint.Pair>) {
        free.append(buffer)
    }

    /// The histogram of rows.
    ///
    /// - Parameters:
    ///   - rows: Row numbers; nil when they are the table's rows in order.
    ///   - words: One for each row of the table.
    /// - Complexity: O(rows x usable features)
    // DETERMINISM: integer sums; neither the order of rows nor the number of parts can matter.
    func histogram(
        _ rows: UnsafePointer<Int32>?, count: Int, words: UnsafePointer<UInt64>, _ packing: BinSums.Packing, threads: Int
    ) -> UnsafeMutablePointer<FixedPoint.Pair> {
        nonisolated(unsafe) let result = take()
        guard binTotal > 0 else { return result }
        let groups = table.groups
        // Groups are shared out first; rows only where there are too few groups, as each part costs sums of its own.
        let useful = min(threads, max(1, count * table.usable.count / Self.leastParallelWork))
        let parts = (useful + groups.count - 1) / groups.count
        nonisolated(unsafe) let sums = [result] + (1..<parts).map { _ in take() }
        while packed.count < groups.count * parts {
            let buffer = UnsafeMutablePointer<UInt64>.allocate(capacity: Self.packedCount)
            buffer.initialize(repeating: 0, count: Self.packedCount)
            packed.append(buffer)
        }
        nonisolated(unsafe) let (rows, words, packed) = (rows, words, packed)
        table.offsets.withUnsafeBufferPointer { buffer in
            nonisolated(unsafe) let offsets = buffer.baseAddress!
            ParallelLoop.run(count: groups.count * parts, threads: useful) { unit in
                let (group, part) = (groups[unit / parts], unit % parts)
                let lower = part * count / parts
                BinSums.sum(
                    group.codes, width: group.width, rows: rows.map { $0 + lower }, first: lower, count: (part + 1) * count / parts - lower,
                    words: words, packing, offsets: offsets + group.usable.lowerBound, features: group.usable.count, packed: packed[unit],
                    into: sums[part])
            }
        }
        for other in sums.dropFirst() {
            BinSums.add(other, to: result, count: binTotal)
            give(back: other)
        }
        return result
    }
}
