import Canonical

/// `k-means`: groups of rows that are near each other, each with its centre.
package enum KMeansLearner {
    package static let description = VariantDescription(
        LearnerKind.kMeans.rawValue, summary: "groups of rows around centres, by the standardised features; learns without answers",
        options: [
            .defaulted("clusters", .integer(min: 1, max: 10_000), .integer(8), "how many groups there are"),
            .defaulted("restarts", .integer(min: 1, max: 1000), .integer(10), "beginnings that are tried; the best end stays"),
            .defaulted("max-iterations", .integer(min: 1, max: 1_000_000), .integer(300), "most rounds of moving the centres"),
        ])
}
