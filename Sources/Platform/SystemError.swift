internal import CPlatform
#if canImport(Glibc)
    internal import Glibc
#endif

/// What the operating system refused: which operation, on which path, with which error.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A verb such as `open` or `rename`, as it stands in the message.
    package let operation: String
    package let path: String?
    /// The errno.
    package let code: Int32
    private let detail: String?

    /// `detail` says more than the errno's own text can, such as `is a fifo, not a file`.
    package init(operation: String, path: String?, code: Int32, detail: String? = nil) {
        self.operation = operation
        self.path = path
        self.code = code
        self.detail = detail
    }

    /// The reason in words, starting with a small letter where that is no name.
    package var reason: String {
        if let detail { return detail }
        if code == EMFILE {
            return "too many open files: a process may have \(sysconf(Int32(_SC_OPEN_MAX))) here, and 'ulimit -n 1024' allows more"
        }
        guard let text = platform_error_text(code) else { return "error \(code)" }
        let words = String(cString: text)
        // `No such file` reads on after a colon; `RPC version wrong` keeps its capitals.
        let second = words.unicodeScalars.dropFirst().first
        guard let second, !("A"..."Z").contains(second) else { return words }
        return words.prefix(1).lowercased() + words.dropFirst()
    }

    package var description: String {
        guard let path else { return "cannot \(operation): \(reason)" }
        return "cannot \(operation) '\(path)': \(reason)"
    }

    /// Whether the path lies in `folder`, or is it.
    package func concerns(_ folder: HostPath) -> Bool {
        guard let path else { return false }
        return path.utf8.elementsEqual(folder.description.utf8) || path.utf8.starts(with: folder.appending("").description.utf8)
    }

    /// True when nothing is there by that name.
    package var isMissing: Bool { code == ENOENT || code == ENOTDIR }
    /// True when a signal asked the process to stop while it waited.
    package var isInterruption: Bool { code == EINTR }
    /// True when a symbolic link stands where none may.
    package var isLink: Bool { code == ELOOP }
    /// True when permission bits refuse it.
    package var isForbidden: Bool { code == EACCES }
    /// True when the two places lie on different file systems.
    package var crossesFileSystems: Bool { code == EXDEV }
    /// True when a file cannot have a second name there: another file system, too many names, or not allowed.
    package var refusesLinks: Bool { code == EXDEV || code == EMLINK || code == EPERM || code == EOPNOTSUPP || code == ENOSYS }
    /// True when something is there already.
    package var exists: Bool { code == EEXIST }
    /// True when the medium could not give back what it was given.
    package var isMediumFailure: Bool { code == EIO || code == EUCLEAN || code == EBADMSG }
    /// True when there is no room left, on the medium or in the user's share of it.
    package var isFull: Bool { code == ENOSPC || code == EDQUOT }
    /// True when writing is refused as such: no permission, or a read-only file system.
    package var isReadOnly: Bool { code == EACCES || code == EPERM || code == EROFS }
}
