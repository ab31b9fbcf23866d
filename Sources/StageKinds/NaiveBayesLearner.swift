import Canonical

/// `naive-bayes`: the probability of each class, as if the features knew nothing of each other.
package enum NaiveBayesLearner {
    package static let description = VariantDescription(
        LearnerKind.naiveBayes.rawValue,
        summary: "classes by Bayes' rule with independent features: numbers are normal, categories and terms are counted",
        options: [
            .defaulted(
                "smoothing", .number(NumberRange(min: 0, max: 1e6, excludesMin: true)), .number(1),
                "how often each category and term counts as seen with each class beforehand")
        ])
}
