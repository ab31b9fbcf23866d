package import Canonical
package import StageKinds

/// What `train` is to do: the target, the features, the learner and its settings.
package struct TrainingOptions: Sendable {
    /// What a column is read as, when the manifest says it.
    package enum FeatureType: String, Sendable {
        case number
        case category
        case text
        case date
    }

    /// The column to predict; nil for learners that learn without answers.
    package let target: String?
    /// Nil when the target's values and the learner are to decide.
    package var task: LearningTask?
    /// The only columns that the model sees; nil for all but the target.
    package let include: [String]?
    package let exclude: [String]
    /// Types that the manifest states, in its order.
    package var types: [(column: String, type: FeatureType)]
    let text: TextOptions
    let images: ImageOptions
    package var learner: LearnerOptions
    /// What all chance in training depends on.
    package let seed: Int
    /// How much rows count by their class; nil where all count 1.
    let classWeights: ClassWeights?
    /// Share of the rows that is watched where there is no validation table; 0 for none.
    let validationShare: Double
    /// How the rows are dealt into parts that judge the learner; nil for not at all.
    var crossValidation: CrossValidationOptions?

    /// Reads the `with` of a `train` stage, parameters substituted, defaults not filled in.
    ///
    /// - Throws: ``LearningError/diagnostics(_:)`` where a value is absent, of the wrong type or out of its range.
    package init(_ written: JSONValue) throws(LearningError) {
        let values = OptionValues(written: written, descriptions: TrainKind.description.options)
        target = try values.optionalText("target")
        let task = try values.optionalText("task") ?? "auto"
        self.task = LearningTask(rawValue: task)
        if self.task?.needsTarget != true, task != "auto" {
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
                    throw .problem("bad-option", "the type of column '\(member.name)' must be number, category, text or date")
                }
                types.append((member.name, type))
            }
        }
        self.types = types
        text = try TextOptions(OptionValues(written: features.written["text"] ?? .object([]), descriptions: TextFeatures.options))
        images = try ImageOptions(OptionValues(written: features.written["images"] ?? .object([]), descriptions: ImageFeatures.options))
        learner = try LearnerOptions(written["learner"] ?? values.defaultLearner)
        seed = try values.integer("seed")
        classWeights = try written["class-weights"].map { (written) throws(LearningError) in try ClassWeights(written) }
        validationShare = try values.number("validation-share")
        crossValidation = try CrossValidationOptions(values)
        if classWeights != nil, !learner.kind.takesRowWeights {
            let able = LearnerKind.allCases.filter(\.takesRowWeights).map { "'\($0.rawValue)'" }.joined(separator: ", ")
            throw .problem(
                "bad-option", "the learner '\(learner.kind.rawValue)' takes no 'class-weights'", notes: ["learners that do are \(able)"])
        }
        if crossValidation != nil, !learner.kind.needsTarget {
            throw .problem("bad-option", "'cross-validation' needs answers, and the learner '\(learner.kind.rawValue)' learns without them")
        }
        guard target != nil || !learner.kind.needsTarget else { throw .problem("bad-option", "option 'target' must name a column") }
    }
}

extension OptionValues {
    fileprivate var defaultLearner: JSONValue {
        descriptions.first { $0.name == "learner" }?.defaultValue ?? .object([])
    }
}

/// A learner with its settings.
package struct LearnerOptions: Sendable {
    package let kind: LearnerKind
    /// Its settings, or how they are found.
    let work: Work

    /// Its settings; nil where a search finds them.
    var settings: (any LearnerSettings)? {
        if case .fit(let settings) = work { settings } else { nil }
    }

    enum Work: Sendable {
        case fit(any LearnerSettings)
        case search(SearchOptions)
    }

    init(_ written: JSONValue) throws(LearningError) {
        guard let kind = written["kind"]?.stringValue.flatMap(LearnerKind.init(rawValue:)) else {
            throw .problem(
                "bad-option", "a learner's 'kind' must be one of \(LearnerKind.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        self.kind = kind
        let values = OptionValues(written: written, descriptions: kind.description.options)
        work = kind == .auto ? .search(try SearchOptions(values)) : .fit(try kind.settings(values))
    }
}
