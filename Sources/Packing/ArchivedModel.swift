package import Archives
package import Learning
internal import StageKinds

/// The model in an archive, read and checked.
package enum ArchivedModel {
    /// What a model is, in the words of the manifest.
    package struct Outline: Hashable, Sendable {
        package let learner: String
        package let task: String
        /// The column that is predicted.
        package let target: String?
    }

    /// What the model is; nil for an opaque one, which only its maker knows.
    ///
    /// - Throws: ``PackingError/model(_:)``.
    package static func outline(_ archive: ModelArchive) throws(PackingError) -> Outline? {
        switch archive.description.kind {
        case .opaque: return nil
        case .engine:
            let model = try read(archive)
            return Outline(learner: model.learner.kind.rawValue, task: model.task.rawValue, target: model.target)
        }
    }

    /// - Throws: ``PackingError/opaque``, ``PackingError/model(_:)``.
    package static func read(_ archive: ModelArchive) throws(PackingError) -> TrainedModel {
        switch archive.description.kind {
        case .opaque: throw .opaque
        case .engine: break
        }
        do throws(LearningError) {
            return try TrainedModel.read(archive.files(in: "model/").map { ($0.path, $0.bytes) })
        } catch {
            throw .model(error)
        }
    }
}
