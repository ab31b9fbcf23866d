import Canonical

/// `decision-tree`: one tree of questions, by Gini's impurity for classes and by variance for numbers.
package enum DecisionTreeLearner {
    package static let description = VariantDescription(
        LearnerKind.decisionTree.rawValue, summary: "one tree of questions about the features",
        options: [maxDepth, minRowsPerLeaf, maxBins])

    static let maxDepth = OptionDescription.optional(
        "max-depth", .integer(min: 1, max: 1_000_000_000), absent: "no limit", "most decisions from a tree's root to a leaf")
    static let minRowsPerLeaf = OptionDescription.defaulted(
        "min-rows-per-leaf", .integer(min: 1, max: 1_000_000_000), .integer(1), "fewest distinct training rows in a leaf")
    static let maxBins = OptionDescription.defaulted(
        "max-bins", .integer(min: 2, max: 255), .integer(255), "most intervals that a feature's numbers are sorted into")
}
