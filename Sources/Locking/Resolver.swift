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
    /// What a URL names cannot be had.
    case source(SourceRefusal)

    package var description: String {
        switch self {
        case .store(let error): error.description
        case .source(let refusal): refusal.description
        }
    }
}

/// Told now and then, by any thread, how far the reading of a data entry has come.
package typealias DataProgress = @Sendable (_ entry: String, _ progress: ImportProgress) -> Void

/// Pins what a manifest takes from the outside world.
// SPEC: lockfile.md#resolving-mlbuild-lock
package enum Resolver {
    /// The lockfile for `manifest`, with all data that is read put into the store and durable there.
    ///
    /// The entries in `scope` and those without a pin are read; the others keep their pins, and nothing looks at their files. An entry with
    /// a URL is fetched when it has no pin, one of another URL, or is named in `scope`; without a `fetcher` that is `lock/unpinned-source`.
    /// Results of stages that the manifest still has are kept. Data that cannot be pinned is an error `lock/...` where the
    /// manifest names it, a name in `scope` that is no data is `lock/unknown-data`, and then there is no value. `progress` is told
    /// while data is read.
    ///
    /// - Throws: `.store` when the store refuses, `.source` when a URL does.
    /// - Complexity: one pass over the data that is read and not known by signature; the durability cost of one flush.
    package static func resolve(
        _ manifest: Manifest, previous: Lockfile?, root: HostPath, store: DirectoryStore, scope: ResolveScope = .everything,
        signatures: SignatureCache?, fetcher: (any DataFetcher)? = nil, progress: DataProgress? = nil
    ) throws(LockingError) -> Diagnosed<Resolution> {
        let result = try compare(manifest, previous, root, store, scope, signatures, fetcher, keeps: true, progress)
        guard result.value != nil else { return result }
        do throws(StoreError) {
            // A pin must not outlive the bytes it names.
            try store.flush()
        } catch {
            throw .store(error)
        }
        return result
    }

    /// The lockfile for `manifest` with the entries named in `update` read anew; of all entries when `update` is empty.
    package static func resolve(
        _ manifest: Manifest, previous: Lockfile?, root: HostPath, store: DirectoryStore, update: Set<String>,
        signatures: SignatureCache?
    ) throws(LockingError) -> Diagnosed<Resolution> {
        try resolve(
            manifest, previous: previous, root: root, store: store, scope: update.isEmpty ? .everything : .named(update),
            signatures: signatures)
    }

    /// What ``resolve(_:previous:root:store:scope:signatures:)`` would give; nothing is put into the store.
    package static func check(
        _ manifest: Manifest, previous: Lockfile?, root: HostPath, store: DirectoryStore, scope: ResolveScope = .everything,
        signatures: SignatureCache?
    ) throws(LockingError) -> Diagnosed<Resolution> {
        try compare(manifest, previous, root, store, scope, signatures, nil, keeps: false, nil)
    }

    private static func compare(
        _ manifest: Manifest, _ previous: Lockfile?, _ root: HostPath, _ store: DirectoryStore, _ scope: ResolveScope,
        _ signatures: SignatureCache?, _ fetcher: (any DataFetcher)?, keeps: Bool, _ progress: DataProgress?
    ) throws(LockingError) -> Diagnosed<Resolution> {
        let before = previous ?? Lockfile()
        let reader = DataReader(manifest: manifest, root: root, store: store, fetcher: fetcher)
        var diagnostics = unknown(scope, manifest)
        var data: [Lockfile.Entry<DataPin>] = []
        for entry in manifest.data {
            if let pin = before.pin(data: entry.name), scope.keeps(pin, of: entry) {
                data.append(.init(entry.name, pin))
                continue
            }
            let trusted = scope.trustsSignatures(of: entry.name) ? signatures : nil
            let result = try reader.read(entry, signatures: trusted, keeps: keeps, progress: progress)
            diagnostics += result.diagnostics
            if let pin = result.value { data.append(.init(entry.name, pin)) }
        }
        guard diagnostics.isEmpty else { return Diagnosed(nil, diagnostics) }
        let after = Lockfile(
            data: data, environments: before.environments, programs: before.programs, wheels: before.wheels,
            results: before.keepingResults(of: Set(manifest.stages.map(\.name))).results)
        return Diagnosed(Resolution(lockfile: after, changes: LockChange.between(before, after)))
    }

    private static func unknown(_ scope: ResolveScope, _ manifest: Manifest) -> [Diagnostic] {
        guard case .named(let names) = scope else { return [] }
        return names.filter { manifest.data($0) == nil }.sorted(by: bytesPrecede).map { name in
            let meant = Suggestion.closest(to: name, among: manifest.data.map(\.name))
            return Diagnostic(
                code: "lock/unknown-data", "no data is named '\(name)'", at: nil,
                notes: meant.map { [Diagnostic.Note("did you mean '\($0)'?")] } ?? [])
        }
    }
}
