package import Platform

/// What a connection with TLS needs beside the server's name.
// SPEC: remotes.md#https
package struct SecureTransport: Hashable, Sendable {
    /// The program that speaks TLS.
    package var helper: HostPath
    /// A file of root certificates in PEM; nil for the system's.
    package var roots: String?

    package static let helperName = "mlbuild-remote-https"

    package init(helper: HostPath, roots: String? = nil) {
        self.helper = helper
        self.roots = roots
    }

    /// What keeps TLS from being spoken on this machine; nil when nothing does.
    package var hindrance: String? {
        do throws(SystemError) {
            if try ProcessRunner.run([helper.description, "library"], environment: [:]).status == 0 { return nil }
            return "OpenSSL's library, such as the package libssl3 has it, cannot be opened"
        } catch {
            return "'\(helper)' cannot be started: \(error.reason)"
        }
    }

    /// The program beside this one, and the roots that `SSL_CERT_FILE` names.
    package static func ofProcess() throws(RemoteError) -> SecureTransport {
        do throws(SystemError) {
            let roots = Host.environment("SSL_CERT_FILE").flatMap { $0.isEmpty ? nil : $0 }
            return SecureTransport(helper: try Host.executablePath().parent.appending(helperName), roots: roots)
        } catch {
            throw RemoteError(error)
        }
    }
}

/// A connection with TLS: bytes go through `mlbuild-remote-https`, which has verified the server's certificate before the first of them.
final class SecureStream: ByteStream {
    /// What both programs have to agree about.
    private static let version = "1"
    /// Most bytes of the line that the program says first.
    private static let lineLimit = 512

    private let tunnel: TunnelProcess

    /// Connects, and returns once the server is known to be the one that was named.
    init(_ server: RemoteAddress.Server, _ transport: SecureTransport, patience: Patience) throws(RemoteError) {
        let network: Socket
        do throws(SocketError) {
            network = try Socket.connect(host: server.name, port: server.port, nanoseconds: patience.connecting)
        } catch {
            throw RemoteError(error)
        }
        do throws(SystemError) {
            tunnel = try TunnelProcess(transport.helper, [Self.version, server.name] + (transport.roots.map { [$0] } ?? []), over: network)
        } catch {
            if error.isInterruption { throw .interrupted }
            throw .unreachable(
                "https needs the program '\(transport.helper)', which cannot be started: \(error.reason); it comes with mlbuild, and belongs beside it",
                isLasting: true)
        }
        let line = try Self.line(from: tunnel, patience.connecting)
        if line == "ready" { return }
        throw Self.refusal(line)
    }

    /// What the program says before all bytes of the server; nothing if it ended before it said something.
    private static func line(from tunnel: TunnelProcess, _ nanoseconds: Int64) throws(RemoteError) -> String {
        let deadline = Clock.monotonic() &+ nanoseconds
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while line.count < lineLimit {
            let count: Int
            do throws(SocketError) {
                // One at a time: what follows the line belongs to the server.
                count = try withUnsafeMutableBytes(of: &byte) { (buffer) throws(SocketError) in
                    try tunnel.receive(into: buffer, nanoseconds: deadline &- Clock.monotonic())
                }
            } catch {
                if case .silent = error { throw .unreachable("TLS was not agreed on within \(nanoseconds / 1_000_000_000) s") }
                throw RemoteError(error)
            }
            if count == 0 || byte == UInt8(ascii: "\n") { break }
            line.append(byte)
        }
        return String(decoding: line, as: UTF8.self)
    }

    private static func refusal(_ line: String) -> RemoteError {
        let space = line.firstIndex(of: " ") ?? line.endIndex
        let words = String(line[space...].dropFirst())
        switch line[..<space] {
        case "no-library":
            return .unreachable("https needs OpenSSL's library, such as the package libssl3 has it: \(words)", isLasting: true)
        case "no-roots":
            return .unreachable("the root certificates that SSL_CERT_FILE names cannot be used: \(words)", isLasting: true)
        case "untrusted":
            return .unreachable(
                "its certificate is not to be trusted: \(words); a file of root certificates of your own can be named by SSL_CERT_FILE",
                isLasting: true)
        case "protocol": return .unreachable("TLS 1.2 or later cannot be agreed on: \(words)", isLasting: true)
        case "misused":
            return .unreachable(
                "'\(SecureTransport.helperName)' beside mlbuild is of another version; install both together", isLasting: true)
        default: return .unreachable("the connection was closed before TLS was agreed on")
        }
    }

    func receive(into buffer: UnsafeMutableRawBufferPointer, nanoseconds: Int64) throws(SocketError) -> Int {
        let count = try tunnel.receive(into: buffer, nanoseconds: nanoseconds)
        // An end that the server did not announce may be the work of somebody between.
        if count == 0, !buffer.isEmpty, !tunnel.endedWell() { throw .cut }
        return count
    }

    func send(_ bytes: UnsafeRawBufferPointer, nanoseconds: Int64) throws(SocketError) -> Bool {
        try tunnel.send(bytes, nanoseconds: nanoseconds)
    }

    var hasSomething: Bool { tunnel.hasSomething }

    /// The process of the program.
    var helper: Int32 { tunnel.processIdentifier }
}
