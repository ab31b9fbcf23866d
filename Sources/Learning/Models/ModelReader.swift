import Canonical
import StageKinds

/// Turns a model's document and tensors into a model, and refuses whatever a model cannot be.
///
/// What has passed here can be applied to any table without a trap: every index is in its range, walks down trees end, and no
/// number can overflow on the way.
enum ModelReader {
    static func model(_ document: JSONValue, _ tensors: [Tensor], features: [Tensor]?) throws(LearningError) -> TrainedModel {
        guard let version = document["version"]?.integerValue, version >= 1 else { throw .damagedModel("it has no format version") }
        guard version <= TrainedModel.formatVersion else { throw .newerModel(version: version) }
        guard let task = document["task"]?.stringValue.flatMap(LearningTask.init(rawValue:)) else { throw .damagedModel("it has no task") }
        let target = document["target"]?.stringValue
        guard (target != nil) == task.needsTarget else { throw .damagedModel("its target does not fit its task") }
        guard let classes = FeatureReader.sortedTexts(document["classes"]),
            task == .classification ? (2...TargetColumn.mostClasses) ~= classes.count : classes.isEmpty
        else { throw .damagedModel("its classes do not fit its task") }
        guard let rows = FeatureReader.count(document["trainingRows"]) else { throw .damagedModel("it has no number of training rows") }
        let pipeline = try FeatureReader(tensors: features).pipeline(document["features"]?.arrayValue ?? [])
        let learner = try learner(document["learner"], TensorList(tensors), pipeline, task, classCount: classes.count)
        return TrainedModel(task: task, target: target, classes: classes, pipeline: pipeline, learner: learner, trainingRows: rows)
    }

    private static func learner(
        _ entry: JSONValue?, _ tensors: TensorList, _ pipeline: FeaturePipeline, _ task: LearningTask, classCount: Int
    ) throws(LearningError) -> FittedLearner {
        guard let entry, let kind = entry["kind"]?.stringValue.flatMap(LearnerKind.init(rawValue:)), kind.tasks.contains(task) else {
            throw .damagedModel("its learner does not fit its task")
        }
        guard pipeline.features.allSatisfy(kind.sees) else { throw .damagedModel("its learner cannot see its features") }
        return try FittedLearner(
            kind, reading: ModelSource(entry: entry, tensors: tensors, pipeline: pipeline, classCount: classCount))
    }
}
