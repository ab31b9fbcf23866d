import Numerics

/// What chance leaves to each tree: some of the rows and some of the features, as functions of the seed and the round.
struct TreeDraws: Sendable {
    let rowShare: Double
    let featureShare: Double
    private let rows: RandomStream
    private let features: RandomStream

    init(_ options: BoostingOptions, seed: Int) {
        rowShare = options.rowShare
        featureShare = options.featureShare
        rows = RandomStream(seed: seed, purpose: "boosted-trees/rows")
        features = RandomStream(seed: seed, purpose: "boosted-trees/features")
    }

    /// Whether a tree of a round (counted from 0) is grown on a row.
    func sees(_ row: Int, round: Int) -> Bool {
        rows.uniform(UInt64(round) << 32 | UInt64(row)) < rowShare
    }

    /// The places of the features that a tree may ask about, ascending; at least one of `count`.
    func features(of count: Int, tree: Int) -> [Int] {
        let wanted = max(1, Int((featureShare * Double(count)).rounded(.up)))
        if wanted >= count { return Array(0..<count) }
        var places = Array(0..<count)
        // The first steps of a permutation.
        for place in 0..<wanted {
            places.swapAt(place, place + features.below(count - place, UInt64(tree) << 32 | UInt64(place)))
        }
        return places[..<wanted].sorted()
    }
}
