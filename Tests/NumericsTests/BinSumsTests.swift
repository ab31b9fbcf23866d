import Numerics
import Testing

/// The kernels of tree growing against loops of a few lines, with every instruction set.
@Suite(.serialized) struct BinSumsTests {
    private static let packing = BinSums.Packing(gradientShift: 36, countBits: 12, totalCountBits: 20)
    private let stream = RandomStream(seed: 7, purpose: "test/bins")

    private func word(_ gradient: Int64, _ second: Int64) -> UInt64 {
        UInt64(bitPattern: gradient << 36 + second << 12 + 1)
    }

    @Test(arguments: [(1, 1), (8, 3), (9, 100), (20, 4095), (32, 4096), (31, 10_000)], [false, true])
    func `sums by bin are those of a loop`(shape: (features: Int, rows: Int), takesSome: Bool) {
        let (features, rows) = shape
        let width = (features + 7) / 8 * 8
        let binCounts = (0..<features).map { $0 % 3 == 0 ? 256 : 2 + $0 % 5 }
        let offsets = binCounts.reduce(into: [5]) { $0.append($0[$0.count - 1] + $1) }
        var codes = [UInt8](repeating: 0, count: width * rows)
        for row in 0..<rows {
            for feature in 0..<features {
                codes[row * width + feature] = UInt8(stream.below(binCounts[feature], UInt64(row * 32 + feature)))
            }
        }
        let gradients = (0..<rows).map { Int64(stream.below(65_535, UInt64($0 + 1 << 20))) - 32_767 }
        let seconds = (0..<rows).map { Int64(stream.below(4097, UInt64($0 + 1 << 21))) }
        let words = (0..<rows).map { word(gradients[$0], seconds[$0]) }
        let chosen = takesSome ? (0..<rows).filter { $0 % 3 != 1 }.map { Int32($0) } : nil
        let first = takesSome ? 0 : rows / 5
        let count = chosen?.count ?? rows - first
        var expected = [SIMD2<Int64>](repeating: SIMD2(-1, -1), count: offsets[features] + 3)
        for feature in 0..<features {
            for bin in offsets[feature]..<offsets[feature + 1] { expected[bin] = SIMD2() }
            for place in 0..<count {
                let row = chosen.map { Int($0[place]) } ?? first + place
                expected[offsets[feature] + Int(codes[row * width + feature])] &+= SIMD2(gradients[row], seconds[row] << 20 + 1)
            }
        }
        forEachVariant { variant in
            var sums = [SIMD2<Int64>](repeating: SIMD2(-1, -1), count: expected.count)
            var packed = [UInt64](repeating: 0, count: width * 256)
            func run(_ rows: UnsafePointer<Int32>?) {
                BinSums.sum(
                    codes, width: width, rows: rows, first: first, count: count, words: words, Self.packing, offsets: offsets,
                    features: features, packed: &packed, into: &sums)
            }
            if let chosen { chosen.withUnsafeBufferPointer { run($0.baseAddress) } } else { run(nil) }
            #expect(sums == expected, "\(variant)")
            #expect(packed.allSatisfy { $0 == 0 }, "\(variant)")
        }
    }

    @Test(arguments: [0, 1, 15, 16, 17, 1000], [0, 1, 7, 254, 255])
    func `a number's bin is how many thresholds are below it`(count: Int, thresholdCount: Int) {
        let thresholds = (0..<thresholdCount).map { Double($0) / 4 - 20 }
        let values = (0..<count).map { place -> Double in
            switch place % 7 {
            case 0: .nan
            case 1: thresholds.isEmpty ? 0 : thresholds[place % thresholds.count]
            case 2: place % 2 == 0 ? .infinity : -.infinity
            default: stream.uniform(UInt64(place)) * 100 - 40
            }
        }
        let expected = values.map { value in value.isNaN ? 255 : UInt8(thresholds.count { $0 < value }) }
        forEachVariant { variant in
            var codes = [UInt8](repeating: 99, count: count + 1)
            values.withUnsafeBufferPointer { BinSums.bins(of: $0, thresholds: thresholds, missing: 255, into: &codes) }
            #expect(codes == expected + [99], "\(variant)")
        }
    }

    @Test(arguments: [0, 1, 1000])
    func `rows are parted in their order, in place too`(_ count: Int) {
        let column = (0..<2000).map { UInt8(stream.below(256, UInt64($0))) }
        let sides = (0..<256).map { UInt8($0 % 3 == 0 ? 1 : 0) }
        let rows = (0..<count).map { Int32($0 * 2) }
        var left = rows
        var right = [Int32](repeating: -1, count: count)
        let lefts = left.withUnsafeMutableBufferPointer { left in
            guard let base = left.baseAddress else { return 0 }
            return BinSums.part(base, count: count, by: column, goesLeft: sides, left: base, right: &right)
        }
        #expect(Array(left[..<lefts]) == rows.filter { sides[Int(column[Int($0)])] == 1 })
        #expect(Array(right[..<(count - lefts)]) == rows.filter { sides[Int(column[Int($0)])] == 0 })
    }

    @Test func `columns come side by side`() {
        let columns = (0..<11).map { column in (0..<700).map { UInt8(($0 * 7 + column * 31) % 256) } }
        var codes = [UInt8](repeating: 1, count: 700 * 16)
        columns.withUnsafePointers { columns in
            BinSums.interleave(columns, width: 16, rows: 0..<300, into: &codes)
            BinSums.interleave(columns, width: 16, rows: 300..<700, into: &codes)
        }
        #expect((0..<700 * 16).allSatisfy { codes[$0] == ($0 % 16 < 11 ? columns[$0 % 16][$0 / 16] : 0) })
    }

    @Test(arguments: [0, 1, 2, 255, 5000])
    func `numbers are sorted`(_ count: Int) {
        let special: [Double] = [0.0, -0.0, .infinity, -.infinity, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 1, 1, -1]
        var values = (0..<count).map { place in
            place % 10 < 2 ? special[place % special.count] : (stream.uniform(UInt64(place)) - 0.5) * (place % 3 == 0 ? 1e300 : 1)
        }
        let expected = values.sorted { ($0, $0.sign == .minus ? 0 : 1) < ($1, $1.sign == .minus ? 0 : 1) }
        BinSums.sort(&values)
        #expect(values.map(\.bitPattern) == expected.map(\.bitPattern))
    }
}

extension [[UInt8]] {
    /// Calls `body` with a pointer to each array.
    fileprivate func withUnsafePointers(_ body: ([UnsafePointer<UInt8>]) -> Void) {
        func take(_ place: Int, _ pointers: [UnsafePointer<UInt8>]) {
            if place == count { return body(pointers) }
            self[place].withUnsafeBufferPointer { take(place + 1, pointers + [$0.baseAddress!]) }
        }
        take(0, [])
    }
}
