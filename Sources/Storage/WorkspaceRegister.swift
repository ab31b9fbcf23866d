package import Canonical
package import Platform
internal import Synchronization

/// A workspace that uses a store.
package struct RegisteredWorkspace: Hashable, Sendable {
    package let path: HostPath
    /// What it needed when it was last seen; nil when nobody has ever looked.
    package let needed: Set<Digest>?
    /// The file system on which it lay; nil when nobody has written that down.
    let fileSystem: String?
    /// When it was first seen to be deleted, in nanoseconds by the clock that stamps files in the store; nil when it was not.
    package let deletedSince: Int64?

    /// Whether it was deleted, rather than being on a disk that is not there.
    ///
    /// So it is when its folder is gone, and the nearest folder above that is there lies on the file system that it lay on.
    package func isDeleted() throws(SystemError) -> Bool {
        // A folder without a workspace may be where a disk is mounted at times.
        guard let fileSystem, try Files.status(path, followLinks: false) == nil else { return false }
        var folder = path.parent
        while try Files.status(folder) == nil {
            if folder.parent == folder { return false }
            folder = folder.parent
        }
        guard try Files.status(folder)?.kind == .directory else { return false }
        return try Files.fileSystem(of: folder) == fileSystem
    }
}

/// The workspaces that use a store, a few small files for each.
// SPEC: store.md#workspaces
struct WorkspaceRegister: Sendable {
    static let folderName = "workspaces"
    private static let heading = "mlbuild workspace 1 "
    private static let neededHeading = "mlbuild needed 1 "
    private static let placeHeading = "mlbuild place 1 "
    /// What the last lock that was written there named, and what the last collection found there, older commits included.
    private enum Part: String, CaseIterable {
        case lock = ".lock"
        case seen = ".seen"
        /// The file system that it lay on.
        case place = ".place"
        /// It was seen to be deleted; when, say the file's own times.
        case deleted = ".deleted"
    }

    let root: HostPath
    /// Gives a path for a temporary file, which goes with this process at the latest.
    let temporary: @Sendable () throws(SystemError) -> HostPath

    private var folder: HostPath { root.appending(Self.folderName) }

    private func name(_ workspace: HostPath) -> String { Digest.of(workspace.bytes).hex }

    func has(_ workspace: HostPath) throws(SystemError) -> Bool {
        try Files.status(folder.appending(name(workspace)), followLinks: false) != nil
    }

    /// Writes down that the workspace is there, durably.
    private func add(_ workspace: HostPath) throws(SystemError) {
        if try has(workspace) { return }
        try write(Self.encode(Self.heading, workspace.bytes), to: name(workspace), durable: true)
    }

    private func write(_ bytes: [UInt8], to name: String, durable: Bool = false) throws(SystemError) {
        try Files.makeDirectories(folder)
        // Not beside its place: nobody would look there for what a process that was killed leaves.
        let file = try temporary()
        try Files.write(bytes, to: file, durable: durable)
        try Files.rename(file, to: folder.appending(name))
        if durable { try Files.sync(folder) }
    }

    /// Writes down what the lock of a workspace names; not durable.
    func note(lock digests: [Digest], of workspace: HostPath) throws(SystemError) { try note(digests, .lock, workspace) }

    /// Writes down all that a workspace needs; not durable.
    func note(seen digests: Set<Digest>, of workspace: HostPath) throws(SystemError) { try note(digests.sorted(), .seen, workspace) }

    private func note(_ digests: [Digest], _ part: Part, _ workspace: HostPath) throws(SystemError) {
        // The path comes last: who is told of a workspace is told what it needs.
        try write(Self.encode(Self.neededHeading, LeaseText.encode(digests)), to: name(workspace) + part.rawValue)
        if try Files.status(workspace)?.kind == .directory {
            let place = try Files.fileSystem(of: workspace)
            if try self.place(workspace) != place {
                try write(Self.encode(Self.placeHeading, Array(place.utf8)), to: name(workspace) + Part.place.rawValue)
            }
            try noteThere(workspace)
        }
        try add(workspace)
    }

