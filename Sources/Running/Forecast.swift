package import Canonical
import Diagnostics
import Locking
import Manifests
import Planning
import Platform
package import Storage

/// What a build would do, found out without doing it.
package struct Forecast: Sendable {
    private let workspace: Workspace
    private let options: BuildOptions

    package init(_ workspace: Workspace, options: BuildOptions = BuildOptions()) {
        self.workspace = workspace
        self.options = options
    }

    /// What a build would do with each stage, as far as that can be known without running anything.
    ///
    /// Where data or another input is not as it must be, ``BuildReport/failures`` says so, and a build would not begin; the
    /// stages that take it have failed then, those downstream are skipped, and all others are as they would be without it.
    /// Nothing in the workspace is changed; a damaged object that is come across is moved to quarantine.
    package func report() -> BuildReport {
        let began = Clock.monotonic()
        let found = look()
        // A build that keeps going stops for none of the inputs; then the stages say what is wrong with them.
        let failures = options.keepGoing && found.intake != nil ? [] : found.failures
        return BuildReport(
            stages: found.stages, failures: failures, lockfile: workspace.lockfile, lockWritten: false, signal: options.signal(),
            seconds: Double(Clock.monotonic() - began) / 1e9)
    }

    /// Why `stage` would run, or why it would not, down to the parts of its key that changed.
    ///
    /// The stage is one of the graph.
    package func explain(_ stage: String) -> Explanation {
        var narrowed = options
        narrowed.stages = [stage]
        let found = Forecast(workspace, options: narrowed).look()
        let lookup = ResultLookup(store: workspace.store, lockfile: workspace.lockfile, history: History(StateFolder(root: workspace.root)))
        let lastKey = lookup.lastKey(of: stage)
        if let cause = found.cause(of: stage) {
            return Explanation(report: StageReport(stage, .failed(cause)), lastKey: lastKey, differences: [], upstream: [])
        }
        guard let report = found.report(of: stage), let index = workspace.graph.index(of: stage) else {
            preconditionFailure("a stage that is looked at has a report, or a failure says why not")
        }
        let action = workspace.graph.actions[index]
        let document = lastKey.flatMap { lookup.document(of: $0, stage: stage) }
        var differences: [KeyDifference] = []
        if let document, report.key?.digest != lastKey {
            let (planned, open) = plannedKey(action, report, found)
            // What is not known yet has not changed yet.
            differences = KeyDifference.between(document, planned.document).filter { !open.contains($0.part) }
        }
        let upstream = found.stages.filter { $0.stage != stage && !$0.outcome.hasResult }
        return Explanation(report: report, lastKey: lastKey, differences: differences, upstream: upstream)
    }

    /// The key as far as it is known, and the parts of it that are not.
    private func plannedKey(_ action: Action, _ report: StageReport, _ found: Findings) -> (ActionKey, open: Set<String>) {
        if let key = report.key { return (key, []) }
        var open: Set<String> = []
        let inputs = action.inputs.map { input -> (name: String, digest: Digest, kind: ObjectKind) in
            if let object = found.object(input, workspace) { return (input.name, object.digest, object.kind) }
            open.formUnion(["inputs.\(input.name)", "inputs.\(input.name).kind"])
            return (input.name, Digest.of([]), .file)
        }
        return (ActionKey.of(action, inputs: inputs), open)
    }

    /// What a look at the workspace finds.
    private struct Findings {
        var stages: [StageReport] = []
        var failures: [StageFailure] = []
        var intake: Intake?

        func report(of stage: String) -> StageReport? {
            stages.first { $0.stage.utf8.elementsEqual(stage.utf8) }
        }

        /// Everything that keeps `stage`, the only one asked for, from being built; nil when nothing does.
        func cause(of stage: String) -> StageFailure? {
            if let first = failures.first {
                return StageFailure(first.status, failures.flatMap(\.diagnostics), sources: failures.flatMap(\.sources))
            }
            guard case .skipped(let root) = report(of: stage)?.outcome, case .failed(let failure) = report(of: root)?.outcome else {
                return nil
            }
            return failure
        }

        /// The artifact on an input, once it is known.
        func object(_ input: ActionInput, _ workspace: Workspace) -> StoredObject? {
            switch input.source {
            case .pinned(_, let pin): return pin.object
            case .file(let path): return intake?.files[path]?.object
            case .output(let stage, let name):
                return report(of: stage)?.outputs.first { $0.name.utf8.elementsEqual(name.utf8) }?.object
            }
        }
    }

    private func look() -> Findings {
        let selection = workspace.graph.selecting(options.stages)
        guard let selected = selection.value else { return Findings(failures: [StageFailure(.problem, selection.diagnostics)]) }
        do throws(StageFailure) {
            let reader = try makeReader()
            let intake = Intake(workspace, actions: selected, reader: reader, keeping: false)
            return Findings(stages: stages(selected, intake, reader), failures: intake.failures, intake: intake)
        } catch {
            return Findings(stages: selected.map { StageReport(workspace.graph.actions[$0].stage, .notStarted) }, failures: [error])
        }
    }

    /// The state of each data entry of the manifest, in its order.
    package func data() -> [DataReport] {
        let reader: Result<WorkspaceReader, StageFailure>
        do throws(StageFailure) {
            reader = .success(try makeReader())
        } catch {
            reader = .failure(error)
        }
        return workspace.manifest.data.map { entry in
            guard let pin = workspace.lockfile.pin(data: entry.name) else { return DataReport(data: entry.name, state: .unpinned) }
            do throws(StageFailure) {
                return DataReport(data: entry.name, state: try state(of: entry, pin, reader))
            } catch {
                return DataReport(data: entry.name, state: .unreadable(error.message))
            }
        }
    }

    private func state(
        of entry: DataEntry, _ pin: DataPin, _ reader: Result<WorkspaceReader, StageFailure>
    ) throws(StageFailure) -> DataReport.State {
        let pinned = pin.object
        guard case .path(let path) = entry.origin else {
            guard pin.source?.serves(entry) == true else { return .otherSource }
            let isStored = try StageFailure.storage { () throws(StoreError) in try workspace.store.contains(pinned.digest) }
            return isStored ? .current(pinned) : .notStored
        }
        if pin.ignore != entry.ignore { return .otherRules }
        switch try reader.get().read(path, ignoring: entry.rules, followLinks: true) {
        case .absent: return .missing
        case .other(let reason): return .unreadable(reason)
        case .content(let content):
            return content.object == pinned ? .current(pinned) : .differs(found: content.object.digest, pinned: pinned.digest)
        }
    }

    private func makeReader() throws(StageFailure) -> WorkspaceReader {
        let folder = StateFolder(root: workspace.root)
        do throws(SystemError) {
            let signatures = options.rehash ? SignatureCache() : try SignatureCache.load(folder.signatures)
            let memory = options.rehash ? ContentMemory() : ContentMemory.load(folder)
            return WorkspaceReader(workspace, memory: memory, signatures: signatures, began: 0)
        } catch {
            throw .refused(error)
        }
    }

    private func stages(_ selected: [Int], _ intake: Intake, _ reader: WorkspaceReader) -> [StageReport] {
        let folder = StateFolder(root: workspace.root)
        let places = OutputPlaces(workspace, reader: reader, claims: OutputClaims.load(folder))
        let lookup = ResultLookup(store: workspace.store, lockfile: workspace.lockfile, history: History(folder))
        let stage = StageForecast(workspace: workspace, options: options, lookup: lookup, places: places)
        var known: [Int: StageReport] = [:]
        for index in selected {
            let action = workspace.graph.actions[index]
            if let refused = action.inputs.lazy.compactMap({ intake.refused[$0.source] }).first {
                known[index] = StageReport(action.stage, .failed(refused))
                continue
            }
            let upstream = workspace.graph.dependencies(of: index)
            if let root = upstream.lazy.compactMap({ known[$0]?.rootOfFailure }).first {
                known[index] = StageReport(action.stage, .skipped(because: root))
                continue
            }
            let open = upstream.filter { known[$0]?.outcome.hasResult != true }
            if !open.isEmpty, options.forces(action.stage) {
                known[index] = stage.forced(action)
                continue
            }
            if !open.isEmpty {
                known[index] = StageReport(action.stage, .wouldFollow(open.map { workspace.graph.actions[$0].stage }))
                continue
            }
            let inputs = action.inputs.map { input in
                InputBinding(workspace, intake).bind(input) { producer, output in
                    guard let upstream = workspace.graph.index(of: producer),
                        let made = known[upstream]?.outputs.first(where: { $0.name.utf8.elementsEqual(output.utf8) })
                    else { preconditionFailure("what is upstream has a result before its dependents are looked at") }
                    return made.object
                }
            }
            known[index] = stage.report(action, inputs)
        }
        return selected.compactMap { known[$0] }
    }
}

