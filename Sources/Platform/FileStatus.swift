internal import CPlatform
#if canImport(Glibc)
    internal import Glibc
#endif

package enum FileKind: Hashable, Sendable {
    case regular
    case directory
    case symbolicLink
    /// A fifo, socket or device: nothing that has content to keep.
    case other
}

/// What the file system says about one path.
package struct FileStatus: Hashable, Sendable {
    package let kind: FileKind
    package let size: Int
    package let signature: StatSignature
    /// The owner may run it.
    package let isExecutable: Bool
    package let hardLinks: Int
    /// The permission bits, such as `0o644`.
    package let mode: UInt32
    /// The later of atime and ctime, in nanoseconds since 1970: when it was last read or touched, as far as the file system tells.
    package let lastUse: Int64

    init(_ status: stat) {
        switch status.st_mode & S_IFMT {
        case S_IFREG: kind = .regular
        case S_IFDIR: kind = .directory
        case S_IFLNK: kind = .symbolicLink
        default: kind = .other
        }
        size = Int(status.st_size)
        signature = StatSignature(status)
        isExecutable = status.st_mode & S_IXUSR != 0
        hardLinks = Int(truncatingIfNeeded: status.st_nlink)
        mode = UInt32(status.st_mode & 0o7777)
        lastUse = max(signature.changed, Int64(status.st_atim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_atim.tv_nsec))
    }

    /// The kind in words, with its article, for messages.
    static func words(_ mode: mode_t) -> String {
        switch mode & S_IFMT {
        case S_IFREG: "a file"
        case S_IFDIR: "a folder"
        case S_IFLNK: "a symbolic link"
        case S_IFIFO: "a fifo"
        case S_IFSOCK: "a socket"
        default: "a device"
        }
    }
}

/// The facts about a file that change whenever its content may have changed, as far as the file system tells.
///
/// Equal signatures mean equal content only once the signature has *settled*: a change within the same tick of the
/// file system's clock leaves no trace.
package struct StatSignature: Hashable, Sendable {
    /// Length of the binary form: five little-endian 64-bit words, in the order of the properties.
    package static let byteCount = 40

    package let device: UInt64
    package let inode: UInt64
    package let size: Int64
    /// mtime, in nanoseconds since 1970.
    package let modified: Int64
    /// ctime, in nanoseconds since 1970; nobody can set it.
    package let changed: Int64

    package init(device: UInt64, inode: UInt64, size: Int64, modified: Int64, changed: Int64) {
        self.device = device
        self.inode = inode
        self.size = size
        self.modified = modified
        self.changed = changed
    }

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        modified = Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
        changed = Int64(status.st_ctim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_ctim.tv_nsec)
    }

    /// Reads the binary form; nil unless there are exactly 40 bytes.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        var words: [UInt64] = [0, 0, 0, 0, 0]
        for (index, byte) in bytes.enumerated() {
            words[index / 8] |= UInt64(byte) << UInt64(8 * (index % 8))
        }
        device = words[0]
        inode = words[1]
        size = Int64(bitPattern: words[2])
        modified = Int64(bitPattern: words[3])
        changed = Int64(bitPattern: words[4])
    }

    package var bytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(Self.byteCount)
        let words = [device, inode, UInt64(bitPattern: size), UInt64(bitPattern: modified), UInt64(bitPattern: changed)]
        for word in words {
            for shift in 0..<8 { result.append(UInt8(truncatingIfNeeded: word >> UInt64(8 * shift))) }
        }
        return result
    }

    /// The tick of the clock that stamped this signature, in nanoseconds, rounded up with room to spare.
    ///
    /// Kernels stamp files every 1 to 10 ms. A stamp of whole seconds comes from a file system that keeps no fractions,
    /// of which the coarsest (FAT) counts in steps of two.
    package var tick: Int64 {
        changed % 1_000_000_000 == 0 ? 2_000_000_000 : 20_000_000
    }

    /// Whether every change after the moment `now` is sure to give another signature.
    ///
    /// `now` is the time of the file system's clock, taken *before* the content was read. False also when the clock
    /// stands behind the signature: then it was set back, and nothing follows from it.
    package func isSettled(asOf now: Int64) -> Bool {
        let latest = max(modified, changed)
        let (limit, overflow) = latest.addingReportingOverflow(tick)
        return !overflow && limit < now || !Safeguard.settling.holds
    }
}
