internal import Diagnostics
internal import Manifests
internal import Platform
internal import Running
internal import Storage

/// Where a command works: the nearest folder, from the current one upwards, that holds a manifest.
struct WorkspaceFolder: Sendable {
    let root: HostPath
    /// How people get from where they stand to ``root``: empty, or a path that ends with a slash.
    let prefix: String

    /// The folder that `-C` names, or the current one.
    static func start(_ arguments: Arguments) throws(CommandFailure) -> HostPath {
        let current = try CommandFailure.catching { () throws(SystemError) in try Host.currentDirectory() }
        guard let directory = arguments.value("directory") else { return current }
        let path = current.resolving(directory)
        let status = try CommandFailure.catching { () throws(SystemError) in try Files.status(path) }
        guard status?.kind == .directory else {
            throw CommandFailure(.usage, "'\(directory)' is no folder")
        }
        // Going upwards is by the text of the path, which a `..` in it would lead astray.
        return try CommandFailure.catching { () throws(SystemError) in try Files.resolved(path) }
    }

    /// Finds the workspace.
    static func find(_ arguments: Arguments) throws(CommandFailure) -> WorkspaceFolder {
        let start = try start(arguments)
        var folder = start
        while true {
            let manifest = folder.appending(Manifest.fileName)
            if try CommandFailure.catching({ () throws(SystemError) in try Files.status(manifest) }) != nil {
                let shown = arguments.value("directory").map { $0.hasSuffix("/") ? $0 : $0 + "/" } ?? ""
                return WorkspaceFolder(root: folder, prefix: folder == start ? shown : folder.description + "/")
            }
            let parent = folder.parent
            if parent == folder || folder.bytes.count <= 1 {
                throw CommandFailure(
                    .problem, "there is no \(Manifest.fileName) here or in any folder above",
                    hint: "'mlbuild init' makes a workspace, '-C DIR' names another folder")
            }
            folder = parent
        }
    }

    /// Takes the workspace's lock, and says so when another process holds it.
    func lock(_ reporter: Reporter) throws(CommandFailure) -> WorkspaceLock {
        let root = root
        let lock = try CommandFailure.catching { () throws(SystemError) in
            try WorkspaceLock.acquire(root: root) { reporter.say(Self.waiting(for: $0)) }
        }
        guard let lock else { preconditionFailure("a lock that is waited for is had") }
        return lock
    }

    /// What is said while another process, known or not, holds the lock.
    static func waiting(for holder: Int32?) -> String {
        "waiting for another mlbuild in this workspace" + (holder.map { " (process \($0))" } ?? "")
    }

    /// The nearest folder above `folder` that holds a manifest; nil when there is none.
    static func workspace(above folder: HostPath) throws(CommandFailure) -> HostPath? {
        var current = folder
        while current.parent != current {
            current = current.parent
            let manifest = current.appending(Manifest.fileName)
            if try CommandFailure.catching({ () throws(SystemError) in try Files.status(manifest) }) != nil { return current }
        }
        return nil
    }

    /// A file of the workspace as a text that diagnostics can point into; nil when it is absent.
    func text(_ name: String) throws(CommandFailure) -> SourceText? {
        let path = root.appending(name)
        let bytes = try CommandFailure.catching { () throws(SystemError) in try Files.readIfPresent(path, limit: 64 << 20) }
        return bytes.map { SourceText(name: prefix + name, bytes: $0) }
    }

    /// The manifest, with its warnings shown if that `warns`.
    ///
    /// - Throws: its diagnostics when it has errors.
    func manifest(_ reporter: Reporter, warns: Bool = true) throws(CommandFailure) -> Manifest {
        guard let source = try text(Manifest.fileName) else {
            throw CommandFailure(.problem, "\(prefix)\(Manifest.fileName) is gone", hint: "'mlbuild init' makes a workspace")
        }
        let read = ManifestReader.read(source)
        guard let manifest = read.value, !read.hasErrors else { throw CommandFailure(read.diagnostics, in: [source]) }
        if warns { reporter.show(read.diagnostics, in: [source]) }
        return manifest
    }

    /// Where the store lies: `$MLBUILD_CACHE`, else `$XDG_CACHE_HOME/mlbuild`, else `~/.cache/mlbuild`.
    static func storePath() throws(CommandFailure) -> HostPath {
        if let path = Host.environment("MLBUILD_CACHE"), !path.isEmpty {
            if path.hasPrefix("/") { return HostPath(path) }
            throw CommandFailure(.usage, "MLBUILD_CACHE is '\(path)', and has to be an absolute path")
        }
        // The XDG specification has relative paths ignored.
        if let path = Host.environment("XDG_CACHE_HOME"), path.hasPrefix("/") { return HostPath(path).appending("mlbuild") }
        guard let home = Host.homeDirectory else {
            throw CommandFailure(.refused, "there is no home folder to keep the store in", hint: "set MLBUILD_CACHE to a folder")
        }
        return home.appending(".cache").appending("mlbuild")
    }
}
