#if canImport(Glibc)
    internal import Glibc
#endif

/// The entries of a folder that is open as a stream.
enum FolderStream {
    /// The names that `stream` gives, with what they are, sorted by bytes; the stream is closed.
    ///
    /// `kind` is asked where the file system keeps no kinds in its folders; nil leaves the entry out.
    static func entries(
        _ stream: OpaquePointer, of path: HostPath, kind: (_ name: [UInt8]) throws(SystemError) -> FileKind?
    ) throws(SystemError) -> [(name: [UInt8], kind: FileKind)] {
        defer { closedir(stream) }
        var entries: [(name: [UInt8], kind: FileKind)] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                let code = errno
                if code != 0 { throw path.error("list", Int(code)) }
                break
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { raw in Array(raw.prefix { $0 != 0 }) }
            let dot = UInt8(ascii: ".")
            if name == [dot] || name == [dot, dot] { continue }
            switch Int32(entry.pointee.d_type) {
            case Int32(DT_REG): entries.append((name, .regular))
            case Int32(DT_DIR): entries.append((name, .directory))
            case Int32(DT_LNK): entries.append((name, .symbolicLink))
            case Int32(DT_UNKNOWN): if let found = try kind(name) { entries.append((name, found)) }
            default: entries.append((name, .other))
            }
        }
        entries.sort { $0.name.lexicographicallyPrecedes($1.name) }
        return entries
    }
}
