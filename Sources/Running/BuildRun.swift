import Diagnostics
import Locking
import Manifests
import Planning
import Platform
import Storage

/// One build, from the lock being held to the last file written.
struct BuildRun {
    private let workspace: Workspace
    private let options: BuildOptions
    private let builder: Builder
    private let lockfile: Lockfile
    private let files: LockedFiles
    private let lock: WorkspaceLock
    private let began: Int64
    private let folder: StateFolder

    /// - Parameter lockfile: the lock as it is now on disk; its pins are those of the plan.
    init(_ builder: Builder, lockfile: Lockfile, files: LockedFiles, lock: WorkspaceLock, began: Int64) {
        workspace = builder.workspace
        options = builder.options
        self.builder = builder
        self.lockfile = lockfile
        self.files = files
        self.lock = lock
        self.began = began
        folder = StateFolder(root: workspace.root)
    }

    func run() -> BuildReport {
        let started = Clock.wall()
        let selection = workspace.graph.selecting(options.stages)
        guard let selected = selection.value else { return builder.stopped([StageFailure(.problem, selection.diagnostics)], began) }
        let memory = options.rehash ? ContentMemory() : ContentMemory.load(folder)
        do throws(StageFailure) {
            let signatures = try StageFailure.world { () throws(SystemError) in
                options.rehash ? SignatureCache() : try SignatureCache.load(folder.signatures)
            }
            let reader = WorkspaceReader(workspace, memory: memory, signatures: signatures, began: lock.began)
            let intake = Intake(workspace, actions: selected, reader: reader, keeping: true)
            guard intake.failures.isEmpty || options.keepGoing else { return builder.stopped(intake.failures, began) }
            let places = OutputPlaces(workspace, reader: reader, claims: OutputClaims.load(folder))
            try StageFailure.storage { () throws(StoreError) in try workspace.store.flush() }
            try StageFailure.world { () throws(SystemError) in
                try places.claim(selected.flatMap { workspace.graph.actions[$0].outputs }, in: folder)
            }
            let results = perform(selected, intake, places)
            return finish(results, selected: selected, intake: intake, reader: reader, memory: memory, places: places, signatures, started)
        } catch {
            return builder.stopped([error], began)
        }
    }

    private func perform(_ selected: [Int], _ intake: Intake, _ places: OutputPlaces) -> [StageRun.Result] {
        builder.events(.started(stages: selected.count))
        let lookup = ResultLookup(store: workspace.store, lockfile: lockfile, history: History(folder))
        let stages = StageRun(
            workspace: workspace, options: options, performer: builder.performer, lookup: lookup, places: places, events: builder.events)
        return Crew(workspace: workspace, options: options, selected: selected, intake: intake, stages: stages).run()
    }

    /// Writes down what the build did: the lock first, because it is the only thing that cannot be had again.
    private func finish(
        _ results: [StageRun.Result], selected: [Int], intake: Intake, reader: WorkspaceReader, memory: ContentMemory,
        places: OutputPlaces, _ signatures: SignatureCache, _ started: Int64
    ) -> BuildReport {
        var failures: [StageFailure] = []
        let recorded = ResultRecording(workspace, lockfile: lockfile, files: files, isFrozen: options.locked).record(results.map(\.report))
        failures += recorded.failures
        let isComplete = failures.isEmpty && options.signal() == nil && results.allSatisfy { $0.report.outcome.hasResult }
        do throws(StageFailure) {
            try StageFailure.world { () throws(SystemError) in try places.settleClaims(in: folder) }
            // The index speaks of builds in sandboxes.
            let isSandboxed = results.allSatisfy { $0.report.isolation != Isolation.none }
            if isComplete, recorded.isCurrent, isSandboxed, let requirements = intake.requirements {
                let contents = intake.contents + requirements + results.flatMap(\.contents)
                let writer = NoOpIndexWriter(workspace, lockfile: recorded.lockfile, files: files, reader: reader)
                try writer.write(contents, stages: selected.map { workspace.graph.actions[$0].stage }, memory: memory)
            }
        } catch {
            failures.append(error)
        }
        let report = BuildReport(
            stages: results.map(\.report), failures: failures, lockfile: recorded.lockfile, lockWritten: recorded.isWritten,
            signal: options.signal(), seconds: Double(Clock.monotonic() - began) / 1e9)
        do throws(SystemError) {
            try signatures.save()
            try Journal.write(report, options: options, started: started, in: folder)
        } catch {
            return report.adding(.refused(error))
        }
        return report
    }
}
