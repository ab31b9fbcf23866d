import Numerics

/// What a forest is grown to: the rows' classes or numbers, and how much each row counts, all as integers.
///
/// A row's *response* is a vector of one or more integers, and what a node is judged by are sums of responses and of weights, which
/// no order of adding can change. For classes the response has the row's weight at its class; a sum of squares of such
/// sums over the weight is the share by which Gini's impurity falls short of 1. For numbers the response is the number's distance
/// from the mean, times the weight; the same fraction is then what the variance falls by.
// DETERMINISM: integers up to the score of a split; a score is one chain of doubles over the response.
struct ForestGoal: Sendable {
    /// Numbers in a response.
    let width: Int
    /// The class of each row; empty for regression.
    let codes: [Int32]
    /// For regression the distance of each row's number from the mean, in units of ``unit``; empty for classes.
    let distances: [Int64]
    /// How much each row counts, as an integer; nil when all count 1.
    let weights: [Int32]?
    private let mean: Double
    private let unit: Double

    var isRegression: Bool { codes.isEmpty }

    /// A weight's size where rows count differently.
    private static let heaviest = 1 << 12

    init(_ target: TargetColumn, weights: [Double]?) {
        let largest = weights?.reduce(0) { max($0, $1) } ?? 0
        // Where no row counts, all do.
        self.weights =
            largest > 0
            ? weights?.map { $0 > 0 ? Int32(max(1, ($0 / largest * Double(Self.heaviest)).rounded(.toNearestOrEven))) : 0 } : nil
        if case .classes(let codes, let classes) = target {
            (width, self.codes, distances, mean, unit) = (classes.count, codes, [], 0, 1)
        } else if case .numbers(let numbers) = target {
            let mean = Reduction.mean(numbers) + 0
            var farthest = 0.0
            for number in numbers { farthest = max(farthest, (number - mean).magnitude) }
            // A tree's sample has as many rows as the table; no sum over them leaves 62 bits.
            let rows = numbers.count * (largest > 0 ? Self.heaviest : 1)
            let bits = min(50, 62 - (Int.bitWidth - rows.leadingZeroBitCount))
            let exponent = farthest > 0 ? min(max(Int(farthest.exponent) + 1, -900), 900) : 0
            let scale = Double(sign: .plus, exponent: bits - exponent, significand: 1)
            (width, codes, self.mean) = (1, [], mean)
            unit = Double(sign: .plus, exponent: exponent - bits, significand: 1)
            distances = numbers.map { Int64((($0 - mean) * scale).rounded(.toNearestOrEven)) }
        } else {
            preconditionFailure("decision trees learn from answers")
        }
    }

    /// What a leaf says: the shares of the classes, or the mean of the numbers.
    func value(_ response: [Int64], weight: Int64) -> [Double] {
        if isRegression { return [mean + Double(response[0]) / Double(weight) * unit + 0] }
        return response.map { Double($0) / Double(weight) }
    }
}
