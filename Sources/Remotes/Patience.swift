internal import Synchronization

/// How long a server is waited for.
// SPEC: remotes.md#requests
package struct Patience: Sendable {
    /// To connect, in nanoseconds.
    package var connecting: Int64 = 10_000_000_000
    /// Without a byte, and for the head of an answer.
    package var silence: Int64 = 60_000_000_000
    /// In each such time so many bytes have to come.
    package var window: Int64 = 60_000_000_000
    package var bytesInWindow = 60 << 10

    package init() {}

    private static let shared = Mutex(Patience())

    /// That of this process.
    package static var ofProcess: Patience { shared.withLock { $0 } }

    /// Makes it that of this process and of the children that it forks; for the fault bench, which cannot wait for minutes.
    package func becomeThatOfProcess() { Self.shared.withLock { $0 = self } }
}
