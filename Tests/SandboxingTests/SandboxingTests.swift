import Platform
import TestSupport
import Testing

@testable import Sandboxing

@Suite(.enabled(if: Sandbox.isAvailable, "no sandboxes here: \(Sandbox.support)"))
struct RunningTests {
    @Test func `a command runs, writes a log and ends with its status`() throws {
        let ended = try Sandbox().shell("echo out; echo err >&2; exit 7")
        #expect(ended.log == "out\nerr\n")
        #expect(ended.outcome.termination == .exited(7))
        #expect(ended.outcome.leftProcesses == [])
        #expect(ended.outcome.droppedLog == 0)
    }

    @Test func `a command that a signal ends is told by the signal`() throws {
        let sandbox = try Sandbox()
        #expect(try sandbox.shell("kill -9 $$").outcome.termination == .signalled(9))
        #expect(try sandbox.shell("kill -PIPE $$").outcome.termination == .signalled(13))
    }

    @Test func `a program that is missing, no program, or not to be run is named with the reason`() throws {
        let sandbox = try Sandbox()
        try sandbox.work.write("text", to: "plain")
        #expect(throws: SandboxError.noProgram("absent", code: 2)) { try sandbox.run(["absent"]) }
        #expect(throws: SandboxError.noProgram("/usr/bin/absent", code: 2)) { try sandbox.run(["/usr/bin/absent"]) }
        #expect(throws: SandboxError.noProgram("./plain", code: 13)) { try sandbox.run(["./plain"]) }
        #expect(throws: SandboxError.noProgram("", code: 2)) { try sandbox.run([""]) }
        try Files.setPermissions(sandbox.work.appending("plain"), 0o755)
        #expect(throws: SandboxError.noProgram("./plain", code: 8)) { try sandbox.run(["./plain"]) }
    }

    @Test func `a program is looked up in the PATH that the plan says`() throws {
        let sandbox = try Sandbox()
        try sandbox.work.write("#!/bin/sh\necho mine\n", to: "tools/date")
        try Files.setPermissions(sandbox.work.appending("tools/date"), 0o755)
        let ended = try sandbox.run(["date"]) { $0.variables = [("PATH", "/absent:/work/tools:/usr/bin")] }
        #expect(ended.log == "mine\n")
        #expect(throws: SandboxError.noProgram("date", code: 2)) { try sandbox.run(["date"]) { $0.variables = [("PATH", "/absent")] } }
    }

    @Test func `the log ends at its limit, and what follows is counted`() throws {
        let ended = try Sandbox().shell("head -c 1000000 /dev/zero; exit 3") { $0.limits.log = 1000 }
        #expect(ended.log.utf8.count == 1000)
        #expect(ended.outcome.droppedLog == 999_000)
        #expect(ended.outcome.termination == .exited(3))
    }

    @Test func `a command that takes too long is killed with all it started`() throws {
        let sandbox = try Sandbox()
        let start = Clock.monotonic()
        let ended = try sandbox.shell("sleep 100 & echo begun; sleep 100") { $0.limits.seconds = 1 }
        #expect(ended.outcome.termination == .timedOut)
        #expect(ended.log == "begun\n")
        #expect(Clock.monotonic() - start < 5_000_000_000)
    }

    @Test func `a command that is cancelled is killed at once`() throws {
        let sandbox = try Sandbox()
        let start = Clock.monotonic()
        let outcome = try sandbox.host.run(sandbox.plan(["sleep", "100"]), isCancelled: { Clock.monotonic() - start > 100_000_000 })
        #expect(outcome.termination == .cancelled)
        #expect(Clock.monotonic() - start < 3_000_000_000)
    }

    @Test func `many sandboxes run from several threads, each with its own log and status`() throws {
        let sandbox = try Sandbox()
        let folders = try (0..<64).map { _ in try TemporaryFolder() }
        Threads.run(8) { thread in
            for index in stride(from: thread, to: 64, by: 8) {
                var plan = sandbox.plan(["/bin/sh", "-c", "echo number \(index); echo \(index) > own; exit \(index)"])
                plan.work = folders[index].path
                var log: [UInt8] = []
                let outcome = try? sandbox.host.run(plan, log: { log += $0 })
                #expect(outcome?.termination == .exited(Int32(index)))
                #expect(String(decoding: log, as: UTF8.self) == "number \(index)\n")
            }
        }
        for (index, folder) in folders.enumerated() { #expect(try folder.read("own") == "\(index)\n") }
    }

    @Test func `no descriptor stays open, and no child is left`() async {
        await #expect(processExitsWith: .success) {
            var sandbox: Sandbox? = try Sandbox()
            _ = try sandbox?.shell("echo")
            let before = try Files.list(HostPath("/proc/self/fd")).count
            for index in 0..<20 { _ = try? sandbox?.run(index % 2 == 0 ? ["true"] : ["absent"]) }
            let after = try Files.list(HostPath("/proc/self/fd")).count
            precondition(after == before)
            sandbox = nil
            let children = HostPath("/proc/self/task/\(Host.processIdentifier)/children")
            let left = try Files.readIfPresent(children) ?? []
            precondition(left == [])
        }
    }

