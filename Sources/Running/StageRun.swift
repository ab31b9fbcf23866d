import Canonical
import Diagnostics
import Locking
import Manifests
import Planning
import Platform
import Storage

/// Brings one stage up to date once its inputs are known: finds its result or makes it, and puts it in its place.
struct StageRun: Sendable {
    let workspace: Workspace
    let options: BuildOptions
    let performer: any ActionPerformer
    let lookup: ResultLookup
    let places: OutputPlaces
    let events: BuildEventSink

    /// What is known of a stage after its turn.
    struct Result: Sendable {
        let report: StageReport
        /// What lies at the places of the outputs; empty without a result.
        var contents: [Content] = []
    }

    private var check: LockCheck { LockCheck(workspace: workspace, lookup: lookup, isFrozen: options.locked) }

    /// How far a stage comes in its turn.
    enum Turn: Sendable {
        case ended(Result)
        /// Performed; others can go on from its outputs, but they are neither recorded nor in their places yet.
        case made(MadeResult)
    }

    func run(_ action: Action, inputs: [ActionInputs.Bound]) -> Turn {
        let key = ActionKey.of(action, inputs: inputs.map { ($0.port, $0.object.digest, $0.object.kind) })
        do throws(StageFailure) {
            try check.key(action, key)
            var reason = RunReason.forced
            if !options.forces(action.stage) {
                var answer = try find(action, key)
                var voucher: VouchedResult?
                if case .unknown = answer {
                    voucher = try bring(action, key)
                    if voucher != nil { answer = try find(action, key) }
                }
                switch answer {
                case .known(let outputs):
                    try check.stored(action, key, outputs)
                    switch try place(action, outputs) {
                    case .placed(let restored, let contents):
                        let outcome: StageOutcome = restored.isEmpty ? .upToDate : .restored(restored)
                        let report = StageReport(action.stage, outcome, key, outputs, voucher: voucher)
                        return .ended(Result(report: report, contents: contents))
                    case .lost(let lost): reason = lost
                    }
                case .unknown(let unknown): reason = unknown
                }
            }
            return try perform(action, key, inputs, reason)
        } catch {
            return .ended(Result(report: StageReport(action.stage, .failed(error), key)))
        }
    }

    /// Records results with the syncs of one, and puts them into their places; one result for each, in the same order.
    ///
    /// - Complexity: O(1) passes of syncs
    func record(_ made: [MadeResult]) -> [Result] {
        let records = made.map(\.record)
        do throws(StoreError) {
            return zip(made, try workspace.store.publish(records)).map(settle)
        } catch {
            if made.count == 1 { return [made[0].failed(.store(error))] }
        }
        // One result that lacks an object must not fail the others; after a refusal each is told it.
        return made.map { made in
            do throws(StoreError) {
                return settle(made, try workspace.store.publish(made.record))
            } catch {
                return made.failed(.store(error))
            }
        }
    }

    /// What becomes of a result once the store has answered.
    private func settle(_ made: MadeResult, _ outcome: PublishOutcome) -> Result {
        let action = made.action
        do throws(StageFailure) {
            if case .conflict(let existing) = outcome {
                let stored = existing.outputs.map { NamedObject($0.name, $0.object) }
                try check.made(action, made.key, made.outputs, stored: stored)
            }
            guard case .placed(_, let contents) = try place(action, made.outputs) else { throw .store(.missing(made.key.digest)) }
            return Result(report: made.report, contents: contents)
        } catch {
            return made.failed(error)
        }
    }

    // MARK: Known results

    private func find(_ action: Action, _ key: ActionKey) throws(StageFailure) -> ResultLookup.Answer {
        do throws(StoreError) {
            return try lookup.find(action, key)
        } catch {
            throw .store(error)
        }
    }

    /// Takes over the result that somebody else vouches for; nil when there is none to be had.
    private func bring(_ action: Action, _ key: ActionKey) throws(StageFailure) -> VouchedResult? {
        guard let source = options.source, key.isShared else { return nil }
        let outcome: PublishOutcome
        let voucher: VouchedResult
        do throws(StoreError) {
            guard let found = try source.result(key.digest), action.outputs.map(\.name).isSame(as: found.record.outputs.map(\.name)) else {
                return nil
            }
            voucher = found
            outcome = try workspace.store.publish(found.kept)
        } catch {
            throw .store(error)
        }
        if case .conflict(let existing) = outcome { try check.vouched(action, key, voucher, stored: existing) }
        return voucher
    }

