internal import Platform
internal import Synchronization

/// An HTTP server of the test's own, on a thread beside it, that says what the test tells it to.
package final class ServerDouble: Sendable {
    package struct Request: Sendable {
        package let method: String
        package let target: String
        /// By small names.
        package let headers: [String: String]
        package let body: [UInt8]
    }

    package enum Reply: Sendable {
        /// Bytes as they are; then the connection is closed, or not.
        case bytes([UInt8], closes: Bool)
        /// A whole answer.
        case answer(Int, [UInt8], [String])
        /// The connection is closed without a word.
        case silence
        /// Nothing is said for so long.
        case stall(nanoseconds: Int64)
        /// These bytes again and again, for as long as they are taken.
        case endless(head: [UInt8], [UInt8])
        /// A piece now and then, the last of them again and again, for as long as they are taken.
        case drip([[UInt8]], nanoseconds: Int64)

        package static func text(_ text: String, closes: Bool = true) -> Reply { .bytes(Array(text.utf8), closes: closes) }
        package static func status(_ status: Int, _ text: String = "", _ headers: String...) -> Reply {
            .answer(status, Array(text.utf8), headers)
        }
    }

    private let listening: ListeningSocket
    private let isStopping = Atomic<Bool>(false)
    private let log = Mutex<[Request]>([])
    private let connections = Atomic<Int>(0)
    private let sent = Atomic<Int>(0)
    private let reply: @Sendable (Request, Int) -> Reply

    package var port: Int { listening.port }
    package var requests: [Request] { log.withLock { $0 } }
    /// How often somebody connected.
    package var connectionCount: Int { connections.load(ordering: .relaxed) }
    /// How many bytes were taken by whoever connected, or by the system on the way there.
    package var sentBytes: Int { sent.load(ordering: .relaxed) }

    /// `reply` is given a request and its number, from 0.
    private init(_ reply: @escaping @Sendable (Request, Int) -> Reply) throws {
        listening = try ListeningSocket()
        self.reply = reply
    }

    /// Serves while `body` runs.
    @discardableResult
    package static func serve<Value: Sendable>(
        lanes: Int = 4, _ reply: @escaping @Sendable (Request, Int) -> Reply, _ body: @escaping @Sendable (ServerDouble) throws -> Value
    ) throws -> Value {
        let server = try ServerDouble(reply)
        let result = Mutex<Result<Value, any Error>?>(nil)
        let shared = Holder(result: result)
        Threads.run(lanes + 1) { number in
            if number < lanes { return server.serve() }
            let outcome = Result { try body(server) }
            shared.set(outcome)
            server.isStopping.store(true, ordering: .relaxed)
        }
        return try shared.get()
    }

    private final class Holder<Value: Sendable>: Sendable {
        private let result: Mutex<Result<Value, any Error>?>
        init(result: consuming Mutex<Result<Value, any Error>?>) { self.result = result }
        func set(_ value: Result<Value, any Error>) { result.withLock { $0 = value } }
        func get() throws -> Value {
            guard let value = result.withLock({ $0 }) else { throw Unfinished() }
            return try value.get()
        }
        private struct Unfinished: Error {}
    }

    private func serve() {
        while !isStopping.load(ordering: .relaxed) {
            guard let socket = try? listening.accept(nanoseconds: 20_000_000) else { continue }
            connections.add(1, ordering: .relaxed)
            serve(socket)
        }
    }

    private func serve(_ socket: Socket) {
        var waiting: [UInt8] = []
        while !isStopping.load(ordering: .relaxed), let request = read(from: socket, &waiting) {
            let number = log.withLock { log in
                log.append(request)
                return log.count - 1
            }
            switch reply(request, number) {
            case .bytes(let bytes, let closes):
                if !send(bytes, to: socket) || closes { return socket.finishSending() }
            case .answer(let status, let body, let headers):
                let length = headers.contains { $0.lowercased().hasPrefix("content-length") } ? "" : "content-length: \(body.count)\r\n"
                let head = "HTTP/1.1 \(status) Words\r\n\(length)\(headers.map { $0 + "\r\n" }.joined())\r\n"
                let isBare = request.method == "HEAD" || status == 204 || status == 304
                if !send(Array(head.utf8) + (isBare ? [] : body), to: socket) { return }
            case .silence: return
            case .stall(let nanoseconds): return wait(nanoseconds, socket)
            case .endless(let head, let bytes):
                guard send(head, to: socket) else { return }
                while !isStopping.load(ordering: .relaxed), send(bytes, to: socket) {}
                return
            case .drip(let pieces, let nanoseconds):
                var rest = pieces[...]
                while !isStopping.load(ordering: .relaxed), let piece = rest.first, send(piece, to: socket) {
                    if rest.count > 1 { rest = rest.dropFirst() }
                    wait(nanoseconds, socket)
                }
                return
            }
        }
    }

    private func send(_ bytes: [UInt8], to socket: Socket) -> Bool {
        sent.add(bytes.count, ordering: .relaxed)
        return (try? bytes.withRawBytes { (raw) throws(SocketError) in try socket.send(raw, nanoseconds: 2_000_000_000) }) == true
    }

    /// Until so much time is over, or the other side says something or goes.
    private func wait(_ nanoseconds: Int64, _ socket: Socket) {
        let end = Clock.monotonic() + nanoseconds
        while Clock.monotonic() < end, !isStopping.load(ordering: .relaxed), !socket.hasSomething { Clock.sleep(nanoseconds: 10_000_000) }
    }

    /// The next request; nil when there is none any more.
    private func read(from socket: Socket, _ waiting: inout [UInt8]) -> Request? {
        func more() -> Bool {
            withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 16) { buffer in
                while !isStopping.load(ordering: .relaxed) {
                    do throws(SocketError) {
                        let count = try socket.receive(into: buffer, nanoseconds: 20_000_000)
                        waiting += buffer[..<count]
                        return count > 0
                    } catch {
                        guard case .silent = error else { return false }
                    }
                }
                return false
            }
        }
        let mark = Array("\r\n\r\n".utf8)
        var end: Int?
        while end == nil {
            if waiting.count >= 4 {
                end = (0...(waiting.count - 4)).first { waiting[$0] == 13 && waiting[$0..<($0 + 4)].elementsEqual(mark) }
            }
            if end == nil, !more() { return nil }
        }
        guard let end else { return nil }
        let lines = String(decoding: waiting[..<end], as: UTF8.self).split(separator: "\r\n")
        let words = lines[0].split(separator: " ")
        guard words.count == 3 else { return nil }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        let length = headers["content-length"].flatMap { Int($0) } ?? 0
        while waiting.count < end + 4 + length { if !more() { return nil } }
        let body = Array(waiting[(end + 4)..<(end + 4 + length)])
        waiting.removeSubrange(..<(end + 4 + length))
        return Request(method: String(words[0]), target: String(words[1]), headers: headers, body: body)
    }
}
