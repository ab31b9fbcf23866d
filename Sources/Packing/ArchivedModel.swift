package import Archives

package import Learning

/// The model in an archive, read and checked.
package enum ArchivedModel {
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
