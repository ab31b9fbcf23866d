package import Canonical
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

    /// Why trying a variation on `action` would show nothing; nil when it would. A tool that is missing is no failure.
    func obstacle(to variation: Variation, for action: Action) -> String?

    /// What a difference under a variation means for `action`.
    func weight(of variation: Variation, for action: Action) -> VariationWeight

    /// Whether ``PerformEnvironment/isControl`` gives a run to compare a trial of `variation` with.
    func hasControl(of variation: Variation, for action: Action) -> Bool
}

/// What a performer is lent while it works; no result may depend on it, but for what ``variation`` tries out.
package struct PerformEnvironment: Sendable {
    /// Threads it may use.
    package let threads: Int
    /// The key that the result will be recorded under.
    package let key: ActionKey
    /// What is to be different from the recorded run, where a rebuild shows that it does not matter.
    package let variation: Variation?
    /// Whether all that trying the variation brings along is there, but not its effect: what equals this run is no effect of the
    /// variation.
    package let isControl: Bool
    /// Keeps the sandbox of a command that fails, so that somebody can look into it.
    package let keepsFailed: Bool
    /// Says how far it is.
    package let progress: @Sendable (StageProgress) -> Void
    /// Takes what a command writes to its standard output and error, as it comes.
    package let log: @Sendable ([UInt8]) -> Void
    /// Takes what is worth knowing of the run and no part of its result, for the record's facts.
    package let fact: @Sendable (JSONMember) -> Void
    /// Whether it should give up soon, with ``ActionFailure/cancelled``.
    package let isCancelled: @Sendable () -> Bool

    package init(
        threads: Int, key: ActionKey, variation: Variation? = nil, isControl: Bool = false, keepsFailed: Bool = false,
        progress: @escaping @Sendable (StageProgress) -> Void = { _ in }, log: @escaping @Sendable ([UInt8]) -> Void = { _ in },
        fact: @escaping @Sendable (JSONMember) -> Void = { _ in }, isCancelled: @escaping @Sendable () -> Bool = { false }
    ) {
        self.threads = threads
        self.key = key
        self.variation = variation
        self.isControl = isControl
        self.keepsFailed = keepsFailed
        self.progress = progress
        self.log = log
        self.fact = fact
        self.isCancelled = isCancelled
    }
}

/// The content of one output.
package enum ActionOutput: Sendable {
    case file([UInt8])
    /// Files by their `/`-separated paths inside the tree, in any order, no path twice.
    case tree([(path: String, bytes: [UInt8])])
    /// Something that was put into the store already.
    case stored(StoredObject)
}

/// Why a performer gave no outputs.
package enum ActionFailure: Error, Sendable {
    /// An input says something that cannot be worked with; `sources` are the texts pointed into.
    case diagnostics([Diagnostic], sources: [SourceText])
    /// The stage failed for a reason that stands in no text.
    case message(String)
    /// A command failed, or did what it did not declare.
    case failed([Diagnostic])
    /// The world refused what a command needs: no sandbox is to be had, say.
    case refused([Diagnostic])
    case cancelled
    /// The store refused.
    case store(StoreError)
}
