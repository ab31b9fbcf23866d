internal import Canonical
internal import Manifests
internal import Packing
internal import Planning
internal import Running
internal import Storage

/// How the gate on reproducibility stands after a build: only `package` enforces it.
struct LevelGate {
    let least: ProofLevel
    /// The lowest level among the stages that lead to the model.
    let level: ProofLevel

    var isMet: Bool { level >= least }

    /// Nil when there is no such gate, or when the build did not look at all that the model needs.
    init?(_ session: Session, _ report: BuildReport) throws(CommandFailure) {
        guard let model = session.manifest.model,
            let least = model.gates.compactMap(\.level).compactMap(ProofLevel.init(rawValue:)).max()
        else { return nil }
        let graph = try session.plan(report.lockfile, Packer.stages(of: model))
        var lowest = ProofLevel.kernels
        for action in graph.actions {
            guard let stage = report[action.stage], stage.outcome.hasResult, let key = stage.key else { return nil }
            let level = try CommandFailure.storing { () throws(StoreError) in try ProofLevel.of(key.digest, session.store) }
            lowest = min(lowest, level)
        }
        self.least = least
        level = lowest
    }

    func show(_ reporter: Reporter) {
        reporter.say("gate reproducibility: at least \(least.text), is \(level.text): \(isMet ? "met" : "not met")")
        reporter.record(
            "gate",
            [
                JSONMember("metric", .string(Model.Gate.reproducibility)), JSONMember("min", .integer(least.rawValue)),
                JSONMember("value", .integer(level.rawValue)), JSONMember("met", .boolean(isMet)),
            ])
    }
}
