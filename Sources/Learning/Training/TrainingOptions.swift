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
    package let task: LearningTask?
    /// The only columns that the model sees; nil for all but the target.
    package let include: [String]?
    package let exclude: [String]
    /// Types that the manifest states, in its order.
    package let types: [(column: String, type: FeatureType)]
    let text: TextOptions
    let images: ImageOptions
    package let learner: LearnerOptions
    /// What all chance in training depends on.
    package let seed: Int

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
    package let settings: any LearnerSettings

    init(_ written: JSONValue) throws(LearningError) {
        guard let kind = written["kind"]?.stringValue.flatMap(LearnerKind.init(rawValue:)) else {
            throw .problem(
                "bad-option", "a learner's 'kind' must be one of \(LearnerKind.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        self.kind = kind
        settings = try kind.settings(OptionValues(written: written, descriptions: kind.description.options))
    }
}
