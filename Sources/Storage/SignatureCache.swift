internal import Canonical
package import Platform
internal import Synchronization

/// Remembers which content files and folders had when they last looked like this, so that unchanged ones are not read again.
///
/// A signature is believed only when it was settled before the content was read: then no later change, not even one
/// within the same tick of the clock or with its times set back, leaves the signature as it was.
// SPEC: store.md#signatures
package final class SignatureCache: Sendable {
    struct Entry: Hashable {
        let signature: StatSignature
        let digest: Digest
    }

    private struct Content {
        /// Files that are data on their own, by path.
        var files: [[UInt8]: Entry] = [:]
        /// Folders with everything in them, by path; several where names were left out by different rules, the latest first.
        var folders: [[UInt8]: [FolderRecord]] = [:]
    }

    private let content: Mutex<Content>
    private let isChanged = Atomic<Bool>(false)
    /// The file it is kept in; files are stamped beside it to learn the time.
    private let file: HostPath?
    /// The last answer of ``clockLag()``, and when it was given.
    private let lag = Mutex<(lag: Int64, asked: Int64)?>(nil)

    /// One that is kept nowhere.
    package init() {
        content = Mutex(Content())
        file = nil
    }

    private init(file: HostPath, content: Content) {
        self.content = Mutex(content)
        self.file = file
    }

    /// Reads the cache that `save()` has written; an absent, damaged or foreign file is an empty cache.
    package static func load(_ file: HostPath) throws(SystemError) -> SignatureCache {
        do throws(SystemError) {
            let bytes = try Files.readIfPresent(file, limit: 1 << 32) ?? []
            return SignatureCache(file: file, content: decode(bytes) ?? Content())
        } catch {
            // What is there is no cache of ours; saving will say so if it cannot be replaced.
            guard let status = try? Files.status(file), status.kind != .regular || error.isMediumFailure else { throw error }
            return SignatureCache(file: file, content: Content())
        }
    }

    /// Writes the cache back if something was learnt. Not durable: losing it costs time only.
    package func save() throws(SystemError) {
        guard let file, isChanged.exchange(false, ordering: .relaxed) else { return }
        try Files.makeDirectories(file.parent)
        try Files.write(encode(), to: file)
    }

    /// Number of files and folders it knows.
    package var count: Int { content.withLock { $0.files.count + $0.folders.values.reduce(0) { $0 + $1.count } } }

    // MARK: Files

    /// The digest of a file's content, if it still looks as it did when that was read.
    func digest(of path: HostPath, looking signature: StatSignature) -> Digest? {
        content.withLock { content in
            guard let entry = content.files[path.bytes], entry.signature == signature else { return nil }
            return entry.digest
        }
    }

    /// Remembers a file that was read whole, if a change of it would show.
    func record(_ path: HostPath, _ file: ImportedFile) {
        content.withLock { content in
            if file.isSettled {
                content.files[path.bytes] = Entry(signature: file.signature, digest: file.digest)
            } else {
                content.files.removeValue(forKey: path.bytes)
            }
        }
        isChanged.store(true, ordering: .relaxed)
    }

    // MARK: Folders

    /// Most rules of which a folder is known by; others come and go as the manifest is written.
    private static let mostRules = 4

    /// What is known of a folder whose names are left out by `rules`, else by others: its files are the same.
    ///
    /// `depth` is the number of folders between the data's own and this one.
    func folder(_ path: HostPath, _ rules: IgnoreRules, depth: Int) -> FolderRecord? {
        let fingerprint = rules.fingerprint(depth: depth)
        return content.withLock { content in
            guard let records = content.folders[path.bytes] else { return nil }
            return records.first { $0.rules == fingerprint } ?? records.first
        }
    }

    /// Remembers folders that were read by `rules`; of others below `root` only those in `present` are still part of the data.
    func record(_ records: [FolderRecord], below root: HostPath, _ rules: IgnoreRules, present: Set<[UInt8]>) {
        let prefix = root.appending([]).bytes
        func isOurs(_ record: FolderRecord, _ path: [UInt8]) -> Bool {
            let depth = 1 + path[prefix.count...].count { $0 == UInt8(ascii: "/") }
            return record.rules == rules.fingerprint(depth: depth)
        }
        let isLearnt = content.withLock { content in
            let gone = content.folders.filter { path, records in
                path.starts(with: prefix) && !present.contains(path) && records.contains { isOurs($0, path) }
            }
            for (path, records) in gone {
                let rest = records.filter { !isOurs($0, path) }
                content.folders[path] = rest.isEmpty ? nil : rest
            }
            for record in records {
                let others = content.folders[record.path]?.filter { $0.rules != record.rules } ?? []
                content.folders[record.path] = [record] + others.prefix(Self.mostRules - 1)
            }
            return !gone.isEmpty || !records.isEmpty
        }
        if isLearnt { isChanged.store(true, ordering: .relaxed) }
    }

    // MARK: The clock

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

    private static let magic = Array("mlbsigs2".utf8)

    private func encode() -> [UInt8] {
        let content = content.withLock { $0 }
        let files = content.files.filter { $0.key.count <= 65535 }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        let folders = content.folders.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        var bytes = Self.magic
        bytes.reserveCapacity(folders.reduce(1 << 12) { $0 + $1.value.reduce(0) { $0 + $1.size } } + files.count * 256)
        FolderRecord.append(UInt64(files.count), bytes: 8, to: &bytes)
        for (path, entry) in files {
            FolderRecord.append(UInt64(path.count), bytes: 2, to: &bytes)
            bytes += path
            bytes += entry.signature.bytes
            bytes += entry.digest.bytes
        }
        for (_, records) in folders {
            for record in records { bytes += record.bytes }
        }
        bytes += Digest.of(bytes).bytes
        return bytes
    }

    private static func decode(_ bytes: [UInt8]) -> Content? {
        let end = bytes.count - Digest.byteCount
        var offset = magic.count + 8
        guard end >= offset, bytes.starts(with: magic) else { return nil }
        let isWhole = bytes.withUnsafeBytes { raw in
            Digest.of(UnsafeRawBufferPointer(rebasing: raw[..<end])) == Digest(bytes: raw[end...])
        }
        guard isWhole || !Safeguard.cacheDigest.holds else { return nil }
        let count = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[magic.count + $1]) << UInt64(8 * $1) }
        var content = Content()
        for _ in 0..<count {
            guard end - offset >= 2 else { return nil }
            let count = Int(bytes[offset]) | Int(bytes[offset + 1]) << 8
            offset += 2
            guard end - offset >= count + StatSignature.byteCount + Digest.byteCount else { return nil }
            let path = Array(bytes[offset..<(offset + count)])
            offset += count
            guard let signature = StatSignature(bytes: bytes[offset..<(offset + StatSignature.byteCount)]) else { return nil }
            offset += StatSignature.byteCount
            content.files[path] = Entry(signature: signature, digest: Digest(bytes: bytes[offset..<(offset + Digest.byteCount)]))
            offset += Digest.byteCount
        }
        while offset < end {
            guard let folder = FolderRecord(in: bytes, at: offset, end: end) else { return nil }
            content.folders[folder.path, default: []].append(folder)
            offset += folder.size
        }
        return content
    }
}
