internal import Diagnostics
internal import Locking
internal import Manifests
internal import Planning
internal import Platform
internal import Running
internal import Storage

/// A workspace with its manifest read and its store open: what most commands begin with.
struct Session {
    let folder: WorkspaceFolder
    let manifest: Manifest
    let store: DirectoryStore
    let reporter: Reporter

    init(_ folder: WorkspaceFolder, _ reporter: Reporter) throws(CommandFailure) {
        self.folder = folder
        self.reporter = reporter
        manifest = try folder.manifest(reporter)
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

    /// The graph of `stages` and all they need.
    func plan(_ lockfile: Lockfile, _ stages: [String]) throws(CommandFailure) -> BuildGraph {
        let planned = Planner.plan(manifest, lockfile, stages: stages)
        guard let graph = planned.value, !planned.hasErrors else { throw CommandFailure(planned.diagnostics, in: [manifest.source]) }
        return graph
    }

    func workspace(_ lockfile: Lockfile, _ graph: BuildGraph) -> Workspace {
        Workspace(root: folder.root, manifest: manifest, lockfile: lockfile, graph: graph, store: store)
    }
}
