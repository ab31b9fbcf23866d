internal import Platform
internal import Synchronization

/// Work that is split over the cores, with a result that does not depend on how.
enum ParallelMap {
    private static let threadLimit = 16

    /// What `body` gives for each number below `count`, in that order; each thread has a context of its own.
    ///
    /// - Throws: the failure with the smallest number.
    static func run<Context, Value: Sendable>(
        _ count: Int, perThread least: Int = 1, context: @escaping @Sendable () -> Context,
        _ body: @escaping @Sendable (inout Context, Int) throws(ImportError) -> Value
    ) throws(ImportError) -> [Value] {
        let results = Mutex<[Value?]>(Array(repeating: nil, count: count))
        let failure = Mutex<(index: Int, error: ImportError)?>(nil)
        let isFailing = Atomic<Bool>(false)
        let next = Atomic<Int>(0)
        let work: @Sendable (Int) -> Void = { _ in
            var context = context()
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                if index >= count { return }
                // DETERMINISM: of several failures the one with the smallest number is reported, however threads run.
                if isFailing.load(ordering: .relaxed), failure.withLock({ $0 }).map({ $0.index < index }) ?? false { return }
                do throws(ImportError) {
                    let value = try body(&context, index)
                    results.withLock { $0[index] = value }
                } catch {
                    failure.withLock { if $0.map({ index < $0.index }) ?? true { $0 = (index, error) } }
                    isFailing.store(true, ordering: .relaxed)
                }
            }
        }
        let threads = min(Host.coreCount, threadLimit, (count + least - 1) / least)
        if threads <= 1 { work(0) } else { Threads.run(threads, work) }
        if let failure = failure.withLock({ $0 }) { throw failure.error }
        return results.withLock { $0.compactMap { $0 } }
    }
}
