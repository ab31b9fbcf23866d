internal import CSandbox
package import Platform
internal import Synchronization

/// Starts sandboxes: a small process, made while this one is still small, from which sandboxes are cloned cheaply.
///
/// The process ends when the host is let go of or when this process dies, however it dies; so does every sandbox.
package final class SandboxHost: Sendable {
    private let descriptor: Int32
    private let process: Int32
    private let processors: Mutex<ProcessorShares>

    private init(descriptor: Int32, process: Int32) {
        self.descriptor = descriptor
        self.process = process
        processors = Mutex(ProcessorShares())
    }

    deinit { sandbox_stop(descriptor, process) }

    /// Starts it; where sandboxes cannot be had, ``run(_:log:isCancelled:)`` says so.
    ///
    /// - Complexity: one fork, whose cost grows with the memory that this process has used so far.
    package static func start() throws(SystemError) -> SandboxHost {
        var descriptor: Int32 = -1
        var process: Int32 = -1
        let result = sandbox_start(&descriptor, &process)
        if result < 0 { throw SystemError(operation: "start the sandbox spawner", path: nil, code: -result) }
        return SandboxHost(descriptor: descriptor, process: process)
    }

    /// Runs a command to its end; blocks the thread. Calls come from several threads at once.
    ///
    /// When it returns or throws, every process of the sandbox is dead.
    ///
    /// - Parameter log: takes what is written to standard output and error, as it comes, from the calling thread.
    /// - Parameter isCancelled: is asked some twenty times a second.
    package func run(
        _ plan: SandboxPlan, log: (UnsafeRawBufferPointer) -> Void = { _ in }, isCancelled: @Sendable () -> Bool = { false }
    ) throws(SandboxError) -> SandboxOutcome {
        if plan.input == .terminal, sandbox_is_terminal(0) == 0 { throw .setUp(step: "use standard input as a terminal", code: 25) }
        let share = processors.withLock { $0.take(plan.threads) }
        defer { processors.withLock { $0.giveBack(share) } }
        var copied: Set<Int> = []
        while true {
            let request = try SandboxRequest(plan, processors: share, copied: copied)
            let terminal: Int32 = plan.input == .terminal ? 0 : -1
            var handle = sandbox_handle(channel: -1, output: -1, process: -1)
            let result = request.send(to: descriptor, terminal: terminal, handle: &handle)
            if result < 0 { throw .setUp(step: "ask for a sandbox", code: -result) }
            var run = SandboxRun(handle: handle, plan: plan)
            defer {
                run.close()
                if terminal >= 0 { sandbox_take_terminal(terminal) }
            }
            let outcome = try run.finish(log: log, isCancelled: isCancelled)
            // The file that was opened counts, not what lies at its path meanwhile.
            guard let moved = run.movedFile, copied.insert(moved).inserted else { return outcome }
        }
    }
}
