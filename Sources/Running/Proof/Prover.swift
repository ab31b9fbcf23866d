import Canonical
import Diagnostics
import Manifests
import Planning
import Platform
import Storage
import Synchronization

/// Puts recorded results to the test: makes them again under variations, and compares byte for byte.
///
/// Nothing of a trial is recorded as a result, and nothing in the workspace is written; what the trials showed is kept beside the
/// results.
package struct Prover: Sendable {
    private let workspace: Workspace
    private let performer: any ActionPerformer
    private let options: BuildOptions
    private let variations: [Variation]
    private let events: BuildEventSink

    /// - Parameter variations: each is tried once for every stage; ``Variation/again`` goes first.
    package init(
        _ workspace: Workspace, performer: any ActionPerformer, options: BuildOptions = BuildOptions(), variations: [Variation],
        events: @escaping BuildEventSink = { _ in }
    ) {
        self.workspace = workspace
        self.performer = performer
        self.options = options
        self.variations = Variation.allCases.filter(variations.contains)
        let order = Mutex(())
        self.events = { event in order.withLock { _ in events(event) } }
    }

    /// Tries everything; whatever differs or goes wrong stands in the report.
    package func prove() -> ProofReport {
        let selection = workspace.graph.selecting(options.stages)
        guard let selected = selection.value else {
            return ProofReport(stages: [], failures: [StageFailure(.problem, selection.diagnostics)], remarks: [], signal: options.signal())
        }
        var failures: [StageFailure] = []
        do throws(StageFailure) {
            let stages = try provable(selected, &failures)
            let trials = run(stages)
            var proofs: [StageProof] = []
            var remarks: [Diagnostic] = []
            for (stage, verdicts) in zip(stages, trials) {
                let level = try StageFailure.storage { () throws(StoreError) in try record(stage, verdicts) }
                proofs.append(StageProof(stage: stage.action.stage, key: stage.key.digest, level: level, trials: verdicts))
                let location = workspace.location(ofStage: stage.action.stage)
                for (variation, verdict) in verdicts where !isClassed(variation, verdict, stage) {
                    failures += StageFailure.proof(of: stage, variation, verdict, at: location)
                }
                remarks += ProofRemark.all(
                    of: stage, verdicts.filter { isClassed($0.variation, $0.verdict, stage) || $0.verdict.isHeld }, at: location)
            }
            return ProofReport(stages: proofs, failures: failures, remarks: remarks, signal: options.signal())
        } catch {
            return ProofReport(stages: [], failures: failures + [error], remarks: [], signal: options.signal())
        }
    }

    private func isClassed(_ variation: Variation, _ verdict: Verdict, _ stage: ProvableStage) -> Bool {
        guard case .differs = verdict else { return false }
        return performer.weight(of: variation, for: stage.action) == .classed
    }

    // MARK: What can be tried

    /// The selected stages with a recorded result for what they are now; the others are failures.
    private func provable(_ selected: [Int], _ failures: inout [StageFailure]) throws(StageFailure) -> [ProvableStage] {
        let folder = StateFolder(root: workspace.root)
        let memory = options.rehash ? ContentMemory() : ContentMemory.load(folder)
        let signatures = try StageFailure.world { () throws(SystemError) in
            options.rehash ? SignatureCache() : try SignatureCache.load(folder.signatures)
        }
        let reader = WorkspaceReader(workspace, memory: memory, signatures: signatures, began: 0)
        let intake = Intake(workspace, actions: selected, reader: reader, keeping: false)
        failures += intake.failures
        guard intake.failures.isEmpty else { return [] }
        let binding = InputBinding(workspace, intake)
        var known: [String: [NamedObject]] = [:]
        var stages: [ProvableStage] = []
        for index in selected {
            let action = workspace.graph.actions[index]
            let upstream = workspace.graph.dependencies(of: index).map { workspace.graph.actions[$0].stage }
            guard upstream.allSatisfy({ known[$0] != nil }) else { continue }
            let inputs = action.inputs.map { input in
                binding.bind(input) { stage, name in
                    guard let object = known[stage]?.first(where: { $0.name.utf8.elementsEqual(name.utf8) })?.object else {
                        preconditionFailure("a reference leads to an output that its stage declares")
                    }
                    return object
                }
            }
            let key = ActionKey.of(action, inputs: inputs.map { ($0.port, $0.object.digest, $0.object.kind) })
            let record = try StageFailure.storage { () throws(StoreError) in try workspace.store.record(for: key.digest) }
            let outputs = action.outputs.compactMap { output in record?.output(output.name).map { NamedObject(output.name, $0) } }
            guard record != nil, outputs.count == action.outputs.count else {
                failures.append(.nothingToProve(stage: action.stage, at: workspace.location(ofStage: action.stage)))
                continue
            }
            known[action.stage] = outputs
            stages.append(ProvableStage(action: action, key: key, inputs: inputs, outputs: outputs))
        }
        return stages
    }

    // MARK: Trials

    private typealias Verdicts = [(variation: Variation, verdict: Verdict)]

    /// The verdicts on each stage. What differs when nothing is varied is not tried further: no variation could be blamed.
    private func run(_ stages: [ProvableStage]) -> [Verdicts] {
        var results = [Verdicts](repeating: [], count: stages.count)
        let first = variations.filter { $0 == .again }
        let others = variations.filter { $0 != .again }
        for wave in [first, others] where !wave.isEmpty {
            let trials = stages.indices.flatMap { index in
                // INVARIANT: in the second wave, a stage with a verdict has the one of doing it once more.
                results[index].allSatisfy(\.verdict.isSame) ? wave.map { (stage: index, variation: $0) } : []
            }
            for (trial, verdict) in zip(trials, run(trials, stages)) {
                if let verdict { results[trial.stage].append((trial.variation, verdict)) }
            }
        }
        return results
    }

    /// Runs trials on several threads; nil for those that were interrupted or never began.
    private func run(_ trials: [(stage: Int, variation: Variation)], _ stages: [ProvableStage]) -> [Verdict?] {
        let next = Atomic(0)
        let verdicts = Mutex([Verdict?](repeating: nil, count: trials.count))
        let (workspace, performer, options, events) = (workspace, performer, options, events)
        let work = { @Sendable (_: Int) in
            while true {
                let index = next.add(1, ordering: .relaxed).oldValue
                guard index < trials.count, options.signal() == nil else { return }
                let trial = Trial(
                    stage: stages[trials[index].stage], variation: trials[index].variation, workspace: workspace, performer: performer,
                    options: options, events: events)
                let verdict = trial.verdict()
                verdicts.withLock { $0[index] = verdict }
            }
        }
        if options.jobs <= 1 { work(0) } else { Threads.run(min(options.jobs, max(1, trials.count)), work) }
        return verdicts.withLock { $0 }
    }

    // MARK: What is kept

    /// Adds the verdicts to what was known of the same bytes; gives the level that follows.
    private func record(_ stage: ProvableStage, _ verdicts: Verdicts) throws(StoreError) -> ProofLevel {
        let outputs = stage.outputs.map { (name: $0.name, object: $0.object) }
        var proof = try ProofDocument.read(of: stage.key.digest, workspace.store, outputs: outputs) ?? ProofDocument(outputs: outputs)
        for (variation, verdict) in verdicts {
            switch verdict {
            case .same: proof.add(.same, of: variation)
            case .differs: proof.add(.differs, of: variation)
            case .held: proof.add(.held, of: variation)
            case .failed: proof.add(.failed, of: variation)
            case .notApplicable(let reason): proof.add(.notApplicable(reason), of: variation)
            }
        }
        if !verdicts.isEmpty { try proof.record(of: stage.key.digest, workspace.store) }
        return proof.level
    }
}
