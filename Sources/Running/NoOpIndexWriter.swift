import Diagnostics
import Locking
import Manifests
import Platform
import Storage

/// Writes the index after a build that left everything up to date.
struct NoOpIndexWriter {
    private let workspace: Workspace
    private let lockfile: Lockfile
    private let files: LockedFiles
    private let reader: WorkspaceReader
    private let folder: StateFolder

    /// - Parameter lockfile: what `mlops.lock` says now.
    init(_ workspace: Workspace, lockfile: Lockfile, files: LockedFiles, reader: WorkspaceReader) {
        self.workspace = workspace
        self.lockfile = lockfile
        self.files = files
        self.reader = reader
        folder = StateFolder(root: workspace.root)
    }

    /// Longest wait for signatures to settle, and most bytes that are read again for it.
    private static let longestWait: Int64 = 200_000_000
    private static let mostBytes = 256 << 20

    /// Writes the index over `contents`, each of which was found to be what the build of `stages` needs or gives.
    ///
    /// What changed just now has a signature that a further change within the same tick would not show. So the writer waits out
    /// the tick and reads such content again; what it does not read again counts as changed the next time.
    func write(_ contents: [Content], stages: [String], memory: ContentMemory) throws(StageFailure) {
        do throws(SystemError) {
            let marks = try IndexMarks.now(store: workspace.store.root)
            var index = NoOpIndexContent(
                stages: stages, coversAllStages: stages.count == workspace.manifest.stages.count, store: workspace.store.root,
                marks: marks)
            let texts = try signTexts()
            let now = try waitUntilSettled([texts] + contents.filter { !$0.isSettled }.map(\.signed))
            // The texts are read after the wait, and must still be what this build was about.
            guard try signTexts() == texts, (try? files.manifestIsSame()) == true, (try? files.lockfile()) == lockfile else { return }
            index.signed.append(texts, trusted: texts.isSettled(asOf: now))
            index.signed.appendAbsent(".mlbuild/busy".utf8)
            var left = Self.mostBytes
            let settled = contents.map { settle($0, asOf: now, &left) }
            for content in settled { index.signed.append(content.signed, trusted: content.isSettled) }
            let remembered = memory.updated(with: ContentMemory(settled))
            if remembered != memory { try remembered.store(in: folder) }
            if let bytes = index.encode() { try Files.write(bytes, to: folder.index) }
        } catch {
            throw .refused(error)
        }
    }

    private func settle(_ content: Content, asOf now: Int64, _ left: inout Int) -> Content {
        guard !content.isSettled, content.object.size <= left else { return content }
        left -= content.object.size
        // A file that refuses to be read again is looked at by the next build, which says so.
        let reader = reader.anew(asOf: now)
        guard
            let placed = try? reader.read(content.path, keeping: content.keeping, ignoring: content.rules, followLinks: true),
            case .content(let again) = placed, again.object == content.object
        else { return content }
        return again
    }

    private func signTexts() throws(SystemError) -> SignedPaths {
        var paths = PackedPaths()
        paths.append(Manifest.fileName.utf8)
        paths.append(Lockfile.fileName.utf8)
        return try SignedPaths(paths, root: workspace.root)
    }

    /// The time of the file system's clock, once it is past the ticks of all that has just changed.
    private func waitUntilSettled(_ signed: [SignedPaths]) throws(SystemError) -> Int64 {
        var now = try Files.stampTime(in: folder.path)
        let moment = signed.map(\.settled).filter { $0 < now + Self.longestWait }.max() ?? 0
        let deadline = Clock.monotonic() + 2 * Self.longestWait
        // The clock of a file system moves in steps, so one sleep may end just before the step.
        while now <= moment, Clock.monotonic() < deadline {
            Clock.sleep(nanoseconds: max(moment - now, 1_000_000))
            now = try Files.stampTime(in: folder.path)
        }
        return now
    }
}
