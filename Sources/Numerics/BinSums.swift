import CKernels

/// The loops over binned rows in which trees are grown: sums by bin, parting of rows, and the search for bins.
///
/// All are integers but the search, which only compares; so no order, thread or instruction set changes a bit.
package enum BinSums {
    /// A sum over rows: the first derivatives, and the second ones above the number of rows.
    package typealias Pair = SIMD2<Int64>

    /// How a row's derivatives lie in a word of 64 bits: the first one (signed) from `gradientShift` on, the second from `countBits` on,
    /// below it a 1 that counts the row.
    ///
    /// Up to 2^countBits - 1 words are summed before the sums are added to pairs, so no part may overflow in so many.
    package struct Packing: Sendable {
        package let gradientShift: Int
        package let countBits: Int
        /// Bits of a pair's second part that hold the number of rows.
        package let totalCountBits: Int

        package init(gradientShift: Int, countBits: Int, totalCountBits: Int) {
            precondition(0 < countBits && countBits < gradientShift && gradientShift < 64, "each part of a word has bits")
            self.gradientShift = gradientShift
            self.countBits = countBits
            self.totalCountBits = totalCountBits
        }
    }

    /// Bins of a feature at most.
    package static let mostBins = 256
    /// Features whose bins lie side by side at most.
    package static let mostWidth = 32

    /// Sums the words of rows by bin, for each feature of a group, into `sums`, which is overwritten.
    ///
    /// - Parameters:
    ///   - codes: (rows of the table, width); width is 8, 16, 24 or 32.
    ///   - rows: The rows to sum; nil for the `count` rows from `first` on.
    ///   - words: One for each row of the table.
    ///   - offsets: Where each feature's bins begin in `sums`, and where the last one's end.
    ///   - packed: Room for `width` * 256 words, all zero before and after.
    /// - Complexity: O(count x width), and O(bins) for each 2^countBits rows.
    package static func sum(
        _ codes: UnsafePointer<UInt8>, width: Int, rows: UnsafePointer<Int32>?, first: Int, count: Int, words: UnsafePointer<UInt64>,
        _ packing: Packing, offsets: UnsafePointer<Int>, features: Int, packed: UnsafeMutablePointer<UInt64>,
        into sums: UnsafeMutablePointer<Pair>
    ) {
        precondition([8, 16, 24, 32].contains(width) && features <= width, "a group has 8, 16, 24 or 32 places")
        let layout = ck_packing(
            gradient_shift: UInt32(packing.gradientShift), count_bits: UInt32(packing.countBits),
            total_count_bits: UInt32(packing.totalCountBits))
        offsets.withMemoryRebound(to: Int64.self, capacity: features + 1) { offsets in
            ck_histogram(codes, width, rows, first, count, words, layout, offsets, features, packed, raw(sums))
        }
    }

    /// The same memory as C sees it: two integers of 64 bits.
    private static func raw(_ pairs: UnsafePointer<Pair>) -> UnsafeMutablePointer<ck_pair> {
        UnsafeMutableRawPointer(mutating: pairs).assumingMemoryBound(to: ck_pair.self)
    }

    /// Adds `others` to `sums`, element by element.
    package static func add(_ others: UnsafePointer<Pair>, to sums: UnsafeMutablePointer<Pair>, count: Int) {
        ck_pairs_add(raw(sums), UnsafePointer(raw(others)), count)
    }

    /// Takes `others` away from `sums`, element by element.
    package static func subtract(_ others: UnsafePointer<Pair>, from sums: UnsafeMutablePointer<Pair>, count: Int) {
        ck_pairs_subtract(raw(sums), UnsafePointer(raw(others)), count)
    }

    /// Parts rows by their bins in a column, each side in its order, and gives the number of those that went left.
    ///
    /// - Parameters:
    ///   - goesLeft: 1 for each of the 256 bins whose rows go left, else 0.
    ///   - left: Room for `count` rows; may be `rows` itself. What follows those that went left is unspecified.
    package static func part(
        _ rows: UnsafePointer<Int32>, count: Int, by column: UnsafePointer<UInt8>, goesLeft: UnsafePointer<UInt8>,
        left: UnsafeMutablePointer<Int32>, right: UnsafeMutablePointer<Int32>
    ) -> Int {
        ck_part(column, goesLeft, rows, count, left, right)
    }

    /// The bin of each number: how many of the ascending `thresholds`, at most 255, are below it; `missing` for NaN.
    package static func bins(
        of values: UnsafeBufferPointer<Double>, thresholds: [Double], missing: UInt8, into codes: UnsafeMutablePointer<UInt8>
    ) {
        precondition(thresholds.count < mostBins, "a feature has at most 256 bins")
        guard let base = values.baseAddress else { return }
        let padded = thresholds + [Double](repeating: .infinity, count: mostBins - 1 - thresholds.count)
        ck_bins(base, values.count, padded, missing, codes)
    }

    /// Puts columns of bins side by side, for the `rows`: `codes` is (rows of the table, width), 0 where there is no column.
    package static func interleave(
        _ columns: [UnsafePointer<UInt8>], width: Int, rows: Range<Int>, into codes: UnsafeMutablePointer<UInt8>
    ) {
        precondition(width % 8 == 0 && columns.count <= width, "a group has a multiple of 8 places")
        let pointers: [UnsafePointer<UInt8>?] = columns
        ck_interleave(pointers, columns.count, width, rows.lowerBound, rows.count, codes)
    }

    /// Sorts numbers, none of them NaN; -0 comes before 0.
    ///
    /// - Complexity: O(count), with room for as many numbers.
    package static func sort(_ values: inout [Double]) {
        guard values.count >> 32 == 0 else { return values.sort() }
        withUnsafeTemporaryAllocation(of: Double.self, capacity: values.count) { scratch in
            values.withUnsafeMutableBufferPointer { values in
                guard let base = values.baseAddress, let room = scratch.baseAddress else { return }
                ck_sort(base, room, values.count)
            }
        }
    }
}
