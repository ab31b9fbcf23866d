import Platform
import TestSupport
import Testing

/// Programs that do not outlive the process that started them.
@Suite struct GuardTests {
    @Test func `a guarded program has its input, environment, folder and end as any other`() throws {
        let folder = try TemporaryFolder()
        let outcome = try ProcessRunner.run(
            ["sh", "-c", "cat; printf '%s|' \"$0\" \"$A\" \"$PWD\"; printf e >&2; exit 7", "an 'argument'"],
            environment: ["A": "b=c", "PATH": "/usr/bin:/bin"], directory: folder.path, input: Array("in|".utf8), isGuarded: true)
        #expect(outcome.outputText == "in|an 'argument'|b=c|\(folder.path)|")
        #expect(outcome.errorText == "e")
        #expect(outcome.termination == .exited(7))
        let killed = try ProcessRunner.run(["sh", "-c", "kill -SEGV $$"], isGuarded: true)
        #expect(killed.termination == .signalled(11))
        let missing = #expect(throws: SystemError.self) { try ProcessRunner.run(["no-such-program-anywhere"], isGuarded: true) }
        #expect(missing?.description == "cannot start 'no-such-program-anywhere': no such file or directory")
        let nowhere = #expect(throws: SystemError.self) {
            try ProcessRunner.run(["true"], directory: folder.appending("nowhere"), isGuarded: true)
        }
        #expect(nowhere?.isMissing == true)
    }

    @Test func `a guarded program inherits no descriptor and no signal that is blocked or ignored`() throws {
        let outcome = try ProcessRunner.run(
            ["sh", "-c", "ls /proc/self/fd; grep -E 'Sig(Ign|Blk)' /proc/self/status"], isGuarded: true)
        let lines = outcome.outputText.split(separator: "\n").map(String.init)
        #expect(lines.dropLast(2) == ["0", "1", "2", "3"])
        for line in lines.suffix(2) {
            // The C library keeps the signals from 32 to itself.
            let mask = try #require(UInt64(line.suffix(16), radix: 16))
            #expect(mask & 0x7FFF_FFFF == 0, "\(line)")
        }
    }

    /// The processes whose numbers stand in a file, once there are as many lines as that; nil when it takes too long.
    private static func numbers(in file: HostPath, count: Int) throws -> [String]? {
        for _ in 0..<1000 {
            let text = String(decoding: try Files.readIfPresent(file) ?? [], as: UTF8.self)
            let lines = text.split(separator: "\n").map(String.init)
            if lines.count == count, text.hasSuffix("\n") { return lines }
            Clock.sleep(nanoseconds: 10_000_000)
        }
        return nil
    }

    /// A program with a child; both say who they are, and neither ends by itself.
    private static let family = "echo $$ >> \"$0\"; sleep 1000 & echo $! >> \"$0\"; wait"

    /// Waits until none of these processes runs any more.
    private static func haveEnded(_ numbers: [String]) -> Bool {
        for _ in 0..<200 {
            let left = numbers.filter { number in
                // What has ended and is not yet waited for, by whomever, is gone all the same.
                guard let text = try? Files.read(HostPath("/proc/\(number)/stat")) else { return false }
                return !String(decoding: text, as: UTF8.self).contains(") Z ")
            }
            if left.isEmpty { return true }
            Clock.sleep(nanoseconds: 10_000_000)
        }
        return false
    }

    @Test func `being asked to stop ends a guarded program and its children`() async {
        await #expect(processExitsWith: .success) {
            Interruption.install()
            let folder = try TemporaryFolder()
            let file = folder.appending("numbers")
            let asked = try ProcessRunner.start(
                [
                    "sh", "-c", "while [ \"$(wc -l 2> /dev/null < \"$0\")\" != 2 ]; do sleep 0.01; done; kill -TERM $1", file.description,
                    "\(Host.processIdentifier)",
                ])
            let error = #expect(throws: SystemError.self) {
                try ProcessRunner.run(["sh", "-c", GuardTests.family, file.description], isGuarded: true)
            }
            #expect(error?.isInterruption == true)
            let numbers = try #require(try GuardTests.numbers(in: file, count: 2))
            #expect(GuardTests.haveEnded(numbers))
            _ = try asked.finish()
        }
    }

    @Test func `a guarded program and its children die with the process that started them`() async throws {
        let folder = try TemporaryFolder()
        let file = folder.appending("numbers")
        await #expect(processExitsWith: .signal(9)) { [path = file.description as String] in
            let child = try ProcessRunner.start(["sh", "-c", GuardTests.family, path], isGuarded: true)
            _ = try #require(try GuardTests.numbers(in: HostPath(path), count: 2))
            _ = try ProcessRunner.run(["kill", "-KILL", "\(Host.processIdentifier)"])
            _ = try child.finish()
        }
        let numbers = try #require(try Self.numbers(in: file, count: 2))
        #expect(Self.haveEnded(numbers))
    }
}
