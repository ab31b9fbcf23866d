import Platform
import Synchronization
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Child processes, locks, threads, signals.
@Suite struct ProcessTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func `a program gets its input, arguments, environment and folder, and its output comes back`() throws {
        let outcome = try ProcessRunner.run(
            ["sh", "-c", "cat; printf '%s|' \"$0\" \"$A\" \"$PWD\"; printf e >&2; exit 7", "an 'argument'"],
            environment: ["A": "b=c", "PATH": "/usr/bin:/bin"], directory: folder.path, input: Array("in|".utf8))
        #expect(outcome.outputText == "in|an 'argument'|b=c|\(folder.path)|")
        #expect(outcome.errorText == "e")
        #expect(outcome.termination == .exited(7))
        #expect(try ProcessRunner.run(["env"], environment: [:]).outputText == "")
    }

    @Test func `megabytes pass both ways at once`() throws {
        let bytes = [UInt8](repeating: 65, count: 3 << 20)
        #expect(try ProcessRunner.run(["cat"], input: bytes).output == bytes)
        // Who does not read is no error.
        #expect(try ProcessRunner.run(["true"], input: bytes).status == 0)
    }

    @Test func `a program that is killed, or that is not there, is told apart`() throws {
        let child = try ProcessRunner.start(["sleep", "100"])
        try child.send(15)
        #expect(try child.finish().termination == .signalled(15))
        let error = #expect(throws: SystemError.self) { try ProcessRunner.run(["no-such-program-anywhere"]) }
        #expect(error?.description == "cannot start 'no-such-program-anywhere': no such file or directory")
    }

    @Test func `a child inherits no descriptor and no ignored signal`() throws {
        let kept = try FileLock.acquire(folder.appending("lock"))
        let outcome = try ProcessRunner.run(["sh", "-c", "ls /proc/self/fd; grep -E 'Sig(Ign|Blk)' /proc/self/status"])
        let lines = outcome.outputText.split(separator: "\n").map(String.init)
        #expect(lines.dropLast(2) == ["0", "1", "2", "3"])
        for line in lines.suffix(2) {
            // The C library keeps the signals from 32 to itself.
            let mask = try #require(UInt64(line.suffix(16), radix: 16))
            #expect(mask & 0x7FFF_FFFF == 0, "\(line)")
        }
        #expect(kept != nil)
    }

    @Test func `a lock excludes others until its object or its process ends`() throws {
        let path = folder.appending("lock")
        var first: FileLock? = try FileLock.acquire(path)
        #expect(first != nil)
        #expect(try FileLock.acquire(path, wait: false) == nil)
        #expect(try FileLock.acquire(path, exclusive: false, wait: false) == nil)
        first = nil
        let shared = try FileLock.acquire(path, exclusive: false, wait: false)
        #expect(try FileLock.acquire(path, exclusive: false, wait: false) != nil)
        #expect(try FileLock.acquire(path, wait: false) == nil)
        _ = shared
        #expect(throws: SystemError.self) { try FileLock.acquire(folder.path) }
        let held = try ProcessRunner.start(["flock", "\(folder.appending("other"))", "sh", "-c", "echo; exec sleep 100"])
        while try FileLock.acquire(folder.appending("other"), wait: false) != nil { Clock.sleep(nanoseconds: 1_000_000) }
        #expect(try FileLock.acquire(folder.appending("other"), wait: false) == nil)
        _ = try ProcessRunner.run(["pkill", "-KILL", "-P", "\(held.identifier)"])
        try held.send(9)
        _ = try held.finish()
        var waits = 0
        #expect(try FileLock.acquire(folder.appending("other"), onWait: { waits += 1 }) != nil)
        #expect(waits <= 1)
    }

    @Test func `the holder of a lock is known, where the lock table names its file system`() throws {
        let path = folder.appending("lock")
        #expect(FileLock.holder(of: path) == nil)
        let lock = try FileLock.acquire(path)
        let holder = FileLock.holder(of: path)
        // Some file systems show other device numbers to programs than to the table.
        let table = String(decoding: try Files.read(HostPath("/proc/locks")), as: UTF8.self)
        let isListed = table.contains(":\(try #require(try Files.status(path)).signature.inode) ")
        #expect(holder == (isListed ? Host.processIdentifier : nil))
        withExtendedLifetime(lock) {}
        #expect(FileLock.holder(of: folder.path) == nil)
    }

    @Test func `waiting for a lock says so once and then has it`() throws {
        let path = folder.appending("lock")
        let held = Mutex<FileLock?>(try FileLock.acquire(path))
        let waits = Atomic<Int>(0)
        Threads.run(2) { index in
            if index == 0 {
                let lock = try? FileLock.acquire(path, onWait: { waits.add(1, ordering: .relaxed) })
                #expect(lock != nil)
            } else {
                while waits.load(ordering: .relaxed) == 0 { Clock.sleep(nanoseconds: 1_000_000) }
                held.withLock { $0 = nil }
            }
        }
        #expect(waits.load(ordering: .relaxed) == 1)
    }

    @Test func `every number runs once, on a stack that is deep`() {
        let seen = Mutex<[Int]>([])
        Threads.run(20) { index in
            // About 6 MiB of stack.
            withUnsafeTemporaryAllocation(byteCount: 6 << 20, alignment: 16) { buffer in
                buffer[0] = 1
                buffer[buffer.count - 1] = buffer[0]
            }
            seen.withLock { $0.append(index) }
        }
        #expect(seen.withLock { $0.sorted() } == Array(0..<20))
        Threads.run(0) { _ in Issue.record("nothing to run") }
    }

    @Test func `a monitor wakes those who wait, and time ends waiting`() {
        let monitor = Monitor(0)
        Threads.run(3) { index in
            if index == 0 {
                for _ in 0..<100 { monitor.update { $0 += 1 } }
            } else {
                #expect(monitor.wait { $0 >= 100 ? $0 : nil } == 100)
            }
        }
        let before = Clock.monotonic()
        #expect(monitor.wait(nanoseconds: 20_000_000) { $0 > 100 ? true : nil } == nil)
        #expect(Clock.monotonic() - before >= 20_000_000)
        #expect(monitor.withLock { $0 } == 100)
    }

    @Test func `one interruption is remembered, the second kills`() async {
        await #expect(processExitsWith: .success) {
            Interruption.install()
            #expect(Interruption.signal == nil)
            _ = try ProcessRunner.run(["kill", "-TERM", "\(Host.processIdentifier)"])
            for _ in 0..<200 where !Interruption.wait(nanoseconds: 10_000_000) {}
            #expect(Interruption.signal == 15)
        }
        await #expect(processExitsWith: .signal(15)) {
            Interruption.install()
            _ = try ProcessRunner.run(["kill", "-TERM", "\(Host.processIdentifier)"])
            // Two that are pending at once would count as one.
            for _ in 0..<1000 where !Interruption.wait(nanoseconds: 10_000_000) {}
            _ = try ProcessRunner.run(["kill", "-TERM", "\(Host.processIdentifier)"])
            Clock.sleep(nanoseconds: 10_000_000_000)
        }
    }

    @Test func `an interruption ends waiting for a lock`() async {
        await #expect(processExitsWith: .success) {
            Interruption.install()
            let folder = try TemporaryFolder()
            let path = folder.appending("lock")
            let lock = try FileLock.acquire(path)
            let error = #expect(throws: SystemError.self) {
                try FileLock.acquire(
                    path,
                    onWait: { _ = try? ProcessRunner.run(["kill", "-TERM", "\(Host.processIdentifier)"]) })
            }
            #expect(error?.code == 4)
            #expect(lock != nil)
        }
    }

    @Test func `writing to nobody ends the process without a word`() async {
        await #expect(processExitsWith: .signal(13)) {
            Interruption.install()
            // A pipe whose reader is gone: what `mlbuild ... | head -1` leaves us with.
            var ends: [Int32] = [0, 0]
            #expect(pipe(&ends) == 0)
            dup2(ends[1], 1)
            close(ends[0])
            Terminal.write("text\n")
        }
    }

    @Test func `an output that cannot be written is remembered`() async {
        await #expect(processExitsWith: .success) {
            let full = open("/dev/full", O_WRONLY)
            dup2(full, 1)
            Terminal.write("text\n")
            let failure = Terminal.failure
            #expect(failure?.description == "cannot write the output: no space left on device")
        }
    }
}
