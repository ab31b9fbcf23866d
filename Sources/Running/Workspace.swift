import Diagnostics
package import Locking
package import Manifests
package import Planning
package import Platform
package import Storage

/// A workspace as one command sees it: what its files say, and the store that its results come from and go to.
package struct Workspace: Sendable {
    package let root: HostPath
    package let manifest: Manifest
    package let lockfile: Lockfile
    /// Planned from `manifest` and `lockfile`; it may hold only some of the stages.
    package let graph: BuildGraph
    package let store: DirectoryStore

    package init(root: HostPath, manifest: Manifest, lockfile: Lockfile, graph: BuildGraph, store: DirectoryStore) {
        self.root = root
        self.manifest = manifest
        self.lockfile = lockfile
        self.graph = graph
        self.store = store
    }

    package func path(_ path: RelativePath) -> HostPath { root.appending(path.text) }

    /// The place of a stage's name in the manifest.
    func location(ofStage name: String) -> Diagnostic.Location {
        Diagnostic.Location(source: manifest.source.name, span: manifest.stage(name)?.span)
    }

    /// The place where a stage names what its port takes.
    func location(ofPort port: String, of stage: String) -> Diagnostic.Location {
        Diagnostic.Location(source: manifest.source.name, span: manifest.stage(stage)?.input(port)?.span)
    }

    func location(of entry: DataEntry) -> Diagnostic.Location {
        Diagnostic.Location(source: manifest.source.name, span: entry.originSpan)
    }
}
