internal import CPlatform
#if canImport(Glibc)
    internal import Glibc
#endif

/// Why a connection could not be had, or does not go on.
package enum SocketError: Error, Hashable, Sendable, CustomStringConvertible {
    /// No such name.
    case unknownHost
    /// Names cannot be looked up for the moment.
    case resolverBusy
    /// Nothing came or went for so many seconds.
    case silent(seconds: Int)
    case refused(SystemError)
    /// It ended, and the other side did not say that this is the end.
    case cut
    /// A signal asked the process to stop.
    case interrupted

    package var description: String {
        switch self {
        case .unknownHost: "no such host is known"
        case .resolverBusy: "the host's name cannot be looked up for the moment"
        case .silent(let seconds): "nothing came for \(seconds) s"
        case .refused(let error): error.reason
        case .cut: "the connection was cut off"
        case .interrupted: "it was interrupted"
        }
    }
}

/// A TCP connection, closed when the object ends. For one thread at a time.
package final class Socket {
    let number: Int32

    init(number: Int32) { self.number = number }

    deinit { platform_close(number) }

    /// Connects to a name or an address.
    package static func connect(host: String, port: Int, nanoseconds: Int64) throws(SocketError) -> Socket {
        if host.utf8.contains(0) { throw .unknownHost }
        let number = platform_connect(host, String(port), milliseconds(nanoseconds))
        if number >= 0 { return Socket(number: number) }
        if number == PLATFORM_UNKNOWN_HOST { throw .unknownHost }
        if number == PLATFORM_RESOLVER_BUSY { throw .resolverBusy }
        throw failure("connect", Int(number))
    }

    /// At most `buffer.count` bytes; 0 means the end.
    package func receive(into buffer: UnsafeMutableRawBufferPointer, nanoseconds: Int64) throws(SocketError) -> Int {
        guard let start = buffer.baseAddress, buffer.count > 0 else { return 0 }
        while true {
            let count = platform_receive(number, start, buffer.count)
            if count >= 0 { return count }
            if count != -Int(EAGAIN) { throw Self.failure("receive", count) }
            _ = try wait(for: PLATFORM_SOCKET_READ, nanoseconds)
        }
    }

    /// Sends all of `bytes`; false as soon as the other side says something before it has all.
    package func send(_ bytes: UnsafeRawBufferPointer, nanoseconds: Int64) throws(SocketError) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest)
            let count = platform_send(number, part.baseAddress!, part.count)
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if count == -Int(EAGAIN) {
                if try wait(for: PLATFORM_SOCKET_READ | PLATFORM_SOCKET_WRITE, nanoseconds) & PLATFORM_SOCKET_READ != 0 { return false }
            } else {
                throw Self.failure("send", count)
            }
        }
        return true
    }

    /// Whether something has come that nobody has asked for: bytes, or the end.
    package var hasSomething: Bool { platform_socket_wait(number, Int32(PLATFORM_SOCKET_READ), 0) != 0 }

    /// Says that nothing more will be sent.
    package func finishSending() { platform_shut(number) }

    private func wait(for events: Int, _ nanoseconds: Int64) throws(SocketError) -> Int {
        let ready = platform_socket_wait(number, Int32(events), Self.milliseconds(nanoseconds))
        if ready > 0 { return Int(ready) }
        if ready == 0 { throw .silent(seconds: Int(nanoseconds / 1_000_000_000)) }
        throw Self.failure("wait", Int(ready))
    }

    fileprivate static func milliseconds(_ nanoseconds: Int64) -> Int32 {
        Int32(clamping: max(0, nanoseconds) / 1_000_000)
    }

    fileprivate static func failure(_ operation: String, _ code: Int) -> SocketError {
        if code == -Int(EINTR) { return .interrupted }
        return .refused(SystemError(operation: operation, path: nil, code: Int32(truncatingIfNeeded: -code)))
    }
}

/// A place at which this machine, and no other, can connect to this process.
package final class ListeningSocket: @unchecked Sendable {
    package let port: Int
    private let number: Int32

    /// Takes a free port of the loopback interface.
    package init() throws(SocketError) {
        var port: Int32 = 0
        let number = platform_listen(&port)
        if number < 0 { throw Socket.failure("listen", Int(number)) }
        self.number = number
        self.port = Int(port)
    }

    deinit { platform_close(number) }

    /// The next connection; nil when none came in time.
    package func accept(nanoseconds: Int64) throws(SocketError) -> Socket? {
        while true {
            let connection = platform_accept(number)
            if connection >= 0 { return Socket(number: connection) }
            if connection != -EAGAIN { throw Socket.failure("accept", Int(connection)) }
            let ready = platform_socket_wait(number, Int32(PLATFORM_SOCKET_READ), Socket.milliseconds(nanoseconds))
            if ready == 0 { return nil }
            if ready < 0 { throw Socket.failure("accept", Int(ready)) }
        }
    }
}
