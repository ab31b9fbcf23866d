internal import CPlatform
#if canImport(Glibc)
    internal import Glibc
#endif

/// An open file or folder; closed when the value ends.
package struct Descriptor: ~Copyable, Sendable {
    let number: Int32
    /// What it was opened as, for messages.
    package let path: HostPath

    init(number: Int32, path: HostPath) {
        self.number = number
        self.path = path
    }

    deinit { platform_close(number) }

    /// Opens a regular file for reading; a folder, fifo, socket or device is an error and never waits.
    ///
    /// - Parameter leavesTrace: whether reading may change the time of last access; somebody else's file changes it all the same.
    package static func reading(
        _ path: HostPath, followLinks: Bool = true, leavesTrace: Bool = true
    ) throws(SystemError) -> Descriptor {
        let flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | (followLinks ? 0 : O_NOFOLLOW)
        let noTrace: Int32 = 0o1000000  // O_NOATIME
        var number = path.result { Int(platform_open(AT_FDCWD, $0, leavesTrace ? flags : flags | noTrace, 0)) }
        if !leavesTrace, number == -Int(EPERM) { number = path.result { Int(platform_open(AT_FDCWD, $0, flags, 0)) } }
        if number < 0 {
            // A link that may not be followed is ELOOP, a socket ENXIO: say what is there instead.
            if let words = Files.kindInWords(path), number == -Int(ELOOP) || number == -Int(ENXIO) {
                throw path.error("read", -number, detail: "it is \(words), not a file")
            }
            throw path.error("read", -number)
        }
        let descriptor = Descriptor(number: Int32(number), path: path)
        let mode = try descriptor.rawStatus().st_mode
        if mode & S_IFMT != S_IFREG {
            let code = mode & S_IFMT == S_IFDIR ? EISDIR : EINVAL
            throw path.error("read", Int(code), detail: "it is \(FileStatus.words(mode)), not a file")
        }
        return descriptor
    }

    /// Creates a file for writing; an error if anything is there by that name. `mode` is subject to the umask.
    package static func creating(_ path: HostPath, mode: UInt32 = 0o666) throws(SystemError) -> Descriptor {
        let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW
        let number = try path.call("create") { Int(platform_open(AT_FDCWD, $0, flags, mode)) }
        return Descriptor(number: Int32(number), path: path)
    }

    /// Opens a file for reading and writing, and creates it if need be; a link is not followed. `mode` is subject to the umask.
    package static func updating(_ path: HostPath, mode: UInt32 = 0o666) throws(SystemError) -> Descriptor {
        let flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK
        let number = try path.call("open") { Int(platform_open(AT_FDCWD, $0, flags, mode)) }
        return Descriptor(number: Int32(number), path: path)
    }

    /// Opens a folder, to sync it or to look at things relative to it.
    package static func folder(_ path: HostPath) throws(SystemError) -> Descriptor {
        let number = try path.call("open") { Int(platform_open(AT_FDCWD, $0, O_RDONLY | O_DIRECTORY | O_NONBLOCK, 0)) }
        return Descriptor(number: Int32(number), path: path)
    }

    func rawStatus() throws(SystemError) -> stat {
        var status = stat()
        let result = platform_fstat(number, &status)
        if result < 0 { throw path.error("look at", -Int(result)) }
        return status
    }

    package func status() throws(SystemError) -> FileStatus { FileStatus(try rawStatus()) }

    /// Reads at most `buffer.count` bytes; 0 means the end.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        guard let start = buffer.baseAddress, buffer.count > 0 else { return 0 }
        let count = platform_read(number, start, buffer.count)
        if count < 0 { throw path.error("read", -count) }
        return count
    }

    /// Writes all of `bytes`, in as many calls as it takes.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest)
            let count = platform_write(number, part.baseAddress!, part.count)
            if count < 0 { throw path.error("write", -count) }
            // A device may take nothing and say so; going on would never end.
            if count == 0 { throw path.error("write", Int(EIO)) }
            rest = rest.dropFirst(count)
        }
    }

    package func write(_ bytes: [UInt8]) throws(SystemError) {
        try bytes.withRawBytes { (raw) throws(SystemError) in try write(raw) }
    }

    /// Makes this empty file share `source`'s blocks; false where the file system cannot.
    package func clone(_ source: borrowing Descriptor) throws(SystemError) -> Bool {
        let result = platform_clone(number, source.number)
        return result >= 0 ? true : try refusesClone(-Int(result))
    }

    /// False for an error that only says that blocks cannot be shared here.
    func refusesClone(_ code: Int) throws(SystemError) -> Bool {
        switch Int32(truncatingIfNeeded: code) {
        case EOPNOTSUPP, EXDEV, EINVAL, ENOTTY, ENOSYS, EPERM, ETXTBSY, EBADF: return false
        default: throw path.error("write", code)
        }
    }

    /// Sets the permission bits exactly, whatever the umask is.
    package func setPermissions(_ mode: UInt32) throws(SystemError) {
        let result = platform_fchmod(number, mode)
        if result < 0 { throw path.error("set the permissions of", -Int(result)) }
    }

    /// Returns when content and size are on the medium. After an error the content counts as lost: a second try may lie.
    package func sync() throws(SystemError) {
        let result = platform_fsync(number)
        if result < 0 { throw path.error("sync", -Int(result)) }
    }

    /// Returns when everything on its file system is on the medium.
    package func syncFileSystem() throws(SystemError) {
        let result = platform_syncfs(number)
        if result < 0 { throw path.error("sync", -Int(result)) }
    }

    /// Starts writing its content without waiting.
    package func startWriteback() { platform_start_writeback(number) }
}
