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
        let keeping: DataKeeping = keep ? .everything : .nothing
        return try DirectoryImport(
            store: self, keeping: keeping, signatures: signatures, rules: rules, progress: progress, label: nil
        ).run(path).object
    }

    /// As ``importData(_:keep:signatures:ignoring:progress:)``, with what everything looked like.
    ///
    /// - Parameter label: what stands for `path` in ``DataLook/paths``, such as a path from a workspace on; nil: nothing is listed.
    package func survey(
        _ path: HostPath, keeping: DataKeeping, signatures: SignatureCache?, ignoring rules: IgnoreRules = .none, label: [UInt8]?,
        progress: (@Sendable (ImportProgress) -> Void)? = nil
    ) throws(ImportError) -> DataLook {
        try DirectoryImport(
            store: self, keeping: keeping, signatures: signatures, rules: rules, progress: progress, label: label
        ).run(path)
    }

    /// A number that stands for this store and for everything in it still being there; 0 when that cannot be said.
    ///
    /// Whatever leaves the store goes through its quarantine, which then looks different.
    func completeness(_ keeping: DataKeeping) -> UInt64 {
        guard keeping != .nothing else { return 0 }
        let whole = completeness()
        // What has all the trees need not have the files.
        return keeping == .everything || whole == 0 ? whole : ~whole
    }

    private func completeness() -> UInt64 {
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
    let keeping: DataKeeping
    let signatures: SignatureCache?
    let rules: IgnoreRules
    let progress: (@Sendable (ImportProgress) -> Void)?
    /// What stands for the path in the list of what was looked at; nil for no list.
    let label: [UInt8]?

    /// Whether the store is to have the contents of files.
    var keep: Bool { keeping == .everything }

    func run(_ path: HostPath) throws(ImportError) -> DataLook {
        guard let status = try Self.asking({ () throws(SystemError) in try Files.status(path) }) else { throw .missing(path) }
        switch status.kind {
        case .regular: return try importFile(path, status)
        case .directory: return try importFolder(path)
        case .symbolicLink, .other: throw .unsupported(path, what: Files.kindInWords(path) ?? "gone")
        }
    }

    private func importFolder(_ path: HostPath) throws(ImportError) -> DataLook {
        let work = FolderImport(self, root: path)
        let look = try work.run()
        // What it believed to be in the store may have been collected meanwhile; what it claims from here on is not.
        if work.completeness == 0 || store.completeness(keeping) == work.completeness { return look }
        return try FolderImport(self, root: path, believes: false).run()
    }

    private func importFile(_ path: HostPath, _ status: FileStatus) throws(ImportError) -> DataLook {
        if let known = signatures?.digest(of: path, looking: status.signature) {
            // Nothing to read, unless it is to be kept and is not.
            var isEnough = !keep
            if keep { isEnough = try Self.storing { () throws(StoreError) in try store.contains(known) } }
            if isEnough { return look(known, status.signature, isWatchable: true) }
        }
        let file = try intake(allFiles: 1, allBytes: status.size).read(path, followLinks: true, isWatched: false, ReadBuffer())
        signatures?.record(path, file)
        return look(file.digest, file.signature, isWatchable: file.now != nil)
    }

    private func look(_ digest: Digest, _ signature: StatSignature, isWatchable: Bool) -> DataLook {
        let object = StoredObject(kind: .file, digest: digest, size: Int(signature.size), files: 1)
        return DataLook(
            object: object, paths: label.map { $0 + [0] } ?? [], signatures: label == nil ? [] : signature.bytes, isWatchable: isWatchable)
    }

    /// What reads files, and counts them for whoever wants to know.
    func intake(allFiles: Int, allBytes: Int?) -> FileIntake {
        let counter = progress.map { ImportCounter(allFiles: allFiles, allBytes: allBytes, $0) }
        return FileIntake(
            store: store, keep: keep, lag: signatures?.clockLag() ?? 0, counter: counter, hasSpareCores: 2 * allFiles <= Host.coreCount)
    }

    static func storing<Result>(_ body: () throws(StoreError) -> Result) throws(ImportError) -> Result {
        do throws(StoreError) { return try body() } catch { throw .store(error) }
    }

    static func asking<Result>(_ body: () throws(SystemError) -> Result) throws(ImportError) -> Result {
        do throws(SystemError) {
            return try body()
        } catch {
            throw .refused(error)
        }
    }
}
