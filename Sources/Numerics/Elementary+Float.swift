import CKernels

/// The elementary functions on Float: computed in Double and rounded once, each with an error below 0.501 ULP.
///
/// Ends of the range and special cases are those of Double; results below the smallest normal number are rounded as the
/// others are. A result that is not a number is always the NaN `0x7FC00000`.
extension Elementary {
    /// e to the power of `x`.
    package static func exp(_ x: Float) -> Float { ck_float_exp(x) }

    /// e to the power of `x`, minus one.
    package static func expm1(_ x: Float) -> Float { ck_float_expm1(x) }

    /// The natural logarithm of `x`.
    package static func log(_ x: Float) -> Float { ck_float_log(x) }

    /// The natural logarithm of `1 + x`.
    package static func log1p(_ x: Float) -> Float { ck_float_log1p(x) }

    /// The hyperbolic tangent of `x`.
    package static func tanh(_ x: Float) -> Float { ck_float_tanh(x) }

    /// The logistic function `1 / (1 + exp(-x))`.
    package static func sigmoid(_ x: Float) -> Float { ck_float_sigmoid(x) }

    /// `log(1 + exp(x))`, the smooth ramp.
    package static func softplus(_ x: Float) -> Float { ck_float_softplus(x) }

    /// The sine of `x` in radians, for every finite number.
    package static func sin(_ x: Float) -> Float { ck_float_sin(x) }

    /// The cosine of `x` in radians, for every finite number.
    package static func cos(_ x: Float) -> Float { ck_float_cos(x) }

    /// `base` to the power of `exponent`, with the special cases of IEEE-754's pow.
    package static func pow(_ base: Float, _ exponent: Float) -> Float { ck_float_pow(base, exponent) }
}
