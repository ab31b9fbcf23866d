internal import CPlatform
internal import Synchronization
#if canImport(Glibc)
    internal import Glibc
#endif

/// Standard output and standard error.
package enum Terminal {
    package enum Stream: Int32, Sendable {
        case output = 1
        case error = 2
    }

    package static func isTerminal(_ stream: Stream) -> Bool { isatty(stream.rawValue) == 1 }

    /// Whether somebody sits at standard input.
    package static var hasInput: Bool { isatty(0) == 1 }

    /// Columns, when `stream` is a terminal that knows.
    package static func width(_ stream: Stream) -> Int? {
        let width = Int(platform_terminal_width(stream.rawValue))
        return width > 0 ? width : nil
    }

    private static let firstFailure = Atomic<Int32>(0)

    /// The first error of writing, such as a full disk behind a redirection; the program ends with a failure then.
    package static var failure: SystemError? {
        let code = firstFailure.load(ordering: .relaxed)
        return code == 0 ? nil : SystemError(operation: "write the output", path: nil, code: code)
    }

    package static func write(_ text: String, to stream: Stream = .output) {
        var text = text
        text.withUTF8 { write(UnsafeRawBufferPointer($0), to: stream) }
    }

    package static func write(_ bytes: [UInt8], to stream: Stream = .output) {
        bytes.withUnsafeBytes { write($0, to: stream) }
    }

    /// Writes everything, waiting where the other side is slow.
    ///
    /// When nobody reads any more, the process ends as other tools do, by SIGPIPE and without a word.
    package static func write(_ bytes: UnsafeRawBufferPointer, to stream: Stream) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest)
            // Not an entry point of its own kind: what is printed is no persistent state, and fault plans must not see it.
            let count = Glibc.write(stream.rawValue, part.baseAddress!, part.count)
            if count > 0 {
                rest = rest.dropFirst(count)
                continue
            }
            let code = count == 0 ? EIO : errno
            switch code {
            case EINTR: continue
            case EAGAIN:
                var waiting = pollfd(fd: stream.rawValue, events: Int16(POLLOUT), revents: 0)
                _ = poll(&waiting, 1, -1)
            case EPIPE: platform_die_of_broken_pipe()
            default:
                _ = firstFailure.compareExchange(expected: 0, desired: code, ordering: .relaxed)
                return
            }
        }
    }
}
