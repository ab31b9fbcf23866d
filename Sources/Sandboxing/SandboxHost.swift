package import Platform

/// Starts sandboxes: a small process, made while this one is still small, from which sandboxes are cloned cheaply.
package final class SandboxHost: Sendable {
    /// Starts it; where sandboxes cannot be had, ``run(_:log:isCancelled:)`` says so.
    package static func start() throws(SystemError) -> SandboxHost {
        SandboxHost()
    }

    /// Runs a command to its end; blocks the thread. Calls come from several threads at once.
    ///
    /// - Parameter log: takes what is written to standard output and error, as it comes, from the calling thread.
    package func run(
        _ plan: SandboxPlan, log: (UnsafeRawBufferPointer) -> Void = { _ in }, isCancelled: @Sendable () -> Bool = { false }
    ) throws(SandboxError) -> SandboxOutcome {
        throw .unavailable(reason: "sandboxes are not made yet", remedy: "")
    }
}

/// Whether sandboxes can be had here.
package enum SandboxSupport: Hashable, Sendable {
    case available
    /// `reason` names what refused; `remedy` is what an administrator can do.
    case unavailable(reason: String, remedy: String)

    /// Tries it, with a sandbox that does nothing.
    package static func probe() -> SandboxSupport {
        .unavailable(reason: "sandboxes are not made yet", remedy: "")
    }
}
