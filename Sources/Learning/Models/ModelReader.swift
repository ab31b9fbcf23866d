import Canonical
import StageKinds

/// Turns a model's document and tensors into a model, and refuses whatever a model cannot be.
///
/// What has passed here can be applied to any table without a trap: every index is in its range, walks down trees end, and no
/// number can overflow on the way.
enum ModelReader {
    static func model(_ document: JSONValue, _ tensors: [Tensor]) throws(LearningError) -> TrainedModel {
        guard let version = document["version"]?.integerValue, version >= 1 else { throw .damagedModel("it has no format version") }
        guard version <= TrainedModel.formatVersion else { throw .newerModel(version: version) }
        guard let task = document["task"]?.stringValue.flatMap(LearningTask.init(rawValue:)) else { throw .damagedModel("it has no task") }
        let target = document["target"]?.stringValue
        guard (target != nil) == task.needsTarget else { throw .damagedModel("its target does not fit its task") }
        guard let classes = sortedTexts(document["classes"]),
            task == .classification ? (2...TargetColumn.mostClasses) ~= classes.count : classes.isEmpty
        else { throw .damagedModel("its classes do not fit its task") }
        guard let rows = count(document["trainingRows"]) else { throw .damagedModel("it has no number of training rows") }
        var features: [Feature] = []
        for entry in document["features"]?.arrayValue ?? [] { features.append(try feature(entry)) }
        let names = features.map { Array($0.name.utf8) }
        guard !features.isEmpty, Set(names).count == names.count else { throw .damagedModel("its features are not distinct columns") }
        let pipeline = FeaturePipeline(features: features)
        let learner = try learner(document["learner"], TensorList(tensors), pipeline, task, classCount: classes.count)
        return TrainedModel(task: task, target: target, classes: classes, pipeline: pipeline, learner: learner, trainingRows: rows)
    }

    private static func count(_ value: JSONValue?) -> Int? {
        value?.integerValue.flatMap { $0 >= 0 ? $0 : nil }
    }

    /// Distinct texts in the order of their bytes.
    private static func sortedTexts(_ value: JSONValue?) -> [String]? {
        guard let list = value?.arrayValue else { return nil }
        let texts = list.compactMap(\.stringValue)
        guard texts.count == list.count, zip(texts, texts.dropFirst()).allSatisfy({ $0.utf8.lexicographicallyPrecedes($1.utf8) })
        else { return nil }
        return texts
    }

    private static func feature(_ entry: JSONValue) throws(LearningError) -> Feature {
        guard let name = entry["name"]?.stringValue, let missing = count(entry["missing"]) else {
            throw .damagedModel("a feature has no name")
        }
        let wrong = LearningError.damagedModel("the profile of feature '\(name)' is not one")
        switch entry["type"]?.stringValue {
        case "number":
            let largest = FeatureColumn.largestNumber
            guard let mean = entry["mean"]?.numberValue, let deviation = entry["deviation"]?.numberValue,
                let minimum = entry["minimum"]?.numberValue, let maximum = entry["maximum"]?.numberValue,
                let present = count(entry["present"]), minimum <= maximum, -largest <= minimum, maximum <= largest,
                mean.magnitude <= largest, 0 <= deviation, deviation <= 2 * largest
            else { throw wrong }
            return Feature(
                name: name,
                kind: .number(
                    NumberProfile(
                        mean: mean, deviation: deviation, minimum: minimum, maximum: maximum, present: present, missing: missing)))
        case "category":
            guard let levels = sortedTexts(entry["levels"]), levels.count <= CategoryProfile.mostLevels, let others = count(entry["others"])
            else { throw wrong }
            return Feature(name: name, kind: .category(CategoryProfile(levels: levels, others: others, missing: missing)))
        default: throw wrong
        }
    }

    private static func learner(
        _ entry: JSONValue?, _ tensors: TensorList, _ pipeline: FeaturePipeline, _ task: LearningTask, classCount: Int
    ) throws(LearningError) -> FittedLearner {
        guard let entry, let kind = entry["kind"]?.stringValue.flatMap(LearnerKind.init(rawValue:)), kind.tasks.contains(task) else {
            throw .damagedModel("its learner does not fit its task")
        }
        return try FittedLearner(
            kind, reading: ModelSource(entry: entry, tensors: tensors, pipeline: pipeline, classCount: classCount))
    }
}
