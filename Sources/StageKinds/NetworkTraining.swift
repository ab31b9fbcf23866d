import Canonical

/// How networks are fitted: the options that all of them have.
package enum NetworkTraining {
    static func options(epochs: Int, weightDecay: Double) -> [OptionDescription] {
        [
            .defaulted(
                "activation", .choice(NetworkActivation.allCases.map(\.rawValue)), .string(NetworkActivation.relu.rawValue),
                "what is between layers"),
            .defaulted("epochs", .integer(min: 1, max: 100_000), .integer(epochs), "how often training goes through the rows"),
            .optional(
                "batch-size", .integer(min: 1, max: 65_536), absent: "a hundredth of the rows, at least 32, at most 128",
                "rows of which each step is made; batches are as equal as can be, and none is larger"),
            .defaulted(
                "optimiser", .choice(NetworkOptimiser.allCases.map(\.rawValue)), .string(NetworkOptimiser.adam.rawValue),
                "how a gradient becomes a step"),
            .defaulted(
                "learning-rate", .number(NumberRange(min: 0, max: 1000, excludesMin: true)), .number(0.001), "size of the first steps"),
            .defaulted(
                "momentum", .number(NumberRange(min: 0, max: 1, excludesMax: true)), .number(0.9),
                "share of its speed that `sgd` keeps; `adam` ignores it"),
            .defaulted(
                "weight-decay", .number(NumberRange(min: 0, max: 1000)), .number(weightDecay),
                "share, times the learning rate, that the weights lose in each step"),
            .defaulted(
                "schedule", .choice(NetworkSchedule.allCases.map(\.rawValue)), .string(NetworkSchedule.cosine.rawValue),
                "the learning rate over the epochs: the same, falling to 0 along a cosine, or a tenth after half and again after three quarters"
            ),
            .optional(
                "early-stopping-epochs", .integer(min: 1, max: 100_000), absent: "never", needsInput: "validation",
                "epochs without progress on the validation rows after which training stops; the best weights are kept"),
        ]
    }
}

/// What is between the layers of a network.
package enum NetworkActivation: String, CaseIterable, Sendable {
    /// The rectifier: the number, or 0 where it is below.
    case relu
    case tanh
}

/// How a gradient becomes a step.
package enum NetworkOptimiser: String, CaseIterable, Sendable {
    case adam
    /// Gradient descent with momentum.
    case sgd
}

/// How the learning rate changes over the epochs.
package enum NetworkSchedule: String, CaseIterable, Sendable {
    case constant
    case cosine
    case step
}
