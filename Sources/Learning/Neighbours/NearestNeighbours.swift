package import Canonical
import Numerics
import StageKinds

/// The training rows themselves: a row is what its nearest ones are.
package struct NearestNeighbours: Predictor {
    enum Answers: Hashable, Sendable {
        case classes([Int32], count: Int)
        case numbers([Double])
    }

    let points: NeighbourPoints
    let answers: Answers
    /// How much each point counts beside its distance; nil where all count the same.
    let rowWeights: [Double]?
    let neighbours: Int
    let weights: NeighbourWeights

    package func outputs(_ rows: FeatureTable, _ pipeline: FeaturePipeline, threads: Int) throws(LearningError) -> Outputs {
        let queries = NeighbourPoints(try DesignMatrix(rows, DesignLayout(pipeline), threads: threads))
        let found = points.neighbours(of: queries, nearest: neighbours, threads: threads)
        switch answers {
        case .numbers(let numbers):
            return .sums(
                found.map { list in
                    let shares = shares(list)
                    return zip(list, shares).reduce(0) { $0 + numbers[$1.0.place] * $1.1 }
                })
        case .classes(let codes, let count):
            var probabilities = [Double](repeating: 0, count: found.count * count)
            for (row, list) in found.enumerated() {
                for (neighbour, share) in zip(list, shares(list)) {
                    probabilities[row * count + Int(codes[neighbour.place])] += share
                }
            }
            return .probabilities(probabilities)
        }
    }

    /// How much each neighbour counts; together 1.
    // DETERMINISM: added from the nearest to the furthest.
    private func shares(_ list: [NeighbourPoints.Neighbour]) -> [Double] {
        let isAtRow = list[0].distance == 0
        var counts = list.map { neighbour -> Double in
            let own = rowWeights?[neighbour.place] ?? 1
            switch weights {
            case .uniform: return own
            case .distance: return isAtRow ? (neighbour.distance == 0 ? own : 0) : own * (list[0].distance / neighbour.distance)
            }
        }
        let total = counts.reduce(0, +)
        for place in counts.indices { counts[place] /= total }
        return counts
    }
}

extension NearestNeighbours {
    package var members: [JSONMember] {
        [JSONMember("neighbours", .integer(neighbours)), JSONMember("weights", .string(weights.rawValue))]
    }

    package var tensors: [Tensor] {
        var list = [Tensor("points", [points.count, points.width], points.elements)]
        switch answers {
        case .classes(let codes, _): list.append(Tensor("answers", [codes.count], codes))
        case .numbers(let numbers): list.append(Tensor("answers", [numbers.count], numbers))
        }
        if let rowWeights { list.append(Tensor("row-weights", [rowWeights.count], rowWeights)) }
        return list
    }

    package init(reading source: ModelSource) throws(LearningError) {
        let width = DesignLayout(source.pipeline).columns.count + 1
        let count = source.tensors.extent("points")
        neighbours = try source.count("neighbours")
        guard let weights = source.entry["weights"]?.stringValue.flatMap(NeighbourWeights.init(rawValue:)), 1 <= neighbours,
            neighbours <= count
        else { throw .damagedModel("its neighbours are not among its points") }
        self.weights = weights
        let elements = try source.tensors.doubles("points", [count, width])
        guard elements.allSatisfy({ $0.magnitude <= DesignMatrix.furthest }) else { throw .damagedModel("a point is out of range") }
        points = NeighbourPoints(count: count, width: width, elements: elements)
        if source.classCount > 0 {
            let codes = try source.tensors.integers("answers", [count])
            guard codes.allSatisfy({ 0 <= $0 && $0 < source.classCount }) else { throw .damagedModel("an answer is none of its classes") }
            answers = .classes(codes, count: source.classCount)
        } else {
            let numbers = try source.tensors.doubles("answers", [count])
            guard numbers.allSatisfy({ $0.magnitude <= FeatureColumn.largestNumber }) else {
                throw .damagedModel("an answer is out of range")
            }
            answers = .numbers(numbers)
        }
        let isWeighted = source.tensors.extent("row-weights") > 0
        try source.tensors.expect(count: isWeighted ? 3 : 2)
        rowWeights = isWeighted ? try source.tensors.doubles("row-weights", [count]) : nil
        guard rowWeights?.allSatisfy({ 1e-9 <= $0 && $0 <= 1e9 }) ?? true else { throw .damagedModel("a row's weight is out of range") }
    }
}
