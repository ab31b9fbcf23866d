internal import CPlatform
#if canImport(Glibc)
    internal import Glibc
#endif

/// Many paths in one buffer, each ended by a NUL, so that asking about thousands costs no allocation.
package struct PackedPaths: Hashable, Sendable {
    package private(set) var bytes: [UInt8] = []
    package private(set) var count = 0

    package init() {}

    /// Adds a path relative to the folder that will be named with the buffer; it has no NUL.
    package mutating func append(_ path: some Collection<UInt8>) {
        precondition(!path.contains(0), "a path has no NUL byte")
        bytes += path
        bytes.append(0)
        count += 1
    }
}

extension Files {
    /// The binary signatures of many paths, one after the other, 40 bytes each; zeros for a path at which nothing is.
    ///
    /// Links are followed unless told otherwise.
    package static func signatures(
        of paths: PackedPaths, relativeTo root: HostPath, followLinks: Bool = true
    ) throws(SystemError) -> [UInt8] {
        let folder = try openForLookup(root)
        defer { platform_close(folder) }
        var failure = 0
        let result = [UInt8](unsafeUninitializedCapacity: paths.count * StatSignature.byteCount) { buffer, initialized in
            guard let start = buffer.baseAddress, paths.count > 0 else { return }
            let count = paths.bytes.withUnsafeBytes { raw in
                platform_signatures(
                    folder, raw.baseAddress!.assumingMemoryBound(to: CChar.self), raw.count, followLinks ? 1 : 0, start, buffer.count)
            }
            if count < 0 { failure = -count } else { initialized = count * StatSignature.byteCount }
        }
        if failure != 0 { throw root.error("look at the files in", failure) }
        return result
    }

    /// The index of the first path whose signature is not the given one; nil when nothing has changed.
    ///
    /// `paths` are NUL-terminated and relative to `root`, `signatures` has 40 bytes for each, zeros meaning that nothing is
    /// there. Buffers that do not fit together differ at 0, so a damaged index is never believed.
    ///
    /// - Complexity: one `stat` for each path up to the difference, no allocation.
    package static func firstDifference(
        paths: UnsafeRawBufferPointer, signatures: UnsafeRawBufferPointer, relativeTo root: HostPath, followLinks: Bool = true
    ) throws(SystemError) -> Int? {
        let folder = try openForLookup(root)
        defer { platform_close(folder) }
        guard let pathBytes = paths.baseAddress, let signatureBytes = signatures.baseAddress else {
            return paths.isEmpty && signatures.isEmpty ? nil : 0
        }
        let index = platform_first_difference(
            folder, pathBytes.assumingMemoryBound(to: CChar.self), paths.count, followLinks ? 1 : 0,
            signatureBytes.assumingMemoryBound(to: UInt8.self), signatures.count)
        return index < 0 ? nil : index
    }

    /// As the form with raw buffers, for paths that were just packed.
    package static func firstDifference(
        paths: PackedPaths, signatures: [UInt8], relativeTo root: HostPath, followLinks: Bool = true
    ) throws(SystemError) -> Int? {
        try paths.bytes.withRawBytes { (paths) throws(SystemError) in
            try signatures.withRawBytes { (signatures) throws(SystemError) in
                try firstDifference(paths: paths, signatures: signatures, relativeTo: root, followLinks: followLinks)
            }
        }
    }

    private static func openForLookup(_ root: HostPath) throws(SystemError) -> Int32 {
        let path: Int32 = 0o10000000  // O_PATH
        return Int32(try root.call("open") { Int(platform_open(AT_FDCWD, $0, path | O_DIRECTORY, 0)) })
    }
}