    @Test func `a process that goes on by itself is named, and dead when the run is over`() throws {
        let sandbox = try Sandbox()
        let ended = try sandbox.shell("setsid sleep 31536011 & (sleep 31536012 &) ; echo done")
        #expect(ended.outcome.termination == .exited(0))
        #expect(ended.outcome.leftProcesses.sorted() == ["sleep", "sleep"])
        #expect(try ProcessTable.count(of: "3153601") == 0)
    }

    @Test func `a process that ends by itself soon is waited for`() throws {
        let sandbox = try Sandbox()
        let ended = try sandbox.shell("(sleep 0.2; echo late > late) & exit 0")
        #expect(ended.outcome.leftProcesses == [])
        #expect(try sandbox.work.read("late") == "late\n")
    }

    @Test func `nothing is left when the process that holds the sandboxes is killed`() async throws {
        await #expect(processExitsWith: .signal(9)) {
            let sandbox = try Sandbox()
            Threads.run(2) { thread in
                if thread == 0 {
                    _ = try? sandbox.shell("setsid sleep 31536021 & sleep 31536022")
                } else {
                    while (try? ProcessTable.count(of: "3153602")) ?? 0 < 3 { Clock.sleep(nanoseconds: 1_000_000) }
                    _ = try? ProcessRunner.run(["/bin/kill", "-9", "\(Host.processIdentifier)"])
                }
            }
        }
        let end = Clock.monotonic() + 5_000_000_000
        while try ProcessTable.count(of: "3153602") > 0, Clock.monotonic() < end { Clock.sleep(nanoseconds: 10_000_000) }
        #expect(try ProcessTable.count(of: "3153602") == 0)
    }

    @Test func `large plans come through: long arguments and hundreds of files`() throws {
        let sandbox = try Sandbox()
        let text = String(repeating: "x", count: 100_000)
        let file = try sandbox.work.write("content", to: "../\(sandbox.work.path.description.split(separator: "/").last!)/given")
        let open = try Descriptor.reading(file).shared()
        let ended = try sandbox.run(["/bin/sh", "-c", "echo ${#1} ${#2}; cat in/* | wc -c", "sh", text, text]) { plan in
            for index in 0..<300 { plan.mounts.append(.init(.file(open), at: "/work/in/\(index)")) }
        }
        #expect(ended.log == "100000 100000\n2100\n")
    }
}

@Suite struct SupportTests {
    @Test func `what refuses is named, with what an administrator can do`() {
        let cases: [(code: Int32, word: String)] = [
            (28, "max_user_namespaces"), (1, "seccomp=unconfined"), (38, "CONFIG_USER_NS"), (11, "processes"),
        ]
        for (code, word) in cases {
            guard case .unavailable(let reason, let remedy) = SandboxSupport.refusal(of: code) else {
                Issue.record("\(code) is no reason")
                continue
            }
            #expect(!reason.isEmpty && remedy.contains(word))
        }
        #expect(SandboxSupport.refusal(of: "mount '/work/x'", code: 2) == .setUp(step: "mount '/work/x'", code: 2))
        guard case .unavailable(_, let remedy) = SandboxSupport.refusal(of: "write '/proc/self/uid_map'", code: 1) else {
            Issue.record("a namespace without rights is no sandbox")
            return
        }
        #expect(remedy.contains("apparmor"))
    }

    @Test(.enabled(if: Sandbox.isAvailable, "no sandboxes here: \(Sandbox.support)"))
    func `nobody inside turns the kernel's switches, with or without capabilities`() throws {
        let sandbox = try Sandbox()
        for protections in [Protections.all, .all.subtracting(.noCapabilities)] {
            let ended = try sandbox.shell("test ! -w /proc/sys/user/max_user_namespaces") { $0.protections = protections }
            #expect(ended.outcome.termination == .exited(0))
        }
    }
}

/// The processes of the whole machine.
enum ProcessTable {
    /// How many have `text` in their command line.
    static func count(of text: String) throws -> Int {
        var count = 0
        for entry in try Files.list(HostPath("/proc")) where entry.name.first.map({ (0x31...0x39).contains($0) }) == true {
            let path = HostPath("/proc").appending(entry.name).appending("cmdline")
            // It may have ended since it was listed.
            guard let line = try? Files.read(path) else { continue }
            if String(decoding: line, as: UTF8.self).contains(text) { count += 1 }
        }
        return count
    }
}
