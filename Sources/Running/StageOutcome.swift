/// What a build did with one stage, or, of a dry run, would do.
package enum StageOutcome: Hashable, Sendable {
    /// The result was known and its outputs lie in their places.
    case upToDate
    /// The result came from the store; these outputs were written from it.
    case restored([Restoration])
    case ran(RunReason)
    case failed(StageFailure)
    /// It ran when the build was interrupted; nothing of it is kept.
    case cancelled
    /// Not tried, because this stage, upstream of it, failed or was skipped.
    case skipped(because: String)
    /// Not tried, because the build stopped before its turn.
    case notStarted
    /// Of a dry run: it would be written from the store.
    case wouldRestore([Restoration])
    /// Of a dry run: it would run.
    case wouldRun(RunReason)
    /// Of a dry run: whether it would run depends on what these stages, directly upstream, give.
    case wouldFollow([String])

    /// All that ``name`` can be, in the order in which summaries count them.
    static let names = [
        "upToDate", "restored", "ran", "failed", "cancelled", "skipped", "notStarted", "wouldRestore", "wouldRun", "wouldFollow",
    ]

    /// A stable name for records, in camelCase.
    package var name: String {
        switch self {
        case .upToDate: "upToDate"
        case .restored: "restored"
        case .ran: "ran"
        case .failed: "failed"
        case .cancelled: "cancelled"
        case .skipped: "skipped"
        case .notStarted: "notStarted"
        case .wouldRestore: "wouldRestore"
        case .wouldRun: "wouldRun"
        case .wouldFollow: "wouldFollow"
        }
    }

    /// Whether stages downstream can go on from here.
    package var hasResult: Bool {
        switch self {
        case .upToDate, .restored, .ran, .wouldRestore: true
        case .failed, .cancelled, .skipped, .notStarted, .wouldRun, .wouldFollow: false
        }
    }
}
