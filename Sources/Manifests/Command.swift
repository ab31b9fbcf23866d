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

    package let arguments: Arguments
    /// The place of `run`'s value.
    package let span: SourceSpan
    /// Seconds after which the command is ended; nil is no limit.
    package let timeout: Int?
    /// Number of threads that the command may use; part of the key.
    package let threads: Int
    package let variables: [Environment.Variable]
    package let entropy: Entropy
}
