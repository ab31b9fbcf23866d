package import Locking
package import Manifests
internal import Platform
package import Remotes
package import Storage

/// Fetches what the URL of a data entry names.
// SPEC: manifest.md#data
package struct SourceImport: DataFetcher {
    private static let interval: Int64 = 100_000_000

    private let store: DirectoryStore
    private let download: SourceDownload

    package init(_ store: DirectoryStore, _ download: SourceDownload) {
        self.store = store
        self.download = download
    }

    package func fetch(_ entry: DataEntry, progress: (@Sendable (ImportProgress) -> Void)?) throws(LockingError) -> FetchedData {
        guard let url = entry.url else { preconditionFailure("an entry that is fetched has a URL") }
        if entry.unpack {
            throw .source(
                SourceRefusal(
                    entry: entry.name, reason: "this version does not unpack archives; name what is in it, or unpack it in the workspace",
                    isProblemOfInput: true))
        }
        let address: SourceAddress
        do throws(RemoteAddress.Refused) {
            address = try SourceAddress.read(url)
        } catch {
            throw .source(SourceRefusal(entry: entry.name, reason: error.reason, isProblemOfInput: true))
        }
        if case .local(let path) = address { return try take(path, for: entry, progress) }
        do throws(RemoteError) {
            return FetchedData(object: try fetch(address, progress))
        } catch {
            if case .store(let error) = error { throw .store(error) }
            throw .source(
                SourceRefusal(
                    entry: entry.name, reason: error.description, isProblemOfInput: error.isProblemOfInput,
                    isInterruption: error.isInterruption))
        }
    }

    private func fetch(_ address: SourceAddress, _ progress: (@Sendable (ImportProgress) -> Void)?) throws(RemoteError) -> StoredObject {
        let began = Clock.monotonic()
        var told = began
        return try download.fetch(address) { bytes in
            let now = Clock.monotonic()
            guard let progress, now - told >= Self.interval else { return }
            told = now
            progress(ImportProgress(files: 0, allFiles: 1, bytes: bytes, allBytes: nil, seconds: Double(now - began) / 1e9))
        }
    }

    /// A file or folder of this machine, by the rules for data of the workspace.
    private func take(
        _ path: HostPath, for entry: DataEntry, _ progress: (@Sendable (ImportProgress) -> Void)?
    ) throws(LockingError) -> FetchedData {
        do throws(ImportError) {
            return FetchedData(object: try store.importData(path, keep: true, signatures: nil, progress: progress))
        } catch {
            switch error {
            case .store(let error): throw .store(error)
            case .refused(let error) where error.isInterruption:
                throw .source(SourceRefusal(entry: entry.name, reason: error.description, isInterruption: true))
            case .refused: throw .source(SourceRefusal(entry: entry.name, reason: "\(error)"))
            default: throw .source(SourceRefusal(entry: entry.name, reason: "\(error)", isProblemOfInput: true))
            }
        }
    }
}
