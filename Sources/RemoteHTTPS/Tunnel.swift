internal import CTLS
internal import Platform

/// Carries bytes between a socket of `mlbuild` (descriptor 1) and a server that speaks TLS (a connection, descriptor 0).
///
/// It knows nothing of HTTP, looks up no name, connects to nothing, and reads no variable of the environment.
// SPEC: remotes.md#https
struct Tunnel {
    /// What both programs have to agree about; the first argument.
    private static let version = "1"

    private static let network: Int32 = 0
    private static let inner: Int32 = 1

    /// How the process ends.
    private enum Ending: Int32 {
        /// The server said that nothing more comes, or `mlbuild` closed its side.
        case done = 0
        /// The connection was cut, never came about, or the server broke the protocol.
        case cut = 1
        case misused = 2
    }

    /// The most that is held in each direction, in bytes.
    private static let bufferSize = 256 << 10

    private let session: OpaquePointer
    private var incoming = Pipe(capacity: bufferSize)
    private var outgoing = Pipe(capacity: bufferSize)

    /// The only argument of one who asks whether OpenSSL is there: the exit status says it.
    private static let libraryCheck = "library"

    /// `arguments` are the program's name, the version, the server's name and, if not the system's, a file of root certificates.
    static func run(_ arguments: [String]) -> Never {
        ctls_harden()
        if arguments.count == 2, arguments[1] == libraryCheck {
            var words = [CChar](repeating: 0, count: 256)
            Host.exit(ctls_has_library(&words, words.count) != 0 ? Ending.done.rawValue : Ending.cut.rawValue)
        }
        guard (3...4).contains(arguments.count), arguments[1] == version else {
            say("misused this program is started by mlbuild, of the same version")
            Host.exit(Ending.misused.rawValue)
        }
        Host.exit(serve(arguments[2], roots: arguments.count == 4 ? arguments[3] : nil).rawValue)
    }

    private static func serve(_ name: String, roots: String?) -> Ending {
        var fault = ctls_no_library
        var words = [CChar](repeating: 0, count: 256)
        func refuse() -> Ending {
            let text = words.withUnsafeBytes { String(decoding: $0.prefix { $0 != 0 && $0 != UInt8(ascii: "\n") }, as: UTF8.self) }
            say("\(word(fault)) \(text)")
            return .cut
        }
        guard let session = ctls_open(network, name, roots, &fault, &words, words.count) else { return refuse() }
        while true {
            let result = Int(ctls_greet(session, &fault, &words, words.count))
            if result == 0 { break }
            if result == ctls_failed { return refuse() }
            var outside = Int32(result == ctls_wants_write ? ctls_writable : ctls_readable)
            var inside: Int32 = 0
            // Nothing comes from inside before we are ready; that it is over is seen all the same.
            guard ctls_wait(network, &outside, inner, &inside) == 0, inside == 0 else { return .done }
        }
        say("ready")
        var tunnel = Tunnel(session: session)
        return tunnel.carry()
    }

    private init(session: OpaquePointer) { self.session = session }

    // MARK: Carrying

    /// Bytes on their way in one direction.
    private struct Pipe {
        private let bytes: UnsafeMutableRawBufferPointer
        private var held = 0..<0

        init(capacity: Int) { bytes = .allocate(byteCount: capacity, alignment: 64) }

        var isEmpty: Bool { held.isEmpty }

        /// Fills the empty buffer; gives the reason for which it is not full.
        mutating func fill(_ read: (UnsafeMutableRawPointer, Int) -> Int) -> Int? {
            held = 0..<0
            while held.upperBound < bytes.count {
                let count = read(bytes.baseAddress! + held.upperBound, bytes.count - held.upperBound)
                if count <= 0 { return count }
                held = 0..<(held.upperBound + count)
            }
            return nil
        }

        /// Passes on what is held; gives the reason for which something is left.
        mutating func empty(_ write: (UnsafeRawPointer, Int) -> Int) -> Int? {
            while !held.isEmpty {
                let count = write(bytes.baseAddress! + held.lowerBound, held.count)
                if count < 0 { return count }
                held = (held.lowerBound + count)..<held.upperBound
            }
            return nil
        }
    }

    private mutating func carry() -> Ending {
        let session = session
        /// Set once nothing more comes from the server; what came before still goes in.
        var ending: Ending?
        while true {
            var outside = 0
            var inside = 0
            /// Whether the server's side was not asked until it had nothing more.
            var mayHaveMore = true
            // What the server says goes first: it may be the reason for which it takes nothing more.
            if incoming.isEmpty, ending == nil {
                switch incoming.fill({ ctls_read(session, $0, $1) }) {
                case ctls_wants_read: (outside, mayHaveMore) = (ctls_readable, false)
                case ctls_wants_write: (outside, mayHaveMore) = (ctls_writable, false)
                case ctls_ended: ending = .done
                case .some: ending = .cut
                case nil: break
                }
            }
            switch incoming.empty({ ctls_send(Self.inner, $0, $1) }) {
            case ctls_wants_write: inside |= ctls_writable
            case .some: return .done
            case nil: if let ending { return ending }
            }
            if ending == nil {
                if outgoing.isEmpty {
                    switch outgoing.fill({ ctls_receive(Self.inner, $0, $1) }) {
                    case ctls_wants_read, nil: break
                    case .some:
                        ctls_close(session)
                        return .done
                    }
                }
                switch outgoing.empty({ ctls_write(session, $0, $1) }) {
                case ctls_wants_read: outside |= ctls_readable
                case ctls_wants_write: outside |= ctls_writable
                case .some: ending = .cut
                case nil: inside |= ctls_readable
                }
            }
            // The session itself may hold something: no descriptor would tell.
            if incoming.isEmpty && (mayHaveMore || ending != nil) { continue }
            guard Self.wait(outside, inside) else { return .done }
        }
    }

    /// Waits until the server's side or ours can go on; false when `mlbuild` is gone.
    private static func wait(_ outside: Int, _ inside: Int) -> Bool {
        var isOutsideReady = Int32(outside)
        var isInsideReady = Int32(inside)
        guard ctls_wait(network, &isOutsideReady, inner, &isInsideReady) == 0 else { return false }
        // Of what was not waited for only the end shows.
        return inside != 0 || isInsideReady == 0
    }

    // MARK: Saying

    private static func word(_ fault: ctls_fault) -> String {
        switch fault {
        case ctls_no_library: "no-library"
        case ctls_no_roots: "no-roots"
        case ctls_untrusted: "untrusted"
        case ctls_protocol: "protocol"
        default: "lost"
        }
    }

    /// The one line of our own that goes in, before any byte of the server; it is short enough never to wait.
    private static func say(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        _ = bytes.withUnsafeBytes { ctls_send(inner, $0.baseAddress!, $0.count) }
    }
}
