/// Something that happens while a build goes on, for whoever watches.
package enum BuildEvent: Sendable {
    /// Another process builds this workspace; this one waits for it.
    case waitingForLock(holder: Int32?)
    /// So many stages are looked at.
    case started(stages: Int)
    case stageStarted(stage: String, RunReason)
    case stageProgress(stage: String, StageProgress)
    /// What a command wrote to its standard output or error.
    case stageOutput(stage: String, bytes: [UInt8])
    /// A stage has ended. One that ran can be told a second time, as failed: when its result could not be recorded.
    case stageFinished(StageReport)
}

/// How far a running stage is.
package struct StageProgress: Hashable, Sendable {
    /// What it is doing, such as `tree 17 of 100`.
    package let text: String
    /// The share that is done, 0 to 1, where it is known.
    package let share: Double?

    package init(_ text: String, share: Double? = nil) {
        self.text = text
        self.share = share
    }
}

/// Takes events, one at a time, from whichever thread they happen on.
package typealias BuildEventSink = @Sendable (BuildEvent) -> Void
