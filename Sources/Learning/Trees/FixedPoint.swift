import Numerics

/// Derivatives as integers, so that sums of them are exact and no order of adding can change a bit.
///
/// A row's derivatives are kept twice. The *fine* ones, of up to 50 bits each, give leaves their values. The *coarse* ones lie side by side in
/// a word of 64 bits with a 1 that counts the row, so that one addition sums all three; splits are chosen by them. With 4,096
/// rows or more they have 16 bits (the first derivative) and 12 bits (the second), with fewer rows more. Where second
/// derivatives are all alike they need no bits, and the first ones have 28.
// DETERMINISM: the scales are powers of two, so scaling rounds nothing; all rounding is to an integer, row by row.
// SPEC: determinism.md#trees
struct FixedPoint: Sendable {
    /// A sum of coarse derivatives: the first ones, and the second ones above the number of rows.
    typealias Pair = BinSums.Pair
    /// The first and the second derivative of a row; no sum over all rows overflows.
    typealias Fine = SIMD2<Int64>

    let packing: BinSums.Packing
    private let fineScale: (gradient: Double, hessian: Double)
    private let fineUnit: (gradient: Double, hessian: Double)
    private let coarseUnit: (gradient: Double, hessian: Double)
    private let dropped: (gradient: Int64, hessian: Int64)

    /// - Parameters:
    ///   - rowCount: Rows that are summed at most.
    ///   - largestGradient: A bound on the magnitude of first derivatives.
    ///   - largestHessian: A bound on second derivatives, which are not negative.
    ///   - isConstant: Whether every second derivative is `largestHessian`, a power of two.
    init(rowCount: Int, largestGradient: Double, largestHessian: Double, isConstant: Bool = false) {
        let totalCountBits = Self.bits(rowCount)
        let countBits = min(12, totalCountBits)
        let free = 64 - 3 * countBits
        // A pair's second part holds the sum of second derivatives and the number of rows, and stays positive.
        let hessianBits = isConstant ? 0 : max(1, min(20, free * 3 / 7, 63 - 2 * totalCountBits))
        let fineBits = min(50, 62 - totalCountBits)
        let gradientBits = min(fineBits + 1, free - hessianBits)
        packing = BinSums.Packing(
            gradientShift: 2 * countBits + hessianBits, countBits: countBits, totalCountBits: totalCountBits)
        let exponents = (gradient: Self.exponent(above: largestGradient), hessian: Self.exponent(above: largestHessian))
        let drop = (gradient: fineBits + 1 - gradientBits, hessian: fineBits - hessianBits)
        dropped = (Int64(drop.gradient), Int64(drop.hessian))
        fineScale = (Self.power(fineBits - exponents.gradient), Self.power(fineBits - exponents.hessian))
        fineUnit = (Self.power(exponents.gradient - fineBits), Self.power(exponents.hessian - fineBits))
        coarseUnit = (
            Self.power(exponents.gradient - fineBits + drop.gradient), Self.power(exponents.hessian - fineBits + drop.hessian)
        )
    }

    /// Bits that hold the numbers up to `count`.
    private static func bits(_ count: Int) -> Int { max(1, Int.bitWidth - count.leadingZeroBitCount) }

    /// The least power of two that is not below `bound`, kept where scales and units are normal numbers.
    private static func exponent(above bound: Double) -> Int {
        guard bound > 0, bound.isFinite else { return 0 }
        return min(max(Int(bound.exponent) + (bound.significand > 1 ? 1 : 0), -900), 900)
    }

    private static func power(_ exponent: Int) -> Double { Double(sign: .plus, exponent: exponent, significand: 1) }

    @inline(__always)
    func fine(gradient: Double, hessian: Double) -> Fine {
        // Adding 1.5 * 2^52 rounds to the nearest integer, ties to even, and leaves it in the low bits.
        let rounding = 0x1.8p+52
        let first = (gradient * fineScale.gradient + rounding).bitPattern &- rounding.bitPattern
        let second = (hessian * fineScale.hessian + rounding).bitPattern &- rounding.bitPattern
        return Fine(Int64(bitPattern: first), Int64(bitPattern: second))
    }

    /// The word of a row: its coarse derivatives, and 1 for the row.
    @inline(__always)
    func word(_ fine: Fine) -> UInt64 {
        // Half of what is dropped, added first, makes it rounding.
        let first = (fine.x &+ ((1 &<< dropped.gradient) &>> 1)) &>> dropped.gradient
        let second = (fine.y &+ ((1 &<< dropped.hessian) &>> 1)) &>> dropped.hessian
        return UInt64(bitPattern: first &<< Int64(packing.gradientShift) &+ second &<< Int64(packing.countBits) &+ 1)
    }

    /// A word as a sum over its one row.
    func pair(_ word: UInt64) -> Pair {
        let second = word >> UInt64(packing.countBits) & (1 << UInt64(packing.gradientShift - packing.countBits) - 1)
        return Pair(
            Int64(bitPattern: word) >> Int64(packing.gradientShift),
            Int64(second << UInt64(packing.totalCountBits) | word & (1 << UInt64(packing.countBits) - 1)))
    }

    @inline(__always)
    func gradient(_ sum: Pair) -> Double { Double(sum.x) * coarseUnit.gradient }

    @inline(__always)
    func hessian(_ sum: Pair) -> Double { Double(sum.y &>> Int64(packing.totalCountBits)) * coarseUnit.hessian }

    @inline(__always)
    func count(_ sum: Pair) -> Int { Int(sum.y & ((1 &<< Int64(packing.totalCountBits)) &- 1)) }

    /// Sums of fine derivatives.
    func fineSums(_ gradient: Int64, _ hessian: Int64) -> (gradient: Double, hessian: Double) {
        (Double(gradient) * fineUnit.gradient, Double(hessian) * fineUnit.hessian)
    }
}

/// The derivatives of all rows, for each output, as fixed-point numbers.
final class DerivativeTable {
    /// (outputs, rows)
    let fine: UnsafeMutablePointer<FixedPoint.Fine>
    /// (outputs, rows)
    let words: UnsafeMutablePointer<UInt64>

    init(rowCount: Int, outputs: Int) {
        fine = .allocate(capacity: rowCount * outputs)
        fine.initialize(repeating: FixedPoint.Fine(), count: rowCount * outputs)
        words = .allocate(capacity: rowCount * outputs)
        words.initialize(repeating: 0, count: rowCount * outputs)
    }

    deinit {
        fine.deallocate()
        words.deallocate()
    }
}
