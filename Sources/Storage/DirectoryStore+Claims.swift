package import Canonical
internal import Platform
internal import Synchronization

// SPEC: store.md#collecting
extension DirectoryStore {
    /// So many claims are remembered, so that what is relied on again and again is written down once.
    private static let rememberedClaims = 1 << 16
    /// A use is not marked again for so long, in nanoseconds: a mark changes what a file looks like.
    private static let useResolution: Int64 = 3_600_000_000_000

    /// Says that this process relies on what has these digests: objects and all that they name, records, views.
    ///
    /// Say so first, then look whether it is there: what is there afterwards is not collected while this process lives. A claim
    /// that cannot be written down is no error here; ``flush()`` fails until it could be, or what it is for was put anew. In a store
    /// that cannot be written to nothing can be claimed.
    ///
    /// - Returns: whether any of them was not known to be claimed before.
    /// - Complexity: one write.
    @discardableResult
    package func claim(_ digests: [Digest]) -> Bool {
        let fresh = state.withLock { state in digests.filter { !state.claimed.contains($0) } }
        if fresh.isEmpty { return false }
        do throws(SystemError) {
            try claimAll(fresh)
        } catch {
            // Who may not write here keeps nothing here either.
            if !error.isReadOnly {
                state.withLock { state in
                    for digest in fresh { state.unclaimed[digest] = error }
                }
            }
        }
        return true
    }

    /// As ``claim(_:)``, for what is about to be put in place.
    func claimAll(_ digests: [Digest]) throws(SystemError) {
        if digests.isEmpty { return }
        let lease = try state.withLock { (state) throws(SystemError) -> StoreLease in try self.lease(&state) }
        try lease.claim(digests)
        state.withLock { state in
            if state.claimed.count + digests.count > Self.rememberedClaims { state.claimed = [] }
            if digests.count <= Self.rememberedClaims { state.claimed.formUnion(digests) }
        }
    }

    /// Makes up for claims that could not be written down.
    ///
    /// - Throws: `.refused` when they still cannot; `.missing` when something was collected meanwhile.
    func settleClaims() throws(StoreError) {
        let open = state.withLock { $0.unclaimed }
        if open.isEmpty { return }
        let digests = open.keys.sorted()
        try Self.refusing { () throws(SystemError) in try claimAll(digests) }
        for digest in digests {
            let isThere = try Self.refusing { () throws(SystemError) -> Bool in
                if try isPresent(digest) { return true }
                return try Files.status(recordPath(digest), followLinks: false) != nil
            }
            if !isThere { throw .missing(digest) }
            state.withLock { _ = $0.unclaimed.removeValue(forKey: digest) }
        }
    }

    /// Leaves a trace of the use of a file that looks like this; true when it looks otherwise now.
    ///
    /// Where nothing can be left, such as on somebody else's file, the file only counts as unused for longer.
    @discardableResult
    func markUsed(_ path: HostPath, _ status: FileStatus) -> Bool {
        guard Clock.wall() &- status.lastUse > Self.useResolution else { return false }
        return (try? Files.touch(path)) != nil
    }
}

extension DirectoryStore {
    /// Makes ``completeness()`` another number for everybody: something is about to leave the store.
    func renewGeneration() throws(SystemError) {
        let folder = root.appending("quarantine")
        try Files.makeDirectories(folder)
        // Whatever comes or goes changes its times.
        _ = try Files.stampTime(in: folder)
    }
}
