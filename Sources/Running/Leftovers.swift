import Manifests
import Platform

/// Removes the temporaries that a killed process left in a workspace.
enum Leftovers {
    /// Removes them wherever a holder of the workspace's lock writes; only for the holder.
    ///
    /// Only names that mlbuild makes (`.mlbuild-PROCESS-NUMBER-RANDOM`) are removed. When the last holder ended well, only the state is looked at.
    static func remove(of state: StateFolder, lastWasKilled: Bool) throws(SystemError) {
        try Files.removeTemporaries(in: state.path)
        guard lastWasKilled else { return }
        // Nothing is written to a path before it is claimed.
        let outputs = Set(OutputClaims.load(state).paths.map { state.root.appending($0.text).parent })
        for folder in [state.root, state.journal, state.root.appending("dist")] + outputs.sorted() {
            try Files.removeTemporaries(in: folder)
        }
    }
}
