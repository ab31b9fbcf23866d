import Numerics

/// What the literals of numbers mean.
enum JSONNumber {
    /// The largest magnitude below which every integer is exact in binary64: 2^53.
    static let safest = 1 << 53

    /// The value of an integral literal, kept within ±2^53.
    static func integer(_ text: UnsafeBufferPointer<UInt8>) -> Int {
        var magnitude = 0
        for byte in text where byte &- UInt8(ascii: "0") <= 9 {
            magnitude = min(magnitude * 10 + Int(byte - UInt8(ascii: "0")), safest)
        }
        return text.first == UInt8(ascii: "-") ? -magnitude : magnitude
    }

    /// Whether an integral literal lies within ±2^53.
    static func isSafe(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var magnitude = 0
        for byte in text where byte &- UInt8(ascii: "0") <= 9 {
            magnitude = magnitude * 10 + Int(byte - UInt8(ascii: "0"))
            if magnitude > safest { return false }
        }
        return true
    }

    /// The nearest finite number to a literal; 0 for what is no number, which only happens in a text that was refused.
    static func number(_ text: UnsafeBufferPointer<UInt8>) -> Double {
        let value = DecimalText.parse(text) ?? 0
        return min(max(value, -Double.greatestFiniteMagnitude), .greatestFiniteMagnitude)
    }

    /// Whether the nearest binary64 to a literal is finite.
    static func isFinite(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        DecimalText.parse(text)?.isFinite ?? false
    }
}
