internal import Diagnostics
internal import Locking
internal import Manifests
internal import Platform

/// Which file a path leads to, under whatever name.
struct FileIdentity: Hashable {
    private let device: UInt64
    private let inode: UInt64

    init(_ status: FileStatus) {
        device = status.signature.device
        inode = status.signature.inode
    }
}

/// Knows what a workspace stands on, so that no result is written over it.
enum WorkspaceGuard {
    /// What the file at `path` is to a workspace above it, in words such as `the manifest of this workspace`; nil when nothing.
    ///
    /// - Parameter path: absolute, with every link resolved; a file that need not be there yet.
    static func meaning(of path: HostPath) throws(CommandFailure) -> String? {
        let components = path.bytes.split(separator: UInt8(ascii: "/"))
        if components.contains(where: { $0.elementsEqual(".mlbuild".utf8) }) { return "in '.mlbuild', where mlbuild keeps its state" }
        if components.contains(where: { $0.elementsEqual(".git".utf8) }) { return "in '.git', where Git keeps its state" }
        // The file and all folders above it, as the file system knows them.
        var identities: Set<FileIdentity> = []
        if let identity = try identity(path) { identities.insert(identity) }
        var folder = path.parent
        while true {
            if let meaning = try meaning(of: path, identities, in: folder) { return meaning }
            if let identity = try identity(folder) { identities.insert(identity) }
            if folder.parent == folder { return nil }
            folder = folder.parent
        }
    }

    private static func meaning(
        of path: HostPath, _ identities: Set<FileIdentity>, in root: HostPath
    ) throws(CommandFailure) -> String? {
        let place = root.appending(Manifest.fileName)
        let isManifest = path == place
        let status = try CommandFailure.catching { () throws(SystemError) in try Files.status(place) }
        guard isManifest || status?.kind == .regular else { return nil }
        let leadsToManifest = try leads(place, identities)
        if isManifest || leadsToManifest { return "the manifest of a workspace" }
        let lock = root.appending(Lockfile.fileName)
        let leadsToLock = try leads(lock, identities)
        if path == lock || leadsToLock { return "the lock of a workspace" }
        let bytes = try CommandFailure.catching { () throws(SystemError) in try Files.readIfPresent(place, limit: 64 << 20) }
        // A manifest with errors names nothing that could be relied on.
        guard let manifest = ManifestReader.read(SourceText(name: Manifest.fileName, bytes: bytes ?? [])).value else { return nil }
        for (kept, words) in paths(of: manifest) {
            let kept = root.appending(kept.text)
            if path == kept || isBelow(path, kept) || isBelow(kept, path) { return words }
            if try leads(kept, identities) { return words }
        }
        return nil
    }

    private static func paths(of manifest: Manifest) -> [(path: RelativePath, words: String)] {
        var paths: [(RelativePath, String)] = []
        for entry in manifest.data {
            if case .path(let path) = entry.origin { paths.append((path, "data '\(entry.name)' of a workspace")) }
        }
        for stage in manifest.stages {
            for output in stage.outputs { paths.append((output.path, "where stage '\(stage.name)' of a workspace has its output")) }
            for input in stage.inputs {
                if case .file(let path) = input.reference { paths.append((path, "what stage '\(stage.name)' of a workspace reads")) }
            }
        }
        return paths
    }

    private static func isBelow(_ path: HostPath, _ folder: HostPath) -> Bool {
        path.bytes.starts(with: folder.bytes) && path.bytes.dropFirst(folder.bytes.count).first == UInt8(ascii: "/")
    }

    private static func leads(_ path: HostPath, _ identities: Set<FileIdentity>) throws(CommandFailure) -> Bool {
        try identity(path).map(identities.contains) ?? false
    }

    private static func identity(_ path: HostPath) throws(CommandFailure) -> FileIdentity? {
        try CommandFailure.catching { () throws(SystemError) in try Files.status(path) }.map(FileIdentity.init)
    }
}
