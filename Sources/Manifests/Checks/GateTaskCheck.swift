import Canonical
import Diagnostics
import StageKinds

/// Finds gates on metrics that the model's task never gives, where the manifest alone decides the task.
struct GateTaskCheck {
    let drafts: [StageDraft]
    let connections: [[InputReading.Connection]]
    let references: ReferenceReading

    func report(_ model: Model, _ problems: inout Problems) {
        guard let metrics = model.metrics, let (stage, task) = decided(metrics) else { return }
        let possible = Metric.allCases.filter { $0.task == task }.map(\.rawValue)
        for gate in model.gates {
            guard let metric = Metric(rawValue: gate.metric), metric.task != task else { continue }
            problems.error(
                "gate-task", "gate '\(gate.metric)' can never be met: stage '\(drafts[stage].name)' does \(task.rawValue)", at: gate.span,
                notes: [
                    Diagnostic.Note("the metrics of \(task.rawValue) are \(quotedList(possible))"),
                    problems.note("the stage is here", at: drafts[stage].span),
                ])
        }
    }

    /// The training stage behind the metrics of an `evaluate`, and its task; nil where that is open before the data is seen.
    private func decided(_ metrics: Reference) -> (stage: Int, task: LearningTask)? {
        guard let stage = training(behind: metrics), case .kind(_, let options?, _) = drafts[stage].work else { return nil }
        if let task = options["task"]?.stringValue.flatMap(LearningTask.init(rawValue:)) { return (stage, task) }
        guard let learner = options["learner"]?["kind"]?.stringValue.flatMap(LearnerKind.init(rawValue:)), learner.tasks.count == 1 else {
            return nil
        }
        return learner.tasks.first.map { (stage, $0) }
    }

    /// The stage that trained what the metrics are about: they are its own scores, or an `evaluate` judges its model.
    private func training(behind metrics: Reference) -> Int? {
        if let stage = producer(of: metrics, kind: .train) { return stage }
        guard let judge = producer(of: metrics, kind: .evaluate),
            let judged = connections[judge].first(where: { $0.input.name == "model" })?.input.reference
        else { return nil }
        return producer(of: judged, kind: .train)
    }

    private func producer(of reference: Reference, kind: StageKind) -> Int? {
        guard case .output(let name, _) = reference, let index = references.index(ofStage: name),
            case .kind(let description, _, _) = drafts[index].work, description.kind == kind
        else { return nil }
        return index
    }
}
