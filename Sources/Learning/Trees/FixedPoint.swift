/// Gradients as integers, so that sums of them are exact and no order of adding can change a bit.
///
/// A row is a pair of 64-bit integers: its first derivative in units of `1 / gradientScale`, and its second derivative in
/// units of `1 / hessianScale` shifted left by `countBits`, plus 1. A sum of pairs so holds both sums and the number of
/// rows, and is one 16-byte addition. No sum over all rows overflows.
// DETERMINISM: the scales are powers of two, so scaling rounds nothing; the one rounding is to the nearest integer.
struct FixedPoint: Sendable {
    typealias Pair = SIMD2<Int64>

    let gradientScale: Double
    let hessianScale: Double
    let countBits: Int64
    let unitGradient: Double
    let unitHessian: Double

    /// - Parameters:
    ///   - largestGradient: A bound on the magnitude of first derivatives.
    ///   - hessianBits: Second derivatives are from 0 to 2 to this power.
    init(rowCount: Int, largestGradient: Double, hessianBits: Int) {
        let countBits = Int.bitWidth - rowCount.leadingZeroBitCount
        self.countBits = Int64(countBits)
        let exponent = largestGradient > 0 ? Int(largestGradient.exponent) + 1 : 0
        // A sum of fewer than 2^countBits derivatives stays below 2^62.
        let gradientBits = min(max(min(62 - countBits, 50) - exponent, -1000), 1000)
        let hessianBits = max(0, min(62 - 2 * countBits - hessianBits, 46))
        gradientScale = Double(sign: .plus, exponent: gradientBits, significand: 1)
        unitGradient = Double(sign: .plus, exponent: -gradientBits, significand: 1)
        hessianScale = Double(sign: .plus, exponent: hessianBits, significand: 1)
        unitHessian = Double(sign: .plus, exponent: -hessianBits, significand: 1)
    }

    @inline(__always)
    func pair(gradient: Double, hessian: Double) -> Pair {
        let first = Int64((gradient * gradientScale).rounded(.toNearestOrEven))
        let second = Int64((hessian * hessianScale).rounded(.toNearestOrEven))
        return Pair(first, second &<< countBits | 1)
    }

    @inline(__always)
    func gradient(_ sum: Pair) -> Double { Double(sum.x) * unitGradient }

    @inline(__always)
    func hessian(_ sum: Pair) -> Double { Double(sum.y &>> countBits) * unitHessian }

    @inline(__always)
    func count(_ sum: Pair) -> Int { Int(sum.y & ((1 &<< countBits) &- 1)) }
}
