package import Canonical
package import Platform
internal import Synchronization

/// Objects on their way out of the store and into it, a piece at a time.
extension DirectoryStore {
    /// The length in bytes of what claims to be the object; nil when nothing does.
    package func size(of digest: Digest) throws(StoreError) -> Int? {
        try Self.refusing { () throws(SystemError) in
            if let status = try Files.status(currentPath(digest), followLinks: false) { return status.kind == .regular ? status.size : nil }
            guard let place = elsewhere.withLock({ $0[digest] }) else { return nil }
            return try Files.status(place)?.size
        }
    }

    /// Lets `body` go through the file of an object; it gives the digest of what it found there, or nil when it did not get to the end.
    ///
    /// What `body` finds first may turn out to be damaged: then it is put aside, and `body` may be called once more.
    ///
    /// - Throws: as ``read(_:)``; nothing when `body` gave nil.
    package func lend(_ digest: Digest, _ body: (borrowing Descriptor) -> Digest?) throws(StoreError) {
        var isCutShort = false
        do throws(StoreError) {
            try use(digest) { (file) throws(SystemError) in
                guard let found = body(file) else {
                    isCutShort = true
                    throw SystemError(operation: "go on", path: nil, code: 125)
                }
                return found
            }
        } catch {
            if !isCutShort { throw error }
        }
    }

    /// Keeps what `body` writes, if it is the object; `body` gives the digest of what it wrote, or nil when it did not get to the end.
    ///
    /// Durable after ``flush()``. Nothing of it stays when it is not the object.
    ///
    /// - Returns: whether it was the object.
    package func receive(_ digest: Digest, _ body: (borrowing Descriptor) -> Digest?) throws(StoreError) -> Bool {
        try receive(where: { $0 == digest || !Safeguard.receivedDigest.holds }, body) != nil
    }

    /// Keeps what `body` writes, whatever it is; `body` gives the digest of what it wrote, or nil when it did not get to the end.
    ///
    /// Durable after ``flush()``.
    ///
    /// - Returns: the digest that `body` gave.
    package func receive(_ body: (borrowing Descriptor) -> Digest?) throws(StoreError) -> Digest? {
        try receive(where: { _ in true }, body)
    }

    private func receive(where isWanted: (Digest) -> Bool, _ body: (borrowing Descriptor) -> Digest?) throws(StoreError) -> Digest? {
        try Self.refusing { () throws(SystemError) in
            let temporary = try temporaryPath()
            let digest: Digest
            do throws(SystemError) {
                let file = try Descriptor.creating(temporary, mode: 0o444)
                guard let found = body(file), isWanted(found) else {
                    Files.discard(temporary)
                    return nil
                }
                try file.setPermissions(0o444)
                digest = found
            } catch {
                Files.discard(temporary)
                throw error
            }
            adopt(temporary, as: digest)
            return digest
        }
    }
}
