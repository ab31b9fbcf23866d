import Diagnostics
import Locking
import Manifests
import Platform

/// The manifest and the lock on disk, looked at again: between reading and building, another process may have changed them.
enum LockedFiles {
    /// The lock as it is now, with the results that other builds recorded meanwhile.
    ///
    /// - Throws: when the manifest or a pin has changed since `workspace` was planned: its graph no longer holds.
    static func read(_ workspace: Workspace) throws(StageFailure) -> Lockfile {
        guard try bytes(Manifest.fileName, workspace) == workspace.manifest.source.bytes else { throw .changedMeanwhile(Manifest.fileName) }
        guard let current = try current(workspace) else { return workspace.lockfile }
        guard current.data == workspace.lockfile.data else { throw .changedMeanwhile(Lockfile.fileName) }
        return current
    }

    /// The lock as it is on disk; nil when there is none.
    static func current(_ workspace: Workspace) throws(StageFailure) -> Lockfile? {
        guard let bytes = try bytes(Lockfile.fileName, workspace) else { return nil }
        let source = SourceText(name: Lockfile.fileName, bytes: bytes)
        let read = LockfileReader.read(source)
        guard let lockfile = read.value, !read.hasErrors else { throw StageFailure(.problem, read.diagnostics, sources: [source]) }
        return lockfile
    }

    static func bytes(_ name: String, _ workspace: Workspace) throws(StageFailure) -> [UInt8]? {
        do throws(SystemError) {
            return try Files.readIfPresent(workspace.root.appending(name), limit: 1 << 30)
        } catch {
            throw .refused(error)
        }
    }
}
