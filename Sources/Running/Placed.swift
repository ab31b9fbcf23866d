import Manifests
import Storage

/// What lies at a path of the workspace.
enum Placed {
    case absent
    /// Something that can be no artifact, such as a fifo, or a folder with one in it.
    case other(reason: String)
    case content(Content)
}

/// A file or folder of the workspace, by digest, with the signatures under which it was read.
struct Content: Equatable {
    let path: RelativePath
    /// By which names were left out.
    var rules = IgnoreRules.none
    /// What of it the store was to have when it was read.
    var keeping = DataKeeping.nothing
    let object: StoredObject
    /// Taken before the content was read, and the same afterwards.
    let signed: SignedPaths
    /// Whether every change since the content was read is sure to show in the signatures.
    let isSettled: Bool
}
