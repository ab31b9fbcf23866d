package import Diagnostics

/// The work of a stage that runs a program.
package struct Command: Sendable {
    /// What is run, as written: `${...}` stands as it is and `$${` too.
    package enum Arguments: Hashable, Sendable {
        case vector([String])
        /// A line for `/bin/sh -euc`.
        case shell(String)
    }

    /// Where random bytes come from.
    package enum Entropy: String, CaseIterable, Sendable {
        /// A stream that follows from the action's key.
        case derived
        /// The host; the result is marked.
        case host
    }

    /// Where the parts of a process lie in memory.
    package enum Addresses: String, CaseIterable, Sendable {
        /// The same places in every run.
        case fixed
        /// Places that the kernel draws.
        case random
    }

    /// Bounds that the command may not pass; nil is no bound.
    package struct Resources: Hashable, Sendable {
        /// Bytes of address space of each process.
        package let memory: Int?
        /// Processes and threads at a time.
        package let processes: Int?
        /// Bytes of each file that it writes.
        package let fileSize: Int?
        /// Bytes of all outputs together.
        package let outputSize: Int?

        package init(memory: Int? = nil, processes: Int? = nil, fileSize: Int? = nil, outputSize: Int? = nil) {
            self.memory = memory
            self.processes = processes
            self.fileSize = fileSize
            self.outputSize = outputSize
        }
    }

    package let arguments: Arguments
    /// The place of `run`'s value.
    package let span: SourceSpan
    /// Seconds after which the command is ended; nil is no limit.
    package let timeout: Int?
    /// Number of threads that the command may use; part of the key.
    package let threads: Int
    package let variables: [Environment.Variable]
    package let entropy: Entropy
    package let addresses: Addresses
    package let resources: Resources
    /// The name of its environment: ``Environment/defaultName``, ``Environment/baseName`` or one of `environments`.
    package let environment: String
}
