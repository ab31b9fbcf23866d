import Canonical

/// `logistic`: the probability of each class, by logistic regression of two classes or softmax of more.
package enum LogisticLearner {
    package static let description = VariantDescription(
        LearnerKind.logistic.rawValue, summary: "the probability of each class from weighted sums of the standardised features",
        options: Penalty.options + [
            .defaulted("max-iterations", .integer(min: 1, max: 1_000_000), .integer(1000), "most steps that the solver takes")
        ])
}