    // MARK: Places

    private enum Placing {
        case placed([Restoration], [Content])
        /// An object was lost while it was to be written: the stage must run after all.
        case lost(RunReason)
    }

    private func place(_ action: Action, _ outputs: [NamedObject]) throws(StageFailure) -> Placing {
        var restored: [Restoration] = []
        var contents: [Content] = []
        for (output, known) in zip(action.outputs, outputs) {
            switch try places.standing(of: output, target: known.object, earlier: lookup.earlier(action, output)) {
            case .inPlace(let content): contents.append(content)
            case .foreign: throw .foreignOutput(output.path, at: location(action))
            case .writable(let reason):
                switch try places.write(known.object, to: output, at: location(action)) {
                case .written(let content): contents.append(content)
                case .lost(isCorrupt: true): return .lost(.objectCorrupt(output: output.name))
                case .lost(isCorrupt: false): return .lost(.objectMissing(output: output.name))
                }
                restored.append(Restoration(output: output.name, path: output.path, reason: reason))
            }
        }
        return .placed(restored, contents)
    }

    // MARK: Performing

    private func perform(
        _ action: Action, _ key: ActionKey, _ inputs: [ActionInputs.Bound], _ reason: RunReason
    ) throws(StageFailure) -> Turn {
        // Before the work, not after it: what is in the way will still be in the way.
        for output in action.outputs {
            if case .foreign = try places.standing(of: output, target: nil, earlier: lookup.earlier(action, output)) {
                throw .foreignOutput(output.path, at: location(action))
            }
        }
        events(.stageStarted(stage: action.stage, reason))
        let began = Clock.monotonic()
        let notes = RunNotes(stage: action.stage, folder: StateFolder(root: workspace.root), events: events)
        try notes.begin()
        let made: [String: ActionOutput]
        do throws(ActionFailure) {
            let inputs = ActionInputs(inputs, store: workspace.store)
            made = try performer.perform(action, inputs: inputs, environment: environment(action, key, notes))
        } catch {
            notes.end()
            return .ended(try fail(action, key, error))
        }
        let seconds = Double(Clock.monotonic() - began) / 1e9
        notes.end()
        if let refusal = notes.refusal { throw .refused(refusal) }
        let outputs = try keep(action, made)
        try check.made(action, key, outputs)
        let report = StageReport(action.stage, .ran(reason), key, outputs, seconds: seconds)
        return .made(MadeResult(action: action, key: key, report: report, facts: notes.facts))
    }

    private func environment(_ action: Action, _ key: ActionKey, _ notes: RunNotes) -> PerformEnvironment {
        let (events, stage, signal) = (events, action.stage, options.signal)
        return PerformEnvironment(
            threads: options.threads, key: key, keepsFailed: options.keepFailed,
            progress: { events(.stageProgress(stage: stage, $0)) }, log: { notes.write($0) }, fact: { notes.add($0) },
            isCancelled: { signal() != nil })
    }

    private func fail(_ action: Action, _ key: ActionKey, _ failure: ActionFailure) throws(StageFailure) -> Result {
        if let failure = failure.stageFailure(of: action.stage, at: location(action)) { throw failure }
        return Result(report: StageReport(action.stage, .cancelled, key))
    }

    /// Puts what was made into the store; it must be exactly what the action declares.
    private func keep(_ action: Action, _ made: [String: ActionOutput]) throws(StageFailure) -> [NamedObject] {
        try DeclaredOutputs.check(made, action, at: location(action))
        var outputs: [NamedObject] = []
        do throws(StoreError) {
            for output in action.outputs {
                switch made[output.name] {
                case .file(let bytes): outputs.append(NamedObject(output.name, try workspace.store.put(file: bytes)))
                case .tree(let files): outputs.append(NamedObject(output.name, try workspace.store.put(files: files)))
                case .stored(let object): outputs.append(NamedObject(output.name, object))
                case nil: preconditionFailure("what is declared was made")
                }
            }
        } catch {
            throw .store(error)
        }
        return outputs
    }

    private func location(_ action: Action) -> Diagnostic.Location { workspace.location(ofStage: action.stage) }
}

extension [String] {
    /// Whether these are the same names, in whatever order, byte for byte.
    fileprivate func isSame(as other: [String]) -> Bool {
        Set(map { [UInt8]($0.utf8) }) == Set(other.map { [UInt8]($0.utf8) }) && count == other.count
    }
}
