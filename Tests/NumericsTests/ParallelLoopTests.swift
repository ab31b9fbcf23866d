import Numerics
import Synchronization
import Testing

@Suite struct ParallelLoopTests {
    @Test(arguments: [0, 1, 2, 7, 100, 10_001], [1, 2, 3, 8, 1000])
    func `each index is run once`(count: Int, threads: Int) {
        let counts = Mutex([Int](repeating: 0, count: count))
        ParallelLoop.run(count: count, threads: threads) { index in counts.withLock { $0[index] += 1 } }
        #expect(counts.withLock { $0 } == [Int](repeating: 1, count: count))
    }

    @Test func `values come back in the order of their indices`() {
        #expect(ParallelLoop.map(count: 1000, threads: 4) { "\($0)" } == (0..<1000).map { "\($0)" })
    }

    @Test func `a loop inside a loop runs on its own thread`() {
        let sum = Atomic(0)
        ParallelLoop.run(count: 20, threads: 4) { outer in
            ParallelLoop.run(count: 30, threads: 4) { inner in sum.add(outer * 30 + inner, ordering: .relaxed) }
        }
        #expect(sum.load(ordering: .relaxed) == 600 * 599 / 2)
    }

    @Test func `many callers at once all get their results`() async {
        await withTaskGroup(of: Bool.self) { group in
            for caller in 0..<16 {
                group.addTask {
                    (0..<200).allSatisfy { round in
                        let values = ParallelLoop.map(count: 37, threads: 1 + caller % 5) { $0 * round + caller }
                        return values == (0..<37).map { $0 * round + caller }
                    }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }

    @Test func `more than one thread takes part`() {
        // Each body waits for the other, but not for ever: on one thread the first waits in vain.
        let arrived = Atomic(0)
        let meetings = Atomic(0)
        ParallelLoop.run(count: 2, threads: 2) { _ in
            arrived.add(1, ordering: .acquiringAndReleasing)
            for _ in 0..<300_000_000 where arrived.load(ordering: .acquiring) == 2 {
                meetings.add(1, ordering: .relaxed)
                break
            }
        }
        #expect(meetings.load(ordering: .relaxed) == 2)
    }
}
