internal import CPlatform
#if canImport(Glibc)
    internal import Glibc
#endif

/// Starts other programs and collects what they say.
package enum ProcessRunner {
    package enum Termination: Hashable, Sendable {
        case exited(Int32)
        case signalled(Int32)
    }

    /// How a program ended, and all it wrote.
    package struct Outcome: Sendable {
        package let termination: Termination
        package let output: [UInt8]
        package let errorOutput: [UInt8]

        /// The exit status; 128 + the signal for one that was killed, as shells have it.
        package var status: Int32 {
            switch termination {
            case .exited(let status): status
            case .signalled(let signal): 128 + signal
            }
        }

        package var outputText: String { String(decoding: output, as: UTF8.self) }
        package var errorText: String { String(decoding: errorOutput, as: UTF8.self) }
    }

    /// Runs a program to its end: `arguments[0]` is looked up in `PATH` when it has no slash.
    ///
    /// `environment` replaces ours when given. Signals are back at their defaults and no descriptor of ours is inherited.
    ///
    /// - Parameter isGuarded: whether the program has a session of its own that does not outlive us: however this process ends, all
    ///   that is in the session's first process group ends too.
    /// - Throws: EINTR when SIGINT or SIGTERM asks this process to stop while a guarded program runs; that has ended then.
    package static func run(
        _ arguments: [String], environment: [String: String]? = nil, directory: HostPath? = nil, input: [UInt8] = [],
        isGuarded: Bool = false
    ) throws(SystemError) -> Outcome {
        try start(arguments, environment: environment, directory: directory, isGuarded: isGuarded).finish(input: input)
    }

    /// Starts a program and comes back at once; see ``ChildProcess/finish(input:)``.
    ///
    /// One that is guarded ends with the thread that started it.
    package static func start(
        _ arguments: [String], environment: [String: String]? = nil, directory: HostPath? = nil, isGuarded: Bool = false
    ) throws(SystemError) -> ChildProcess {
        precondition(!arguments.isEmpty, "a program has a name")
        let input = try pipe(parentReads: false)
        let output: Pipe
        let errorOutput: Pipe
        do throws(SystemError) {
            output = try pipe(parentReads: true)
        } catch {
            input.close()
            throw error
        }
        do throws(SystemError) {
            errorOutput = try pipe(parentReads: true)
        } catch {
            input.close()
            output.close()
            throw error
        }
        // DETERMINISM: the order of a dictionary changes per process.
        let block =
            environment.map { $0.map { Array("\($0.key)=\($0.value)".utf8) }.sorted { $0.lexicographicallyPrecedes($1) } }
            ?? Host.environmentBlock()
        var process: Int32 = 0
        let result = withCStrings(arguments.map { Array($0.utf8) }) { arguments in
            withCStrings(block) { environment in
                func spawn(_ folder: UnsafePointer<CChar>?) -> Int32 {
                    isGuarded
                        ? platform_spawn_guarded(&process, arguments, environment, folder, input.read, output.write, errorOutput.write)
                        : platform_spawn(&process, arguments, environment, folder, input.read, output.write, errorOutput.write, 0)
                }
                guard let directory else { return spawn(nil) }
                return Int32(directory.result { Int(spawn($0)) })
            }
        }
        platform_close(input.read)
        platform_close(output.write)
        platform_close(errorOutput.write)
        if result < 0 {
            platform_close(input.write)
            platform_close(output.read)
            platform_close(errorOutput.read)
            throw SystemError(operation: "start", path: arguments[0], code: -result)
        }
        return ChildProcess(
            identifier: process, isGuarded: isGuarded, input: input.write, output: output.read, errorOutput: errorOutput.read)
    }

    struct Pipe {
        let read: Int32
        let write: Int32

        func close() {
            platform_close(read)
            platform_close(write)
        }
    }

    static func pipe(parentReads: Bool) throws(SystemError) -> Pipe {
        var ends: [Int32] = [0, 0]
        let result = platform_pipe(&ends, parentReads ? 1 : 0)
        if result < 0 { throw SystemError(operation: "make a pipe", path: nil, code: -result) }
        return Pipe(read: ends[0], write: ends[1])
    }

    static func withCStrings<Result>(_ texts: [[UInt8]], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result) -> Result {
        var pointers = texts.map { text -> UnsafePointer<CChar>? in
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: text.count + 1)
            for (index, byte) in text.enumerated() { copy[index] = CChar(bitPattern: byte) }
            copy[text.count] = 0
            return UnsafePointer(copy)
        }
        pointers.append(nil)
        defer { for pointer in pointers { pointer?.deallocate() } }
        return pointers.withUnsafeBufferPointer { body($0.baseAddress!) }
    }
}

