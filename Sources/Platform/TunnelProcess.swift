internal import CPlatform

/// A connection that goes through a program: that one has the connection, and we have a pair of sockets with it. For one thread at a time.
///
/// The program has an empty environment and a session of its own, and ends with the object.
package final class TunnelProcess {
    private let inner: Socket
    private let identifier: Int32
    /// Whether the program was waited for, and how it ended.
    private var status: Int32?

    /// Starts a program with `network` as its standard input and the tunnel, for both directions, as its standard output.
    ///
    /// - Throws: what keeps the program from being started, such as ENOENT.
    package init(_ program: HostPath, _ arguments: [String], over network: Socket) throws(SystemError) {
        var process: Int32 = 0
        var tunnel: Int32 = 0
        let result = ProcessRunner.withCStrings([program.bytes] + arguments.map { Array($0.utf8) }) { arguments in
            platform_spawn_tunnel(&process, arguments, network.number, &tunnel)
        }
        if result < 0 { throw SystemError(operation: "start", path: program.description, code: -result) }
        identifier = process
        inner = Socket(number: tunnel)
    }

    deinit {
        guard status == nil else { return }
        _ = platform_kill(identifier, Self.kill)
        _ = platform_wait(identifier)
    }

    private static let kill: Int32 = 9

    /// Whether the program ended with status 0. It waits for that, so ask it only once the tunnel has ended.
    package func endedWell() -> Bool {
        let status = status ?? platform_wait(identifier)
        self.status = status
        return status == 0
    }

    /// The program's process.
    package var processIdentifier: Int32 { identifier }

    /// At most `buffer.count` bytes; 0 means the end.
    package func receive(into buffer: UnsafeMutableRawBufferPointer, nanoseconds: Int64) throws(SocketError) -> Int {
        try inner.receive(into: buffer, nanoseconds: nanoseconds)
    }

    /// Sends all of `bytes`; false as soon as the other side says something before it has all.
    package func send(_ bytes: UnsafeRawBufferPointer, nanoseconds: Int64) throws(SocketError) -> Bool {
        try inner.send(bytes, nanoseconds: nanoseconds)
    }

    /// Whether something has come that nobody has asked for: bytes, or the end.
    package var hasSomething: Bool { inner.hasSomething }
}
