import Locking
import Manifests
import Planning
import Platform
import Storage

/// The threads of a build, and what they share: the schedule and the results so far.
///
/// Workers perform stages, and go on with what was made before it is durable. One more thread records what they made, many
/// results at a time: a sync costs as much as a short stage.
struct Crew {
    private struct State {
        var schedule: Schedule
        var results: [Int: StageRun.Result] = [:]
    }

    /// What was made and is not recorded yet. Apart from the other state, so that the recorder sleeps while nothing is made.
    private struct Queue {
        /// In the order in which it was made.
        var made: [(index: Int, made: MadeResult)] = []
        /// Workers that may still make something.
        var workers: Int
    }

    private enum Step {
        /// The failure is that of an input from outside the graph.
        case run(Int, Result<[ActionInputs.Bound], StageFailure>)
        case end
    }

    private let workspace: Workspace
    private let options: BuildOptions
    private let selected: [Int]
    private let intake: Intake
    private let stages: StageRun

    init(workspace: Workspace, options: BuildOptions, selected: [Int], intake: Intake, stages: StageRun) {
        self.workspace = workspace
        self.options = options
        self.selected = selected
        self.intake = intake
        self.stages = stages
    }

    /// Runs the selected actions; gives a result for each, in the order of the graph.
    ///
    /// All that has a result then is recorded, durable, and in its place.
    func run() -> [StageRun.Result] {
        let graph = workspace.graph
        let schedule = Schedule(dependencies: graph.actions.indices.map(graph.dependencies(of:)), selected: selected)
        let shared = Monitor(State(schedule: schedule))
        let workers = min(max(1, options.jobs), max(1, selected.count))
        let queue = Monitor(Queue(workers: workers))
        // The recorder comes last: where no thread can be had for it, it runs when the workers are done.
        Threads.run(workers + 1) { index in
            if index < workers { perform(shared, queue) } else { record(shared, queue) }
        }
        return shared.withLock { state in
            selected.map { state.results[$0] ?? StageRun.Result(report: StageReport(workspace.graph.actions[$0].stage, .notStarted)) }
        }
    }

    // MARK: Performing

    private func perform(_ shared: Monitor<State>, _ queue: Monitor<Queue>) {
        while case .run(let index, let inputs) = shared.wait(for: next) ?? .end {
            let turn = turn(workspace.graph.actions[index], inputs)
            let result =
                switch turn {
                case .ended(let result): result
                case .made(let made): StageRun.Result(report: made.report)
                }
            // Told before anything that depends on it can start, so that whoever watches sees things in their order.
            stages.events(.stageFinished(result.report))
            let skipped = shared.update { end(index, result, &$0) }
            for report in skipped { stages.events(.stageFinished(report)) }
            if case .made(let made) = turn {
                queue.update { $0.made.append((index, made)) }
            }
        }
        queue.update { $0.workers -= 1 }
    }

    private func turn(_ action: Action, _ inputs: Result<[ActionInputs.Bound], StageFailure>) -> StageRun.Turn {
        switch inputs {
        case .success(let inputs): stages.run(action, inputs: inputs)
        case .failure(let failure): .ended(StageRun.Result(report: StageReport(action.stage, .failed(failure))))
        }
    }

    /// The next action to run, `.end` when there will be none, nil while that is not known.
    private func next(_ state: inout State) -> Step? {
        if options.signal() != nil { state.schedule.stop() }
        if let index = state.schedule.next() { return .run(index, inputs(of: workspace.graph.actions[index], state)) }
        return state.schedule.isFinished || state.schedule.isStopped ? .end : nil
    }

    /// Takes a result in; gives the reports of the stages that are skipped for it.
    private func end(_ index: Int, _ result: StageRun.Result, _ state: inout State) -> [StageReport] {
        state.results[index] = result
        if result.report.outcome.hasResult {
            state.schedule.succeed(index)
            return []
        }
        return skip(state.schedule.fail(index), for: result.report, &state)
    }

