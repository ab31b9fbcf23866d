package import Canonical
package import Platform
internal import Synchronization

extension DirectoryStore {
    /// The file of an object, open for reading, to be shown somewhere; its bytes have been checked.
    ///
    /// Objects that were put and not flushed yet can be opened too. The file bears a fixed time. It is never to be written to.
    ///
    /// - Throws: as ``read(_:)``
    /// - Complexity: reads the file once per process, unless it has changed since.
    package func open(file digest: Digest) throws(StoreError) -> OpenFile {
        // More than once only when the file is replaced under our eyes.
        for _ in 0..<8 {
            let checked = try checkedFile(digest)
            do throws(SystemError) {
                let file = try Descriptor.reading(checked.path, followLinks: false)
                if try file.status().signature == checked.signature { return try file.shared() }
            } catch {
                guard error.isMissing else { throw .refused(error) }
            }
        }
        throw .missing(digest)
    }

    /// Where the file of an object lies, and how it looks now that its bytes are checked and its time is the fixed one.
    func checkedFile(_ digest: Digest) throws(StoreError) -> (path: HostPath, signature: StatSignature) {
        let path = currentPath(digest)
        if let status = try Self.refusing({ () throws(SystemError) in try Files.status(path, followLinks: false) }) {
            if !FixedTime.isBorne(by: status.signature) {
                try Self.refusing { () throws(SystemError) in try Self.stamp(path) }
            } else if state.withLock({ $0.verified[digest] == status.signature && $0.lost[digest] == nil }) {
                return (path, status.signature)
            }
        }
        var found: (path: HostPath, signature: StatSignature)?
        try use(digest) { (file) throws(SystemError) in
            let before = try file.status().signature
            var hasher = SHA256Hasher()
            try file.stream { (bytes) throws(SystemError) in hasher.update(bytes) }
            found = (file.path, before)
            return hasher.finalize()
        }
        guard let found else { preconditionFailure("an object that is used has a file") }
        state.withLock { $0.verified[digest] = found.signature }
        return found
    }

    /// Gives what lies in an object's place the fixed time, where we may.
    private static func stamp(_ path: HostPath) throws(SystemError) {
        do throws(SystemError) {
            try Files.setTimes(path, FixedTime.seconds)
        } catch {
            // A store that can only be read shows the times that it has; what has just been moved has its own by then.
            guard error.isReadOnly || error.isMissing else { throw error }
        }
    }
}
