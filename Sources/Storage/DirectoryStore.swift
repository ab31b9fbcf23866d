package import Canonical
package import Platform
internal import Synchronization

/// The store of this machine: a folder that all workspaces and any number of processes share.
///
/// Objects are read-only files named by their digest. A put lands in a temporary file; ``flush()`` makes everything
/// durable in one pass and then moves it into place, so what is in place is whole, whatever happens.
// SPEC: store.md
package final class DirectoryStore: ObjectStore {
    /// The format this code writes; it reads no other.
    package static let formatVersion = 1

    /// Where `$MLBUILD_CACHE`, `$XDG_CACHE_HOME` or the home folder puts the store; nil when there is no home.
    package static var defaultRoot: HostPath? {
        if let cache = Host.environment("MLBUILD_CACHE"), !cache.isEmpty { return HostPath(cache) }
        // The XDG rules: a relative path is to be ignored.
        if let cache = Host.environment("XDG_CACHE_HOME"), cache.hasPrefix("/") { return HostPath(cache).appending("mlbuild") }
        return Host.homeDirectory?.appending(".cache").appending("mlbuild")
    }

    /// Something that was found damaged and moved out of the way.
    package struct Quarantined: Hashable, Sendable {
        /// The object or the key of the record.
        package let digest: Digest
        package let isRecord: Bool
        /// Where it lies now; nil when it could not be moved.
        package let path: HostPath?
    }

    struct State {
        /// Objects that were put and are not in place yet: their temporary files.
        var pending: [Digest: HostPath] = [:]
        /// Folders with names that may not be durable yet.
        var folders: Set<HostPath> = []
        /// Objects whose bytes this process has checked, with what their files looked like then.
        var verified: [Digest: StatSignature] = [:]
        /// Objects that were put and could not be made durable.
        var lost: [Digest: StoreError] = [:]
        /// Trees whose views this process has made or looked at, and where these lie.
        var views: [Digest: HostPath] = [:]
        var quarantined: [Quarantined] = []
        /// Threads that wait for the next batch.
        var requests: [PublishRequest] = []
        var lease: StoreLease?
        /// What the lease says that this process relies on, or some of it.
        var claimed: Set<Digest> = []
        /// What it relies on and could not write down.
        var unclaimed: [Digest: SystemError] = [:]
        var nextTemporary = 0
        /// Where temporaries lie at present, and the number of the first that will lie elsewhere; nil for the lease's own folder.
        var folder: HostPath?
        var nextFolder = DirectoryStore.temporariesInFolder
        /// Whether a thread makes a part of a large import durable right now.
        var isRelieving = false
    }

    package let root: HostPath
    let objects: HostPath
    let actions: HostPath
    let state = Mutex(State())
    /// Where contents lie that are not the store's to keep.
    let elsewhere = Mutex<[Digest: HostPath]>([:])
    /// Held while a batch is made durable; who waits for it finds his own objects done.
    let flushing = Mutex(())
    /// Trees whose views a thread is making or looking at right now.
    let viewsAtWork = Monitor<Set<Digest>>([])

    private init(root: HostPath) {
        self.root = root
        objects = root.appending("objects")
        actions = root.appending("actions")
    }

    deinit {
        state.withLock { state in
            state.lease?.end()
            state.lease = nil
        }
    }

    /// Opens the store at `root`, making it if nothing is there, and clears up after processes that were killed.
    ///
    /// A store that cannot be written to can still be read.
    ///
    /// - Throws: `.newerFormat`, `.refused`.
    package static func open(_ root: HostPath) throws(StoreError) -> DirectoryStore {
        let store = DirectoryStore(root: root)
        let found = try Self.refusing { () throws(SystemError) in try StoreFormat.read(root) }
        if case .version(let version) = found, version != formatVersion { throw .newerFormat(version) }
        do throws(SystemError) {
            if found == .damaged { _ = try store.moveAway(root.appending(StoreFormat.fileName), name: StoreFormat.fileName) }
            if found != .version(formatVersion) { try store.create() }
            try StoreLease.clear(root: root)
            try StoreTrash(root: root).recover()
        } catch {
            // Clearing up is for whoever may write; reading is possible all the same.
            if error.isReadOnly, found == .version(formatVersion) { return store }
            throw .refused(error)
        }
        return store
    }

    private static let folders = ["objects", "actions", "proofs", "views", "quarantine", "partial", "tmp", "leases"]
    /// What is made when it is needed.
    private static let furtherNames = [
        StoreTrash.lockName, StoreTrash.folderName, StoreTrash.doomedName, StoreTrash.Kind.fetched.rawValue, WorkspaceRegister.folderName,
    ]

    /// Keeps a store from being made among files that are not its own.
    private func refuseForeignFolder() throws(SystemError) {
        guard try Files.status(root) != nil else { return }
        let known = Set((Self.folders + Self.furtherNames + [StoreFormat.fileName, "lost+found"]).map { Array($0.utf8) })
        for entry in try Files.list(root) where !known.contains(entry.name) {
            let name = String(decoding: entry.name, as: UTF8.self)
            throw SystemError(
                operation: "make a store in", path: root.description, code: 17,
                detail: "the folder holds '\(name)', which is not a store's; name an empty folder")
        }
    }

    private func create() throws(SystemError) {
        try refuseForeignFolder()
        try Files.makeDirectories(root, durable: true)
        for name in Self.folders { try Files.makeDirectories(root.appending(name)) }
        let lease = try StoreLease(root: root)
        defer { lease.end() }
        // The file comes last: who finds it finds a whole store.
        let temporary = lease.folder.appending(StoreFormat.fileName)
        try Files.write(StoreFormat.encode(Self.formatVersion), to: temporary, mode: 0o444, durable: true)
        do throws(SystemError) {
            try Files.rename(temporary, to: root.appending(StoreFormat.fileName), replacing: false)
        } catch {
            // Another process made the same store at the same time.
            if !error.exists { throw error }
        }
        try Files.sync(root)
    }

    // MARK: Places

    static func place(_ digest: Digest, in folder: HostPath) -> HostPath {
        let hex = digest.hex
        return folder.appending(hex.prefix(2).utf8).appending(hex.dropFirst(2).utf8)
    }

    func objectPath(_ digest: Digest) -> HostPath { Self.place(digest, in: objects) }
    func recordPath(_ key: Digest) -> HostPath { Self.place(key, in: actions) }

    /// Where the bytes of an object are to be read: in place, or where a put has left them.
    func currentPath(_ digest: Digest) -> HostPath {
        state.withLock { $0.pending[digest] } ?? objectPath(digest)
    }

    /// A name in this process's own temporary folder, on the store's file system.
    func temporaryPath() throws(SystemError) -> HostPath {
        try state.withLock { (state) throws(SystemError) in
            let lease = try self.lease(&state)
            state.nextTemporary += 1
            if state.nextTemporary >= state.nextFolder {
                let folder = lease.folder.appending(String(state.nextTemporary))
                try Files.makeDirectories(folder)
                state.folder = folder
                state.nextFolder = state.nextTemporary + Self.temporariesInFolder
                state.nextTemporary += 1
            }
            return (state.folder ?? lease.folder).appending(String(state.nextTemporary))
        }
    }

    /// This process's lease; made when it is first needed.
    func lease(_ state: inout State) throws(SystemError) -> StoreLease {
        if let current = state.lease { return current }
        let lease = try StoreLease(root: root)
        state.lease = lease
        return lease
    }

    /// A folder with more is slow to add to, and files cannot be moved out of one while others are made in it.
    private static let temporariesInFolder = 4096

    /// The time of the clock that stamps files in the store, in nanoseconds since 1970; nil in a store that can only be read.
    func stampTime() -> Int64? {
        guard let folder = try? temporaryPath().parent else { return nil }
        return try? Files.stampTime(in: folder)
    }

    // MARK: Objects

    package func contains(_ digest: Digest) throws(StoreError) -> Bool {
        try Self.refusing { () throws(SystemError) in
            guard try isPresent(digest) else { return false }
            // It may have gone before it was claimed.
            return claim([digest]) ? try isPresent(digest) : true
        }
    }

    package func looksPresent(_ digest: Digest) throws(StoreError) -> Bool {
        try Self.refusing { () throws(SystemError) in try isPresent(digest) }
    }

    func isPresent(_ digest: Digest) throws(SystemError) -> Bool {
        if state.withLock({ $0.pending[digest] != nil }) { return true }
        return try Files.status(objectPath(digest), followLinks: false)?.kind == .regular
    }

    package func read(_ digest: Digest) throws(StoreError) -> [UInt8] {
        var bytes: [UInt8] = []
        try use(digest) { (file) throws(SystemError) in
            bytes = try file.readToEnd()
            return Digest.of(bytes)
        }
        return bytes
    }

    /// Opens an object and lets `body` go through its bytes; it gives their digest, which decides.
    ///
    /// Given a `path`, it is that file and no other; else the object wherever it is now.
    func use(_ digest: Digest, at given: HostPath? = nil, _ body: (borrowing Descriptor) throws(SystemError) -> Digest) throws(StoreError) {
        // More than once only when the file is replaced under our eyes: put in place, or healed by another process.
        var isLookedForInPlace = false
        var hasFailedOnce = false
        for _ in 0..<8 {
            let path = given ?? (isLookedForInPlace ? objectPath(digest) : currentPath(digest))
            var seen: StatSignature?
            do throws(SystemError) {
                let file = try Descriptor.reading(path, followLinks: false)
                let signature = try file.status().signature
                seen = signature
                if try body(file) == digest || !Safeguard.objectDigest.holds {
                    state.withLock { $0.verified[digest] = signature }
                    return
                }
            } catch {
                if error.isMissing {
                    // A batch renames its files before it says that they are no longer pending.
                    if given == nil, path != objectPath(digest) || currentPath(digest) != path {
                        isLookedForInPlace = !isLookedForInPlace
                        continue
                    }
                    if given == nil { return try useElsewhere(digest, body) }
                    throw .missing(digest)
                }
                guard error.path == path.description, error.isMediumFailure || (seen == nil && Self.isWrongKind(path)) else {
                    throw .refused(error)
                }
                if error.isMediumFailure {
                    // That bytes cannot be read does not say that they are wrong: they stay where they are.
                    if hasFailedOnce { throw .refused(error) }
                    // A medium may fail for a moment only.
                    hasFailedOnce = true
                    continue
                }
            }
            if let quarantined = quarantine(digest, at: path, seen: seen) { throw .corrupt(digest, quarantined: quarantined.path) }
        }
        throw .missing(digest)
    }

    @discardableResult
    package func put(_ bytes: [UInt8]) throws(StoreError) -> Digest {
        let digest = Digest.of(bytes)
        try bytes.withRawBytes { (raw) throws(StoreError) in try put(raw, digest) }
        return digest
    }

    /// Keeps bytes that are known to have this digest.
    package func put(_ bytes: UnsafeRawBufferPointer, _ digest: Digest) throws(StoreError) {
        if try holds(digest) { return }
        try Self.refusing { () throws(SystemError) in adopt(try writeTemporary(bytes), as: digest) }
    }

    /// Keeps a file of the user as an object; see ``importData(_:keep:signatures:)`` for folders.
    ///
    /// - Throws: `.store(.corrupt)` when `expecting` is another digest than the one of the bytes that were read.
    package func put(file: HostPath, expecting: Digest? = nil) throws(ImportError) -> StoredObject {
        let object = try importData(file, keep: true, signatures: nil)
        if let expecting, object.digest != expecting { throw .store(.corrupt(expecting, quarantined: nil)) }
        return object
    }

    /// Whether the object is here already, with its bytes checked; one with other bytes is moved out of the way.
    func holds(_ digest: Digest) throws(StoreError) -> Bool {
        if state.withLock({ $0.pending[digest] != nil }) { return true }
        return try holdsInPlace(digest)
    }

    /// As ``holds(_:)``, for the object's own place alone.
    ///
    /// - Parameter givesWay: whether what cannot be read there is moved away, since the right bytes are at hand.
    func holdsInPlace(_ digest: Digest, givesWay: Bool = false) throws(StoreError) -> Bool {
        let path = objectPath(digest)
        var status = try Self.refusing { () throws(SystemError) in try Files.status(path, followLinks: false) }
        guard let first = status else { return false }
        // It may have gone before it was claimed; and what is used now looks otherwise from now on.
        if claim([digest]) || markUsed(path, first) {
            status = try Self.refusing { () throws(SystemError) in try Files.status(path, followLinks: false) }
        }
        guard let status else { return false }
        let known = state.withLock { state in
            state.verified[digest] == status.signature && state.lost[digest] == nil
        }
        if known { return true }
        do throws(StoreError) {
            try use(digest, at: path) { (file) throws(SystemError) in
                var hasher = SHA256Hasher()
                try file.stream { (bytes) throws(SystemError) in
                    try Interruption.check()
                    hasher.update(bytes)
                }
                return hasher.finalize()
            }
        } catch {
            switch error {
            case .missing, .corrupt(_, quarantined: .some): return false
            case .refused(let error) where error.isMediumFailure && error.path == path.description:
                if givesWay { _ = quarantine(digest, at: path, seen: status.signature) }
                return false
            default: throw error
            }
        }
        state.withLock { state in
            // Another process may have put it in place a moment ago: its name need not be durable yet.
            state.folders.insert(path.parent)
            state.lost.removeValue(forKey: digest)
        }
        return true
    }

    /// Takes over a temporary file with an object's bytes; it goes into place with the next flush.
    func adopt(_ temporary: HostPath, as digest: Digest) {
        let isSpare = state.withLock { state in
            if state.pending[digest] != nil { return true }
            state.pending[digest] = temporary
            state.lost.removeValue(forKey: digest)
            return false
        }
        if isSpare { Files.discard(temporary) }
    }

    // MARK: Quarantine

    /// What was found damaged since the store was opened, in that order.
    package var quarantined: [Quarantined] { state.withLock { $0.quarantined } }

    /// Moves what lies at `path` out of the way, and never deletes it; nil when something else lies there by now.
    func quarantine(_ digest: Digest, at path: HostPath, seen: StatSignature?, isRecord: Bool = false) -> Quarantined? {
        var moved: HostPath?
        do throws(SystemError) {
            let now = try Files.status(path, followLinks: false)?.signature
            if let seen, now != seen { return nil }
            moved = try moveAway(path, name: digest.hex)
        } catch {
            // The report without a place says so; reading goes on as if nothing were there.
            moved = nil
        }
        let report = Quarantined(digest: digest, isRecord: isRecord, path: moved)
        state.withLock { state in
            state.quarantined.append(report)
            state.verified.removeValue(forKey: digest)
            if state.pending[digest] == path {
                state.pending.removeValue(forKey: digest)
                state.lost[digest] = .corrupt(digest, quarantined: moved)
            }
        }
        return report
    }

    /// Renames into `quarantine/`; nil when nothing is at `path` any more.
    func moveAway(_ path: HostPath, name: String) throws(SystemError) -> HostPath? {
        let folder = root.appending("quarantine")
        let target = folder.appending("\(name)-\(Host.uniqueText())")
        do throws(SystemError) {
            try Files.rename(path, to: target, replacing: false)
        } catch {
            guard error.isMissing else { throw error }
            if try Files.status(path, followLinks: false) == nil { return nil }
            try Files.makeDirectories(folder)
            try Files.rename(path, to: target, replacing: false)
        }
        return target
    }

    static func isWrongKind(_ path: HostPath) -> Bool {
        guard let status = try? Files.status(path, followLinks: false) else { return false }
        return status.kind != .regular
    }

    static func refusing<Result>(_ body: () throws(SystemError) -> Result) throws(StoreError) -> Result {
        do throws(SystemError) {
            return try body()
        } catch {
            throw .refused(error)
        }
    }
}
