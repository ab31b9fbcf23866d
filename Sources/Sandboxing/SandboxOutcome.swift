/// How a command in a sandbox ended. Every process of it is dead by then.
package struct SandboxOutcome: Sendable {
    package enum Termination: Hashable, Sendable {
        case exited(Int32)
        case signalled(Int32)
        /// The limit of seconds was met.
        case timedOut
        case cancelled
    }

    /// A path that a process asked for, in the order of first asking.
    package struct Access: Hashable, Sendable {
        package enum Kind: String, Hashable, Sendable {
            case open, write, look, execute
        }

        package let kind: Kind
        /// Absolute, inside, as far as it can be told without following links.
        package let path: String
    }

    package let termination: Termination
    /// Names of processes that were still there when the command ended and did not end by themselves within a second.
    package let leftProcesses: [String]
    /// Requests for random bytes, and how many bytes were given.
    package let draws: (count: Int, bytes: Int)
    /// Bytes of the log that were dropped.
    package let droppedLog: Int
    /// Empty unless the plan observes.
    package let accesses: [Access]

    package init(
        termination: Termination, leftProcesses: [String] = [], draws: (count: Int, bytes: Int) = (0, 0), droppedLog: Int = 0,
        accesses: [Access] = []
    ) {
        self.termination = termination
        self.leftProcesses = leftProcesses
        self.draws = draws
        self.droppedLog = droppedLog
        self.accesses = accesses
    }
}

/// Why no command was run.
package enum SandboxError: Error, Hashable, Sendable {
    /// The kernel, or what surrounds us, gives no namespaces; see ``SandboxSupport``.
    case unavailable(reason: String, remedy: String)
    /// The program cannot be started: it is not there, or no program; `code` is the errno.
    case noProgram(String, code: Int32)
    /// A step of making the sandbox failed; `step` says what was done, such as `mount 'data/a.csv'`.
    case setUp(step: String, code: Int32)
}
