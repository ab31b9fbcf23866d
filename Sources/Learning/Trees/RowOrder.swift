import Numerics

/// The rows of a tree, so ordered that those of a leaf are a stretch of it, ascending.
final class RowOrder {
    let rows: UnsafeMutablePointer<Int32>
    private(set) var count = 0
    private let capacity: Int
    /// Room for as many row numbers.
    private let scratch: UnsafeMutablePointer<Int32>

    /// Fewer rows than this are not worth another thread.
    private static let leastParallelRows = 1 << 15

    init(capacity: Int) {
        self.capacity = capacity
        rows = .allocate(capacity: capacity)
        rows.initialize(repeating: 0, count: capacity)
        scratch = .allocate(capacity: capacity)
        scratch.initialize(repeating: 0, count: capacity)
    }

    deinit {
        rows.deallocate()
        scratch.deallocate()
    }

    /// Holds all rows, in order.
    func takeAll() {
        for row in 0..<capacity { rows[row] = Int32(truncatingIfNeeded: row) }
        count = capacity
    }

    /// Deals the rows below `count` to two orders, which are then ascending.
    static func deal(_ count: Int, to first: RowOrder, and second: RowOrder, _ isFirst: (Int) -> Bool) {
        (first.count, second.count) = (0, 0)
        for row in 0..<count {
            let order = isFirst(row) ? first : second
            order.rows[order.count] = Int32(truncatingIfNeeded: row)
            order.count += 1
        }
    }

    /// The sum of all rows' words.
    func sum(_ words: UnsafePointer<UInt64>, _ fixed: FixedPoint) -> FixedPoint.Pair {
        var sum = FixedPoint.Pair()
        for place in 0..<count { sum &+= fixed.pair(words[Int(rows[place])]) }
        return sum
    }

    /// Moves the rows of a stretch so that those whose bin goes left come first, each side in its order, and gives the place of
    /// the first that goes right.
    func part(_ stretch: Range<Int>, by column: UnsafePointer<UInt8>, _ sides: [UInt8], threads: Int) -> Int {
        let parts = max(1, min(threads, stretch.count / Self.leastParallelRows))
        func lower(_ part: Int) -> Int { stretch.lowerBound + part * stretch.count / parts }
        nonisolated(unsafe) let (rows, scratch, column) = (rows, scratch, column)
        let lefts = sides.withUnsafeBufferPointer { sides in
            nonisolated(unsafe) let goesLeft = sides.baseAddress!
            return ParallelLoop.map(count: parts, threads: parts) { part in
                let lower = stretch.lowerBound + part * stretch.count / parts
                let upper = stretch.lowerBound + (part + 1) * stretch.count / parts
                return BinSums.part(
                    rows + lower, count: upper - lower, by: column, goesLeft: goesLeft, left: rows + lower, right: scratch + lower)
            }
        }
        var next = stretch.lowerBound
        for (part, count) in lefts.enumerated() {
            if next != lower(part) { (rows + next).update(from: rows + lower(part), count: count) }
            next += count
        }
        let middle = next
        for (part, count) in lefts.enumerated() {
            let rights = lower(part + 1) - lower(part) - count
            (rows + next).update(from: scratch + lower(part), count: rights)
            next += rights
        }
        return middle
    }

    /// Stretches cut into pieces that threads can share.
    private func pieces(_ stretches: [Range<Int>], _ threads: Int) -> [(stretch: Int, places: Range<Int>)] {
        var pieces: [(stretch: Int, places: Range<Int>)] = []
        for (index, stretch) in stretches.enumerated() {
            for lower in stride(from: stretch.lowerBound, to: stretch.upperBound, by: Self.leastParallelRows) {
                pieces.append((index, lower..<min(stretch.upperBound, lower + Self.leastParallelRows)))
            }
        }
        return pieces
    }

    private func isLarge(_ threads: Int) -> Int { count >= 2 * Self.leastParallelRows ? threads : 1 }

    /// The sums of the fine derivatives of each stretch's rows.
    func fineSums(
        _ stretches: [Range<Int>], _ fine: UnsafePointer<FixedPoint.Fine>, threads: Int
    ) -> [(gradient: Int64, hessian: Int64)] {
        let pieces = pieces(stretches, threads)
        nonisolated(unsafe) let (rows, fine) = (rows, fine)
        let sums = ParallelLoop.map(count: pieces.count, threads: isLarge(threads)) { index in
            var sum = FixedPoint.Fine()
            for place in pieces[index].places { sum &+= fine[Int(rows[place])] }
            return sum
        }
        var result = [(gradient: Int64, hessian: Int64)](repeating: (0, 0), count: stretches.count)
        for (piece, sum) in zip(pieces, sums) {
            result[piece.stretch].gradient += sum.x
            result[piece.stretch].hessian += sum.y
        }
        return result
    }

    /// Adds each stretch's value to the places of its rows.
    func add(_ values: [(rows: Range<Int>, value: Double)], to target: UnsafeMutablePointer<Double>, threads: Int) {
        let pieces = pieces(values.map(\.rows), threads)
        nonisolated(unsafe) let (rows, target) = (rows, target)
        ParallelLoop.run(count: pieces.count, threads: isLarge(threads)) { index in
            let value = values[pieces[index].stretch].value
            for place in pieces[index].places { target[Int(rows[place])] += value }
        }
    }
}
