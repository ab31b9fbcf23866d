import Numerics

/// Buffers for the histograms of one tree at a time, used again from tree to tree.
///
/// A histogram holds, for every usable feature and bin, the sum of the fixed-point gradients of a node's rows.
final class HistogramPool {
    /// Histograms that leaves keep for later take at most so many bytes; past that they are made again when they are needed.
    static let mostBytes = 256 << 20

    private let binTotal: Int
    private let mostKept: Int
    private var all: [UnsafeMutablePointer<FixedPoint.Pair>] = []
    private var free: [UnsafeMutablePointer<FixedPoint.Pair>] = []

    init(binTotal: Int, mostBytes: Int) {
        self.binTotal = binTotal
        mostKept = mostBytes / max(binTotal * MemoryLayout<FixedPoint.Pair>.stride, 1)
    }

    /// Whether a leaf may keep its histogram.
    var hasRoom: Bool { all.count - free.count <= mostKept }

    deinit {
        for buffer in all { buffer.deallocate() }
    }

    /// A buffer with unspecified content.
    func take() -> UnsafeMutablePointer<FixedPoint.Pair> {
        if let buffer = free.popLast() { return buffer }
        let buffer = UnsafeMutablePointer<FixedPoint.Pair>.allocate(capacity: max(binTotal, 1))
        buffer.initialize(repeating: FixedPoint.Pair(), count: binTotal)
        all.append(buffer)
        return buffer
    }

    func give(back buffer: UnsafeMutablePointer<FixedPoint.Pair>) {
        free.append(buffer)
    }
}

extension BinnedTable {
    /// Fewer additions than this are not worth other threads.
    private static let leastParallelWork = 1 << 16

    /// Sums `gradients` (one for each of `rows`, in their order) into `histogram`, for all usable features.
    ///
    /// - Parameter rows: Row numbers; nil when they are all rows in order.
    /// - Complexity: O(rows x usable features)
    func fill(
        _ histogram: UnsafeMutablePointer<FixedPoint.Pair>, rows: UnsafePointer<Int32>?, count: Int,
        gradients: UnsafePointer<FixedPoint.Pair>, threads: Int
    ) {
        nonisolated(unsafe) let histogram = histogram
        nonisolated(unsafe) let rows = rows
        nonisolated(unsafe) let gradients = gradients
        codes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            nonisolated(unsafe) let codes = base
            let isLarge = count * usable.count >= Self.leastParallelWork
            ParallelLoop.run(count: usable.count, threads: isLarge ? threads : 1) { place in
                let bins = histogram + offsets[place]
                bins.update(repeating: FixedPoint.Pair(), count: offsets[place + 1] - offsets[place])
                Self.add(codes + place * rowCount, rows, count, gradients, bins)
            }
        }
    }

    // DETERMINISM: integer sums; the order of rows, features and threads cannot matter.
    @inline(__always)
    private static func add(
        _ codes: UnsafePointer<UInt8>, _ rows: UnsafePointer<Int32>?, _ count: Int, _ gradients: UnsafePointer<FixedPoint.Pair>,
        _ bins: UnsafeMutablePointer<FixedPoint.Pair>
    ) {
        if let rows {
            for place in 0..<count {
                let bin = Int(codes[Int(rows[place])])
                bins[bin] = bins[bin] &+ gradients[place]
            }
        } else {
            for row in 0..<count {
                let bin = Int(codes[row])
                bins[bin] = bins[bin] &+ gradients[row]
            }
        }
    }
}
