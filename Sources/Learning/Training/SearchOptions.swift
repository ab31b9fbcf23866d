import Canonical
import StageKinds

/// The settings of `auto`.
struct SearchOptions: Hashable, Sendable {
    /// The kinds that are tried; nil for the usual ones.
    let kinds: [LearnerKind]?
    let folds: Int

    init(_ values: OptionValues) throws(LearningError) {
        folds = try values.integer("folds")
        guard let words = try values.optionalTexts("candidates") else {
            kinds = nil
            return
        }
        kinds = words.compactMap { word in AutoLearner.candidates.first { $0.rawValue == word } }
        guard kinds?.count == words.count, !words.isEmpty else {
            let known = AutoLearner.candidates.map(\.rawValue).joined(separator: ", ")
            throw .problem("bad-option", "option 'candidates' must be a list of \(known)")
        }
    }

    /// The candidates for a task, simpler ones first; each is what a manifest would say as its `learner`.
    func list(_ task: LearningTask, isWeighted: Bool) -> [JSONValue] {
        SearchCandidates.simplestFirst.flatMap { kind -> [JSONValue] in
            let isMeant = kinds.map { $0.contains(kind) } ?? SearchCandidates.isUsual(kind)
            guard isMeant, kind.tasks.contains(task), kind.takesRowWeights || !isWeighted else { return [] }
            return SearchCandidates.settings(kind).map { .object([JSONMember("kind", .string(kind.rawValue))] + $0) }
        }
    }
}

/// What `auto` tries of each kind.
enum SearchCandidates {
    /// The order in which equally good kinds are preferred.
    static let simplestFirst: [LearnerKind] = [
        .naiveBayes, .linear, .logistic, .decisionTree, .nearestNeighbours, .boostedTrees, .randomForest, .multilayerPerceptron,
    ]

    /// Whether the kind is tried where nobody names candidates.
    static func isUsual(_ kind: LearnerKind) -> Bool { ![.nearestNeighbours, .decisionTree].contains(kind) }

    /// The settings of each candidate, simpler ones first.
    static func settings(_ kind: LearnerKind) -> [[JSONMember]] {
        switch kind {
        case .linear, .logistic: [100, 10, 1, 0.1].map { (strength: JSONValue) in [JSONMember("strength", strength)] }
        case .nearestNeighbours: [20, 5].map { [JSONMember("neighbours", .integer($0)), JSONMember("weights", "distance")] }
        case .boostedTrees:
            [
                [JSONMember("max-leaves", 4), JSONMember("trees", 200)],
                [JSONMember("max-leaves", 8)],
                [],
                [JSONMember("learning-rate", 0.05), JSONMember("max-leaves", 16), JSONMember("trees", 300)],
            ]
        case .randomForest: [[JSONMember("min-rows-per-leaf", 5)], [JSONMember("trees", 200)]]
        case .decisionTree: [2, 4, 8].map { [JSONMember("max-depth", .integer($0)), JSONMember("min-rows-per-leaf", 5)] }
        case .multilayerPerceptron:
            [
                [],
                // Of few rows a network learns faster, and less by heart.
                [
                    JSONMember("batch-norm", true), JSONMember("dropout", 0.2), JSONMember("epochs", 50),
                    JSONMember("layers", [64, 64]), JSONMember("learning-rate", 0.003),
                ],
            ]
        case .naiveBayes: [[]]
        case .convolutionalNetwork, .kMeans, .pca, .auto: []
        }
    }
}
