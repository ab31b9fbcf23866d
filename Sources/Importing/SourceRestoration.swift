package import Locking
package import Manifests
package import Storage

/// Brings data with a URL back into a store that lacks it: as it is pinned, or not at all.
package struct SourceRestoration: Sendable {
    /// What a URL gives now, where other bytes are pinned.
    package struct Changed: Error, Hashable, Sendable {
        package let entry: String
        /// Nil for more bytes than are pinned, which were not read to their end.
        package let found: DataPin?
        package let pinned: DataPin
    }

    package enum Failure: Error, Hashable, Sendable {
        case locking(LockingError)
        case changed(Changed)
    }

    private let store: DirectoryStore
    private let fetcher: any DataFetcher

    package init(_ store: DirectoryStore, _ fetcher: any DataFetcher) {
        self.store = store
        self.fetcher = fetcher
    }

    /// The entries among those that are pinned from where they ask for, and of which the store lacks something.
    ///
    /// - Complexity: one look per object of trees, one for a file.
    package func lacking(_ manifest: Manifest, _ lockfile: Lockfile) throws(StoreError) -> [(entry: DataEntry, pin: DataPin)] {
        var result: [(entry: DataEntry, pin: DataPin)] = []
        for entry in manifest.data {
            guard let pin = lockfile.pin(data: entry.name), pin.source?.serves(entry) == true else { continue }
            if try !store.missing(in: pin.object).isEmpty { result.append((entry, pin)) }
        }
        return result
    }

    /// Fetches one entry anew, and makes it durable.
    ///
    /// - Throws: `.changed` when what came is not what is pinned.
    package func restore(
        _ entry: DataEntry, _ pin: DataPin, progress: (@Sendable (ImportProgress) -> Void)? = nil
    ) throws(Failure) {
        let fetched: FetchedData
        do throws(LockingError) {
            // How long an archive was is not pinned.
            fetched = try fetcher.fetch(entry, atMost: entry.unpack == nil ? pin.size : nil, progress: progress)
            do throws(StoreError) { try store.flush() } catch { throw .store(error) }
        } catch {
            if case .source(let refusal) = error, refusal.isTooLong {
                throw .changed(Changed(entry: entry.name, found: nil, pinned: pin))
            }
            throw .locking(error)
        }
        guard fetched.object == pin.object else {
            throw .changed(Changed(entry: entry.name, found: DataPin(fetched.object), pinned: pin))
        }
    }
}
