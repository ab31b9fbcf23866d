import CKernels

/// Sums of many numbers, in one fixed shape.
///
/// Element i goes to lane i mod 16; each of the 16 lanes starts at zero and adds its elements in order; then lanes 0-7
/// add lanes 8-15, lanes 0-3 add lanes 4-7, and so on to lane 0. A result that is not a number is always the one NaN.
// SPEC: determinism.md#reductions
package enum Reduction {
    /// The sum; zero for no values.
    package static func sum(_ values: UnsafeBufferPointer<Double>) -> Double {
        guard let base = values.baseAddress else { return 0 }
        return plain(ck_sum(base, values.count))
    }

    /// The sum of the products, each rounded; both have the same count.
    package static func dot(_ left: UnsafeBufferPointer<Double>, _ right: UnsafeBufferPointer<Double>) -> Double {
        precondition(left.count == right.count, "a dot product is of vectors of one length")
        guard let first = left.baseAddress, let second = right.baseAddress else { return 0 }
        return plain(ck_dot(first, second, left.count))
    }

    /// The sum of the squared distances from `center`.
    package static func squaredDeviations(_ values: UnsafeBufferPointer<Double>, from center: Double) -> Double {
        guard let base = values.baseAddress else { return 0 }
        return plain(ck_squared_deviations(base, center, values.count))
    }

    /// The sum divided by the count; NaN for no values.
    package static func mean(_ values: UnsafeBufferPointer<Double>) -> Double {
        plain(sum(values) / Double(values.count))
    }

    package static func sum(_ values: [Double]) -> Double {
        values.withUnsafeBufferPointer { sum($0) }
    }

    package static func dot(_ left: [Double], _ right: [Double]) -> Double {
        left.withUnsafeBufferPointer { first in right.withUnsafeBufferPointer { dot(first, $0) } }
    }

    package static func squaredDeviations(_ values: [Double], from center: Double) -> Double {
        values.withUnsafeBufferPointer { squaredDeviations($0, from: center) }
    }

    package static func mean(_ values: [Double]) -> Double {
        values.withUnsafeBufferPointer { mean($0) }
    }

    // DETERMINISM: processors choose sign and payload of a NaN differently, and so do the orders of operands.
    @inline(__always)
    static func plain(_ value: Double) -> Double {
        value.isNaN ? .nan : value
    }
}
