package import Canonical
package import StageKinds

/// What `train` is to do: the target, the features, the learner and its settings.
package struct TrainingOptions: Sendable {
    /// What a column is read as, when the manifest says it.
    package enum FeatureType: String, Sendable {
        case number
        case category
    }

    package let target: String
    /// Nil when the target's values and the learner are to decide.
    package let task: LearningTask?
    /// The only columns that the model sees; nil for all but the target.
    package let include: [String]?
    package let exclude: [String]
    /// Types that the manifest states, in its order.
    package let types: [(column: String, type: FeatureType)]
    package let learner: LearnerOptions

    /// Reads the `with` of a `train` stage, parameters substituted, defaults not filled in.
    ///
    /// - Throws: ``LearningError/diagnostics(_:)`` where a value is absent, of the wrong type or out of its range.
    package init(_ written: JSONValue) throws(LearningError) {
        let values = OptionValues(written: written, descriptions: TrainKind.description.options)
        guard let target = try values.optionalText("target") else {
            throw .problem("bad-option", "option 'target' must name a column")
        }
        self.target = target
        let task = try values.optionalText("task") ?? "auto"
        self.task = LearningTask(rawValue: task)
        if self.task == nil, task != "auto" {
            throw .problem("bad-option", "option 'task' must be auto, classification or regression")
        }
        let features = OptionValues(written: written["features"] ?? .object([]), descriptions: [])
        include = try features.optionalTexts("include")
        exclude = try features.optionalTexts("exclude") ?? []
        var types: [(column: String, type: FeatureType)] = []
        if let map = features.written["types"] {
            guard let members = map.objectValue else { throw .problem("bad-option", "option 'types' must be an object") }
            for member in members {
                guard let type = member.value.stringValue.flatMap(FeatureType.init(rawValue:)) else {
                    throw .problem("bad-option", "the type of column '\(member.name)' must be number or category")
                }
                types.append((member.name, type))
            }
        }
        self.types = types
        learner = try LearnerOptions(written["learner"] ?? values.defaultLearner)
    }
}

extension OptionValues {
    fileprivate var defaultLearner: JSONValue {
        descriptions.first { $0.name == "learner" }?.defaultValue ?? .object([])
    }
}

/// A learner with its settings.
package enum LearnerOptions: Hashable, Sendable {
    case linear(PenaltyOptions)
    case logistic(PenaltyOptions, maxIterations: Int)
    case boostedTrees(BoostingOptions)

    init(_ written: JSONValue) throws(LearningError) {
        guard let kind = written["kind"]?.stringValue.flatMap(LearnerKind.init(rawValue:)) else {
            throw .problem(
                "bad-option", "a learner's 'kind' must be one of \(LearnerKind.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let values = OptionValues(written: written, descriptions: kind.description.options)
        switch kind {
        case .linear: self = .linear(try PenaltyOptions(values))
        case .logistic: self = .logistic(try PenaltyOptions(values), maxIterations: try values.integer("max-iterations"))
        case .boostedTrees: self = .boostedTrees(try BoostingOptions(values))
        }
    }

    package var kind: LearnerKind {
        switch self {
        case .linear: .linear
        case .logistic: .logistic
        case .boostedTrees: .boostedTrees
        }
    }
}

/// How large weights are held down: `strength * (mix * sum |w| + (1 - mix) / 2 * sum w^2)` is added to the loss.
///
/// The loss is a sum over rows (log loss, or half the squared error), so `strength` is scikit-learn's `1 / C` in logistic
/// regression and its `alpha` in ridge regression. Intercepts are not held down.
package struct PenaltyOptions: Hashable, Sendable {
    /// Weight of the sum of absolute weights.
    package let lasso: Double
    /// Weight of half the sum of squared weights.
    package let ridge: Double

    init(lasso: Double, ridge: Double) {
        self.lasso = lasso
        self.ridge = ridge
    }

    init(_ values: OptionValues) throws(LearningError) {
        guard let penalty = try values.optionalText("penalty").flatMap(Penalty.init(rawValue:)) else {
            throw .problem("bad-option", "option 'penalty' must be one of \(Penalty.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let strength = try values.number("strength")
        let mix = try values.number("mix")
        switch penalty {
        case .none: self.init(lasso: 0, ridge: 0)
        case .ridge: self.init(lasso: 0, ridge: strength)
        case .lasso: self.init(lasso: strength, ridge: 0)
        case .elasticNet: self.init(lasso: strength * mix, ridge: strength * (1 - mix))
        }
    }
}

/// The settings of `boosted-trees`.
package struct BoostingOptions: Hashable, Sendable {
    package let trees: Int
    package let learningRate: Double
    package let maxLeaves: Int
    package let maxDepth: Int?
    package let minRowsPerLeaf: Int
    package let l2: Double
    package let maxBins: Int
    package let earlyStoppingRounds: Int?

    init(_ values: OptionValues) throws(LearningError) {
        trees = try values.integer("trees")
        learningRate = try values.number("learning-rate")
        maxLeaves = try values.integer("max-leaves")
        maxDepth = try values.optionalInteger("max-depth")
        minRowsPerLeaf = try values.integer("min-rows-per-leaf")
        l2 = try values.number("l2")
        maxBins = try values.integer("max-bins")
        earlyStoppingRounds = try values.optionalInteger("early-stopping-rounds")
    }
}