/// A program that was started and not yet waited for.
package final class ChildProcess {
    /// That of its guard, for one that has one: that one ends as the program does.
    package let identifier: Int32
    private let isGuarded: Bool
    private var input: Int32
    private var output: Int32
    private var errorOutput: Int32

    init(identifier: Int32, isGuarded: Bool, input: Int32, output: Int32, errorOutput: Int32) {
        self.identifier = identifier
        self.isGuarded = isGuarded
        self.input = input
        self.output = output
        self.errorOutput = errorOutput
    }

    deinit { closeAll() }

    private func closeAll() {
        for number in [input, output, errorOutput] where number >= 0 { platform_close(number) }
        (input, output, errorOutput) = (-1, -1, -1)
    }

    /// Sends a signal; no error when the program has ended but was not yet waited for.
    package func send(_ signal: Int32) throws(SystemError) {
        let result = platform_kill(identifier, signal)
        if result < 0 { throw SystemError(operation: "signal process \(identifier)", path: nil, code: -result) }
    }

    /// How soon it is noticed that a signal came just before, or on another thread, in milliseconds.
    private static let patience: Int32 = 20

    /// Feeds `given`, takes everything the program writes, and waits for its end. Call it once.
    ///
    /// - Throws: EINTR for a guarded program when this process is asked to stop; the program has ended then.
    package func finish(input given: [UInt8] = []) throws(SystemError) -> ProcessRunner.Outcome {
        var rest = given[...]
        var taken: [UInt8] = []
        var takenErrors: [UInt8] = []
        // A child that goes away must not take us with it; the process may not have asked to ignore SIGPIPE yet.
        let before = signal(SIGPIPE, SIG_IGN)
        defer { signal(SIGPIPE, before) }
        while input >= 0 || output >= 0 || errorOutput >= 0 {
            if input >= 0, rest.isEmpty {
                platform_close(input)
                input = -1
                continue
            }
            var waiting = [
                pollfd(fd: input, events: Int16(POLLOUT), revents: 0), pollfd(fd: output, events: Int16(POLLIN), revents: 0),
                pollfd(fd: errorOutput, events: Int16(POLLIN), revents: 0),
            ]
            _ = poll(&waiting, nfds_t(waiting.count), isGuarded ? Self.patience : -1)
            if isGuarded, Interruption.signal != nil {
                try send(SIGTERM)
                _ = platform_wait(identifier)
                throw Interruption.error
            }
            if input >= 0, waiting[0].revents != 0 {
                let count = rest.withUnsafeBytes { Glibc.write(input, $0.baseAddress!, $0.count) }
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if errno != EAGAIN, errno != EINTR {
                    rest = []  // It reads no further; that is its right.
                }
            }
            if output >= 0, waiting[1].revents != 0 { Self.take(&output, into: &taken) }
            if errorOutput >= 0, waiting[2].revents != 0 { Self.take(&errorOutput, into: &takenErrors) }
        }
        let result = platform_wait(identifier)
        if result < 0 { throw SystemError(operation: "wait for process \(identifier)", path: nil, code: -result) }
        return ProcessRunner.Outcome(
            termination: result >= 256 ? .signalled(result - 256) : .exited(result), output: taken, errorOutput: takenErrors)
    }

    private static func take(_ descriptor: inout Int32, into bytes: inout [UInt8]) {
        let count = withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 16) { buffer in
            let count = Glibc.read(descriptor, buffer.baseAddress!, buffer.count)
            if count > 0 { bytes += UnsafeRawBufferPointer(rebasing: buffer[..<count]) }
            return count
        }
        if count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR)) { return }
        platform_close(descriptor)
        descriptor = -1
    }
}
