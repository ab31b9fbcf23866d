import Canonical

/// `features.text`: how texts become columns.
package enum TextFeatures {
    /// What `stop-words` may say.
    package enum StopWords: String, CaseIterable, Sendable {
        case none
        case english
    }

    package static let options: [OptionDescription] = [
        .defaulted(
            "ngrams", .list(of: .integer(min: 1, max: 3), minCount: 2), .array([1, 2]),
            "the fewest and the most words of a term"),
        .defaulted(
            "min-documents", .integer(min: 1, max: 1_000_000_000), .integer(2), "fewest training rows that a term stands in"),
        .defaulted(
            "max-share", .number(NumberRange(min: 0, max: 1, excludesMin: true)), .integer(1),
            "largest share of the training rows that a term stands in"),
        .optional(
            "max-terms", .integer(min: 1, max: 16_777_216), absent: "no limit",
            "most terms of a column; those in most rows are kept"),
        .defaulted(
            "stop-words", .choice(StopWords.allCases.map(\.rawValue)), .string(StopWords.none.rawValue), "words that are left out"),
        .optional(
            "more-stop-words", .list(of: .string, minCount: 0), absent: "none", "more words that are left out"),
        .defaulted(
            "sublinear", .boolean, .boolean(true), "whether a term that stands n times in a text counts 1 + ln n instead of n"),
        .optional(
            "hashing-bits", .integer(min: 8, max: 24), absent: "a column for each term",
            "with n, a hash gives each term one of 2^n columns, and no terms are kept; the bounds above are then of columns"),
    ]
}
