import Canonical

/// `boosted-trees`: a sum of regression trees, each fitted to what those before it get wrong.
package enum BoostedTreesLearner {
    package static let description = VariantDescription(
        LearnerKind.boostedTrees.rawValue, summary: "a sum of trees over histograms of the features, each mending the ones before it",
        options: [
            .defaulted("trees", .integer(min: 1, max: 100_000), .integer(100), "rounds of boosting; in each, every class gets one tree"),
            .defaulted(
                "learning-rate", .number(NumberRange(min: 0, max: 1, excludesMin: true)), .number(0.1), "share of each tree that is added"),
            .defaulted(
                "growth", .choice(TreeGrowth.allCases.map(\.rawValue)), .string(TreeGrowth.leafWise.rawValue),
                "which leaf is split next: the one that gains most, or the first of the least deep"),
            .defaulted("max-leaves", .integer(min: 2, max: 65_536), .integer(31), "most leaves of a tree"),
            .optional("max-depth", .integer(min: 1, max: 64), absent: "no limit", "most decisions from a tree's root to a leaf"),
            .defaulted("min-rows-per-leaf", .integer(min: 1, max: 1_000_000_000), .integer(20), "fewest training rows in a leaf"),
            .defaulted("min-gain", .number(NumberRange(min: 0)), .number(0), "what a split has to gain more than"),
            .defaulted("l2", .number(NumberRange(min: 0, max: 1e9)), .number(0), "weight of the squared leaf values against the error"),
            .defaulted(
                "feature-share", .number(NumberRange(min: 0, max: 1, excludesMin: true)), .number(1),
                "share of the features that each tree may ask about, drawn anew for each"),
            .defaulted(
                "row-share", .number(NumberRange(min: 0, max: 1, excludesMin: true)), .number(1),
                "share of the rows that each tree is grown on, drawn anew in each round"),
            .defaulted("max-bins", .integer(min: 2, max: 255), .integer(255), "most intervals that a feature's numbers are sorted into"),
            .optional(
                "early-stopping-rounds", .integer(min: 1, max: 100_000), absent: "never", needsInput: "validation",
                orOption: "validation-share",
                "rounds without progress on the validation rows after which boosting stops"),
        ])
}

/// Which leaf of a tree is split next: what `growth` may say.
package enum TreeGrowth: String, CaseIterable, Sendable {
    /// The one where splitting gains most.
    case leafWise = "leaf-wise"
    /// The first of the least deep.
    case depthWise = "depth-wise"
}
