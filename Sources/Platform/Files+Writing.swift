internal import CPlatform
#if canImport(Glibc)
    internal import Glibc
#endif

// Changing what lies on this machine. Every call goes through the entry points of CPlatform, which a ``FaultPlan`` can make fail.
extension Files {
    /// Replaces the file at `path` by `bytes` as one step: readers see the old content or the new, never a part.
    ///
    /// The temporary file lies in the same folder and is removed on failure. `mode` is subject to the umask. When `durable`,
    /// returns only once content and name are on the medium: two syncs.
    package static func write(_ bytes: [UInt8], to path: HostPath, mode: UInt32 = 0o644, durable: Bool = false) throws(SystemError) {
        let temporary = path.parent.appending(temporaryName())
        do throws(SystemError) {
            let file = try Descriptor.creating(temporary, mode: mode)
            try file.write(bytes)
            if durable { try file.sync() }
            try rename(temporary, to: path)
        } catch {
            discard(temporary)
            throw error
        }
        if durable { try sync(path.parent) }
    }

    /// Copies a regular file: shares its blocks where the file system can, else copies the bytes; replaces as one step.
    package static func copy(from source: HostPath, to path: HostPath, mode: UInt32 = 0o644) throws(SystemError) {
        let temporary = path.parent.appending(temporaryName())
        do throws(SystemError) {
            let input = try Descriptor.reading(source)
            let output = try Descriptor.creating(temporary, mode: mode)
            if try !output.clone(input) {
                try input.stream { (bytes) throws(SystemError) in try output.write(bytes) }
            }
            try rename(temporary, to: path)
        } catch {
            discard(temporary)
            throw error
        }
    }

    /// Renames; with `replacing` false it is an error (EEXIST) if something is there already, in one step.
    package static func rename(_ path: HostPath, to target: HostPath, replacing: Bool = true) throws(SystemError) {
        let noReplace: UInt32 = 1  // RENAME_NOREPLACE
        var result = path.result { from in
            target.result { to in Int(platform_rename(from, to, replacing ? 0 : noReplace)) }
        }
        if !replacing, result == -Int(EINVAL) || result == -Int(ENOSYS) {
            // The file system cannot do it in one call; a link is as exclusive.
            result = path.result { from in target.result { to in Int(platform_link(from, to)) } }
            if result >= 0 { try removeFile(path) }
        }
        if result < 0 { throw target.error("put in place", -result) }
    }

    /// Swaps two paths as one step; false where the file system cannot.
    package static func exchange(_ first: HostPath, _ second: HostPath) throws(SystemError) -> Bool {
        let exchange: UInt32 = 2  // RENAME_EXCHANGE
        let result = first.result { from in second.result { to in Int(platform_rename(from, to, exchange)) } }
        if result == -Int(EINVAL) || result == -Int(ENOSYS) { return false }
        if result < 0 { throw second.error("put in place", -result) }
        return true
    }

    package static func makeDirectory(_ path: HostPath, mode: UInt32 = 0o777) throws(SystemError) {
        try path.call("create the folder") { Int(platform_mkdir($0, mode)) }
    }

    /// Makes a folder and those above it; no error if it is there.
    ///
    /// When `durable`, the names of those that were made are on the medium afterwards: one sync for each.
    package static func makeDirectories(_ path: HostPath, durable: Bool = false) throws(SystemError) {
        var missing: [HostPath] = []
        var current = path
        // Upwards until something is there, then downwards: the usual case costs one call.
        while true {
            let result = current.result { Int(platform_mkdir($0, 0o777)) }
            if result >= 0 {
                if durable { try sync(current.parent) }
                break
            }
            if result == -Int(EEXIST) || result == -Int(EISDIR) {
                if try status(current)?.kind == .directory { break }
                throw current.error("create the folder", Int(ENOTDIR), detail: "a file of that name is in the way")
            }
            let parent = current.parent
            if result != -Int(ENOENT) || parent == current { throw current.error("create the folder", -result) }
            missing.append(current)
            current = parent
        }
        for folder in missing.reversed() {
            let result = folder.result { Int(platform_mkdir($0, 0o777)) }
            // Another process may have been quicker.
            if result < 0, result != -Int(EEXIST) { throw folder.error("create the folder", -result) }
            if durable { try sync(folder.parent) }
        }
    }

    package static func makeSymbolicLink(_ path: HostPath, to target: [UInt8]) throws(SystemError) {
        try path.call("create the link") { pointer in
            HostPath(bytes: target).result { Int(platform_symlink($0, pointer)) }
        }
    }

    package static func link(_ path: HostPath, to target: HostPath) throws(SystemError) {
        try target.call("link") { to in path.result { Int(platform_link($0, to)) } }
    }

