internal import CPlatform
#if canImport(Glibc)
    internal import Glibc
#endif

/// Reading what lies on this machine: by byte paths, through interruptions and short reads, never hanging on a fifo or device.
package enum Files {
    /// What every temporary name of mlbuild starts with.
    package static let temporaryPrefix = ".mlbuild-"

    /// Size of one read, in bytes; larger ones are no faster.
    package static let chunkSize = 1 << 20

    /// What is at `path`; nil when nothing is.
    package static func status(_ path: HostPath, followLinks: Bool = true) throws(SystemError) -> FileStatus? {
        var status = stat()
        let result = path.result { Int(platform_stat(AT_FDCWD, $0, followLinks ? 0 : AT_SYMLINK_NOFOLLOW, &status)) }
        if result == -Int(ENOENT) || result == -Int(ENOTDIR) { return nil }
        if result < 0 { throw path.error("look at", -result) }
        return FileStatus(status)
    }

    /// What lies at `path` itself, in words with an article, such as `a fifo`.
    package static func kindInWords(_ path: HostPath) -> String? {
        var status = stat()
        let result = path.result { Int(platform_stat(AT_FDCWD, $0, AT_SYMLINK_NOFOLLOW, &status)) }
        return result < 0 ? nil : FileStatus.words(status.st_mode)
    }

    /// The whole content of a file.
    ///
    /// - Throws: EFBIG when it is longer than `limit`.
    package static func read(_ path: HostPath, limit: Int = .max, followLinks: Bool = true) throws(SystemError) -> [UInt8] {
        try Descriptor.reading(path, followLinks: followLinks).readToEnd(limit: limit)
    }

    /// The whole content of a file; nil when nothing is there.
    package static func readIfPresent(_ path: HostPath, limit: Int = .max) throws(SystemError) -> [UInt8]? {
        do throws(SystemError) {
            return try read(path, limit: limit)
        } catch {
            if error.isMissing { return nil }
            throw error
        }
    }

    /// Gives the content of a file in pieces of at most 1 MiB.
    package static func stream(
        _ path: HostPath, followLinks: Bool = true, _ chunk: (UnsafeRawBufferPointer) -> Void
    ) throws(SystemError) {
        try Descriptor.reading(path, followLinks: followLinks).stream { (bytes) throws(SystemError) in chunk(bytes) }
    }

    /// The names in a folder with what they are, sorted by bytes; links are not followed.
    package static func list(_ path: HostPath) throws(SystemError) -> [(name: [UInt8], kind: FileKind)] {
        let number = try path.call("list") { Int(platform_open(AT_FDCWD, $0, O_RDONLY | O_DIRECTORY | O_NONBLOCK, 0)) }
        let descriptor = Int32(number)
        guard let stream = fdopendir(descriptor) else {
            let code = errno
            platform_close(descriptor)
            throw path.error("list", Int(code))
        }
        // Gone since: no entry.
        return try FolderStream.entries(stream, of: path) { (name) throws(SystemError) in
            try status(path.appending(name), followLinks: false)?.kind
        }
    }

    /// The text of a symbolic link.
    package static func linkTarget(_ path: HostPath) throws(SystemError) -> [UInt8] {
        var capacity = 256
        while true {
            var buffer = [UInt8](repeating: 0, count: capacity)
            let count = try path.call("read the link") { pointer in
                let result = buffer.withUnsafeMutableBytes { raw in
                    readlink(pointer, raw.baseAddress!.assumingMemoryBound(to: CChar.self), raw.count)
                }
                return result == -1 ? -Int(errno) : result
            }
            if count < capacity { return Array(buffer[..<count]) }
            capacity *= 2
        }
    }

    /// The absolute path with every link resolved.
    package static func resolved(_ path: HostPath) throws(SystemError) -> HostPath {
        var bytes: [UInt8] = []
        try path.call("resolve") { pointer in
            guard let real = realpath(pointer, nil) else { return -Int(errno) }
            defer { free(real) }
            bytes = Array(UnsafeRawBufferPointer(start: real, count: strlen(real)))
            return 0
        }
        return HostPath(bytes: bytes)
    }

    /// The time of the clock that stamps files in `folder`, in nanoseconds since 1970.
    ///
    /// Found by stamping one: the clock of a server or a coarse kernel clock is not this process's own.
    package static func stampTime(in folder: HostPath) throws(SystemError) -> Int64 {
        let path = folder.appending(temporaryName())
        let signature = try Descriptor.creating(path).status().signature
        try removeFile(path)
        return signature.changed
    }

    /// A name that nothing else bears, for a file that lives for a moment.
    package static func temporaryName() -> String {
        temporaryPrefix + Host.uniqueText()
    }
}

extension Descriptor {
    /// Everything from here to the end.
    ///
    /// - Throws: EFBIG when it is longer than `limit`.
    package func readToEnd(limit: Int = .max) throws(SystemError) -> [UInt8] {
        let expected = try status().size
        if expected > limit { throw tooLong(limit) }
        // One byte more than expected shows the end without growing.
        var bytes: [UInt8] = []
        var failure: SystemError?
        var capacity = expected &+ 1
        while true {
            let before = bytes
            var count = 0
            bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, initialized in
                before.withUnsafeBytes { UnsafeMutableRawBufferPointer(buffer).copyMemory(from: $0) }
                count = before.count
                do throws(SystemError) {
                    while count < capacity {
                        let part = try read(into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...]))
                        if part == 0 { break }
                        count += part
                    }
                } catch {
                    failure = error
                }
                initialized = count
            }
            if let failure { throw failure }
            if count > limit { throw tooLong(limit) }
            if count < capacity { return bytes }
            capacity = capacity * 2 + 4096
        }
    }

    private func tooLong(_ limit: Int) -> SystemError {
        path.error("read", Int(EFBIG), detail: "it is longer than \(limit) bytes")
    }

    /// Gives everything from here to the end in pieces of at most 1 MiB.
    package func stream(_ chunk: (UnsafeRawBufferPointer) throws(SystemError) -> Void) throws(SystemError) {
        let size = min(max(try status().size &+ 1, 4096), Files.chunkSize)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 64)
        defer { buffer.deallocate() }
        while true {
            let count = try read(into: buffer)
            if count == 0 { return }
            try chunk(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }
}
