internal import Canonical
package import Platform
internal import Synchronization

/// Contents that the store does not keep, because they lie in a workspace for good.
extension DirectoryStore {
    /// Lets the contents of data be read at `place`, where it lies, as far as the store does not have them.
    ///
    /// What is read there counts only if it is the object, as ever; ``contains(_:)`` goes on to say what the store itself has.
    ///
    /// - Throws: for a tree that the store does not have.
    /// - Complexity: memory for a path of each file; nothing at `place` is looked at.
    package func borrow(_ object: StoredObject, from place: HostPath) throws(StoreError) {
        if object.kind == .file { return elsewhere.withLock { $0[object.digest] = place } }
        var places: [Digest: HostPath] = [:]
        var waiting = [(object.digest, place)]
        while let (digest, folder) = waiting.popLast() {
            for entry in try tree(digest).entries {
                switch entry.content {
                case .file(let digest, _, _): places[digest] = folder.appending(entry.name)
                case .tree(let digest, _, _): waiting.append((digest, folder.appending(entry.name)))
                case .link: continue
                }
            }
        }
        elsewhere.withLock { $0.merge(places) { _, new in new } }
    }

    /// Lets `body` go through the bytes of an object where they were said to lie; anything else there is no such object.
    func useElsewhere(_ digest: Digest, _ body: (borrowing Descriptor) throws(SystemError) -> Digest) throws(StoreError) {
        guard let place = elsewhere.withLock({ $0[digest] }) else { throw .missing(digest) }
        do throws(SystemError) {
            if try body(Descriptor.reading(place)) == digest { return }
        } catch {
            if !error.isMissing { throw .refused(error) }
        }
        throw .missing(digest)
    }
}
