internal import Canonical
internal import Platform

/// What a process has in a store: a locked file in `leases/`, with all that it relies on, and a folder of the same name in `tmp/`.
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
            // The first line is the time that the file itself bears: later ones change it.
            if let began = try Files.status(file, followLinks: false)?.signature.changed {
                try lock.append(Array("\(LeaseText.heading)\(began)\n".utf8))
            }
            try Files.makeDirectories(folder)
        } catch {
            Files.discard(file)
            throw error
        }
    }

    /// Writes down that its process relies on what has these digests: from when this returns, nobody collects it.
    ///
    /// - Throws: also after a part was written, which does no harm.
    func claim(_ digests: [Digest]) throws(SystemError) {
        try lock.append(LeaseText.encode(digests))
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

/// The text of a lease: when it began, then a line of hexadecimal digits for each thing that its process relies on.
enum LeaseText {
    static let heading = "began "
    private static let newline = UInt8(ascii: "\n")

    /// Begins with a line's end, too: what was written before may have been cut short.
    static func encode(_ digests: [Digest]) -> [UInt8] {
        var bytes: [UInt8] = [newline]
        bytes.reserveCapacity(digests.count * (2 * Digest.byteCount + 1) + 1)
        for digest in digests {
            bytes += digest.hex.utf8
            bytes.append(newline)
        }
        return bytes
    }

    /// What a lease says; lines that were cut short say nothing.
    static func decode(_ bytes: [UInt8]) -> (began: Int64?, digests: [Digest]) {
        var began: Int64?
        var digests: [Digest] = []
        for line in bytes.split(separator: newline) {
            if line.count == 2 * Digest.byteCount {
                if let digest = Digest(hex: String(decoding: line, as: UTF8.self)) { digests.append(digest) }
            } else if line.starts(with: heading.utf8) {
                began = Int64(String(decoding: line.dropFirst(heading.utf8.count), as: UTF8.self)) ?? began
            }
        }
        return (began, digests)
    }
}

/// What living processes rely on.
struct LiveClaims: Sendable {
    var digests: Set<Digest> = []
    /// When the oldest of their leases began, by the clock that stamps files in the store.
    var oldest: Int64?

    /// Reads the leases of processes that live, ours among them.
    ///
    /// Whoever ends meanwhile has written his lock before: read roots *after* this.
    static func read(_ root: HostPath) throws(SystemError) -> LiveClaims {
        let leases = root.appending("leases")
        var claims = LiveClaims()
        let found: [(name: [UInt8], kind: FileKind)]
        do throws(SystemError) {
            found = try Files.list(leases)
        } catch {
            if error.isMissing { return claims }
            throw error
        }
        for lease in found where lease.kind == .regular && Host.isUniqueText(lease.name) {
            let file = leases.appending(lease.name)
            guard try FileLock.isHeld(file) else { continue }
            let bytes: [UInt8]
            let changed: Int64
            do throws(SystemError) {
                let open = try Descriptor.reading(file, followLinks: false)
                changed = try open.status().signature.changed
                bytes = try open.readToEnd()
            } catch {
                if error.isMissing { continue }
                throw error
            }
            let said = LeaseText.decode(bytes)
            claims.digests.formUnion(said.digests)
            claims.oldest = min(claims.oldest ?? .max, said.began ?? changed)
        }
        return claims
    }
}
