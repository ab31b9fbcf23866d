package import Platform
import Synchronization

/// Held by the one process that changes a workspace: its outputs, its lock, its state.
///
/// The kernel takes the lock back when the process ends in any way. A mark in the state folder, there while the lock is held,
/// tells the next holder that the last one was killed.
package final class WorkspaceLock: Sendable {
    private let lock: Mutex<FileLock?>
    private let keepsMark = Atomic<Bool>(false)
    private let folder: StateFolder
    /// Whether the last holder was killed; what it left half done is gone by now.
    package let foundMark: Bool
    /// The time of the file system's clock when the lock was taken; what the holder reads, it reads after that.
    package let began: Int64

    private init(_ lock: FileLock, _ folder: StateFolder, foundMark: Bool, began: Int64) {
        self.lock = Mutex(lock)
        self.folder = folder
        self.foundMark = foundMark
        self.began = began
    }

    /// Takes the lock of the workspace at `root`; nil when another process holds it and `wait` is false.
    ///
    /// `onWait` is called once before waiting, with the process that holds it where that is known. Makes the state folder and way for what lies in it, and clears up after a holder that was killed.
    ///
    /// - Throws: EINTR when a signal asked to stop while waiting.
    package static func acquire(
        root: HostPath, wait: Bool = true, onWait: (_ holder: Int32?) -> Void = { _ in }
    ) throws(SystemError) -> WorkspaceLock? {
        let folder = StateFolder(root: root)
        try folder.make()
        let isFirst = try Files.status(folder.lock, followLinks: false) == nil
        guard let lock = try FileLock.acquire(folder.lock, wait: wait, onWait: { onWait(FileLock.holder(of: folder.lock)) }) else {
            return nil
        }
        try folder.makeWay()
        // A folder, because making one is a single step that needs no temporary: there is no moment without a trace.
        let foundMark: Bool
        do throws(SystemError) {
            try Files.makeDirectory(folder.busy)
            foundMark = false
        } catch {
            guard error.exists else { throw error }
            foundMark = true
        }
        if isFirst { try folder.keepOutOfGit() }
        try Leftovers.remove(of: folder, lastWasKilled: foundMark)
        return WorkspaceLock(lock, folder, foundMark: foundMark, began: try Files.stampTime(in: folder.path))
    }

    /// Leaves the mark for the next holder: something could not be cleared away.
    package func expectLeftovers() { keepsMark.store(true, ordering: .relaxed) }

    /// Gives the lock back; once.
    ///
    /// - Throws: when the mark cannot be removed; the lock is given back all the same.
    package func release() throws(SystemError) {
        defer { lock.withLock { $0 = nil } }
        if !keepsMark.load(ordering: .relaxed) { try Files.removeDirectory(folder.busy) }
    }
}
