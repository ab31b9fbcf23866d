internal import Canonical
internal import Platform

/// What lies in a store beside objects and records, and is of no use to anybody any more: found for a collection.
// SPEC: store.md#collecting
struct StoreLeftovers: Sendable {
    /// Files that go together, the one that is locked first.
    struct Partial: Sendable {
        let names: [[UInt8]]
        let amount: StoreAmount
    }

    /// Of keys without a record.
    let proofs: [(key: Digest, size: Int)]
    /// About objects that are not there.
    let notes: [Digest]
    let partials: [Partial]

    var isEmpty: Bool { proofs.isEmpty && notes.isEmpty && partials.isEmpty }

    /// Finds what `isUsed` does not say is new, in the store at `root`.
    init(
        _ root: HostPath, objects: StoreCensus, records: RecordCensus, notes fetched: StoreCensus, isUsed: (Int64) -> Bool
    ) throws(SystemError) {
        let all = try StoreCensus(of: root.appending(StoreTrash.Kind.proofs.rawValue))
        proofs = all.digests.indices.filter { records.index(of: all.digests[$0]) == nil && !isUsed(all.uses[$0]) }
            .map { (all.digests[$0], all.sizes[$0]) }
        notes = fetched.digests.indices.filter { objects.index(of: fetched.digests[$0]) == nil && !isUsed(fetched.uses[$0]) }
            .map { fetched.digests[$0] }
        var found: [Partial] = []
        let folder = root.appending(PartialName.folder)
        let names = try Self.names(folder)
        for name in names.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            guard let group = PartialName.group(of: name, among: names), try !FileLock.isHeld(folder.appending(group[0])) else { continue }
            var amount = StoreAmount()
            var isOld = true
            for part in group {
                guard let status = try Files.status(folder.appending(part), followLinks: false) else { continue }
                if status.kind != .regular || isUsed(status.lastUse) { isOld = false }
                amount.add(status.size)
            }
            if isOld, amount.count > 0 { found.append(Partial(names: group, amount: StoreAmount(count: 1, bytes: amount.bytes))) }
        }
        partials = found
    }

    private static func names(_ folder: HostPath) throws(SystemError) -> Set<[UInt8]> {
        do throws(SystemError) {
            return Set(try Files.list(folder).filter { $0.kind == .regular }.map(\.name))
        } catch {
            if error.isMissing { return [] }
            throw error
        }
    }

    /// Takes what has not come as a whole, unless somebody has begun to go on with it; false then.
    static func take(_ partial: Partial, of root: HostPath, to trash: StoreTrash, isUsed: (Int64) -> Bool) throws(SystemError) -> Bool {
        let first = root.appending(PartialName.folder).appending(partial.names[0])
        guard let before = try Files.status(first, followLinks: false), let lock = try FileLock.acquire(first, wait: false) else {
            return false
        }
        return try withExtendedLifetime(lock) { () throws(SystemError) in
            guard let status = try Files.status(first, followLinks: false) else { return false }
            guard status.signature.inode == before.signature.inode else {
                // It came as a whole just now, and locking made another.
                if status.size == 0 { try Files.removeFile(first) }
                return false
            }
            if isUsed(status.lastUse) { return false }
            var isTaken = false
            // What tells the bytes from others goes first: bytes without it are begun anew.
            for name in partial.names.reversed() where try trash.takePartial(name) { isTaken = true }
            return isTaken
        }
    }
}
