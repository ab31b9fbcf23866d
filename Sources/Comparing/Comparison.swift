/// What tells two contents apart that should be the same.
package struct Comparison: Hashable, Sendable {
    /// The first byte that differs, from 0; the length of the shorter one when it is the beginning of the other.
    package let offset: Int
    /// Where that is inside the format, such as `pickle, argument of BININT1 at 17` or `member 'a/b.npy', element [3, 2]`.
    package let place: String?
    /// What it is likely to be, such as `a memory address`, `the order of a set`, `a time stamp`; nil when there is no telling.
    package let cause: String?
    /// What would make it the same, when there is something; a sentence without a full stop.
    package let remedy: String?
    /// Both sides around the place, as values or in hexadecimal.
    package let first: String
    package let second: String

    package init(offset: Int, place: String?, cause: String?, remedy: String?, first: String, second: String) {
        self.offset = offset
        self.place = place
        self.cause = cause
        self.remedy = remedy
        self.first = first
        self.second = second
    }

    /// Compares two contents of a file; nil when they are equal. Formats are known by content, `name` only breaks ties.
    ///
    /// Contents may be anything: nothing in them is executed, and what is packed in them is unpacked in memory up to a limit.
    ///
    /// - Complexity: O(bytes), with what is packed inside counted unpacked.
    package static func between(_ first: [UInt8], _ second: [UInt8], name: String) -> Comparison? {
        guard let offset = Bytes.firstDifference(first, second) else { return nil }
        var unpacking = Unpacking()
        let pair = Pair(first: first, second: second, name: name)
        let finding = ContentForm.finding(pair, &unpacking) ?? BinaryComparison.finding(pair)
        return Comparison(
            offset: offset, place: finding.place.isEmpty ? nil : finding.place.joined(separator: ", "), cause: finding.cause?.text,
            remedy: finding.cause?.remedy, first: finding.first, second: finding.second)
    }
}
