internal import Platform
internal import Synchronization

/// Tries again what may succeed a little later: a few times, each after a longer wait, and not without end over all requests together.
// SPEC: remotes.md#requests
package final class Retry: Sendable {
    package struct Policy: Sendable {
        /// How often something is done at most.
        package var attempts = 5
        /// The wait before the second time; doubled each time.
        package var firstWait: Int64 = 200_000_000
        package var longestWait: Int64 = 10_000_000_000
        /// The longest time that a server may ask for.
        package var longestRequestedWait: Int64 = 30_000_000_000
        /// How many second tries there may be in all, beside those that good requests earn.
        package var budget = 50

        package init() {}

        private static let shared = Mutex(Policy())

        /// That of this process.
        package static var ofProcess: Policy { shared.withLock { $0 } }

        /// Makes it that of this process and of the children that it forks; for the fault bench, which cannot wait for minutes.
        package func becomeThatOfProcess() { Self.shared.withLock { $0 = self } }
    }

    private let policy: Policy
    /// In twentieths of a try.
    private let credit: Mutex<Int>
    private let random: Mutex<SystemRandomNumberGenerator>

    package init(_ policy: Policy = .ofProcess) {
        self.policy = policy
        credit = Mutex(policy.budget * 20)
        random = Mutex(SystemRandomNumberGenerator())
    }

    /// Does it, again if need be; when `hasMoved` says that it came further than the last time, as if that had been the first.
    ///
    /// - Throws: what it threw at last: `.gaveUp` when that came after several tries.
    func run<Value>(
        hasMoved: () -> Bool = { false }, _ body: () throws(RemoteError) -> Value
    ) throws(RemoteError) -> Value {
        var attempt = 1
        var tries = 0
        while true {
            do throws(RemoteError) {
                let value = try body()
                credit.withLock { $0 = min($0 + 1, policy.budget * 20) }
                return value
            } catch {
                if Interruption.signal != nil { throw .interrupted }
                guard error.isTransient else { throw error }
                tries += 1
                if hasMoved() { attempt = 1 }
                guard attempt < policy.attempts, spend() else { throw tries == 1 ? error : .gaveUp(error, attempts: tries) }
                var wait = self.wait(after: attempt)
                if case .answered(_, _, let seconds?) = error {
                    wait = max(wait, min(Int64(clamping: seconds) &* 1_000_000_000, policy.longestRequestedWait))
                }
                let end = Clock.monotonic() &+ wait
                // In pieces: a signal never ends the sleep of this thread.
                while Clock.monotonic() < end {
                    if Interruption.wait(nanoseconds: min(100_000_000, end - Clock.monotonic())) { throw .interrupted }
                }
                attempt += 1
            }
        }
    }

    private func spend() -> Bool {
        credit.withLock { credit in
            guard credit >= 20 else { return false }
            credit -= 20
            return true
        }
    }

    /// Half of it by chance, so that many who were refused together do not come back together.
    func wait(after attempt: Int) -> Int64 {
        var wait = policy.firstWait
        for _ in 1..<max(1, min(attempt, 40)) { wait = min(wait &* 2, policy.longestWait) }
        let half = min(wait, policy.longestWait) / 2
        return half + (half > 0 ? random.withLock { Int64.random(in: 0...half, using: &$0) } : 0)
    }
}
