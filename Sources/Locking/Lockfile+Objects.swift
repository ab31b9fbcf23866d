package import Storage

extension Lockfile {
    /// What the pinned environments are made of: programs, libraries and wheels, each once, in the order of their digests.
    package var environmentObjects: [StoredObject] {
        let trees = programs.map(\.pin.tree.object) + environments.compactMap(\.pin.libraries?.object)
        let files = wheels.map { StoredObject(kind: .file, digest: $0.pin.digest, size: $0.pin.size, files: 1) }
        return Set(trees + files).sorted { $0.digest < $1.digest }
    }
}