    private func skip(_ skipped: [Int], for failed: StageReport, _ state: inout State) -> [StageReport] {
        if case .cancelled = failed.outcome { return [] }
        if !options.keepGoing { state.schedule.stop() }
        let reports = skipped.map { StageReport(workspace.graph.actions[$0].stage, .skipped(because: failed.stage)) }
        for (index, report) in zip(skipped, reports) { state.results[index] = StageRun.Result(report: report) }
        return reports
    }

    // MARK: Recording

    /// So many results are recorded together at most, so that places are filled while others run.
    private static let mostAtOnce = 256
    /// The time that a result waits for company, and so the most that a power cut costs beside the stages that run.
    private static let longestWait: Int64 = 100_000_000

    private func record(_ shared: Monitor<State>, _ queue: Monitor<Queue>) {
        while let batch = nextBatch(queue) {
            let results = stages.record(batch.map(\.made))
            let told = shared.update { state in
                zip(batch, results).flatMap { made, result -> [StageReport] in
                    state.results[made.index] = result
                    guard !result.report.outcome.hasResult else { return [] }
                    return [result.report] + skip(state.schedule.revoke(made.index), for: result.report, &state)
                }
            }
            for report in told { stages.events(.stageFinished(report)) }
        }
    }

    /// What is to be recorded next, once it is worth it; nil when there will be nothing more.
    private func nextBatch(_ queue: Monitor<Queue>) -> [(index: Int, made: MadeResult)]? {
        let isSomething = queue.wait { queue -> Bool? in
            if !queue.made.isEmpty { return true }
            return queue.workers == 0 ? false : nil
        }
        guard isSomething == true else { return nil }
        _ = queue.wait(nanoseconds: Self.longestWait) { queue -> Bool? in
            queue.made.count >= Self.mostAtOnce || queue.workers == 0 ? true : nil
        }
        return queue.withLock { queue in
            let batch = Array(queue.made.prefix(Self.mostAtOnce))
            queue.made.removeFirst(batch.count)
            return batch
        }
    }

    private func inputs(of action: Action, _ state: State) -> Result<[ActionInputs.Bound], StageFailure> {
        if let refused = action.inputs.lazy.compactMap({ intake.refused[$0.source] }).first { return .failure(refused) }
        let bound = action.inputs.map { input in
            InputBinding(workspace, intake).bind(input) { producer, output in
                guard let index = workspace.graph.index(of: producer),
                    let made = state.results[index]?.report.outputs.first(where: { $0.name.utf8.elementsEqual(output.utf8) })
                else { preconditionFailure("what is upstream has a result before its dependents start") }
                return made.object
            }
        }
        return .success(bound)
    }
}

/// Turns an action's input into an artifact with a place.
struct InputBinding {
    private let workspace: Workspace
    private let intake: Intake

    init(_ workspace: Workspace, _ intake: Intake) {
        self.workspace = workspace
        self.intake = intake
    }

    /// - Parameter output: gives the object of another stage's output.
    func bind(_ input: ActionInput, output: (_ stage: String, _ name: String) -> StoredObject) -> ActionInputs.Bound {
        switch input.source {
        case .file(let path):
            guard let content = intake.files[path] else { preconditionFailure("files are taken in before the first stage") }
            return ActionInputs.Bound(port: input.name, object: content.object, displayName: path.text, place: workspace.path(path))
        case .output(let stage, let name):
            let path = workspace.manifest.stage(stage)?.output(name)?.path
            return ActionInputs.Bound(
                port: input.name, object: output(stage, name), displayName: path?.text ?? "\(stage).\(name)",
                place: path.map(workspace.path))
        case .pinned(let name, let pin):
            guard let entry = workspace.manifest.data(name) else { preconditionFailure("a plan names data of its manifest") }
            switch entry.origin {
            case .url(let url): return ActionInputs.Bound(port: input.name, object: pin.object, displayName: url)
            case .path(let path):
                return ActionInputs.Bound(
                    port: input.name, object: pin.object, displayName: path.text, place: workspace.path(path), isKept: entry.keep == .copy,
                    rules: entry.rules, signatures: intake.signatures)
            }
        }
    }
}
