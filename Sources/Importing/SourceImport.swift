internal import Archives
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

    package func fetch(
        _ entry: DataEntry, atMost limit: Int? = nil, progress: (@Sendable (ImportProgress) -> Void)?
    ) throws(LockingError) -> FetchedData {
        guard let url = entry.url else { preconditionFailure("an entry that is fetched has a URL") }
        let address: SourceAddress
        do throws(RemoteAddress.Refused) {
            address = try SourceAddress.read(url)
        } catch {
            throw .source(SourceRefusal(entry: entry.name, reason: error.reason, isProblemOfInput: true))
        }
        let found = try content(of: address, for: entry, limit, progress)
        guard let unpacking = entry.unpack else { return FetchedData(object: found) }
        guard found.kind == .file else {
            throw .source(SourceRefusal(entry: entry.name, reason: "'unpack' takes an archive, and it is a folder", isProblemOfInput: true))
        }
        return FetchedData(object: try unpacked(found, unpacking, entry, progress), archive: found.digest)
    }

    private func content(
        of address: SourceAddress, for entry: DataEntry, _ limit: Int?, _ progress: (@Sendable (ImportProgress) -> Void)?
    ) throws(LockingError) -> StoredObject {
        if case .local(let path) = address { return try take(path, for: entry, progress) }
        do throws(RemoteError) {
            return try fetch(address, limit, progress)
        } catch {
            if case .store(let error) = error { throw .store(error) }
            var isTooLong = false
            if case .tooLong = error { isTooLong = true }
            throw .source(
                SourceRefusal(
                    entry: entry.name, reason: error.description, isProblemOfInput: error.isProblemOfInput,
                    isInterruption: error.isInterruption, isTooLong: isTooLong))
        }
    }

    private func fetch(
        _ address: SourceAddress, _ limit: Int?, _ progress: (@Sendable (ImportProgress) -> Void)?
    ) throws(RemoteError) -> StoredObject {
        let pace = Pace(progress)
        return try download.fetch(address, atMost: limit) { pace.tell($0) }
    }

    /// Tells how many bytes have come, ten times a second at most.
    private final class Pace {
        private let progress: (@Sendable (ImportProgress) -> Void)?
        private let began = Clock.monotonic()
        private var told = Clock.monotonic()

        init(_ progress: (@Sendable (ImportProgress) -> Void)?) { self.progress = progress }

        func tell(_ bytes: Int) {
            let now = Clock.monotonic()
            guard let progress, now - told >= SourceImport.interval else { return }
            told = now
            progress(ImportProgress(files: 0, allFiles: 1, bytes: bytes, allBytes: nil, seconds: Double(now - began) / 1e9))
        }
    }

    private func unpacked(
        _ archive: StoredObject, _ unpacking: DataEntry.Unpacking, _ entry: DataEntry, _ progress: (@Sendable (ImportProgress) -> Void)?
    ) throws(LockingError) -> StoredObject {
        let pace = Pace(progress)
        do throws(ArchiveIntake.Failure) {
            let intake = ArchiveIntake(store: store)
            return switch unpacking {
            case .archive: try intake.tree(of: archive) { pace.tell($0) }
            case .file: try intake.file(in: archive) { pace.tell($0) }
            }
        } catch {
            switch error {
            case .store(let error): throw .store(error)
            case .archive(let error):
                var isProblem = true
                if case .library = error { isProblem = false }
                throw .source(SourceRefusal(entry: entry.name, reason: error.description, isProblemOfInput: isProblem))
            }
        }
    }

    /// A file or folder of this machine, by the rules for data of the workspace.
    private func take(
        _ path: HostPath, for entry: DataEntry, _ progress: (@Sendable (ImportProgress) -> Void)?
    ) throws(LockingError) -> StoredObject {
        do throws(ImportError) {
            return try store.importData(path, keep: true, signatures: nil, progress: progress)
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
