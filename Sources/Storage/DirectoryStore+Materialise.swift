internal import Canonical
package import Platform

extension DirectoryStore {
    /// Puts an artifact at a path of the user: shared blocks where the file system can, else a copy, never a hard link.
    ///
    /// Every byte is checked on the way, and what is at `path` changes as one step: the old content or the whole new one.
    /// Whatever lies there is replaced; to know that it may be is the caller's part. Folders above are made.
    /// Permissions follow the umask.
    ///
    /// - Throws: `.missing`, `.corrupt`, `.notTree` for the object; `.refused` for the place.
    package func materialise(_ object: StoredObject, at path: HostPath, isExecutable: Bool = false) throws(StoreError) {
        try Self.refusing { () throws(SystemError) in try Files.makeDirectories(path.parent) }
        let temporary = path.parent.appending(Files.temporaryName())
        do throws(StoreError) {
            switch object.kind {
            case .file: try materialise(file: object.digest, at: temporary, isExecutable: isExecutable)
            case .tree: try materialise(tree: object.digest, at: temporary)
            }
            try Self.refusing { () throws(SystemError) in try Self.replace(path, by: temporary) }
        } catch {
            // The failure is what gets reported; what cannot be removed is found by its name later.
            try? Files.removeTree(temporary)
            throw error
        }
    }

    func materialise(file digest: Digest, at path: HostPath, isExecutable: Bool) throws(StoreError) {
        try use(digest) { (source) throws(SystemError) in
            // Opened anew on each try: a part of other bytes may have been written.
            try Files.removeFileIfPresent(path)
            let target = try Descriptor.creating(path, mode: isExecutable ? 0o777 : 0o666)
            var hasher = SHA256Hasher()
            let isShared = try target.clone(source)
            // Shared blocks are the same bytes by either name; under the object's they are more likely in memory.
            try source.stream { (bytes) throws(SystemError) in
                hasher.update(bytes)
                if !isShared { try target.write(bytes) }
            }
            return hasher.finalize()
        }
    }

    private func materialise(tree digest: Digest, at path: HostPath) throws(StoreError) {
        var waiting: [(digest: Digest, path: HostPath)] = [(digest, path)]
        while let (digest, folder) = waiting.popLast() {
            try Self.refusing { () throws(SystemError) in try Files.makeDirectory(folder) }
            for entry in try tree(digest).entries {
                let path = folder.appending(entry.name)
                switch entry.content {
                case .file(let digest, _, let isExecutable): try materialise(file: digest, at: path, isExecutable: isExecutable)
                case .tree(let digest, _, _): waiting.append((digest, path))
                case .link(let target):
                    try Self.refusing { () throws(SystemError) in try Files.makeSymbolicLink(path, to: target) }
                }
            }
        }
    }

    /// Puts `temporary` at `path`, over whatever is there.
    static func replace(_ path: HostPath, by temporary: HostPath) throws(SystemError) {
        let old = try Files.status(path, followLinks: false)
        let new = try Files.status(temporary, followLinks: false)
        if old == nil || (old?.kind != .directory && new?.kind != .directory) {
            return try Files.rename(temporary, to: path)
        }
        // A folder cannot be renamed over: swap the two, then remove the old one under its temporary name.
        if try !Files.exchange(temporary, path) {
            let aside = path.parent.appending(Files.temporaryName())
            try Files.rename(path, to: aside)
            try Files.rename(temporary, to: path)
            return try Files.removeTree(aside)
        }
        try Files.removeTree(temporary)
    }
}
