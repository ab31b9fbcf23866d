package import Diagnostics
package import Planning
package import Storage

/// Does the work of an action: inputs in, outputs out, nothing else touched.
///
/// The result may depend on nothing but the action and the bytes of its inputs: not on threads, time, place or earlier calls.
/// Calls come from several threads at once.
package protocol ActionPerformer: Sendable {
    /// Gives every output that the action declares, under its name.
    ///
    /// - Throws: ``ActionFailure``; nothing of a failed action is kept.
    func perform(
        _ action: Action, inputs: ActionInputs, environment: PerformEnvironment
    ) throws(ActionFailure) -> [String: ActionOutput]
}

/// What a performer is lent while it works; no result may depend on it.
package struct PerformEnvironment: Sendable {
    /// Threads it may use.
    package let threads: Int
    /// Says how far it is.
    package let progress: @Sendable (StageProgress) -> Void
    /// Whether it should give up soon, with ``ActionFailure/cancelled``.
    package let isCancelled: @Sendable () -> Bool

    package init(
        threads: Int, progress: @escaping @Sendable (StageProgress) -> Void = { _ in },
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) {
        self.threads = threads
        self.progress = progress
        self.isCancelled = isCancelled
    }
}

/// The content of one output.
package enum ActionOutput: Sendable {
    case file([UInt8])
    /// Files by their `/`-separated paths inside the tree, in any order, no path twice.
    case tree([(path: String, bytes: [UInt8])])
}

/// Why a performer gave no outputs.
package enum ActionFailure: Error, Sendable {
    /// An input says something that cannot be worked with; `sources` are the texts pointed into.
    case diagnostics([Diagnostic], sources: [SourceText])
    /// The stage failed for a reason that stands in no text.
    case message(String)
    case cancelled
    /// The store refused.
    case store(StoreError)
}
