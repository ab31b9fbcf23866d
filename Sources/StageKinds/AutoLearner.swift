import Canonical

/// `auto`: the learner and the settings that do best in cross-validation.
package enum AutoLearner {
    /// The kinds that may be candidates; convolutions need to be told of their image.
    package static let candidates: [LearnerKind] = LearnerKind.allCases.filter {
        $0.needsTarget && $0 != .auto && $0 != .convolutionalNetwork
    }

    package static let description = VariantDescription(
        LearnerKind.auto.rawValue, summary: "the learner and settings that do best in cross-validation; the model is of the kind chosen",
        options: [
            .optional(
                "candidates", .list(of: .choice(candidates.map(\.rawValue)), minCount: 1),
                absent: "all but `decision-tree` and `k-nearest-neighbours`",
                "kinds of learner that are tried"),
            .defaulted("folds", .integer(min: 2, max: 20), .integer(5), "parts of the rows that every candidate is judged by"),
        ])
}
