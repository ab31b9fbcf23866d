import Canonical

/// `multilayer-perceptron`: layers of weighted sums with an activation between them.
package enum MultilayerPerceptronLearner {
    package static let description = VariantDescription(
        LearnerKind.multilayerPerceptron.rawValue,
        summary: "layers of weighted sums of the standardised features with an activation between them, fitted batch by batch",
        options: [
            .defaulted(
                "layers", .list(of: .integer(min: 1, max: 65_536), minCount: 0), .array([.integer(100)]), "how wide each hidden layer is"),
            .defaulted(
                "dropout", .number(NumberRange(min: 0, max: 1, excludesMax: true)), .number(0),
                "share of each hidden layer's values that are left out at random while training"),
            .defaulted("batch-norm", .boolean, .boolean(false), "whether the sums of hidden layers are standardised over each batch"),
        ] + NetworkTraining.options(epochs: 100, weightDecay: 0.1))
}
