internal import Platform

/// A process's claim on a store: a locked file in `leases/` and a folder of the same name in `tmp/`.
///
/// The kernel takes the lock back when the process ends in any way; whoever opens the store next clears the folder.
// SPEC: store.md#leases
final class StoreLease: Sendable {
    let folder: HostPath
    private let file: HostPath
    private let lock: FileLock

    init(root: HostPath) throws(SystemError) {
        let leases = root.appending("leases")
        let temporaries = root.appending("tmp")
        while true {
            let name = Host.uniqueText()
            let file = leases.appending(name)
            var lock: FileLock?
            do throws(SystemError) {
                lock = try FileLock.acquire(file, wait: false)
            } catch {
                guard error.isMissing else { throw error }
                // The store's folders were removed while it is in use.
                try Files.makeDirectories(leases)
                lock = try FileLock.acquire(file, wait: false)
            }
            // Somebody who clears up was quicker; he removes the file.
            guard let lock else { continue }
            self.lock = lock
            self.file = file
            folder = temporaries.appending(name)
            break
        }
        do throws(SystemError) {
            try Files.makeDirectories(folder)
        } catch {
            Files.discard(file)
            throw error
        }
    }

    /// Takes away folder and file; what cannot be removed now is removed by the next process.
    func end() {
        do throws(SystemError) {
            try Files.removeTree(folder)
            try Files.removeFileIfPresent(file)
        } catch {
            return
        }
    }

    /// Removes what processes that have ended left behind.
    static func clear(root: HostPath) throws(SystemError) {
        let leases = root.appending("leases")
        let temporaries = root.appending("tmp")
        // Before the leases, so that a folder seen here whose lease is gone is really left over: the lease comes first
        // and goes last.
        let folders = try listIfPresent(temporaries)
        for lease in try listIfPresent(leases) where lease.kind == .regular {
            let file = leases.appending(lease.name)
            guard let lock = try FileLock.acquire(file, wait: false) else { continue }
            try withExtendedLifetime(lock) { () throws(SystemError) in
                try Files.removeTree(temporaries.appending(lease.name))
                try Files.removeFileIfPresent(file)
            }
        }
        for folder in folders where try Files.status(leases.appending(folder.name), followLinks: false) == nil {
            try Files.removeTree(temporaries.appending(folder.name))
        }
    }

    /// What processes have put into a folder of the store; whatever bears another name is somebody else's, and stays.
    private static func listIfPresent(_ path: HostPath) throws(SystemError) -> [(name: [UInt8], kind: FileKind)] {
        do throws(SystemError) {
            guard try Files.status(path, followLinks: false)?.kind == .directory else { return [] }
            return try Files.list(path).filter { Host.isUniqueText($0.name) }
        } catch {
            if error.isMissing { return [] }
            throw error
        }
    }
}
