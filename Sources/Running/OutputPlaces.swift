import Canonical
import Diagnostics
import Manifests
import Platform
import Storage
import Synchronization

/// Puts results where they belong in the workspace, and overwrites there only what mlbuild wrote itself.
final class OutputPlaces: Sendable {
    private struct State {
        var claims: OutputClaims
        /// Claimed by this build, and not yet written.
        var unused: Set<RelativePath> = []
        /// Folders that are known to be real ones of the workspace.
        var folders: Set<String> = []
    }

    private let workspace: Workspace
    private let reader: WorkspaceReader
    private let state: Mutex<State>

    init(_ workspace: Workspace, reader: WorkspaceReader, claims: OutputClaims) {
        self.workspace = workspace
        self.reader = reader
        state = Mutex(State(claims: claims))
    }

    /// Claims the paths of `outputs` at which nothing lies, and stores the claims.
    ///
    /// Before anything is written, so that what a killed build leaves behind is known as mlbuild's own.
    func claim(_ outputs: [StageOutput], in folder: StateFolder) throws(SystemError) {
        try state.withLock { (state) throws(SystemError) in
            for output in outputs where !state.claims.paths.contains(output.path) {
                guard try Files.status(workspace.path(output.path), followLinks: false) == nil else { continue }
                state.claims.claim(output.path)
                state.unused.insert(output.path)
            }
            try state.claims.store(in: folder)
        }
    }

    /// Stores the claims that stand after the build: not those on paths that were never written.
    func settleClaims(in folder: StateFolder) throws(SystemError) {
        try state.withLock { (state) throws(SystemError) in
            for path in state.unused { state.claims.release(path) }
            state.unused = []
            try state.claims.store(in: folder)
        }
    }

    /// How a result relates to what lies at its place.
    enum Standing {
        case inPlace(Content)
        case writable(RestoreReason)
        /// Something that mlbuild did not write lies there.
        case foreign
    }

    /// How `output` stands when `target` belongs there, or, with nil, anything that is not there yet.
    ///
    /// `earlier` is the object that the last recorded build put there.
    func standing(of output: StageOutput, target: StoredObject?, earlier: Digest?) throws(StageFailure) -> Standing {
        let placed = try reader.read(output.path, isOutput: true)
        if case .content(let content) = placed, content.object == target {
            state.withLock { $0.claims.claim(output.path) }
            return .inPlace(content)
        }
        let isClaimed = state.withLock { $0.claims.paths.contains(output.path) }
        switch placed {
        case .absent: return .writable(.missing)
        case .other: return isClaimed ? .writable(.altered) : .foreign
        case .content(let content):
            if content.object.digest == earlier { return .writable(.outdated) }
            if isClaimed { return .writable(earlier == target?.digest ? .altered : .outdated) }
            // The state was lost, say; the bytes are kept in the store, so nothing is lost by replacing them here.
            do throws(StoreError) {
                return try workspace.store.contains(content.object.digest) ? .writable(.outdated) : .foreign
            } catch {
                throw .store(error)
            }
        }
    }

    enum Writing {
        case written(Content)
        /// The store does not have the bytes after all; what it had instead is in quarantine.
        case lost(isCorrupt: Bool)
    }

    /// Writes `target` from the store to the place of `output`, whose standing is `.writable`.
    func write(_ target: StoredObject, to output: StageOutput, at location: Diagnostic.Location) throws(StageFailure) -> Writing {
        try makeFolder(above: output.path, at: location)
        state.withLock { state in
            state.claims.claim(output.path)
            state.unused.remove(output.path)
        }
        do throws(StoreError) {
            try workspace.store.materialise(target, at: workspace.path(output.path))
        } catch {
            switch error {
            case .missing: return .lost(isCorrupt: false)
            case .corrupt, .notTree, .recordAheadOfObject: return .lost(isCorrupt: true)
            // The store gives; it may be the workspace's disk that does not take.
            case .refused(let system) where !system.concerns(workspace.store.root): throw .refused(system)
            case .refused, .newerFormat: throw .store(error)
            }
        }
        do throws(SystemError) {
            if let content = try reader.written(target, to: output.path) { return .written(content) }
        } catch {
            throw .refused(error)
        }
        throw .unsteady(output.path, at: location)
    }

    /// Makes the folders above an output, each a real one: a link would lead the output out of the workspace.
    private func makeFolder(above path: RelativePath, at location: Diagnostic.Location) throws(StageFailure) {
        var folder = ""
        for component in path.components.dropLast() {
            folder += folder.isEmpty ? String(component) : "/" + component
            let known = folder
            if state.withLock({ $0.folders.contains(known) }) { continue }
            let place = workspace.root.appending(folder)
            let kind: FileKind?
            do throws(SystemError) {
                kind = try Files.status(place, followLinks: false)?.kind
                if kind == nil { try Files.makeDirectories(place) }
            } catch {
                throw .refused(error)
            }
            guard kind == nil || kind == .directory else {
                throw .blockedOutput(folder, Files.kindInWords(place) ?? "no folder", at: location)
            }
            state.withLock { _ = $0.folders.insert(known) }
        }
    }
}
