internal import Actions
internal import Diagnostics
internal import Environments
internal import Locking
internal import Manifests
internal import Planning
internal import Platform
internal import Running
internal import Sandboxing
internal import Storage

/// A workspace with its manifest read and its store open: what most commands begin with.
struct Session {
    let folder: WorkspaceFolder
    let manifest: Manifest
    let store: DirectoryStore
    let reporter: Reporter
    /// What starts sandboxes; nil for a command that runs no stages.
    private let sandboxes: SandboxStart?

    /// - Parameters:
    ///   - sandboxes: made before anything else, while the process is small.
    ///   - warns: whether warnings about the manifest are shown: not by commands that are about something else.
    init(_ folder: WorkspaceFolder, _ reporter: Reporter, sandboxes: SandboxStart? = nil, warns: Bool = true) throws(CommandFailure) {
        self.folder = folder
        self.reporter = reporter
        self.sandboxes = sandboxes
        manifest = try folder.manifest(reporter, warns: warns)
        let path = try WorkspaceFolder.storePath()
        store = try CommandFailure.storing { () throws(StoreError) in try DirectoryStore.open(path) }
    }

    /// The lockfile on disk; nil when there is none.
    ///
    /// - Throws: its diagnostics when it cannot be read.
    func lockfile() throws(CommandFailure) -> Lockfile? {
        guard let source = try folder.text(Lockfile.fileName) else { return nil }
        let read = LockfileReader.read(source)
        guard let lockfile = read.value, !read.hasErrors else { throw CommandFailure(read.diagnostics, in: [source]) }
        reporter.show(read.diagnostics, in: [source])
        let root = folder.root
        try CommandFailure.storing { () throws(StoreError) in try store.register(root, lock: source.bytes, isNew: false) }
        return lockfile
    }

    /// What is remembered of the content of files.
    func signatures() throws(CommandFailure) -> SignatureCache {
        let file = StateFolder(root: folder.root).signatures
        return try CommandFailure.catching { () throws(SystemError) in try SignatureCache.load(file) }
    }

    /// Takes the workspace's lock, and says so when another process holds it.
    func lock() throws(CommandFailure) -> WorkspaceLock {
        try folder.lock(reporter)
    }

    /// The graph of `stages` and all they need, for this machine.
    ///
    /// - Throws: also when one of their environments asks for something else than the lock pins.
    func plan(_ lockfile: Lockfile, _ stages: [String], isolation: Isolation = .namespaces) throws(CommandFailure) -> BuildGraph {
        let planned = Planner.plan(manifest, lockfile, stages: stages, platform: Host.platformClass, isolation: isolation)
        guard let graph = planned.value, !planned.hasErrors else { throw CommandFailure(planned.diagnostics, in: [manifest.source]) }
        let used = Set(graph.commands.map(\.environmentName))
        let outdated = outdatedEnvironments(lockfile).filter(used.contains)
        guard outdated.isEmpty else { throw CommandFailure(outdated.map(changed), in: [manifest.source]) }
        return graph
    }

    /// The environments of the manifest that have no pin, or one of something else than they ask for, sorted.
    func outdatedEnvironments(_ lockfile: Lockfile) -> [String] {
        manifest.usedEnvironments.isEmpty ? [] : EnvironmentResolver.outdated(manifest, lockfile, root: folder.root)
    }

    private func changed(_ environment: String) -> Diagnostic {
        let span = manifest.environment(environment)?.span
        return Diagnostic(
            code: "lock/environment-changed", "environment '\(environment)' asks for something else than '\(Lockfile.fileName)' pins",
            at: Diagnostic.Location(source: manifest.source.name, span: span),
            notes: [Diagnostic.Note("'mlbuild lock' pins what it asks for now")])
    }

    /// What does the work of `graph`'s stages.
    ///
    /// - Throws: when a stage needs a sandbox and sandboxes could not be started.
    func performer(_ lockfile: Lockfile, for graph: BuildGraph) throws(CommandFailure) -> StagePerformer {
        let isNeeded = graph.commands.contains { $0.isolation == .namespaces }
        return StagePerformer(
            workspace: folder.root, lockfile: lockfile, store: store, sandbox: isNeeded ? try sandboxes?.get() : nil)
    }

    func workspace(_ lockfile: Lockfile, _ graph: BuildGraph) -> Workspace {
        Workspace(root: folder.root, manifest: manifest, lockfile: lockfile, graph: graph, store: store)
    }
}

extension BuildGraph {
    /// The commands among its actions.
    var commands: [CommandWork] {
        actions.compactMap { action in
            switch action.work {
            case .command(let work): work
            case .kind: nil
            }
        }
    }
}
