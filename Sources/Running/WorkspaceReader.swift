import Manifests
import Platform
import Storage

/// Reads what lies in the workspace: its digests, and the signatures by which a change will show.
struct WorkspaceReader: Sendable {
    private let workspace: Workspace
    private let memory: ContentMemory
    /// What is known of the files by their signatures.
    let signatures: SignatureCache
    /// A moment of the file system's clock before anything was read.
    private let began: Int64

    /// - Parameters:
    ///   - memory: what earlier builds found, to be believed where signatures are the same.
    init(_ workspace: Workspace, memory: ContentMemory, signatures: SignatureCache, began: Int64) {
        self.workspace = workspace
        self.memory = memory
        self.signatures = signatures
        self.began = began
    }

    /// A reader that reads after the moment `now` whatever had not settled when it was read before.
    func anew(asOf now: Int64) -> WorkspaceReader {
        WorkspaceReader(workspace, memory: ContentMemory(), signatures: signatures, began: now)
    }

    /// A file that somebody keeps changing is given up after so many tries.
    private static let tries = 3

    /// What lies at `path`, without what `rules` leave out of a folder, put into the store as `keeping` says.
    ///
    /// An output that somebody has open for writing is not refused: it is nothing that a build made.
    ///
    /// - Throws: ``StageFailure`` when the world refuses, or when the content changes faster than it can be read.
    /// - Complexity: one `stat` for each file and folder that looks as before.
    func read(
        _ path: RelativePath, keeping: DataKeeping = .nothing, ignoring rules: IgnoreRules = .none, followLinks: Bool = false,
        isOutput: Bool = false
    ) throws(StageFailure) -> Placed {
        for _ in 0..<Self.tries {
            if let placed = try readOnce(path, keeping, rules, followLinks, isOutput) { return placed }
        }
        throw .unsteady(path, at: nil)
    }

    /// Nil when the content changed while it was read.
    private func readOnce(
        _ path: RelativePath, _ keeping: DataKeeping, _ rules: IgnoreRules, _ followLinks: Bool, _ isOutput: Bool
    ) throws(StageFailure) -> Placed? {
        let place = workspace.path(path)
        guard let before = try status(path, followLinks) else { return .absent }
        switch before.kind {
        case .regular, .directory: break
        case .symbolicLink: return .other(reason: "it is a symbolic link")
        case .other: return .other(reason: "it is \(Files.kindInWords(place) ?? "gone")")
        }
        if before.kind == .regular, let known = memory[path], known.signed == SignedPaths(path.text.utf8, before.signature) {
            return .content(known)
        }
        let look: DataLook
        do throws(ImportError) {
            look = try workspace.store.survey(
                place, keeping: keeping, signatures: signatures, ignoring: rules, label: Array(path.text.utf8))
        } catch {
            switch error {
            case .missing, .changing: return nil
            case .openForWriting where isOutput: return .other(reason: error.description)
            case .openForWriting: throw .openForWriting(path)
            case .refused(let refusal): throw .refused(refusal)
            case .store(let refusal): throw .store(refusal)
            case .unsupported, .escapingLink, .danglingLink, .tooDeep: return .other(reason: error.description)
            }
        }
        // The same thing as before, and no link put into its place.
        guard let signed = SignedPaths(paths: look.paths, signatures: look.signatures), let after = try status(path, followLinks),
            after.kind == before.kind, look.signatures.starts(with: after.signature.bytes)
        else { return nil }
        return .content(
            Content(
                path: path, rules: rules, keeping: keeping, object: look.object, signed: signed,
                isSettled: look.isWatchable && signed.isSettled(asOf: began)))
    }

    private func status(_ path: RelativePath, _ followLinks: Bool) throws(StageFailure) -> FileStatus? {
        try StageFailure.world { () throws(SystemError) in try Files.status(workspace.path(path), followLinks: followLinks) }
    }

    /// What has just been written to `path`, and is known to be `object`.
    ///
    /// - Throws: when something else lies there already.
    func written(_ object: StoredObject, to path: RelativePath) throws(SystemError) -> Content? {
        guard let status = try Files.status(workspace.path(path), followLinks: false) else { return nil }
        return Content(path: path, object: object, signed: try sign(path, status), isSettled: false)
    }

    /// Every file and folder at `path` with its signature.
    private func sign(_ path: RelativePath, _ status: FileStatus) throws(SystemError) -> SignedPaths {
        if status.kind != .directory { return SignedPaths(path.text.utf8, status.signature) }
        var paths = PackedPaths()
        paths.append(path.text.utf8)
        var folders = [Array(path.text.utf8)]
        while let folder = folders.popLast() {
            for entry in try Files.list(workspace.root.appending(folder)) {
                let inner = folder + [UInt8(ascii: "/")] + entry.name
                paths.append(inner)
                // Links inside a folder are signed, not walked: what they may lead to lies in the folder too.
                if entry.kind == .directory { folders.append(inner) }
            }
        }
        return try SignedPaths(paths, root: workspace.root)
    }
}
