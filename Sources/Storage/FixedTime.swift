internal import Platform

/// The time that files and folders bear where commands see them: a command that looks at it finds the same everywhere.
// SPEC: store.md#views
enum FixedTime {
    /// The first of January 1980 in UTC, the earliest that zip archives know; in seconds since 1970.
    static let seconds: Int64 = 315_532_800

    /// Whether a file bears it.
    static func isBorne(by signature: StatSignature) -> Bool {
        signature.modified == seconds * 1_000_000_000
    }
}
