internal import CPlatform
#if canImport(Glibc)
    internal import Glibc
#endif

/// A path of this machine, as the bytes the kernel takes; names need not be UTF-8.
///
/// Joining is plain text: a `..` inside a name is not resolved and not refused.
package struct HostPath: Hashable, Comparable, Sendable, CustomStringConvertible {
    package var bytes: [UInt8]

    package init(_ text: String) {
        bytes = Array(text.utf8)
    }

    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// For people: bytes that are not UTF-8 show as U+FFFD.
    package var description: String { String(decoding: bytes, as: UTF8.self) }

    package static func < (first: HostPath, second: HostPath) -> Bool {
        first.bytes.lexicographicallyPrecedes(second.bytes)
    }

    package func appending(_ name: String) -> HostPath { appending(name.utf8) }

    package func appending(_ name: some Collection<UInt8>) -> HostPath {
        var joined = bytes
        joined.reserveCapacity(joined.count + name.count + 1)
        if let last = joined.last, last != UInt8(ascii: "/") { joined.append(UInt8(ascii: "/")) }
        joined += name
        return HostPath(bytes: joined)
    }

    /// The path that `name` has for somebody who stands here: an absolute one is taken as it is.
    package func resolving(_ name: String) -> HostPath {
        let path = HostPath(name)
        return path.isAbsolute ? path : appending(name)
    }

    package var isAbsolute: Bool { bytes.first == UInt8(ascii: "/") }

    /// The folder it lies in: `.` for a bare name, `/` for the root.
    package var parent: HostPath {
        let trimmed = trimmed
        guard let slash = trimmed.lastIndex(of: UInt8(ascii: "/")) else { return HostPath(".") }
        let folder = trimmed[..<slash]
        return folder.isEmpty ? HostPath("/") : HostPath(bytes: Array(folder))
    }

    /// The name after the last slash; empty for the root.
    package var lastComponent: [UInt8] {
        let trimmed = trimmed
        guard let slash = trimmed.lastIndex(of: UInt8(ascii: "/")) else { return Array(trimmed) }
        return Array(trimmed[(slash + 1)...])
    }

    private var trimmed: ArraySlice<UInt8> {
        var end = bytes.count
        while end > 1, bytes[end - 1] == UInt8(ascii: "/") { end -= 1 }
        return bytes[..<end]
    }

    /// Makes one call with the path as a C string, and turns a negated errno into an error.
    @discardableResult
    func call(_ operation: String, _ body: (UnsafePointer<CChar>) -> Int) throws(SystemError) -> Int {
        let result = result(of: body)
        if result < 0 { throw error(operation, -result) }
        return result
    }

    /// As ``call(_:_:)``, but gives the negated errno instead of throwing.
    func result(of body: (UnsafePointer<CChar>) -> Int) -> Int {
        // A NUL would cut the path short and so name another file.
        if bytes.isEmpty || bytes.contains(0) { return bytes.isEmpty ? -Int(ENOENT) : -Int(EINVAL) }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) { buffer in
            for index in bytes.indices { buffer[index] = CChar(bitPattern: bytes[index]) }
            buffer[bytes.count] = 0
            return body(buffer.baseAddress!)
        }
    }

    /// What does not even ask the kernel: an error (EINVAL) for the reason that `detail` gives.
    package func refusal(_ operation: String, _ detail: String) -> SystemError { error(operation, Int(EINVAL), detail: detail) }

    func error(_ operation: String, _ code: Int, detail: String? = nil) -> SystemError {
        SystemError(operation: operation, path: description, code: Int32(truncatingIfNeeded: code), detail: detail)
    }
}
