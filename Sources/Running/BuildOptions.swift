package import Planning
import Platform

/// What a build is asked to do.
package struct BuildOptions: Sendable {
    /// Stages to build with all they need; all when empty.
    package var stages: [String] = []
    /// Stages at a time.
    package var jobs = 1
    /// Threads that one stage may use; results do not depend on it.
    package var threads = 1
    /// Goes on with what does not depend on a stage that failed.
    package var keepGoing = false
    /// Says what would run and why, and changes nothing.
    package var dryRun = false
    /// Runs the named stages (all when none is named) although their results are known.
    package var force = false
    /// Freezes the lock: pins and results must be met, and nothing is written to it.
    package var locked = false
    /// Keeps the sandbox of a command that fails, so that somebody can look into it.
    package var keepFailed = false
    /// What commands run in; the plan says the same.
    package var isolation = Isolation.namespaces
    /// Reads every file again instead of trusting signatures.
    package var rehash = false
    /// Where results of others can be had; nil to ask nobody.
    package var source: (any ResultSource)?
    /// The signal that asks the build to stop, once there is one.
    package var signal: @Sendable () -> Int32? = { Interruption.signal }

    package init() {}

    /// Whether a stage runs although its result is known.
    func forces(_ stage: String) -> Bool {
        force && (stages.isEmpty || stages.contains { $0.utf8.elementsEqual(stage.utf8) })
    }
}
