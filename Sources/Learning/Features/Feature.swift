/// One column that a model sees, with all that training learned about it.
package struct Feature: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case number(NumberProfile)
        case category(CategoryProfile)
        case text(TextProfile)
        case images(ImageProfile)
    }

    package let name: String
    /// What of the column's dates the feature is; nil where the column holds no dates.
    package let part: DatePart?
    package let kind: Kind

    init(name: String, part: DatePart? = nil, kind: Kind) {
        self.name = name
        self.part = part
        self.kind = kind
    }
}

/// What training saw of a column of numbers; all zero when no number was present.
package struct NumberProfile: Hashable, Sendable {
    /// Mean of the numbers present; linear models put it in the place of a missing one.
    package let mean: Double
    /// Root of the mean squared distance from the mean; 0 when all numbers are equal.
    package let deviation: Double
    package let minimum: Double
    package let maximum: Double
    /// Training rows with a number, and without.
    package let present: Int
    package let missing: Int
}

/// What training saw of a column of categories.
package struct CategoryProfile: Hashable, Sendable {
    /// Most levels that most learners tell apart; the rest are *other*.
    package static let mostLevels = 254
    /// Most levels that learners tell apart for which a level costs little.
    package static let mostSparseLevels = 1 << 22

    /// The levels told apart, sorted by bytes.
    package let levels: [String]
    /// Training rows with a level that is not told apart, and without a level.
    package let others: Int
    package let missing: Int

    /// The code of a level that is not among ``levels``.
    var otherCode: Int32 { Int32(levels.count) }
    /// The code of a missing field.
    var missingCode: Int32 { Int32(levels.count + 1) }
    /// Number of codes: the levels, other and missing.
    var codeCount: Int { levels.count + 2 }
}
