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

    /// The report that a build would give, as far as that can be known without running anything.
    ///
    /// Nothing in the workspace is changed; a damaged object that is come across is moved to quarantine.
    package func report() -> BuildReport {
        let began = Clock.monotonic()
        let found = look()
        return BuildReport(
            stages: found.stages, failures: found.failures, lockfile: workspace.lockfile, lockWritten: false, signal: options.signal(),
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
        guard let report = found.stages.last(where: { $0.stage.utf8.elementsEqual(stage.utf8) }),
            let index = workspace.graph.index(of: stage)
        else {
            let failure = found.failures.first.map(StageOutcome.failed) ?? .notStarted
            return Explanation(report: StageReport(stage, failure), lastKey: nil, differences: [], upstream: [])
        }
        let action = workspace.graph.actions[index]
        let lastKey = lookup.lastKey(of: stage)
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

        /// The artifact on an input, once it is known.
        func object(_ input: ActionInput, _ workspace: Workspace) -> StoredObject? {
            switch input.source {
            case .pinned(_, let pin): return pin.object
            case .file(let path): return intake?.files[path]?.object
            case .output(let stage, let name):
                let report = stages.first { $0.stage.utf8.elementsEqual(stage.utf8) }
                return report?.outputs.first { $0.name.utf8.elementsEqual(name.utf8) }?.object
            }
        }
    }

    private func look() -> Findings {
        let selection = workspace.graph.selecting(options.stages)
        guard let selected = selection.value else { return Findings(failures: [StageFailure(.problem, selection.diagnostics)]) }
        do throws(StageFailure) {
            let reader = try makeReader()
            let intake = Intake(workspace, actions: selected, reader: reader, keeping: false)
            guard intake.failures.isEmpty else {
                let stages = selected.map { StageReport(workspace.graph.actions[$0].stage, .notStarted) }
                return Findings(stages: stages, failures: intake.failures)
            }
            return Findings(stages: stages(selected, intake, reader), intake: intake)
        } catch {
            return Findings(failures: [error])
        }
    }

    /// The state of each data entry of the manifest, in its order.
    package func data() -> [DataReport] {
        let reader = try? makeReader()
        return workspace.manifest.data.map { entry in
            guard let pin = workspace.lockfile.pin(data: entry.name) else { return DataReport(data: entry.name, state: .unpinned) }
            guard case .path(let path) = entry.origin else {
                let isStored = try? workspace.store.contains(pin.digest)
                return DataReport(data: entry.name, state: isStored == true ? .current(pin.object) : .missing)
            }
            switch try? reader?.read(path, followLinks: true) {
            case .absent: return DataReport(data: entry.name, state: .missing)
            case .content(let content):
                let isSame = content.object == pin.object
                return DataReport(
                    data: entry.name, state: isSame ? .current(pin.object) : .differs(found: content.object.digest, pinned: pin.digest))
            case .other(let reason): return DataReport(data: entry.name, state: .unreadable(reason))
            case nil: return DataReport(data: entry.name, state: .unreadable("it cannot be read"))
            }
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
            let open = workspace.graph.dependencies(of: index).filter { known[$0]?.outcome.hasResult != true }
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
        case missing
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
            if options.forces(action.stage) { return StageReport(action.stage, .wouldRun(.forced), key) }
            switch try find(action, key) {
            case .unknown(let reason):
                try refuseForeign(action, nil)
                return StageReport(action.stage, .wouldRun(reason), key)
            case .known(let outputs):
                try check.result(action, key, outputs)
                let restored = try refuseForeign(action, outputs)
                return StageReport(action.stage, restored.isEmpty ? .upToDate : .wouldRestore(restored), key, outputs)
            }
        } catch {
            return StageReport(action.stage, .failed(error), key)
        }
    }

    private func find(_ action: Action, _ key: ActionKey) throws(StageFailure) -> ResultLookup.Answer {
        do throws(StoreError) {
            return try lookup.find(action, key)
        } catch {
            throw .store(error, at: workspace.location(ofStage: action.stage))
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
