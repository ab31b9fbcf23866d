package import Diagnostics
package import Locking
package import Manifests
package import Platform
package import Storage

/// What resolving the environments of a manifest gave.
package struct EnvironmentResolution: Sendable {
    /// The previous lockfile with the environments, programs and wheels that are needed now; data and results are untouched.
    package let lockfile: Lockfile
    /// One line for people for each environment that is new, another, or gone.
    package let changes: [String]
    /// One line for each program and wheel that is; sorted.
    package let details: [String]
    /// Names of program pins that no package manager knows: only machines with this store can supply them so far.
    package let localPrograms: [String]

    package init(lockfile: Lockfile, changes: [String], details: [String], localPrograms: [String]) {
        self.lockfile = lockfile
        self.changes = changes
        self.details = details
        self.localPrograms = localPrograms
    }
}

/// Pins the environments that commands run in: interpreters, tools, wheels.
// SPEC: environments.md#resolving
package enum EnvironmentResolver {
    /// The lockfile for the environments that commands of `manifest` use, all that it pins put into the store and durable there.
    ///
    /// An environment whose pin answers the same request is kept as it is and nothing is asked, unless `scope` names it, one of its
    /// programs or one of its packages; what the store lacks of it is fetched again, exactly. With the scope `.unpinned`, pins that
    /// answer another request stay too. What cannot be resolved is an error `environment/...` where the manifest asks for it, and
    /// then there is no value.
    ///
    /// - Throws: `.store` when the store or the system refuses.
    /// - Complexity: a run of pip for each environment that is resolved, more where earlier versions stand in the way.
    package static func resolve(
        _ manifest: Manifest, previous: Lockfile, root: HostPath, store: DirectoryStore, scope: ResolveScope,
        progress: @escaping @Sendable (String) -> Void
    ) throws(LockingError) -> Diagnosed<EnvironmentResolution> {
        try resolve(
            manifest, previous: previous, root: root, store: store, scope: scope, machine: ResolvingSurroundings(), progress: progress)
    }

    /// As above, on a machine that may be made up.
    static func resolve(
        _ manifest: Manifest, previous: Lockfile, root: HostPath, store: DirectoryStore, scope: ResolveScope,
        machine: ResolvingSurroundings, progress: @escaping @Sendable (String) -> Void
    ) throws(LockingError) -> Diagnosed<EnvironmentResolution> {
        var resolving = ResolvingEnvironments(
            manifest: manifest, previous: previous, root: root, store: store, scope: scope, machine: machine,
            progress: progress)
        do throws(StoreError) {
            try resolving.run()
            try resolving.checkWhatGoesTogether()
            guard resolving.diagnostics.isEmpty else { return Diagnosed(nil, resolving.diagnostics) }
            // A pin must not outlive the bytes it names.
            try store.flush()
        } catch {
            throw .store(error)
        }
        let lockfile = resolving.lockfile()
        return Diagnosed(
            EnvironmentResolution(
                lockfile: lockfile, changes: EnvironmentChanges.lines(previous, lockfile),
                details: EnvironmentChanges.details(previous, lockfile),
                localPrograms: lockfile.programs.filter { $0.pin.origin.isEmpty }.map(\.name)))
    }

    /// The names of environments that commands use and that have no pin, or one that answers another request, sorted.
    ///
    /// An environment whose file of requirements cannot be read is among them.
    package static func outdated(_ manifest: Manifest, _ lockfile: Lockfile, root: HostPath) -> [String] {
        manifest.usedEnvironments.filter { name in
            guard let pin = lockfile.pin(environment: name), lockfile.dangling(pin).isEmpty else { return true }
            let places = ManifestPlaces(manifest, environment: name)
            return EnvironmentRequest.read(manifest.environment(name), root: root, places: places).value?.digest != pin.request
        }
    }

    /// What `lock --update` may name beside data: environments that commands use, and programs and packages that are pinned; sorted.
    package static func updatable(_ manifest: Manifest, _ lockfile: Lockfile) -> [String] {
        EnvironmentUpdate.names(manifest, lockfile)
    }
}
