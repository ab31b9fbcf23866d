import Manifests
package import Platform

/// Removes the temporaries that a killed process left in a workspace.
package enum Leftovers {
    /// Removes them where `lock`'s holder may have written: the workspace, its state, and `folders`.
    ///
    /// Only names that mlbuild makes (`.mlbuild-*`) are removed, and nothing is looked at when the last holder ended well.
    package static func remove(in folders: some Sequence<HostPath>, of state: StateFolder, lock: WorkspaceLock) throws(SystemError) {
        guard lock.foundMark else { return }
        for folder in [state.root, state.path, state.journal, state.root.appending("dist")] + folders {
            try Files.removeTemporaries(in: folder)
        }
    }
}
