/// Words that say little of a text by themselves.
enum StopWords {
    /// Articles, pronouns, prepositions, conjunctions and forms of auxiliary verbs of English.
    static let english: [String] = """
        about above after again against all also although am among an and any are around as at be because been before being below \
        between both but by can cannot could did do does doing done down during each either etc ever every few for from further \
        had has have having he her here hers herself him himself his how however if in into is it its itself just least less like \
        many may me might mine more most much must my myself neither no nor not of off on once one only onto or other others our \
        ours ourselves out over own per quite rather same shall she should since so some such than that the their theirs them \
        themselves then there therefore these they this those though through thus to too toward towards under until up upon us \
        very via was we were what whatever when where whether which while who whoever whole whom whose why will with within \
        without would yet you your yours yourself yourselves
        """.split(separator: " ").map(String.init)
}
