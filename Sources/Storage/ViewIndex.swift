internal import Canonical
internal import Platform

/// What everything in a view looked like when its content was last known to be right.
// SPEC: store.md#views
struct ViewIndex: Sendable {
    /// What the view is of.
    let tree: Digest
    /// The start of the machine that the signatures are of: after another one nobody knows what had reached the medium.
    let boot: [UInt8]
    /// Relative to the view; `.` for itself.
    let paths: PackedPaths
    /// 40 bytes for each path; zeros, which nothing that is there looks like, where it had not settled.
    let signatures: [UInt8]

    static let longest = 1 << 30
    private static let magic = Array("mlbview1".utf8)

    /// What the kernel calls this start of the machine; nil where it does not say.
    static var currentBoot: [UInt8]? {
        guard let bytes = try? Files.read(HostPath("/proc/sys/kernel/random/boot_id"), limit: 256), !bytes.isEmpty else { return nil }
        return bytes
    }

    func encode() -> [UInt8] {
        var bytes = Self.magic + tree.bytes
        for part in [boot, paths.bytes, signatures] {
            for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: part.count >> (8 * shift))) }
            bytes += part
        }
        return bytes + Digest.of(bytes).bytes
    }

    /// Reads an index; nil unless every byte is as it was written.
    static func decode(_ bytes: [UInt8]) -> ViewIndex? {
        let end = bytes.count - Digest.byteCount
        var offset = magic.count + Digest.byteCount
        guard end >= offset, bytes.starts(with: magic) else { return nil }
        let isWhole = bytes.withUnsafeBytes { raw in
            Digest.of(UnsafeRawBufferPointer(rebasing: raw[..<end])) == Digest(bytes: raw[end...])
        }
        guard isWhole else { return nil }
        let tree = Digest(bytes: bytes[magic.count..<offset])
        var parts: [[UInt8]] = []
        for _ in 0..<3 {
            guard end - offset >= 8 else { return nil }
            var length: UInt64 = 0
            for index in 0..<8 { length |= UInt64(bytes[offset + index]) << UInt64(8 * index) }
            offset += 8
            guard let count = Int(exactly: length), count <= end - offset else { return nil }
            parts.append(Array(bytes[offset..<(offset + count)]))
            offset += count
        }
        guard offset == end else { return nil }
        var paths = PackedPaths()
        guard parts[1].isEmpty || parts[1].last == 0 else { return nil }
        for path in parts[1].dropLast().split(separator: 0, omittingEmptySubsequences: false) { paths.append(path) }
        guard parts[2].count == paths.count * StatSignature.byteCount else { return nil }
        return ViewIndex(tree: tree, boot: parts[0], paths: paths, signatures: parts[2])
    }
}
