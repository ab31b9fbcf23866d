import Diagnostics
import Locking
import Manifests
import Planning
import Platform
import Storage
import Synchronization

/// Brings the stages of a workspace up to date.
///
/// ```
/// lock the workspace -> take in data and files -> run the schedule -> write mlops.lock -> write index and journal
/// ```
package struct Builder: Sendable {
    let workspace: Workspace
    let options: BuildOptions
    let performer: any ActionPerformer
    let events: BuildEventSink

    package init(
        _ workspace: Workspace, performer: any ActionPerformer, options: BuildOptions = BuildOptions(),
        events: @escaping BuildEventSink = { _ in }
    ) {
        self.workspace = workspace
        self.options = options
        self.performer = performer
        // One at a time: whoever watches writes lines.
        let order = Mutex(())
        self.events = { event in order.withLock { _ in events(event) } }
    }

    /// Builds; whatever goes wrong stands in the report.
    ///
    /// Everything that the build changes stands or falls by itself: a result is recorded once it is durable, an output is
    /// replaced as one step, `mlops.lock` is replaced as one step at the end. A process that is killed leaves nothing half done
    /// that the next one would trust.
    ///
    /// - Parameter lock: the workspace's lock, if the caller holds it already; it is left held then.
    package func build(holding lock: WorkspaceLock? = nil) -> BuildReport {
        let began = Clock.monotonic()
        if options.dryRun {
            let report = Forecast(workspace, options: options).report()
            // What is wrong before the first stage stops all of them.
            return report.failures.isEmpty ? report : stopped(report.failures, began)
        }
        let held: WorkspaceLock
        do throws(SystemError) {
            if let lock {
                held = lock
            } else if let taken = try WorkspaceLock.acquire(root: workspace.root, onWait: { events(.waitingForLock(holder: $0)) }) {
                held = taken
            } else {
                preconditionFailure("a lock that is waited for is had")
            }
        } catch {
            return stopped(options.signal() == nil ? [.refused(error)] : [], began)
        }
        let report = build(under: held, began)
        // Where the world refused one thing, it may have refused to take away another.
        if report.wasRefused { held.expectLeftovers() }
        if lock != nil { return report }
        do throws(SystemError) {
            try held.release()
        } catch {
            return report.adding(.refused(error))
        }
        return report
    }

    private func build(under lock: WorkspaceLock, _ began: Int64) -> BuildReport {
        do throws(StageFailure) {
            let files = LockedFiles(workspace)
            return BuildRun(self, lockfile: try files.confirmed(), files: files, lock: lock, began: began).run()
        } catch {
            return stopped([error], began)
        }
    }

    /// The report of a build that did not come to its first stage.
    func stopped(_ failures: [StageFailure], _ began: Int64) -> BuildReport {
        BuildReport(
            stages: workspace.graph.actions.map { StageReport($0.stage, .notStarted) }, failures: failures, lockfile: workspace.lockfile,
            lockWritten: false, signal: options.signal(), seconds: Double(Clock.monotonic() - began) / 1e9)
    }
}

extension BuildReport {
    /// Whether the world refused anything on the way.
    fileprivate var wasRefused: Bool {
        let failed = stages.compactMap { if case .failed(let failure) = $0.outcome { failure } else { nil } }
        return (failures + failed).contains { $0.status == .refused }
    }

    func adding(_ failure: StageFailure) -> BuildReport {
        BuildReport(
            stages: stages, failures: failures + [failure], lockfile: lockfile, lockWritten: lockWritten, signal: signal, seconds: seconds)
    }
}
