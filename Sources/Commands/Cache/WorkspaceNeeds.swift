internal import Canonical
internal import Diagnostics
internal import Locking
internal import Manifests
internal import Platform
internal import Storage

/// What all workspaces of a store need: what their locks name, now and in every commit.
final class WorkspaceNeeds {
    struct Workspace {
        let path: HostPath
        /// Whether it is there; else what is known of it is from when it was last seen.
        let isThere: Bool
        /// Whether it was deleted, rather than being on a disk that is not there.
        let isDeleted: Bool
        let digests: Set<Digest>
    }

    private let store: DirectoryStore
    private var repositories: [HostPath: GitLocks] = [:]
    /// The bytes of locks that were found to be readable.
    private var readable: [HostPath: [UInt8]] = [:]
    /// Whether what is found is written down for when it cannot be found any more.
    private let notes: Bool
    /// Why ``digests()`` gave nothing.
    private(set) var failure: CommandFailure?
    /// Workspaces that would be forgotten, were this no dry run.
    private var passedOver: Set<HostPath> = []

    init(_ store: DirectoryStore, notes: Bool) {
        self.store = store
        self.notes = notes
    }

    /// All that is needed; nil when that cannot be said, see ``failure``.
    func digests() -> Set<Digest>? {
        do throws(CommandFailure) {
            return try all().reduce(into: []) { $0.formUnion($1.digests) }
        } catch {
            failure = error
            return nil
        }
    }

    /// - Throws: when any of them cannot say what it needs.
    func all() throws(CommandFailure) -> [Workspace] {
        var result: [Workspace] = []
        for entry in try registered() where !passedOver.contains(entry.path) { result.append(try look(entry)) }
        return result
    }

    private func registered() throws(CommandFailure) -> [RegisteredWorkspace] {
        let store = store
        return try CommandFailure.storing { () throws(StoreError) in try store.workspaces() }
    }

    private static func isDeleted(_ entry: RegisteredWorkspace) throws(CommandFailure) -> Bool {
        try CommandFailure.catching { () throws(SystemError) in try entry.isDeleted() }
    }

    /// Forgets workspaces that were seen to be deleted longer ago than `grace`, and writes down which are deleted by now.
    ///
    /// - Returns: those that are forgotten, or would be in a dry run.
    func letGoDeleted(grace: Int64, isDryRun: Bool) throws(CommandFailure) -> [HostPath] {
        let store = store
        var gone: [HostPath] = []
        for entry in try registered() {
            if try !Self.isDeleted(entry) {
                guard !isDryRun, entry.deletedSince != nil else { continue }
                try CommandFailure.storing { () throws(StoreError) in try store.noteThere(entry.path) }
            } else if isDryRun {
                guard let since = entry.deletedSince, since <= Clock.wall() &- grace else { continue }
                passedOver.insert(entry.path)
                gone.append(entry.path)
            } else if try CommandFailure.storing({ () throws(StoreError) in try store.letGo(entry, grace: grace) }) {
                gone.append(entry.path)
            }
        }
        return gone
    }

    private func look(_ entry: RegisteredWorkspace) throws(CommandFailure) -> Workspace {
        let path = entry.path
        let lock = try CommandFailure.catching { () throws(SystemError) in
            try Files.readIfPresent(path.appending(Lockfile.fileName), limit: 1 << 30)
        }
        let manifest = try CommandFailure.catching { () throws(SystemError) in try Files.status(path.appending(Manifest.fileName)) }
        if lock == nil, manifest == nil {
            let isDeleted = try Self.isDeleted(entry)
            guard let needed = isDeleted ? entry.needed ?? [] : entry.needed else {
                throw CommandFailure(
                    .refused, "workspace '\(path)' is not there, and what it needs is not known",
                    hint: "bring its disk back, or forget it: mlbuild cache gc --forget '\(path)'")
            }
            return Workspace(path: path, isThere: false, isDeleted: isDeleted, digests: needed)
        }
        var digests: Set<Digest> = []
        if let lock {
            try check(lock, of: path)
            digests = DigestScan.digests(in: lock)
        } else if let needed = entry.needed {
            digests = needed
        }
        let repository = repositories[path] ?? GitLocks(path)
        repositories[path] = repository
        digests.formUnion(try repository.all())
        if notes, digests != entry.needed {
            try CommandFailure.storing { () throws(StoreError) in try store.note(seen: digests, of: path) }
        }
        return Workspace(path: path, isThere: true, isDeleted: false, digests: digests)
    }

    /// Refuses a lock that may have named more than it does now.
    private func check(_ lock: [UInt8], of path: HostPath) throws(CommandFailure) {
        if readable[path] == lock { return }
        let read = LockfileReader.read(SourceText(name: "\(path)/\(Lockfile.fileName)", bytes: lock))
        // The digests of both sides of a conflict, and of a later version, are there to be found.
        let isPlain = LockfileReader.isRecoverable(read.diagnostics) || read.diagnostics.contains { $0.code == "lock/newer-version" }
        if let problem = read.diagnostics.first(where: { $0.severity == .error }), !isPlain {
            throw CommandFailure(
                .problem, "the lock of workspace '\(path)' cannot be read, so nobody knows what it needs: \(problem.message)",
                hint: "nothing was removed; \(LockfileReader.wayOut)")
        }
        readable[path] = lock
    }
}
