import CKernels

/// Loops whose bodies are independent of each other, on several threads.
///
/// The threads are kept between calls. Any number of threads may call at once; a call from inside a body runs on its
/// own thread alone. Which thread runs which index is not determined, so a body writes only what belongs to its index.
package enum ParallelLoop {
    /// The most threads that are ever used.
    package static let mostThreads = 256

    /// Calls `body` once for each index in `0..<count`, on up to `threads` threads, and waits for all.
    ///
    /// - Parameter threads: At least 1; with 1 the indices come in order on the caller's thread.
    /// - Complexity: A few microseconds besides the bodies; nothing is allocated once the threads are there.
    package static func run(count: Int, threads: Int, _ body: @Sendable (Int) -> Void) {
        precondition(count >= 0 && threads >= 1, "a loop has a count and at least one thread")
        if threads == 1 || count <= 1 {
            for index in 0..<count { body(index) }
            return
        }
        withoutActuallyEscaping(body) { escapable in
            let kept: Body = escapable
            withUnsafePointer(to: kept) { pointer in
                ck_parallel(
                    count, max(1, count / (threads * 8)), threads,
                    { context, lower, upper in
                        guard let context else { return }
                        let body = context.assumingMemoryBound(to: Body.self).pointee
                        for index in lower..<upper { body(index) }
                    }, pointer)
            }
        }
    }

    /// The values of `body` for each index in `0..<count`, in index order.
    package static func map<Value: Sendable>(count: Int, threads: Int, _ body: @Sendable (Int) -> Value) -> [Value] {
        [Value](unsafeUninitializedCapacity: count) { buffer, initialized in
            nonisolated(unsafe) let slots = buffer
            run(count: count, threads: threads) { index in
                slots.initializeElement(at: index, to: body(index))
            }
            initialized = count
        }
    }

    private typealias Body = @Sendable (Int) -> Void
}
