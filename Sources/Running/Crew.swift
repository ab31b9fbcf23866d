import Locking
import Manifests
import Planning
import Platform
import Storage

/// The threads of a build, and what they share: the schedule and the results so far.
struct Crew {
    private struct State {
        var schedule: Schedule
        var results: [Int: StageRun.Result] = [:]
    }

    private enum Step {
        case run(Int, [ActionInputs.Bound])
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
    func run() -> [StageRun.Result] {
        let graph = workspace.graph
        let schedule = Schedule(dependencies: graph.actions.indices.map(graph.dependencies(of:)), selected: selected)
        let shared = Monitor(State(schedule: schedule))
        let work = { @Sendable (_: Int) in
            while case .run(let index, let inputs) = shared.wait(for: next) ?? .end {
                let action = workspace.graph.actions[index]
                let result = stages.run(action, inputs: inputs)
                // Told before anything that depends on it can start, so that whoever watches sees things in their order.
                stages.events(.stageFinished(result.report))
                for report in shared.update({ end(index, result, &$0) }) { stages.events(.stageFinished(report)) }
            }
        }
        // A single worker needs no thread of its own.
        if options.jobs <= 1 { work(0) } else { Threads.run(min(options.jobs, max(1, selected.count)), work) }
        return shared.withLock { state in
            selected.map { state.results[$0] ?? StageRun.Result(report: StageReport(workspace.graph.actions[$0].stage, .notStarted)) }
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
        let skipped = state.schedule.fail(index)
        if case .cancelled = result.report.outcome { return [] }
        if !options.keepGoing { state.schedule.stop() }
        let reports = skipped.map { StageReport(workspace.graph.actions[$0].stage, .skipped(because: result.report.stage)) }
        for (index, report) in zip(skipped, reports) { state.results[index] = StageRun.Result(report: report) }
        return reports
    }

    private func inputs(of action: Action, _ state: State) -> [ActionInputs.Bound] {
        action.inputs.map { input in
            InputBinding(workspace, intake).bind(input) { producer, output in
                guard let index = workspace.graph.index(of: producer),
                    let made = state.results[index]?.report.outputs.first(where: { $0.name.utf8.elementsEqual(output.utf8) })
                else { preconditionFailure("what is upstream has a result before its dependents start") }
                return made.object
            }
        }
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
                    port: input.name, object: pin.object, displayName: path.text, place: workspace.path(path), isKept: entry.keep == .copy)
            }
        }
    }
}
