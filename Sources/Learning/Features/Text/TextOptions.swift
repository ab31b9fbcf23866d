import StageKinds

/// How texts become columns: what `features.text` says.
struct TextOptions: Hashable, Sendable {
    /// How many words a term has.
    let lengths: ClosedRange<Int>
    let minDocuments: Int
    let maxShare: Double
    let maxTerms: Int?
    /// Words that are left out, folded and sorted by bytes.
    let stopWords: [String]
    let isSublinear: Bool
    /// Nil for a vocabulary; else columns are chosen by this many bits of a hash.
    let hashingBits: Int?

    init(_ values: OptionValues) throws(LearningError) {
        let ngrams = try values.optionalIntegers("ngrams") ?? [1, 2]
        guard ngrams.count == 2, 1 <= ngrams[0], ngrams[0] <= ngrams[1], ngrams[1] <= 3 else {
            throw .problem(
                "bad-option", "option 'ngrams' must be the fewest and the most words of a term, each from 1 to 3, such as [1, 2]")
        }
        lengths = ngrams[0]...ngrams[1]
        minDocuments = try values.integer("min-documents")
        maxShare = try values.number("max-share")
        maxTerms = try values.optionalInteger("max-terms")
        isSublinear = try values.boolean("sublinear")
        hashingBits = try values.optionalInteger("hashing-bits")
        guard let list = try values.optionalText("stop-words").flatMap(TextFeatures.StopWords.init(rawValue:)) else {
            throw .problem("bad-option", "option 'stop-words' must be none or english")
        }
        var words = WordBlock()
        for text in (list == .english ? StopWords.english : []) + (try values.optionalTexts("more-stop-words") ?? []) {
            var text = text
            text.withUTF8 { words.append($0, stopWords: TermTable()) }
        }
        let distinct = Set(words.ends.indices.map { Array(words.bytes[words.start($0)..<words.ends[$0]]) })
        stopWords = distinct.sorted { $0.lexicographicallyPrecedes($1) }.map { String(decoding: $0, as: UTF8.self) }
    }
}
