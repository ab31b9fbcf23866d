/// How large and how deep a JSON text may be, and which integers it may hold.
package struct JSONLimits: Hashable, Sendable {
    /// Most containers inside one another; `[[1]]` has depth 2. At most 1,000: values are walked by recursion.
    package var depth: Int
    /// Most bytes of text; at most `UInt32.max`, as positions are stored in 32 bits.
    package var bytes: Int
    /// Whether integral literals beyond ±2^53 are read as numbers instead of being refused.
    ///
    /// Canonical text writes the number 1e20 as `100000000000000000000`, so its reader must take that;
    /// in a text that a person wrote it is an integer that would be rounded in silence.
    package var allowsLargeIntegers: Bool

    package init(depth: Int = 64, bytes: Int = 64 << 20, allowsLargeIntegers: Bool = false) {
        precondition((0...1000).contains(depth), "a JSON text is at most 1,000 deep")
        precondition(0 <= bytes && bytes <= Int(UInt32.max) - 16, "a JSON text has less than 4 GiB")
        self.depth = depth
        self.bytes = bytes
        self.allowsLargeIntegers = allowsLargeIntegers
    }

    /// For texts that people write: depth 64, 64 MiB, integers within ±2^53.
    package static let document = JSONLimits()
    /// For texts that ``CanonicalJSON`` wrote: as ``document``, and numbers of any size.
    package static let canonical = JSONLimits(allowsLargeIntegers: true)
}
