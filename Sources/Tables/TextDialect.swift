/// How the fields of a line are separated and protected.
struct TextDialect: Hashable, Sendable {
    let delimiter: UInt8
    /// Whether a field may stand in quotes; else a quote is a character.
    let hasQuotes: Bool

    /// - Parameter delimiter: Of a CSV that has no commas; neither a quote, a line end nor a character of numbers.
    init(_ format: TableFormatKind, delimiter: UInt8? = nil) {
        let isTabs = format == .tsv
        self.delimiter = isTabs ? UInt8(ascii: "\t") : delimiter ?? UInt8(ascii: ",")
        hasQuotes = !isTabs
    }
}
