import Canonical
import Storage

/// A store laid over another one: it has what that one has, and what it is given itself it keeps only as long as it lives.
final class DraftStore: ObjectStore {
    private let base: DirectoryStore
    private let own = MemoryStore()

    init(over base: DirectoryStore) {
        self.base = base
    }

    func contains(_ digest: Digest) throws(StoreError) -> Bool {
        if try own.contains(digest) { return true }
        return try base.contains(digest)
    }

    func read(_ digest: Digest) throws(StoreError) -> [UInt8] {
        try own.contains(digest) ? try own.read(digest) : try base.read(digest)
    }

    @discardableResult
    func put(_ bytes: [UInt8]) throws(StoreError) -> Digest { try own.put(bytes) }

    func flush() throws(StoreError) {}
}
