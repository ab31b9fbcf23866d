import Canonical

/// `pca`: the directions in which rows differ most.
package enum PCALearner {
    package static let description = VariantDescription(
        LearnerKind.pca.rawValue,
        summary: "principal components of the standardised features; learns without answers, and its predictions read as a table",
        options: [
            .optional(
                "components", .integer(min: 1, max: 10_000), absent: "as many as 'variance' asks for", "how many directions are kept"),
            .defaulted(
                "variance", .number(NumberRange(min: 0, max: 1, excludesMin: true)), .number(0.95),
                "share of the features' variance that the kept directions hold, where 'components' does not say how many"),
        ])
}
