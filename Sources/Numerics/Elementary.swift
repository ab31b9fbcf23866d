import CKernels

/// Elementary functions that give the same bits on every machine.
///
/// They use + - * / and integer operations only, so that IEEE-754 fixes every bit; the C library's functions differ
/// between processors. A result that is not a number is always the NaN `0x7FF8000000000000`. Each function states its
/// largest error in units in the last place (ULP), measured against references of 120 digits. ``Elementwise`` gives the
/// same bits over buffers, several numbers at once.
package enum Elementary {
    /// e to the power of `x`; error below 1 ULP.
    ///
    /// Above 709.782712893384 it is infinity, below -745.1332191019412 it is zero; results below the smallest normal
    /// number are subnormal, rounded once more.
    package static func exp(_ x: Double) -> Double {
        // Also takes NaN the first way out.
        guard x < overflow else { return x.isNaN ? .nan : .infinity }
        guard x > -746 else { return 0 }
        let (exponent, high, low) = reduced(x)
        return scaled(1 + (high + (low + tail(high + low))), by: exponent)
    }

    /// e to the power of `x`, minus one, without cancellation near zero; error below 2 ULP.
    package static func expm1(_ x: Double) -> Double {
        guard x < overflow else { return x.isNaN ? .nan : .infinity }
        // Below, e to the power of x is lost beside one.
        guard x > -40 else { return -1 }
        if abs(x) < 0.34 {
            // Keeps the sign of zero and subnormals as they are.
            if abs(x) < 0x1p-54 { return x }
            return x + tail(x)
        }
        let (exponent, high, low) = reduced(x)
        // 2^k (1 + p) - 1 = 2^k (p + (1 - 2^-k)), the sum in two parts since p may cancel.
        let one = exponent >= 64 ? 1 : 1 - power(of: -exponent)
        let sum = one + high
        let rest = abs(one) >= abs(high) ? high - (sum - one) : one - (sum - high)
        return scaled(sum + (rest + (low + tail(high + low))), by: exponent)
    }

    /// The natural logarithm of `x`; error below 1 ULP.
    ///
    /// The logarithm of either zero is minus infinity, that of a negative number is NaN.
    package static func log(_ x: Double) -> Double {
        guard x > 0 else { return x == 0 ? -.infinity : .nan }
        guard x < .infinity else { return .infinity }
        return logarithm(of: x, correction: 0)
    }

    /// The natural logarithm of `1 + x`, without loss near zero; error below 1 ULP.
    ///
    /// The value at -1 is minus infinity, below it NaN.
    package static func log1p(_ x: Double) -> Double {
        guard x > -1 else { return x == -1 ? -.infinity : .nan }
        guard x < .infinity else { return .infinity }
        if x > -0.29, x < 0.41 {
            if abs(x) < 0x1p-54 { return x }
            return logarithm(onePlus: x, exponent: 0, correction: 0)
        }
        let sum = 1 + x
        // What the sum has lost, in proportion to it.
        let lost = x > 1 ? 1 - (sum - x) : x - (sum - 1)
        return logarithm(of: sum, correction: lost / sum)
    }

    /// The hyperbolic tangent of `x`; error below 3 ULP.
    package static func tanh(_ x: Double) -> Double {
        let size = abs(x)
        guard size < 22 else { return x.isNaN ? .nan : (x < 0 ? -1 : 1) }
        if size < 0x1p-28 { return x }
        let value: Double
        if size >= 1 {
            value = 1 - 2 / (expm1(2 * size) + 2)
        } else {
            let power = expm1(-2 * size)
            value = -power / (power + 2)
        }
        return x < 0 ? -value : value
    }

    /// The logistic function `1 / (1 + exp(-x))`; error below 3 ULP for normal results.
    package static func sigmoid(_ x: Double) -> Double {
        if x >= 0 { return 1 / (1 + exp(-x)) }
        let power = exp(x)
        return power / (1 + power)
    }

    /// `log(1 + exp(x))`, the smooth ramp, without overflow; error below 2 ULP for normal results.
    package static func softplus(_ x: Double) -> Double {
        if x.isNaN { return .nan }
        let ramp = log1p(exp(-abs(x)))
        return x > 0 ? x + ramp : ramp
    }

    /// `base` to the power of `exponent`, with the special cases of IEEE-754's pow; error below 1 ULP for normal results.
    ///
    /// The power of a negative number is NaN unless the exponent is an integer; any number to the power of zero, NaN
    /// too, and one to any power is one. A power that a Double holds exactly is exact.
    package static func pow(_ base: Double, _ exponent: Double) -> Double { ck_pow(base, exponent) }

    /// The sine of `x` in radians, for every finite number; error below 1 ULP.
    package static func sin(_ x: Double) -> Double { ck_sin(x) }

    /// The cosine of `x` in radians, for every finite number; error below 1 ULP.
    package static func cos(_ x: Double) -> Double { ck_cos(x) }

    // MARK: Parts

    /// The largest x whose exponential is finite, and the next number.
    private static let overflow = 0x1.62e42fefa39f0p+9

    /// ln 2 in two parts; the high one has 41 fractional bits, so that its product with an exponent is exact.
    private static let ln2High = 0x1.62e42fefa3000p-1
    private static let ln2Low = 0x1.3de6af278ece6p-42

    /// The exponent k nearest to x / ln 2, and x - k ln 2 as a sum of two numbers; |x| is below 1,100.
    @inline(__always)
    private static func reduced(_ x: Double) -> (exponent: Int, high: Double, low: Double) {
        // Adding and subtracting 1.5 * 2^52 rounds to the nearest integer, ties to even.
        let rounding = 0x1.8p+52
        let k = (x * 0x1.71547652b82fep+0 + rounding) - rounding
        let high = x - k * ln2High
        let low = -(k * ln2Low)
        return (Int(k), high, low)
    }

    /// `exp(r) - 1 - r` for |r| at most 0.35.
    ///
    /// A polynomial through the Chebyshev nodes of (exp(r) - 1 - r) / r², degree 10, relative error below 2^-58.
    @inline(__always)
    private static func tail(_ r: Double) -> Double {
        let square = r * r
        let fourth = square * square
        let low: Double = (0.5 + r * 0x1.5555555555557p-3) + square * (0x1.5555555555556p-5 + r * 0x1.11111111100bep-7)
        let middle: Double =
            (0x1.6c16c16c162c3p-10 + r * 0x1.a01a01abf85abp-13) + square * (0x1.a01a01a6e1e2ap-16 + r * 0x1.71de01fdbf9cap-19)
        let high: Double = (0x1.27e4db46cddd1p-22 + r * 0x1.af4e554377204p-26) + square * 0x1.1f7340dbc337ep-29
        return square * (low + fourth * (middle + fourth * high))
    }

    /// `value` times 2 to the power of `exponent`, which is from -1,080 to 1,024; `value` is from 0.2 to 2.
    @inline(__always)
    private static func scaled(_ value: Double, by exponent: Int) -> Double {
        if exponent > -1022, exponent < 1024 { return value * power(of: exponent) }
        if exponent >= 1024 { return value * 2 * power(of: exponent - 1) }
        return value * power(of: exponent + 64) * 0x1p-64
    }

    /// 2 to the power of `exponent`, which is from -1,022 to 1,023.
    @inline(__always)
    private static func power(of exponent: Int) -> Double {
        Double(bitPattern: UInt64(truncatingIfNeeded: exponent &+ 1023) &<< 52)
    }

    /// `log(x) + correction` for positive finite x.
    @inline(__always)
    private static func logarithm(of x: Double, correction: Double) -> Double {
        var bits = x.bitPattern
        var exponent = 0
        if bits < 0x0010_0000_0000_0000 {
            bits = (x * 0x1p+54).bitPattern
            exponent = -54
        }
        // Moves the boundary between two exponents to the square root of 2, so that the fraction is near 1.
        let moved = bits &+ (0x3FF0_0000_0000_0000 &- 0x3FE6_A09E_0000_0000)
        exponent += Int(moved &>> 52) - 1023
        let fraction = Double(bitPattern: (moved & 0x000F_FFFF_FFFF_FFFF) &+ 0x3FE6_A09E_0000_0000)
        return logarithm(onePlus: fraction - 1, exponent: exponent, correction: correction)
    }

    /// `exponent * ln 2 + log(1 + f) + correction` for f from -0.293 to 0.415.
    ///
    /// With s = f / (2 + f), log(1 + f) is 2 s + s R(s²), written so that f itself, which is exact, leads the sum.
    /// R is a polynomial through Chebyshev nodes, degree 8 in s², relative error below 2^-54.
    @inline(__always)
    private static func logarithm(onePlus f: Double, exponent: Int, correction: Double) -> Double {
        let s = f / (2 + f)
        let z = s * s
        let w = z * z
        let even: Double = 0x1.5555555555555p-1 + w * (0x1.2492492476a1ap-2 + w * (0x1.745cf8e4bba1bp-3 + w * 0x1.0fbde0f4ad17bp-3))
        let odd: Double = 0x1.9999999999a39p-2 + w * (0x1.c71c7201a55d7p-3 + w * (0x1.3b1c3c1c81c8fp-3 + w * 0x1.0c0aff044a970p-3))
        let remainder = z * (even + z * odd)
        let half = 0.5 * f * f
        let k = Double(exponent)
        return k * ln2High - ((half - (s * (half + remainder) + (k * ln2Low + correction))) - f)
    }
}
