package import Archives
package import Diagnostics
package import Learning
package import Storage

/// Why a model cannot be packed, or an archive not be replayed.
package enum PackingError: Error, Sendable {
    /// What the manifest or a table says keeps the model from being packed; `sources` are texts pointed into beside the manifest.
    case diagnostics([Diagnostic], sources: [SourceText])
    /// The stage that the model, its metrics or its samples come from has no result.
    case notBuilt(stage: String)
    /// The archive's model is opaque: only a declared command can run it.
    case opaque
    /// The archive holds no samples that could be replayed.
    case noSamples
    /// The model in the archive cannot be read.
    case model(LearningError)
    case archive(ArchiveError)
    case store(StoreError)
}
