internal import CPlatform

/// Threads with stacks of 8 MiB, joined before the call returns.
package enum Threads {
    package static let stackSize = 8 << 20

    private final class Work {
        let index: Int
        let plan: OpaquePointer?
        let body: @Sendable (Int) -> Void

        init(index: Int, plan: OpaquePointer?, body: @escaping @Sendable (Int) -> Void) {
            self.index = index
            self.plan = plan
            self.body = body
        }
    }

    /// Runs `body(0)` ... `body(count - 1)`, each on a thread of its own, and returns when all have.
    ///
    /// Where no thread can be had, the caller's runs the rest, one after the other: a body must not wait for one with a
    /// higher number to begin. A ``FaultPlan`` of the caller acts on the threads too; SIGINT and SIGTERM never land on them.
    package static func run(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        let plan = platform_plan_set(nil)
        platform_plan_set(plan)
        var threads: [UInt] = []
        var rest: [Int] = []
        for index in 0..<max(0, count) {
            let work = Unmanaged.passRetained(Work(index: index, plan: plan, body: body))
            var thread: UInt = 0
            let result = platform_thread_start(
                &thread, stackSize,
                { argument in
                    let work = Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue()
                    platform_plan_set(work.plan)
                    work.body(work.index)
                    platform_plan_set(nil)
                    return nil
                }, work.toOpaque())
            if result == 0 {
                threads.append(thread)
            } else {
                work.release()
                rest.append(index)
            }
        }
        for index in rest { body(index) }
        for thread in threads { platform_thread_join(thread) }
    }
}