/// The state of a data entry.
package struct DataReport: Hashable, Sendable {
    package enum State: Hashable, Sendable {
        case current(StoredObject)
        case differs(found: Digest, pinned: Digest)
        /// The manifest leaves other names out of it than the pin does.
        case otherRules
        case missing
        /// It has a URL, and the store does not have it: a build fetches it.
        case notStored
        /// It has another URL than the one that it was pinned from.
        case otherSource
        case unreadable(String)
        /// The lock has no pin for it.
        case unpinned
    }

    package let data: String
    package let state: State

    package init(data: String, state: State) {
        self.data = data
        self.state = state
    }
}

extension StageReport {
    /// The stage whose failure keeps those downstream of this one from being built.
    fileprivate var rootOfFailure: String? {
        switch outcome {
        case .failed: stage
        case .skipped(let root): root
        case .upToDate, .restored, .ran, .cancelled, .notStarted, .wouldRestore, .wouldRun, .wouldFollow: nil
        }
    }
}

/// What would become of one stage whose inputs are known.
private struct StageForecast {
    let workspace: Workspace
    let options: BuildOptions
    let lookup: ResultLookup
    let places: OutputPlaces

    func report(_ action: Action, _ inputs: [ActionInputs.Bound]) -> StageReport {
        let key = ActionKey.of(action, inputs: inputs.map { ($0.port, $0.object.digest, $0.object.kind) })
        let check = LockCheck(workspace: workspace, lookup: lookup, isFrozen: options.locked)
        do throws(StageFailure) {
            try check.key(action, key)
            if options.forces(action.stage) { return forced(action, key) }
            switch try find(action, key) {
            case .unknown(let reason):
                try refuseForeign(action, nil)
                return StageReport(action.stage, .wouldRun(reason), key)
            case .known(let outputs):
                try check.stored(action, key, outputs)
                let restored = try refuseForeign(action, outputs)
                return StageReport(action.stage, restored.isEmpty ? .upToDate : .wouldRestore(restored), key, outputs)
            }
        } catch {
            return StageReport(action.stage, .failed(error), key)
        }
    }

