import Numerics

/// FNV-1a 64 over the little-endian bytes of the numbers.
private func hash<Number: FixedWidthInteger>(_ values: [Number]) -> String {
    var state: UInt64 = 0xCBF2_9CE4_8422_2325
    for value in values {
        for shift in stride(from: 0, to: Number.bitWidth, by: 8) {
            state = (state ^ UInt64(truncatingIfNeeded: value >> Number(shift) & 0xFF)) &* 0x100_0000_01B3
        }
    }
    return hexadecimal(state)
}

/// The result of a line about the loops in which trees are grown; nil for another.
func treeResult(of words: [String]) -> String? {
    let sizes = words.dropFirst().dropLast().compactMap { Int($0) }
    switch (words[0], sizes.count) {
    case ("bin-sums", 2): return binSums(rows: sizes[0], features: sizes[1])
    case ("bins", 2):
        let thresholds = numbers(sizes[1], seed: 2).sorted()
        let values = numbers(sizes[0], seed: 1).enumerated().map { $0 % 7 == 0 ? Double.nan : $1 }
        var codes = [UInt8](repeating: 0, count: sizes[0])
        values.withUnsafeBufferPointer { BinSums.bins(of: $0, thresholds: thresholds, missing: 255, into: &codes) }
        return hash(codes)
    case ("parted-rows", 1):
        let column = bins(sizes[0], column: 0)
        let sides = (0..<256).map { UInt8($0 % 3 == 0 ? 1 : 0) }
        let rows = (0..<sizes[0]).map { Int32($0) }
        var (left, right) = (rows, rows)
        let count = BinSums.part(rows, count: rows.count, by: column, goesLeft: sides, left: &left, right: &right)
        return hash(Array(left[..<count] + right[..<(rows.count - count)]))
    case ("sorted", 1):
        var values = numbers(sizes[0], seed: 1)
        BinSums.sort(&values)
        return hash(values.map(\.bitPattern))
    default: return nil
    }
}

private func bins(_ rows: Int, column: Int) -> [UInt8] {
    let stream = RandomStream(seed: 1, purpose: "golden")
    return (0..<rows).map { UInt8(stream.below(256, UInt64($0 * 32 + column) + 1 << 33)) }
}

/// The sums of two thirds of the rows, then those of all rows less them, then both together.
private func binSums(rows: Int, features: Int) -> String {
    let stream = RandomStream(seed: 1, purpose: "golden")
    let width = (features + 7) / 8 * 8
    let columns = (0..<features).flatMap { bins(rows, column: $0) }
    var codes = [UInt8](repeating: 0, count: rows * width)
    columns.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        BinSums.interleave((0..<features).map { base + $0 * rows }, width: width, rows: 0..<rows, into: &codes)
    }
    let words = (0..<rows).map { row in
        let gradient = Int64(stream.below(65_535, UInt64(row) + 1 << 34)) - 32_767
        let second = Int64(stream.below(4_097, UInt64(row) + 1 << 35))
        return UInt64(bitPattern: gradient << 36 + second << 12 + 1)
    }
    let packing = BinSums.Packing(gradientShift: 36, countBits: 12, totalCountBits: 20)
    let offsets = (0...features).map { $0 * 256 }
    var packed = [UInt64](repeating: 0, count: width * 256)
    let zeros = [BinSums.Pair](repeating: BinSums.Pair(), count: features * 256)
    func sums(_ chosen: [Int32]?) -> [BinSums.Pair] {
        var sums = zeros
        func add(_ rows: UnsafePointer<Int32>?, _ count: Int) {
            BinSums.sum(
                codes, width: width, rows: rows, first: 0, count: count, words: words, packing, offsets: offsets, features: features,
                packed: &packed, into: &sums)
        }
        if let chosen { chosen.withUnsafeBufferPointer { add($0.baseAddress, chosen.count) } } else { add(nil, rows) }
        return sums
    }
    let some = sums((0..<rows).filter { $0 % 3 != 1 }.map { Int32($0) })
    var others = sums(nil)
    BinSums.subtract(some, from: &others, count: some.count)
    var both = some
    BinSums.add(others, to: &both, count: both.count)
    return hash((some + others + both).flatMap { [$0.x, $0.y] })
}
