import Locking
import Manifests
import Planning

/// Writes the results of a build into `mlops.lock`.
struct ResultRecording {
    struct Outcome {
        /// The lock with the results.
        let lockfile: Lockfile
        /// Whether the file on disk says exactly that, with the pins of the plan.
        let isCurrent: Bool
        let isWritten: Bool
        var failures: [StageFailure] = []
    }

    private let workspace: Workspace
    private let lockfile: Lockfile
    private let files: LockedFiles
    private let isFrozen: Bool

    /// - Parameter isFrozen: whether nothing may be written, as `--locked` asks.
    init(_ workspace: Workspace, lockfile: Lockfile, files: LockedFiles, isFrozen: Bool) {
        self.workspace = workspace
        self.lockfile = lockfile
        self.files = files
        self.isFrozen = isFrozen
    }

    /// Records what has a result; results of other stages stay, those of stages that are no longer declared go.
    func record(_ reports: [StageReport]) -> Outcome {
        let entries = reports.compactMap { report -> Lockfile.Entry<ResultPin>? in
            // What ran without a sandbox is for this machine only, and the lock is shared.
            guard report.outcome.hasResult, report.isolation != Isolation.none, let key = report.key else { return nil }
            let outputs = report.outputs.map { ResultPin.Output(name: $0.name, object: DataPin($0.object)) }
            return Lockfile.Entry(report.stage, ResultPin(key: key.digest, outputs: outputs))
        }
        let stages = Set(workspace.manifest.stages.map(\.name))
        do throws(StageFailure) {
            // Read again: pins that somebody wrote while the build ran are theirs, and stay.
            let current = try files.lockfile()
            let updated = (current ?? lockfile).recording(entries).keepingResults(of: stages)
            let isPlanned = updated.hasSamePins(as: lockfile)
            if current == updated { return Outcome(lockfile: updated, isCurrent: isPlanned, isWritten: false) }
            if isFrozen { return Outcome(lockfile: lockfile, isCurrent: false, isWritten: false) }
            try files.write(updated)
            return Outcome(lockfile: updated, isCurrent: isPlanned, isWritten: true)
        } catch {
            return Outcome(lockfile: lockfile, isCurrent: false, isWritten: false, failures: [error])
        }
    }
}
