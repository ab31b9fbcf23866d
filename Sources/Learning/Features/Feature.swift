/// One column that a model sees, with all that training learned about it.
package struct Feature: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case number(NumberProfile)
        case category(CategoryProfile)
    }

    package let name: String
    package let kind: Kind
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
    /// Most levels that a model tells apart; the rest are *other*.
    package static let mostLevels = 254

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
