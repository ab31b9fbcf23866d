internal import Canonical
package import Platform
internal import Synchronization

/// Remembers which content a file had when it last looked like this, so that unchanged files are not read again.
///
/// An entry is believed only when its signature was settled before the file was read: then no later change, not even one
/// within the same tick of the clock or with its times set back, leaves the signature as it was.
// SPEC: store.md#signatures
package final class SignatureCache: Sendable {
    struct Entry: Hashable {
        let signature: StatSignature
        let digest: Digest
    }

    private let entries: Mutex<[[UInt8]: Entry]>
    private let isChanged = Atomic<Bool>(false)
    /// The file it is kept in; files are stamped beside it to learn the time.
    private let file: HostPath?
    /// The last answer of ``clockLag()``, and when it was given.
    private let lag = Mutex<(lag: Int64, asked: Int64)?>(nil)

    /// One that is kept nowhere.
    package init() {
        entries = Mutex([:])
        file = nil
    }

    private init(file: HostPath, entries: [[UInt8]: Entry]) {
        self.entries = Mutex(entries)
        self.file = file
    }

    /// Reads the cache that `save()` has written; an absent, damaged or foreign file is an empty cache.
    package static func load(_ file: HostPath) throws(SystemError) -> SignatureCache {
        do throws(SystemError) {
            let bytes = try Files.readIfPresent(file, limit: 1 << 30) ?? []
            return SignatureCache(file: file, entries: decode(bytes) ?? [:])
        } catch {
            // What is there is no cache of ours; saving will say so if it cannot be replaced.
            guard let status = try? Files.status(file), status.kind != .regular || error.isMediumFailure else { throw error }
            return SignatureCache(file: file, entries: [:])
        }
    }

    /// Writes the cache back if something was learnt. Not durable: losing it costs time only.
    package func save() throws(SystemError) {
        guard let file, isChanged.exchange(false, ordering: .relaxed) else { return }
        try Files.makeDirectories(file.parent)
        try Files.write(encode(), to: file)
    }

    package var count: Int { entries.withLock { $0.count } }

    /// The digest of a file's content, if it still looks as it did when that was read.
    func digest(of path: HostPath, looking signature: StatSignature) -> Digest? {
        entries.withLock { entries in
            guard let entry = entries[path.bytes], entry.signature == signature else { return nil }
            return entry.digest
        }
    }

    /// Remembers a file that was read whole; `now` is the file system's time from before that.
    func record(_ path: HostPath, _ signature: StatSignature, _ digest: Digest, asOf now: Int64) {
        entries.withLock { entries in
            if signature.isSettled(asOf: now) {
                entries[path.bytes] = Entry(signature: signature, digest: digest)
            } else {
                entries.removeValue(forKey: path.bytes)
            }
        }
        isChanged.store(true, ordering: .relaxed)
    }

    /// How far the clock that stamps files is behind our own, in nanoseconds; 0 when it is ahead or cannot be asked.
    ///
    /// Asking makes and removes a file, so an answer is good for a second: clocks do not part that fast, and a part of a tick
    /// more or less is what ``StatSignature/isSettled(asOf:)`` allows for.
    func clockLag() -> Int64 {
        let now = Clock.monotonic()
        if let known = lag.withLock({ $0 }), now - known.asked < 1_000_000_000 { return known.lag }
        let wall = Clock.wall()
        guard let folder = file?.parent, let stamp = try? Files.stampTime(in: folder) else { return 0 }
        let found = max(0, wall - stamp)
        lag.withLock { $0 = (found, now) }
        return found
    }

    // MARK: Encoding

    private static let magic = Array("mlbsigs1".utf8)

    private func encode() -> [UInt8] {
        let sorted = entries.withLock { entries in
            entries.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        }
        var bytes = Self.magic
        for (path, entry) in sorted where path.count <= 65535 {
            bytes.append(UInt8(truncatingIfNeeded: path.count))
            bytes.append(UInt8(truncatingIfNeeded: path.count >> 8))
            bytes += path
            bytes += entry.signature.bytes
            bytes += entry.digest.bytes
        }
        return bytes + Digest.of(bytes).bytes
    }

    private static func decode(_ bytes: [UInt8]) -> [[UInt8]: Entry]? {
        let end = bytes.count - Digest.byteCount
        guard end >= magic.count, bytes.starts(with: magic) else { return nil }
        let isWhole = bytes.withUnsafeBytes { raw in
            Digest.of(UnsafeRawBufferPointer(rebasing: raw[..<end])) == Digest(bytes: raw[end...])
        }
        guard isWhole else { return nil }
        var entries: [[UInt8]: Entry] = [:]
        var offset = magic.count
        while offset < end {
            guard end - offset >= 2 else { return nil }
            let count = Int(bytes[offset]) | Int(bytes[offset + 1]) << 8
            offset += 2
            guard end - offset >= count + StatSignature.byteCount + Digest.byteCount else { return nil }
            let path = Array(bytes[offset..<(offset + count)])
            offset += count
            guard let signature = StatSignature(bytes: bytes[offset..<(offset + StatSignature.byteCount)]) else { return nil }
            offset += StatSignature.byteCount
            entries[path] = Entry(signature: signature, digest: Digest(bytes: bytes[offset..<(offset + Digest.byteCount)]))
            offset += Digest.byteCount
        }
        return entries
    }
}
