internal import Platform

/// HTTP/1.1 over one connection that is kept as long as both sides want.
// SPEC: remotes.md#requests
final class HTTPConnection: HTTPExchanger {
    /// Most bytes of a head, of all fields after chunks, and of a body that explains an error.
    static let headLimit = 64 << 10
    private static let bufferSize = 256 << 10

    let host: String
    private let connect: () throws(RemoteError) -> any ByteStream
    private let patience: Patience
    private var stream: (any ByteStream)?
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferSize, alignment: 64)
    /// The bytes that came and were not looked at yet.
    private var waiting = 0..<0
    /// How fast the body has to come that is being read.
    private var pace: Pace?

    init(host: String, patience: Patience = .ofProcess, connect: @escaping () throws(RemoteError) -> any ByteStream) {
        self.host = host
        self.patience = patience
        self.connect = connect
    }

    /// `transport` is for servers that speak TLS; without one it is that of this process.
    convenience init(_ address: RemoteAddress.Server, patience: Patience = .ofProcess, transport: SecureTransport? = nil) {
        self.init(host: address.host, patience: patience) { () throws(RemoteError) in
            if address.isSecure {
                let used: SecureTransport
                if let transport { used = transport } else { used = try .ofProcess() }
                return try SecureStream(address, used, patience: patience)
            }
            do throws(SocketError) {
                return try Socket.connect(host: address.name, port: address.port, nanoseconds: patience.connecting)
            } catch {
                throw RemoteError(error)
            }
        }
    }

    deinit { buffer.deallocate() }

    func exchange(
        _ request: HTTPRequest, body: ((HTTPSink) throws(RemoteError) -> Void)?, heed: (HTTPHead) throws(RemoteError) -> Void,
        take: (UnsafeRawBufferPointer) throws(RemoteError) -> Void
    ) throws(RemoteError) -> HTTPAnswer {
        // A server may end a connection that it kept while we say the next thing: then nothing of it was heard.
        if let stream, stream.hasSomething { close() }
        let isKept = stream != nil
        do throws(RemoteError) {
            return try exchangeOnce(request, body: body, heed: heed, take: take)
        } catch {
            let wasSilent = waiting.isEmpty && !hasHeard
            close()
            guard isKept, wasSilent, case .unreachable = error else { throw error }
        }
        do throws(RemoteError) {
            return try exchangeOnce(request, body: body, heed: heed, take: take)
        } catch {
            close()
            throw error
        }
    }

    /// Whether anything of the answer has come.
    private var hasHeard = false

    private func close() {
        stream = nil
        waiting = 0..<0
    }

    private func exchangeOnce(
        _ request: HTTPRequest, body: ((HTTPSink) throws(RemoteError) -> Void)?, heed: (HTTPHead) throws(RemoteError) -> Void,
        take: (UnsafeRawBufferPointer) throws(RemoteError) -> Void
    ) throws(RemoteError) -> HTTPAnswer {
        hasHeard = false
        let stream: any ByteStream
        if let current = self.stream {
            stream = current
        } else {
            stream = try connect()
            self.stream = stream
        }
        let isAllSent = try send(request, body: body, over: stream)
        var head = try readHead()
        var interim = 0
        while head.status < 200 {
            interim += 1
            guard head.status != 101, interim <= 8 else { throw .garbled("it speaks of another protocol") }
            head = try readHead()
        }
        var fault: [UInt8] = []
        let isAtEnd: Bool
        if request.method == .head || head.status == 204 || head.status == 304 {
            isAtEnd = true
        } else if var intake = try BodyIntake(request, head) {
            try heed(head)
            isAtEnd = try readBody(of: head) { (bytes) throws(RemoteError) in
                try intake.take(bytes, take)
                return true
            }
            try intake.finish()
        } else {
            isAtEnd = try readBody(of: head) { (bytes) throws(RemoteError) in
                fault += bytes.prefix(Self.headLimit - fault.count)
                return fault.count < Self.headLimit
            }
        }
        // What else came does not belong to any answer that was asked for.
        if !isAllSent || !isAtEnd || !head.keepsAlive || !waiting.isEmpty { close() }
        return HTTPAnswer(head: head, fault: fault, sawAll: isAllSent)
    }

    // MARK: Sending

    /// False when the server answered before it had all.
    private func send(
        _ request: HTTPRequest, body: ((HTTPSink) throws(RemoteError) -> Void)?, over stream: any ByteStream
    ) throws(RemoteError) -> Bool {
        var isWanted = true
        /// The head waits for the first bytes of the body, so that a small request is one packet.
        var head = request.head(host: host)
        var left = request.length
        func transmit(_ bytes: UnsafeRawBufferPointer) throws(RemoteError) {
            guard isWanted else { return }
            do throws(SocketError) {
                isWanted = try stream.send(bytes, nanoseconds: patience.silence)
            } catch {
                // It may have said why before it went.
                guard case .refused = error, stream.hasSomething else { throw RemoteError(error) }
                isWanted = false
            }
        }
        if let body, request.length > 0 {
            try body { (bytes) throws(RemoteError) in
                left -= bytes.count
                precondition(left >= 0, "a body is as long as its request says")
                if head.isEmpty {
                    try transmit(bytes)
                } else if bytes.count <= Self.headLimit {
                    head += bytes
                    try head.withRawBytes { (raw) throws(RemoteError) in try transmit(raw) }
                } else {
                    try head.withRawBytes { (raw) throws(RemoteError) in try transmit(raw) }
                    try transmit(bytes)
                }
                head = []
                return isWanted
            }
        }
        if !head.isEmpty { try head.withRawBytes { (raw) throws(RemoteError) in try transmit(raw) } }
        precondition(left == 0 || !isWanted, "a body is as long as its request says")
        return isWanted && left == 0
    }

    // MARK: Receiving

    /// Waits for more bytes; false at the end.
    private func fill(until deadline: Int64? = nil) throws(RemoteError) -> Bool {
        guard let stream else { throw .unreachable("the connection is closed") }
        if waiting.lowerBound > 0 {
            let kept = UnsafeRawBufferPointer(rebasing: buffer[waiting])
            buffer.copyMemory(from: kept)
            waiting = 0..<kept.count
        }
        guard waiting.upperBound < buffer.count else { throw .garbled("a line of it is too long") }
        var time = patience.silence
        if let deadline { time = min(time, deadline - Clock.monotonic()) }
        guard time > 0 else { throw RemoteError(.silent(seconds: Int(patience.silence / 1_000_000_000))) }
        let count: Int
        do throws(SocketError) {
            count = try stream.receive(into: UnsafeMutableRawBufferPointer(rebasing: buffer[waiting.upperBound...]), nanoseconds: time)
        } catch {
            throw RemoteError(error)
        }
        waiting = waiting.lowerBound..<(waiting.upperBound + count)
        guard count > 0 else { return false }
        hasHeard = true
        try pace?.count(count)
        return true
    }

    private func readHead() throws(RemoteError) -> HTTPHead {
        let deadline = Clock.monotonic() &+ patience.silence
        while true {
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[waiting])
            if let end = Self.endOfHead(bytes) {
                guard end.next <= Self.headLimit else { throw .garbled("its head is too long") }
                let head = Array(bytes[..<end.last])
                waiting = (waiting.lowerBound + end.next)..<waiting.upperBound
                do throws(HTTPHead.Malformed) {
                    return try HTTPHead.parse(head[...])
                } catch {
                    throw .garbled(error.reason)
                }
            }
            guard bytes.count < Self.headLimit else { throw .garbled("its head is too long") }
            if try !fill(until: deadline) {
                throw .unreachable(
                    waiting.isEmpty ? "the connection was closed without an answer" : "the connection was closed amid an answer")
            }
        }
    }

    /// Where the empty line stands: the end of what is before it, and the beginning of what is after.
    private static func endOfHead(_ bytes: UnsafeRawBufferPointer) -> (last: Int, next: Int)? {
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "\n") else {
                index += 1
                continue
            }
            if index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "\n") { return (index, index + 2) }
            if index + 2 < bytes.count, bytes[index + 1] == UInt8(ascii: "\r"), bytes[index + 2] == UInt8(ascii: "\n") {
                return (index, index + 3)
            }
            index += 1
        }
        return nil
    }

    /// Gives the body in pieces, for as long as they are wanted; true when all of it was taken.
    private func readBody(of head: HTTPHead, _ give: (UnsafeRawBufferPointer) throws(RemoteError) -> Bool) throws(RemoteError) -> Bool {
        let framing: HTTPHead.Framing
        do throws(HTTPHead.Malformed) { framing = try head.framing() } catch { throw .garbled(error.reason) }
        // All that comes counts, be it sizes of chunks or fields after them: each of these has its own time otherwise.
        pace = Pace(patience)
        defer { pace = nil }
        switch framing {
        case .length(let length): return try readBytes(length, give)
        case .untilClose:
            while true {
                if try !give(takeWaiting(atMost: .max)) { return false }
                if try !fill() {
                    close()
                    return true
                }
            }
        case .chunks:
            while true {
                let size = try chunkSize()
                if size == 0 { break }
                if try !readBytes(size, give) { return false }
                guard try line(limit: 2).isEmpty else { throw .garbled("a chunk is longer than it says") }
            }
            var left = Self.headLimit
            while true {
                let field = try line(limit: left)
                if field.isEmpty { return true }
                left -= field.count
            }
        }
    }

    /// The bytes that have come, `limit` at most; they are good until more are waited for.
    private func takeWaiting(atMost limit: Int) -> UnsafeRawBufferPointer {
        let count = min(limit, waiting.count)
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[waiting.lowerBound..<(waiting.lowerBound + count)])
        waiting = (waiting.lowerBound + count)..<waiting.upperBound
        return bytes
    }

    private func readBytes(_ count: Int, _ give: (UnsafeRawBufferPointer) throws(RemoteError) -> Bool) throws(RemoteError) -> Bool {
        var left = count
        while left > 0 {
            if waiting.isEmpty {
                guard try fill() else { throw .unreachable("the connection was closed amid an object") }
            }
            let bytes = takeWaiting(atMost: left)
            left -= bytes.count
            if try !give(bytes) { return left == 0 }
        }
        return true
    }

    /// The hexadecimal number before a chunk; what follows a semicolon says nothing to us.
    private func chunkSize() throws(RemoteError) -> Int {
        let line = try line(limit: 256)
        let digits = line.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
        guard (1...13).contains(digits.count), let text = String(validating: digits, as: UTF8.self), text.utf8.allSatisfy(Self.isHex),
            let size = Int(text, radix: 16)
        else { throw .garbled("a chunk has no size") }
        return size
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        let small = byte | 0x20
        return HTTPHead.isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(small)
    }

    /// The bytes up to the next line feed, without the end of the line.
    private func line(limit: Int) throws(RemoteError) -> [UInt8] {
        let deadline = Clock.monotonic() &+ patience.silence
        while true {
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[waiting])
            if let end = bytes.prefix(limit + 2).firstIndex(of: UInt8(ascii: "\n")) {
                var line = Array(bytes[..<end])
                waiting = (waiting.lowerBound + end + 1)..<waiting.upperBound
                if line.last == UInt8(ascii: "\r") { line.removeLast() }
                return line
            }
            guard bytes.count < limit + 2 else { throw .garbled("a line of it is too long") }
            guard try fill(until: deadline) else { throw .unreachable("the connection was closed amid an object") }
        }
    }
}

/// Sees that bytes come fast enough for it to end.
private struct Pace {
    private let patience: Patience
    private var began = Clock.monotonic()
    private var bytes = 0

    init(_ patience: Patience) { self.patience = patience }

    mutating func count(_ count: Int) throws(RemoteError) {
        bytes &+= count
        guard Clock.monotonic() &- began >= patience.window else { return }
        guard bytes >= patience.bytesInWindow else {
            throw .unreachable("only \(bytes) bytes came in \(patience.window / 1_000_000_000) s")
        }
        (began, bytes) = (Clock.monotonic(), 0)
    }
}
