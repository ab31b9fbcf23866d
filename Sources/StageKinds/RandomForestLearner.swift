import Canonical

/// `random-forest`: decision trees on samples of the rows, whose answers are averaged.
package enum RandomForestLearner {
    package static let description = VariantDescription(
        LearnerKind.randomForest.rawValue, summary: "decision trees, each on rows drawn with replacement, whose answers are averaged",
        options: [
            .defaulted(
                "trees", .integer(min: 1, max: 100_000), .integer(100),
                "number of trees; of classes there is one more, which is a leaf with the shares of all rows"),
            .optional(
                "features-per-split", .integer(min: 1, max: 1_000_000_000), absent: "the root of their number, for numbers a third",
                "how many features a question is chosen from, drawn anew for each"),
            DecisionTreeLearner.maxDepth, DecisionTreeLearner.minRowsPerLeaf, DecisionTreeLearner.maxBins,
        ])
}
