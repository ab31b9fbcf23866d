internal import CPlatform
#if canImport(Glibc)
    internal import Glibc
#endif

/// A program in a session of its own: its output is taken as it comes, and what stays in its group is ended with it.
///
/// Nothing else holds it: what makes a session of its own lives on, and so does all of it when this process is killed.
package enum ChildSession {
    package enum Termination: Hashable, Sendable {
        case exited(Int32)
        case signalled(Int32)
        /// The limit of seconds was met.
        case timedOut
        case cancelled
    }

    package struct Outcome: Sendable {
        package let termination: Termination
        /// Names of processes of the group that did not end within a second of the program.
        package let left: [String]
    }

    private static let grace: Int64 = 1_000_000_000

    /// Runs a program to its end: `program` is its file, and `arguments` begins with its name.
    ///
    /// - Parameter log: takes what is written to standard output and error, as it comes, from the calling thread
    package static func run(
        _ program: HostPath, _ arguments: [String], variables: [(name: String, value: String)], directory: HostPath, seconds: Int?,
        log: (UnsafeRawBufferPointer) -> Void, isCancelled: () -> Bool
    ) throws(SystemError) -> Outcome {
        let output = try ProcessRunner.pipe(parentReads: true)
        let nothing = platform_open(AT_FDCWD, "/dev/null", O_RDONLY, 0)
        var process: Int32 = 0
        let words = [program.bytes] + arguments.dropFirst().map { Array($0.utf8) }
        let block = variables.map { Array("\($0.name)=\($0.value)".utf8) }
        let result = ProcessRunner.withCStrings(words) { words in
            ProcessRunner.withCStrings(block) { block in
                directory.result { folder in
                    Int(platform_spawn(&process, words, block, folder, nothing, output.write, output.write, 1))
                }
            }
        }
        platform_close(nothing)
        platform_close(output.write)
        defer { platform_close(output.read) }
        if result < 0 { throw program.error("start", -result) }

        var early: Termination?
        var ended: Int64?
        let end = seconds.map { Clock.monotonic() + Int64(clamping: $0).multipliedReportingOverflow(by: 1_000_000_000).partialValue }
        var isOpen = true
        while true {
            var waiting = pollfd(fd: isOpen ? output.read : -1, events: Int16(POLLIN), revents: 0)
            _ = poll(&waiting, 1, 20)
            if waiting.revents != 0 { isOpen = take(output.read, log) }
            let now = Clock.monotonic()
            if ended == nil {
                if isCancelled() { early = .cancelled } else if let end, now >= end { early = .timedOut }
                if early != nil { kill(-process, SIGKILL) }
                if hasEnded(process) { ended = now }
            }
            // Who holds the output is not done yet; but not for ever.
            if let ended, early != nil || now - ended >= grace || (!isOpen && group(of: process).isEmpty) { break }
        }
        let left = early == nil ? group(of: process) : []
        // The program itself is not waited for yet, so that its number is still its own.
        kill(-process, SIGKILL)
        _ = isOpen && take(output.read, log)
        let status = platform_wait(process)
        if status < 0 { throw SystemError(operation: "wait for process \(process)", path: nil, code: -status) }
        return Outcome(termination: early ?? (status >= 256 ? .signalled(status - 256) : .exited(status)), left: left)
    }

    /// Takes what there is; false at the end.
    private static func take(_ descriptor: Int32, _ log: (UnsafeRawBufferPointer) -> Void) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 16) { buffer in
            while true {
                let count = Glibc.read(descriptor, buffer.baseAddress!, buffer.count)
                if count > 0 {
                    log(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                    continue
                }
                if count < 0, errno == EINTR { continue }
                return count < 0 && errno == EAGAIN
            }
        }
    }

    private static func hasEnded(_ process: Int32) -> Bool {
        var info = siginfo_t()
        let found = waitid(P_PID, id_t(process), &info, WEXITED | WNOHANG | WNOWAIT)
        return found != 0 || info.si_signo != 0
    }

    /// The names of the processes of a group that run, but for its first one.
    private static func group(of leader: Int32) -> [String] {
        guard let entries = try? Files.list(HostPath("/proc")) else { return [] }
        var names: [String] = []
        for entry in entries {
            let text = String(decoding: entry.name, as: UTF8.self)
            guard let number = Int32(text), number != leader, let bytes = try? Files.read(HostPath("/proc/\(number)/stat")) else {
                continue
            }
            // "ID (NAME) STATE PARENT GROUP ...": the name may hold anything.
            guard let open = bytes.firstIndex(of: UInt8(ascii: "(")), let close = bytes.lastIndex(of: UInt8(ascii: ")")) else { continue }
            let fields = String(decoding: bytes[(close + 1)...], as: UTF8.self).split(separator: " ")
            guard fields.count > 2, fields[2] == String(leader), fields[0] != "Z", fields[0] != "X" else { continue }
            names.append(String(decoding: bytes[(open + 1)..<close], as: UTF8.self))
        }
        return names
    }
}
