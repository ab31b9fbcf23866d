package import Canonical

/// One round of boosting, or one iteration of a solver.
package struct TrainingStep: Sendable {
    /// Counted from 1.
    package let round: Int
    /// The most rounds that there can be, where the learner makes them all unless it is told when to stop.
    package let total: Int?
    /// What training makes small, on the training rows: the mean log loss, or half the mean squared error; penalties included.
    package let loss: Double
    /// The same on the validation rows.
    package let validationLoss: Double?
    /// The weights so far; two runs that differ show here where they parted.
    package let digest: Digest
    /// Which fit of several it belongs to.
    package var part = TrainingPart()

    /// The step as a line of the training log.
    package var record: JSONValue {
        var members = part.members + [JSONMember("round", .integer(round)), JSONMember("loss", .finite(loss))]
        if let validationLoss { members.append(JSONMember("validationLoss", .finite(validationLoss))) }
        members.append(JSONMember("digest", .string(digest.description)))
        return .object(members)
    }
}

extension JSONValue {
    /// A number, or null where it is none.
    static func finite(_ value: Double) -> JSONValue {
        value.isFinite ? .number(value + 0) : .null
    }
}

/// Who is told of training's steps, and may stop it.
package struct TrainingObserver {
    let progress: (TrainingStep) -> Void
    let isCancelled: () -> Bool
    var note: (TrainingNote) -> Void = { _ in }

    /// - Throws: ``LearningError/cancelled`` when somebody asked to stop.
    func check() throws(LearningError) {
        if isCancelled() { throw .cancelled }
    }

    /// Tells of steps as those of `part`.
    func inside(_ part: TrainingPart) -> TrainingObserver {
        let progress = progress
        return TrainingObserver(
            progress: { step in
                var step = step
                step.part = part
                progress(step)
            }, isCancelled: isCancelled, note: note)
    }
}
