import Manifests
package import Platform

/// Removes the temporaries that a killed process left in a workspace.
package enum Leftovers {
    /// Removes them where `lock`'s holder may have written: the workspace, its state, and `folders`.
    ///
    /// Only names that mlbuild makes (`.mlbuild-*`) are removed; when the last holder ended well, only its state is looked at.
    package static func remove(in folders: some Sequence<HostPath>, of state: StateFolder, lock: WorkspaceLock) throws(SystemError) {
        try Files.removeTemporaries(in: state.path)
        guard lock.foundMark else { return }
        for folder in [state.root, state.journal, state.root.appending("dist")] + folders {
            try Files.removeTemporaries(in: folder)
        }
    }
}
