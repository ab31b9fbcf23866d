package import Platform

/// What a build that has nothing to do looks like: the signature of every file and folder that it would look at.
///
/// ``check(root:store:targets:)`` answers from this one file and one `stat` per path, before anything else is read: no JSON, no
/// hashing, no walk. It may only ever say "nothing to do" when a full look would say so too; in doubt it says to look closer.
package enum NoOpIndex {
    /// Whether a build of `targets` (all stages when empty) has nothing to do.
    ///
    /// - Complexity: one read of the index, its SHA-256, and one `stat` for each path in it; no allocation per path
    // SPEC: state.md#index
    package static func check(root: HostPath, store: HostPath, targets: [String]) -> NoOpAnswer {
        // An index that cannot be read is as good as none: the build then looks at everything.
        guard let bytes = try? Files.readIfPresent(StateFolder(root: root).index, limit: NoOpIndexFormat.largest) else { return .noIndex }
        return bytes.withUnsafeBytes { bytes in
            guard let view = NoOpIndexView(bytes) else { return .noIndex }
            return view.answer(root: root, store: store, targets: targets)
        }
    }
}

/// What ``NoOpIndex`` knows without looking closer.
package enum NoOpAnswer: Hashable, Sendable {
    /// All is as the last build left it; the index covers so many stages.
    case nothingToDo(stages: Int)
    /// This path is not as the last build left it, or could not be told to be.
    case changed(path: String)
    /// The index does not speak of these targets, this store or this program.
    case notCovered
    /// There is no index that can be used.
    case noIndex
}
