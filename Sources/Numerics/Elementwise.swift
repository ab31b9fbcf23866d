import CKernels

/// The functions of ``Elementary`` over many numbers: the same bits as one by one, several times faster.
///
/// Several numbers are computed at once, with the instructions that ``KernelVariant`` names. Source and target may be
/// the same buffer, and must not overlap otherwise.
// SPEC: determinism.md#elementary-functions
package enum Elementwise {
    /// A function of one argument.
    package enum Function: Int, CaseIterable, Sendable {
        case exp, expm1, log, log1p, tanh, sigmoid, softplus, sin, cos
    }

    /// Sets `target[i]` to the function of `source[i]`, for all i below `count`.
    package static func apply(
        _ function: Function, to source: UnsafePointer<Double>, into target: UnsafeMutablePointer<Double>, count: Int
    ) {
        ck_map(ck_function(UInt32(function.rawValue)), source, target, count)
    }

    /// Sets `target[i]` to the function of `source[i]`, for all i below `count`.
    package static func apply(
        _ function: Function, to source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, count: Int
    ) {
        ck_map_float(ck_function(UInt32(function.rawValue)), source, target, count)
    }

    /// Replaces each number by the function of it.
    package static func apply(_ function: Function, to values: inout [Double]) {
        values.withUnsafeMutableBufferPointer { apply(function, to: $0) }
    }

    /// Replaces each number by the function of it.
    package static func apply(_ function: Function, to values: UnsafeMutableBufferPointer<Double>) {
        guard let base = values.baseAddress else { return }
        apply(function, to: base, into: base, count: values.count)
    }

    /// Replaces each number by the function of it.
    package static func apply(_ function: Function, to values: inout [Float]) {
        values.withUnsafeMutableBufferPointer { apply(function, to: $0) }
    }

    /// Replaces each number by the function of it.
    package static func apply(_ function: Function, to values: UnsafeMutableBufferPointer<Float>) {
        guard let base = values.baseAddress else { return }
        apply(function, to: base, into: base, count: values.count)
    }

    /// Sets `target[i]` to `bases[i]` to the power of `exponents[i]`, for all i below `count`.
    package static func pow(
        _ bases: UnsafePointer<Double>, _ exponents: UnsafePointer<Double>, into target: UnsafeMutablePointer<Double>, count: Int
    ) {
        ck_map_pow(bases, exponents, target, count)
    }

    /// Sets `target[i]` to `bases[i]` to the power of `exponents[i]`, for all i below `count`.
    package static func pow(
        _ bases: UnsafePointer<Float>, _ exponents: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, count: Int
    ) {
        ck_map_float_pow(bases, exponents, target, count)
    }
}
