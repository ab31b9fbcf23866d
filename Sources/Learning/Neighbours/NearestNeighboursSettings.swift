import Canonical
import Numerics
import StageKinds

/// The settings of `k-nearest-neighbours`.
struct NearestNeighboursSettings: LearnerSettings {
    let neighbours: Int
    let weights: NeighbourWeights

    init(_ values: OptionValues) throws(LearningError) {
        neighbours = try values.integer("neighbours")
        guard let weights = try values.optionalText("weights").flatMap(NeighbourWeights.init(rawValue:)) else {
            throw .problem(
                "bad-option", "option 'weights' must be \(NeighbourWeights.allCases.map(\.rawValue).joined(separator: " or "))")
        }
        self.weights = weights
    }

    /// Keeps the rows; there is nothing else to fit.
    func fit(_ problem: TrainingProblem) throws(LearningError) -> FittedLearner {
        let design = try DesignMatrix(problem.features, DesignLayout(problem.pipeline), threads: problem.threads)
        guard neighbours <= design.rows else {
            throw .problem("bad-option", "option 'neighbours' is \(neighbours), and there are only \(design.rows) rows to learn from")
        }
        let answers: NearestNeighbours.Answers
        switch problem.target {
        case .classes(let codes, let classes): answers = .classes(codes, count: classes.count)
        case .numbers(let numbers): answers = .numbers(numbers)
        case .none: preconditionFailure("nearest neighbours learn from answers")
        }
        let model = NearestNeighbours(
            points: NeighbourPoints(design), answers: answers, rowWeights: problem.rowWeights, neighbours: neighbours, weights: weights)
        return .nearestNeighbours(model)
    }
}
