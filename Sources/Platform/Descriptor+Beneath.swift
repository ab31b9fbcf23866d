internal import CPlatform
#if canImport(Glibc)
    internal import Glibc
#endif

// What lies below an open folder. A symbolic link on the way is an error (ELOOP): whoever else writes there cannot lead us elsewhere.
extension Descriptor {
    private static let pathOnly: Int32 = 0o10000000  // O_PATH

    private func open(_ name: [UInt8], _ flags: Int32) throws(SystemError) -> Descriptor {
        let full = path.appending(name)
        let result = HostPath(bytes: name).result { Int(platform_open_beneath(number, $0, flags)) }
        if result < 0 { throw full.error("open", -result) }
        return Descriptor(number: Int32(result), path: full)
    }

    /// Opens a folder below this one; `name` is a path without `..`.
    package func folder(_ name: [UInt8]) throws(SystemError) -> Descriptor {
        try open(name, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_NOFOLLOW)
    }

    /// Opens a file below this folder for reading, without ever waiting; see ``status()`` for what it is.
    package func file(_ name: [UInt8]) throws(SystemError) -> Descriptor {
        try open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW)
    }

    /// Holds on to whatever lies below this folder by that name, a link itself included, without opening it.
    package func place(_ name: [UInt8]) throws(SystemError) -> Descriptor {
        try open(name, Self.pathOnly | O_NOFOLLOW)
    }

    /// The kind of what it was opened as, in words with an article, such as `a fifo`.
    package func kindInWords() throws(SystemError) -> String { FileStatus.words(try rawStatus().st_mode) }

    /// The text of the link that ``place(_:)`` gave.
    package func linkTarget() throws(SystemError) -> [UInt8] {
        let longest = 4096
        var failure = 0
        let text = [UInt8](unsafeUninitializedCapacity: longest) { buffer, initialized in
            let count = buffer.withMemoryRebound(to: CChar.self) { platform_read_link(number, $0.baseAddress!, longest) }
            if count < 0 { failure = -count } else { initialized = count }
        }
        if failure != 0 { throw path.error("read the link", failure) }
        return text
    }

    /// Gives the owner the permission to read and write what ``place(_:)`` gave, and to pass through a folder.
    package func unlock() throws(SystemError) {
        let status = try status()
        // The descriptor is good for nothing but naming: so it is named.
        try Files.setPermissions(HostPath("/proc/self/fd/\(number)"), status.mode | (status.kind == .directory ? 0o700 : 0o600))
    }

    /// Moves a file from below this folder to `target`, where nothing may lie; folders on the way must be no links.
    package func move(_ name: [UInt8], to target: HostPath) throws(SystemError) {
        let result = HostPath(bytes: name).result { from in target.result { Int(platform_move_out(number, from, $0)) } }
        if result < 0 { throw target.error("put in place", -result) }
    }

    /// The names in this folder with what they are, sorted by bytes; links are not followed.
    package func list() throws(SystemError) -> [(name: [UInt8], kind: FileKind)] {
        // The stream closes what it is given.
        let copy = platform_duplicate(number)
        guard copy >= 0, let stream = fdopendir(copy) else {
            let code = copy < 0 ? -copy : errno
            if copy >= 0 { platform_close(copy) }
            throw path.error("list", Int(code))
        }
        // The place in the list is shared with the original.
        rewinddir(stream)
        return try FolderStream.entries(stream, of: path) { (name) throws(SystemError) in try place(name).status().kind }
    }

    /// Sets the times of last access and change of content to `seconds` since 1970.
    package func setTimes(_ seconds: Int64) throws(SystemError) {
        let result = platform_set_times(number, nil, seconds)
        if result < 0 { throw path.error("set the times of", -Int(result)) }
    }
}

extension Files {
    /// Sets the times of last access and change of content to `seconds` since 1970; of a link itself, not of what it leads to.
    package static func setTimes(_ path: HostPath, _ seconds: Int64) throws(SystemError) {
        try path.call("set the times of") { Int(platform_set_times(AT_FDCWD, $0, seconds)) }
    }
}