    /// What becomes of a stage that runs whatever its inputs are; the key is nil while they are not known.
    func forced(_ action: Action, _ key: ActionKey? = nil) -> StageReport {
        do throws(StageFailure) {
            try refuseForeign(action, nil)
            return StageReport(action.stage, .wouldRun(.forced), key)
        } catch {
            return StageReport(action.stage, .failed(error), key)
        }
    }

    private func find(_ action: Action, _ key: ActionKey) throws(StageFailure) -> ResultLookup.Answer {
        do throws(StoreError) {
            return try lookup.find(action, key)
        } catch {
            throw .store(error)
        }
    }

    /// The outputs that would be written; an error when something that mlbuild did not write is in the way of one.
    @discardableResult
    private func refuseForeign(_ action: Action, _ outputs: [NamedObject]?) throws(StageFailure) -> [Restoration] {
        var restored: [Restoration] = []
        for (index, output) in action.outputs.enumerated() {
            let earlier = lookup.earlier(action, output)
            switch try places.standing(of: output, target: outputs?[index].object, earlier: earlier) {
            case .inPlace: continue
            case .foreign: throw .foreignOutput(output.path, at: workspace.location(ofStage: action.stage))
            case .writable(let reason): restored.append(Restoration(output: output.name, path: output.path, reason: reason))
            }
        }
        return restored
    }
}
