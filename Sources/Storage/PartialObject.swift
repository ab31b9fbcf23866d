package import Canonical
internal import Platform

/// A large object that comes piece by piece, in any order, and outlives the process that fetches it.
///
/// What lies in it is believed of nobody: who goes on with it checks each piece, and ``finish()`` all of it.
// SPEC: store.md#partial-objects
package final class PartialObject: Sendable {
    package let digest: Digest
    package let size: Int
    /// Whether something may be in it already.
    package let isBegun: Bool
    private let store: DirectoryStore
    private let path: HostPath
    private let file: OpenFile
    /// Nil for one that nobody can go on with.
    private let lock: FileLock?

    /// Begins an object of `size` bytes, or goes on with one; when another process is at it, with a copy of its own.
    package init(_ digest: Digest, size: Int, in store: DirectoryStore) throws(StoreError) {
        self.digest = digest
        self.size = size
        self.store = store
        let folder = store.root.appending(PartialName.folder)
        let shared = folder.appending(digest.hex)
        (lock, path, file, isBegun) = try DirectoryStore.refusing { () throws(SystemError) in
            // A store that is older than this folder.
            if try Files.status(folder) == nil { try Files.makeDirectories(folder) }
            let lock = try FileLock.acquire(shared, wait: false)
            let path = lock == nil ? try store.temporaryPath() : shared
            var file = try Descriptor.updating(path, mode: 0o600)
            let found = try file.status()
            guard found.kind == .regular, found.size > size else { return (lock, path, try file.shared(), found.size > 0) }
            // Of another object, or of none: nothing of it can be used, and the lock is on what is removed.
            try Files.removeFile(path)
            let own = try store.temporaryPath()
            file = try Descriptor.updating(own, mode: 0o600)
            return (nil, own, try file.shared(), false)
        }
    }

    /// At most `buffer.count` bytes from `offset` on; 0 where nothing was written so far.
    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(StoreError) -> Int {
        try DirectoryStore.refusing { () throws(SystemError) in try file.read(into: buffer, at: offset) }
    }

    package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(StoreError) {
        precondition(offset >= 0 && offset + bytes.count <= size, "a piece lies within the object")
        try DirectoryStore.refusing { () throws(SystemError) in try file.write(bytes, at: offset) }
    }

    /// So that the disk works while the network does.
    package func startWriteback() { file.startWriteback() }

    /// Keeps it as an object of the store if it is that object; durable after `flush`. Else nothing of it stays.
    ///
    /// - Returns: the digest that was found.
    package func finish() throws(StoreError) -> Digest {
        try DirectoryStore.refusing { () throws(SystemError) in
            let file = try Descriptor.reading(path, followLinks: false)
            var hasher = SHA256Hasher()
            try file.stream { (bytes) throws(SystemError) in
                try Interruption.check()
                hasher.update(bytes)
            }
            let found = hasher.finalize()
            guard found == digest else {
                try Files.removeFileIfPresent(path)
                return found
            }
            let temporary = try store.temporaryPath()
            // Another process may have opened it to go on with it; what it holds from here on is a file of nobody's.
            try file.setPermissions(0o444)
            try Files.rename(path, to: temporary, replacing: false)
            store.adopt(temporary, as: digest)
            return found
        }
    }

    /// Takes it away, for what was not to be gone on with.
    package func discard() { Files.discard(path) }
}