    package static func setPermissions(_ path: HostPath, _ mode: UInt32) throws(SystemError) {
        try path.call("set the permissions of") { Int(platform_chmod($0, mode)) }
    }

    /// Sets the time of last access of what lies at `path` itself to now, and leaves that of its content.
    ///
    /// - Throws: EPERM for what somebody else owns.
    package static func touch(_ path: HostPath) throws(SystemError) {
        try path.call("touch") { Int(platform_touch($0)) }
    }

    /// Returns when a folder's own entries, or a file's content, are on the medium.
    package static func sync(_ path: HostPath) throws(SystemError) {
        let number = try path.call("sync") { Int(platform_open(AT_FDCWD, $0, O_RDONLY | O_NONBLOCK, 0)) }
        try Descriptor(number: Int32(number), path: path).sync()
    }

    /// Removes a file or link; an error if nothing is there.
    package static func removeFile(_ path: HostPath) throws(SystemError) {
        try path.call("remove") { Int(platform_remove(AT_FDCWD, $0, 0)) }
    }

    /// Removes a file or link if it is there.
    package static func removeFileIfPresent(_ path: HostPath) throws(SystemError) {
        let result = path.result { Int(platform_remove(AT_FDCWD, $0, 0)) }
        if result < 0, result != -Int(ENOENT) { throw path.error("remove", -result) }
    }

    package static func removeDirectory(_ path: HostPath) throws(SystemError) {
        try path.call("remove") { Int(platform_remove(AT_FDCWD, $0, AT_REMOVEDIR)) }
    }

    /// Bytes by which a path may grow on the way down a tree: with a name more, and the way to its top, the kernel still takes it.
    private static let longestDescent = 1024

    /// Removes a file, a link or a folder with everything in it; links are never followed; no error if nothing is there.
    package static func removeTree(_ path: HostPath) throws(SystemError) {
        // A stack of our own: folders may be nested deeper than calls can be.
        var stack: [(path: HostPath, listed: Bool)] = [(path, false)]
        while let top = stack.last {
            if top.listed {
                let result = top.path.result { Int(platform_remove(AT_FDCWD, $0, AT_REMOVEDIR)) }
                if result < 0, result != -Int(ENOENT) { throw top.path.error("remove", -result) }
                stack.removeLast()
                continue
            }
            let result = top.path.result { Int(platform_remove(AT_FDCWD, $0, 0)) }
            if result >= 0 || result == -Int(ENOENT) || result == -Int(ENOTDIR) {
                stack.removeLast()
                continue
            }
            guard result == -Int(EISDIR) || result == -Int(EPERM),
                try status(top.path, followLinks: false)?.kind == .directory
            else { throw top.path.error("remove", -result) }
            let entries = try listForRemoval(top.path)
            var folder = top.path
            if folder.bytes.count > path.bytes.count + longestDescent {
                // Deeper than a path can name: it goes on from the top.
                folder = path.appending(temporaryName())
                try rename(top.path, to: folder)
            }
            stack[stack.count - 1] = (folder, listed: true)
            for entry in entries { stack.append((folder.appending(entry.name), false)) }
        }
    }

    private static func listForRemoval(_ path: HostPath) throws(SystemError) -> [(name: [UInt8], kind: FileKind)] {
        do throws(SystemError) {
            let entries = try list(path)
            // Entries of a folder without write permission cannot be unlinked; it is ours to empty.
            if let status = try status(path, followLinks: false), status.mode & 0o300 != 0o300, !entries.isEmpty {
                try setPermissions(path, 0o700)
            }
            return entries
        } catch {
            guard error.code == EACCES else { throw error }
            try setPermissions(path, 0o700)
            return try list(path)
        }
    }

    /// Removes what an earlier process left in `folder` under temporary names, and says how many there were.
    ///
    /// Only for the one who holds the lock that all writers of `folder` hold.
    @discardableResult
    package static func removeTemporaries(in folder: HostPath) throws(SystemError) -> Int {
        // A link may lead out of what the holder's lock covers.
        guard try status(folder, followLinks: false)?.kind == .directory else { return 0 }
        let prefix = Array(temporaryPrefix.utf8)
        var count = 0
        for entry in try list(folder) where entry.name.starts(with: prefix) && Host.isUniqueText(entry.name.dropFirst(prefix.count)) {
            try removeTree(folder.appending(entry.name))
            count += 1
        }
        return count
    }

    /// Takes away a temporary file after a failure; the failure is what gets reported, not this.
    package static func discard(_ temporary: HostPath) {
        _ = temporary.result { Int(platform_remove(AT_FDCWD, $0, 0)) }
    }
}
