package import Diagnostics
package import Manifests
package import Platform
package import Storage

/// What resolving a manifest gave.
package struct Resolution: Hashable, Sendable {
    package let lockfile: Lockfile
    /// What differs from the lockfile before, sorted by name; empty when every pin stayed.
    package let changes: [LockChange]
}

/// Why a manifest's outside world could not be asked; what is wrong with the data itself is a diagnostic.
package enum LockingError: Error, Hashable, Sendable, CustomStringConvertible {
    case store(StoreError)

    package var description: String {
        switch self {
        case .store(let error): error.description
        }
    }
}

/// Pins what a manifest takes from the outside world.
// SPEC: lockfile.md#resolving-mlbuild-lock
package enum Resolver {
    /// The lockfile for `manifest`, with all data put into the store and durable there.
    ///
    /// Every data entry is read again, through `signatures`; those named in `update` are read without trusting it. Results of
    /// stages that the manifest still has are kept. Data that cannot be pinned is an error `lock/...` where the manifest
    /// names it, and then there is no value.
    ///
    /// - Throws: `.store` when the store refuses.
    /// - Complexity: one pass over the data that is not known by signature; the durability cost of one flush.
    package static func resolve(
        _ manifest: Manifest, previous: Lockfile?, root: HostPath, store: DirectoryStore, update: Set<String> = [],
        signatures: SignatureCache?
    ) throws(LockingError) -> Diagnosed<Resolution> {
        let result = try compare(manifest, previous, root, store, update, signatures, keeps: true)
        guard result.value != nil else { return result }
        do throws(StoreError) {
            // A pin must not outlive the bytes it names.
            try store.flush()
        } catch {
            throw .store(error)
        }
        return result
    }

    /// What ``resolve(_:previous:root:store:update:signatures:)`` would give; nothing is put into the store.
    package static func check(
        _ manifest: Manifest, previous: Lockfile?, root: HostPath, store: DirectoryStore, signatures: SignatureCache?
    ) throws(LockingError) -> Diagnosed<Resolution> {
        try compare(manifest, previous, root, store, [], signatures, keeps: false)
    }

    private static func compare(
        _ manifest: Manifest, _ previous: Lockfile?, _ root: HostPath, _ store: DirectoryStore, _ update: Set<String>,
        _ signatures: SignatureCache?, keeps: Bool
    ) throws(LockingError) -> Diagnosed<Resolution> {
        var diagnostics = unknown(update, manifest)
        var data: [Lockfile.Entry<DataPin>] = []
        for entry in manifest.data {
            let reader = DataReader(manifest: manifest, root: root, store: store)
            let trusted = update.contains(entry.name) ? nil : signatures
            let result = try reader.read(entry, signatures: trusted, keeps: keeps)
            diagnostics += result.diagnostics
            if let pin = result.value { data.append(.init(entry.name, pin)) }
        }
        guard diagnostics.isEmpty else { return Diagnosed(nil, diagnostics) }
        let before = previous ?? Lockfile()
        let after = Lockfile(data: data, results: before.keepingResults(of: Set(manifest.stages.map(\.name))).results)
        return Diagnosed(Resolution(lockfile: after, changes: LockChange.between(before, after)))
    }

    private static func unknown(_ names: Set<String>, _ manifest: Manifest) -> [Diagnostic] {
        names.filter { manifest.data($0) == nil }.sorted(by: bytesPrecede).map { name in
            let meant = Suggestion.closest(to: name, among: manifest.data.map(\.name))
            return Diagnostic(
                code: "lock/unknown-data", "no data is named '\(name)'", at: nil,
                notes: meant.map { [Diagnostic.Note("did you mean '\($0)'?")] } ?? [])
        }
    }
}
