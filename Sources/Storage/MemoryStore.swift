package import Canonical
internal import Synchronization

/// A store that lasts as long as the object.
package final class MemoryStore: ObjectStore {
    private let objects = Mutex<[Digest: [UInt8]]>([:])

    package init() {}

    package func contains(_ digest: Digest) throws(StoreError) -> Bool {
        objects.withLock { $0[digest] != nil }
    }

    package func read(_ digest: Digest) throws(StoreError) -> [UInt8] {
        guard let bytes = objects.withLock({ $0[digest] }) else { throw .missing(digest) }
        if Digest.of(bytes) != digest {
            objects.withLock { _ = $0.removeValue(forKey: digest) }
            throw .corrupt(digest, quarantined: nil)
        }
        return bytes
    }

    @discardableResult
    package func put(_ bytes: [UInt8]) throws(StoreError) -> Digest {
        let digest = Digest.of(bytes)
        objects.withLock { $0[digest] = bytes }
        return digest
    }

    package func flush() throws(StoreError) {}

    /// Puts other bytes in an object's place, as a failing medium would; for tests.
    package func damage(_ digest: Digest, _ bytes: [UInt8]) {
        objects.withLock { $0[digest] = bytes }
    }
}
