import Canonical

/// `linear`: a number as a weighted sum of the features.
package enum LinearLearner {
    package static let description = VariantDescription(
        LearnerKind.linear.rawValue, summary: "a number as a weighted sum of the standardised features", options: Penalty.options)
}

/// What `penalty` may say in the learners that have weights: how large weights are held down.
package enum Penalty: String, CaseIterable, Sendable {
    case none
    /// The sum of the squared weights.
    case ridge
    /// The sum of the weights' absolute values; it makes weights exactly 0.
    case lasso
    /// A mix of ridge and lasso.
    case elasticNet = "elastic-net"
}

extension Penalty {
    static var options: [OptionDescription] {
        [
            .defaulted(
                "penalty", .choice(allCases.map(\.rawValue)), .string(Penalty.ridge.rawValue), "how large weights are held down"),
            .defaulted(
                "strength", .number(NumberRange(min: 0, max: 1e9)), .number(1), "weight of the penalty against the error; 0 is none"),
            .defaulted(
                "mix", .number(NumberRange(min: 0, max: 1)), .number(0.5), "share of lasso in an elastic net; others ignore it"),
        ]
    }
}
