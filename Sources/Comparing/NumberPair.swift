/// Two numbers that should be the same.
enum NumberPair {
    /// What two binary64 numbers that differ are likely to be.
    static func cause(_ first: Double, _ second: Double) -> Cause? {
        guard let ulps = ulps(first, second) else { return nil }
        // Two readings of a clock are further apart than that.
        if ulps > 64, isTime(first, second) { return .timeStamp }
        return ulps <= 1 << 28 ? .rounding(ulps: ulps) : nil
    }

    /// As ``cause(_:_:)``, for binary32.
    static func cause(_ first: Float, _ second: Float) -> Cause? {
        guard let ulps = ulps(first, second), ulps <= 1 << 12 else { return nil }
        return .rounding(ulps: ulps)
    }

    /// What two integers that differ are likely to be; `label` is the name that they have where they stand.
    static func cause(_ first: Int, _ second: Int, label: String? = nil) -> Cause? {
        if isTime(Double(first), Double(second)) { return .timeStamp }
        if isAddress(first, label), isAddress(second, label) { return .address }
        return nil
    }

    /// How many numbers lie between them, and one more; nil for infinities and what is no number.
    static func ulps(_ first: Double, _ second: Double) -> UInt64? {
        guard first.isFinite, second.isFinite else { return nil }
        func place(_ value: Double) -> Int64 {
            let bits = Int64(bitPattern: value.magnitude.bitPattern)
            return value.sign == .minus ? -bits : bits
        }
        return distance(place(first), place(second))
    }

    static func ulps(_ first: Float, _ second: Float) -> UInt64? {
        guard first.isFinite, second.isFinite else { return nil }
        func place(_ value: Float) -> Int64 {
            let bits = Int64(value.magnitude.bitPattern)
            return value.sign == .minus ? -bits : bits
        }
        return distance(place(first), place(second))
    }

    private static func distance(_ first: Int64, _ second: Int64) -> UInt64 {
        UInt64(bitPattern: max(first, second) &- min(first, second))
    }

    /// Between 2001 and 2100, at most ten years apart, in seconds, milliseconds, microseconds or nanoseconds since 1970.
    private static func isTime(_ first: Double, _ second: Double) -> Bool {
        let years = 1e9...4.1e9
        return [1.0, 1e3, 1e6, 1e9].contains { unit in
            years.contains(first / unit) && years.contains(second / unit) && (first / unit - second / unit).magnitude < 3.2e8
        }
    }

    /// A place in the memory of a process: in the upper half of user space and aligned, or where the name speaks of one.
    private static func isAddress(_ value: Int, _ label: String?) -> Bool {
        if value >= 1 << 40, value < 1 << 47, value % 8 == 0 { return true }
        guard value >= 1 << 16, value < 1 << 47, value % 8 == 0, let label else { return false }
        return ["_id", "id", "address", "addr", "_ptr", "pointer"].contains { label.utf8.suffix($0.utf8.count).elementsEqual($0.utf8) }
    }
}
