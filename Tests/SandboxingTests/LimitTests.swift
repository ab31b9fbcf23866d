import Platform
import TestSupport
import Testing

@testable import Sandboxing

@Suite(.enabled(if: Sandbox.isAvailable, "no sandboxes here: \(Sandbox.support)"))
struct LimitTests {
    @Test func `a file grows to its limit and no further`() throws {
        let sandbox = try Sandbox()
        let ended = try sandbox.run(["dd", "if=/dev/zero", "of=out", "bs=1000", "count=100"]) { $0.limits.fileSize = 5000 }
        #expect(ended.outcome.termination == .signalled(25))
        #expect(try Files.status(sandbox.work.appending("out"))?.size == 5000)
    }

    @Test func `a process gets memory up to its limit`() throws {
        let sandbox = try Sandbox()
        let plenty = try sandbox.run(["dd", "if=/dev/zero", "of=/dev/null", "bs=100M", "count=1"])
        #expect(plenty.outcome.termination == .exited(0))
        let ended = try sandbox.run(["dd", "if=/dev/zero", "of=/dev/null", "bs=100M", "count=1"]) { $0.limits.memory = 50 << 20 }
        #expect(ended.outcome.termination == .exited(1))
        #expect(ended.log.contains("memory"))
    }

    @Test(arguments: [20, 500])
    func `processes multiply to their limit and no further`(limit: Int) throws {
        let sandbox = try Sandbox()
        let ended = try sandbox.shell("i=0; while test $i -lt 1000; do sleep 60 & i=$((i + 1)); echo $i; done") { plan in
            plan.limits.processes = limit
            plan.limits.seconds = 20
        }
        let count = Int(ended.log.split(separator: "\n").last { Int($0) != nil } ?? "0") ?? 0
        #expect(count > limit / 2 && count <= limit)
        #expect(ended.log.contains("fork"))
        #expect(ended.outcome.termination == .exited(2))
    }

    @Test func `a fork bomb ends with the time it has`() throws {
        let sandbox = try Sandbox()
        let ended = try sandbox.shell("bomb() { bomb | bomb & }; bomb; sleep 100") { plan in
            plan.limits.processes = 200
            plan.limits.seconds = 2
        }
        #expect(ended.outcome.termination == .timedOut)
        #expect(try sandbox.shell("echo on").log == "on\n")
    }
}
