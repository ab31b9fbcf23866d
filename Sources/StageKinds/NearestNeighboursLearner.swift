import Canonical

/// `k-nearest-neighbours`: what the training rows most like a row say.
package enum NearestNeighboursLearner {
    package static let description = VariantDescription(
        LearnerKind.nearestNeighbours.rawValue,
        summary: "the classes or the mean of the training rows that are nearest by the standardised features",
        options: [
            .defaulted("neighbours", .integer(min: 1, max: 1000), .integer(5), "training rows that are asked"),
            .defaulted(
                "weights", .choice(NeighbourWeights.allCases.map(\.rawValue)), .string(NeighbourWeights.uniform.rawValue),
                "whether all count the same, or each by one over its distance"),
        ])
}

/// How much a neighbour counts.
package enum NeighbourWeights: String, CaseIterable, Sendable {
    case uniform
    /// One over the distance; neighbours at no distance are the only ones that count.
    case distance
}
