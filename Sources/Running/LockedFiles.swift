import Diagnostics
import Locking
import Manifests
import Platform
import Storage
import Synchronization

/// The manifest and the lock on disk, looked at again: between reading and building, another process may have changed them.
final class LockedFiles: Sendable {
    private let workspace: Workspace
    /// The lock as it was last read or written, so that the same bytes are not taken apart again.
    private let last = Mutex<(bytes: [UInt8], lockfile: Lockfile)?>(nil)

    init(_ workspace: Workspace) {
        self.workspace = workspace
    }

    /// The lock as it is now, with the results that other builds recorded meanwhile.
    ///
    /// - Throws: when the manifest or a pin has changed since the workspace was planned: its graph no longer holds.
    func confirmed() throws(StageFailure) -> Lockfile {
        guard try manifestIsSame() else { throw .changedMeanwhile(Manifest.fileName) }
        guard let current = try lockfile() else { return workspace.lockfile }
        guard current.hasSamePins(as: workspace.lockfile) else { throw .changedMeanwhile(Lockfile.fileName) }
        return current
    }

    /// Whether the manifest on disk is still the one that was planned.
    func manifestIsSame() throws(StageFailure) -> Bool {
        try bytes(Manifest.fileName) == workspace.manifest.source.bytes
    }

    /// The lock as it is on disk; nil when there is none.
    func lockfile() throws(StageFailure) -> Lockfile? {
        guard let bytes = try bytes(Lockfile.fileName) else { return nil }
        if let last = last.withLock({ $0 }), last.bytes == bytes { return last.lockfile }
        // Most often it is what the plan was made from: writing that down is quicker than reading this.
        if bytes == workspace.lockfile.encode() {
            last.withLock { $0 = (bytes, workspace.lockfile) }
            return workspace.lockfile
        }
        let source = SourceText(name: Lockfile.fileName, bytes: bytes)
        let read = LockfileReader.read(source)
        guard let lockfile = read.value, !read.hasErrors else { throw StageFailure(.problem, read.diagnostics, sources: [source]) }
        last.withLock { $0 = (bytes, lockfile) }
        return lockfile
    }

    /// Replaces the lock, durably.
    func write(_ lockfile: Lockfile) throws(StageFailure) {
        let bytes = lockfile.encode()
        try StageFailure.storage { () throws(StoreError) in try workspace.store.register(workspace.root, lock: bytes, isNew: true) }
        try StageFailure.world { () throws(SystemError) in
            try Files.write(bytes, to: workspace.root.appending(Lockfile.fileName), mode: 0o644, durable: true)
        }
        last.withLock { $0 = (bytes, lockfile) }
    }

    private func bytes(_ name: String) throws(StageFailure) -> [UInt8]? {
        try StageFailure.world { () throws(SystemError) in try Files.readIfPresent(workspace.root.appending(name), limit: 1 << 30) }
    }
}
