internal import Canonical
package import Platform

extension DirectoryStore {
    /// Turns a file or folder of the user into an object: its digest, and with `keep` its bytes in the store.
    ///
    /// The digest is that of the bytes that were stored; what changes while it is read is read again or refused. `path` itself
    /// may be a link; links further down are kept as links and must stay inside. Empty folders and executable bits count.
    /// mlbuild's own temporaries (`.mlbuild-*`) are no part of it, nor is what `ignoring` leaves out of a folder. With
    /// `signatures`, files that look as before are not read. `progress` is told now and then, by any thread.
    ///
    /// What is kept is durable after ``flush()``.
    /// - Complexity: one `stat` for each file and folder that looks as before; memory of some 100 bytes for each file.
    package func importData(
        _ path: HostPath, keep: Bool = true, signatures: SignatureCache? = nil, ignoring rules: IgnoreRules = .none,
        progress: (@Sendable (ImportProgress) -> Void)? = nil
    ) throws(ImportError) -> StoredObject {
        try DirectoryImport(store: self, keep: keep, signatures: signatures, rules: rules, progress: progress).run(path)
    }

    /// A number that stands for this store and for everything in it still being there; 0 when that cannot be said.
    ///
    /// Whatever leaves the store goes through its quarantine, which then looks different.
    func completeness() -> UInt64 {
        guard let now = stampTime(), let format = try? Files.status(root.appending(StoreFormat.fileName)),
            let quarantine = try? Files.status(root.appending("quarantine")), quarantine.signature.isSettled(asOf: now)
        else { return 0 }
        let digest = Digest.of(format.signature.bytes + quarantine.signature.bytes).bytes
        return digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// One import of a file or a folder.
struct DirectoryImport: Sendable {
    static let depthLimit = 256

    let store: DirectoryStore
    let keep: Bool
    let signatures: SignatureCache?
    let rules: IgnoreRules
    let progress: (@Sendable (ImportProgress) -> Void)?

    func run(_ path: HostPath) throws(ImportError) -> StoredObject {
        guard let status = try Self.asking({ () throws(SystemError) in try Files.status(path) }) else { throw .missing(path) }
        switch status.kind {
        case .regular: return try importFile(path, status)
        case .directory: return try FolderImport(self, root: path).run()
        case .symbolicLink, .other: throw .unsupported(path, what: Files.kindInWords(path) ?? "gone")
        }
    }

    private func importFile(_ path: HostPath, _ status: FileStatus) throws(ImportError) -> StoredObject {
        if let known = signatures?.digest(of: path, looking: status.signature) {
            // Nothing to read, unless it is to be kept and is not.
            let isThere = try Self.asking { () throws(SystemError) in try store.isPresent(known) }
            if isThere || !keep { return StoredObject(kind: .file, digest: known, size: status.size, files: 1) }
        }
        let file = try intake(allFiles: 1, allBytes: status.size).read(path, followLinks: true, isWatched: false, ReadBuffer())
        signatures?.record(path, file.signature, file.digest, asOf: file.now)
        return StoredObject(kind: .file, digest: file.digest, size: file.size, files: 1)
    }

    /// What reads files, and counts them for whoever wants to know.
    func intake(allFiles: Int, allBytes: Int?) -> FileIntake {
        let counter = progress.map { ImportCounter(allFiles: allFiles, allBytes: allBytes, $0) }
        return FileIntake(store: store, keep: keep, lag: signatures?.clockLag() ?? 0, counter: counter)
    }

    static func asking<Result>(_ body: () throws(SystemError) -> Result) throws(ImportError) -> Result {
        do throws(SystemError) {
            return try body()
        } catch {
            throw .refused(error)
        }
    }
}
