internal import Numerics

/// Numbers for people, who compare metrics and do not compute with them.
package enum SignificantDigits {
    /// `value` with four significant digits at most: `0.979`, `0.07163`, `1.234e+20`.
    package static func text(_ value: Double) -> String {
        guard value.isFinite else { return value.description }
        guard value.magnitude >= 1e-290, value.magnitude <= 1e290 else { return DecimalText.text(value) }
        // Scaled until four digits stand before the point.
        var exponent = 0
        var scaled = value.magnitude
        while scaled >= 10_000 {
            scaled /= 10
            exponent += 1
        }
        while scaled < 1_000 {
            scaled *= 10
            exponent -= 1
        }
        let digits = Int(scaled.rounded())
        // Read back from decimal, for the scaling has rounded on the way.
        guard let rounded = DecimalText.parse("\(digits)e\(exponent)") else { return DecimalText.text(value) }
        return DecimalText.text(value < 0 ? -rounded : rounded)
    }
}