    private func place(_ workspace: HostPath) throws(SystemError) -> String? {
        try Files.readIfPresent(folder.appending(name(workspace) + Part.place.rawValue), limit: 1 << 12)
            .flatMap { Self.decode(Self.placeHeading, $0) }.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Writes down that a workspace is deleted, unless somebody has before.
    func noteDeleted(_ workspace: HostPath) throws(SystemError) {
        let file = name(workspace) + Part.deleted.rawValue
        if try Files.status(folder.appending(file), followLinks: false) == nil { try write([], to: file) }
    }

    /// Takes back that a workspace is deleted.
    func noteThere(_ workspace: HostPath) throws(SystemError) {
        try Files.removeFileIfPresent(folder.appending(name(workspace) + Part.deleted.rawValue))
    }

    /// All of them, by path.
    ///
    /// - Throws: also for a file whose content is not as it was written: nobody knows what is needed then.
    func all() throws(SystemError) -> [RegisteredWorkspace] {
        var result: [RegisteredWorkspace] = []
        let entries: [(name: [UInt8], kind: FileKind)]
        do throws(SystemError) {
            entries = try Files.list(folder)
        } catch {
            if error.isMissing { return [] }
            throw error
        }
        for (name, _) in entries where name.count == 2 * Digest.byteCount {
            let file = folder.appending(name)
            guard let bytes = Self.decode(Self.heading, try Files.read(file, limit: 1 << 20, followLinks: false)) else {
                throw file.refusal("read", "it is damaged, so nobody knows which workspace it stands for; remove it if none is missing")
            }
            let path = HostPath(bytes: bytes)
            let deleted = try Files.status(folder.appending(self.name(path) + Part.deleted.rawValue), followLinks: false)
            result.append(
                RegisteredWorkspace(
                    path: path, needed: try needed(path), fileSystem: try place(path), deletedSince: deleted?.signature.changed))
        }
        return result.sorted { $0.path < $1.path }
    }

    private func needed(_ workspace: HostPath) throws(SystemError) -> Set<Digest>? {
        var found: Set<Digest>?
        for part in [Part.lock, .seen] {
            guard let bytes = try Files.readIfPresent(folder.appending(name(workspace) + part.rawValue), limit: 1 << 32),
                let text = Self.decode(Self.neededHeading, bytes)
            else { continue }
            found = (found ?? []).union(LeaseText.decode(text).digests)
        }
        return found
    }

    /// Forgets a workspace and all it needed; false when it is not known.
    func remove(_ workspace: HostPath) throws(SystemError) -> Bool {
        let file = folder.appending(name(workspace))
        guard try Files.status(file, followLinks: false) != nil else { return false }
        // The path goes first: a workspace of which nobody knows what it needs stops every collection.
        try Files.removeFile(file)
        for part in Part.allCases { try Files.removeFileIfPresent(folder.appending(name(workspace) + part.rawValue)) }
        return true
    }

    private static func encode(_ heading: String, _ bytes: [UInt8]) -> [UInt8] { Array("\(heading)\(Digest.of(bytes))\n".utf8) + bytes }

    private static func decode(_ heading: String, _ bytes: [UInt8]) -> [UInt8]? {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let rest = Array(bytes[(end + 1)...])
        return Array("\(heading)\(Digest.of(rest))".utf8) == Array(bytes[..<end]) ? rest : nil
    }
}

extension DirectoryStore {
    private var workspaceRegister: WorkspaceRegister {
        WorkspaceRegister(root: root) { () throws(SystemError) in try self.temporaryPath() }
    }

    /// Writes down that a workspace with this lock uses this store, so that nothing that its lock names is ever collected.
    ///
    /// With `isNew`, for a lock that is about to be written, also what it names: the workspace may not be there when somebody
    /// collects. In a store that cannot be written to nothing is written down.
    /// - Complexity: one `stat` for a lock that is not new, when the workspace is known.
    package func register(_ workspace: HostPath, lock: [UInt8], isNew: Bool) throws(StoreError) {
        let register = workspaceRegister
        do throws(SystemError) {
            if !isNew { if try register.has(workspace) { return } }
            try register.note(lock: DigestScan.digests(in: lock).sorted(), of: workspace)
        } catch {
            if !error.isReadOnly { throw .refused(error) }
        }
    }

    /// The workspaces that use this store, by path.
    package func workspaces() throws(StoreError) -> [RegisteredWorkspace] {
        try Self.refusing { () throws(SystemError) in try workspaceRegister.all() }
    }

    /// Writes down all that a workspace needs, in case it is not there next time.
    package func note(seen digests: Set<Digest>, of workspace: HostPath) throws(StoreError) {
        try Self.refusing { () throws(SystemError) in try workspaceRegister.note(seen: digests, of: workspace) }
    }

    /// Writes down that a workspace is there again.
    package func noteThere(_ workspace: HostPath) throws(StoreError) {
        try Self.refusing { () throws(SystemError) in try workspaceRegister.noteThere(workspace) }
    }

    /// Writes down that a workspace is deleted, and forgets it when that was written down longer ago than `grace`.
    ///
    /// - Returns: whether it is forgotten.
    package func letGo(_ workspace: RegisteredWorkspace, grace: Int64) throws(StoreError) -> Bool {
        try Self.refusing { () throws(SystemError) in
            guard let since = workspace.deletedSince else {
                try workspaceRegister.noteDeleted(workspace.path)
                return false
            }
            guard since <= (try Files.stampTime(in: root)) &- grace else { return false }
            _ = try workspaceRegister.remove(workspace.path)
            // Who made it anew before that took its old registration for its own; who makes it from here on finds none.
            if try workspace.isDeleted() { return true }
            try workspaceRegister.note(seen: workspace.needed ?? [], of: workspace.path)
            return false
        }
    }

    /// Forgets a workspace: what only it needs may be collected. False when it is not known.
    package func forget(_ workspace: HostPath) throws(StoreError) -> Bool {
        try Self.refusing { () throws(SystemError) in try workspaceRegister.remove(workspace) }
    }
}

/// Finds the digests that a text names, whatever its format is.
package enum DigestScan {
    private static let prefix = Array("sha256:".utf8)

    /// All that look like `sha256:` and 64 hexadecimal digits.
    package static func digests(in bytes: [UInt8]) -> Set<Digest> {
        var found: Set<Digest> = []
        let length = 2 * Digest.byteCount
        bytes.withUnsafeBufferPointer { bytes in
            var index = 0
            while index + prefix.count + length <= bytes.count {
                guard bytes[index] == prefix[0], bytes[index..<(index + prefix.count)].elementsEqual(prefix) else {
                    index += 1
                    continue
                }
                index += prefix.count
                if let digest = Digest(hex: String(decoding: bytes[index..<(index + length)], as: UTF8.self)) {
                    found.insert(digest)
                    index += length
                }
            }
        }
        return found
    }
}
