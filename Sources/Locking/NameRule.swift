/// What names in a lockfile look like; each kind of entry has its rule.
enum NameRule {
    /// `[a-z][a-z0-9_-]*`, at most 64 bytes: data entries and outputs.
    case entry
    /// The same without `_`: stages and environments.
    case stage
    /// `[A-Za-z0-9][A-Za-z0-9._+-]*`, at most 64 bytes.
    case program
    /// What ``WheelName`` reads.
    case wheel

    func allows(_ text: String) -> Bool {
        switch self {
        case .entry, .stage:
            guard let first = text.utf8.first, Self.isLower(first), text.utf8.count <= 64 else { return false }
            return text.utf8.allSatisfy { byte in
                Self.isLower(byte) || Self.isDigit(byte) || byte == UInt8(ascii: "-") || (byte == UInt8(ascii: "_") && self == .entry)
            }
        case .program:
            guard let first = text.utf8.first, Self.isLetterOrDigit(first), text.utf8.count <= 64 else { return false }
            return text.utf8.allSatisfy { Self.isLetterOrDigit($0) || "._+-".utf8.contains($0) }
        case .wheel: return WheelName(text) != nil
        }
    }

    /// `linux-x86_64` and its like: `[a-z0-9_-]+`, at most 64 bytes.
    static func isPlatform(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { isLower($0) || isDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
    }

    private static func isLower(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        isLower(byte) || isDigit(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }
}
