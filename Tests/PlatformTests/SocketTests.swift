import Platform
import Testing

@Suite struct SocketTests {
    private static func bytes(_ socket: Socket, _ count: Int, nanoseconds: Int64 = 1_000_000_000) throws(SocketError) -> [UInt8] {
        var result: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
        defer { buffer.deallocate() }
        while result.count < count {
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(count - result.count)])
            let got = try socket.receive(into: part, nanoseconds: nanoseconds)
            if got == 0 { break }
            result += part[..<got]
        }
        return result
    }

    @Test func `what is sent arrives, and the end is told`() throws {
        let listening = try ListeningSocket()
        let client = try Socket.connect(host: "127.0.0.1", port: listening.port, nanoseconds: 1_000_000_000)
        let server = try #require(try listening.accept(nanoseconds: 1_000_000_000))
        let text = Array("hello".utf8)
        let isSent = try text.withRawBytes { (raw) throws(SocketError) in try client.send(raw, nanoseconds: 1_000_000_000) }
        #expect(isSent)
        client.finishSending()
        #expect(try Self.bytes(server, 6) == text)
        #expect(!client.hasSomething)
    }

    @Test func `who says nothing is not waited for`() throws {
        let listening = try ListeningSocket()
        let client = try Socket.connect(host: "127.0.0.1", port: listening.port, nanoseconds: 1_000_000_000)
        #expect(throws: SocketError.silent(seconds: 0)) { try Self.bytes(client, 1, nanoseconds: 50_000_000) }
        let nobody = try ListeningSocket().accept(nanoseconds: 10_000_000)
        #expect(nobody === nil)
    }

    @Test func `who answers before he has everything ends the sending`() throws {
        let listening = try ListeningSocket()
        let client = try Socket.connect(host: "127.0.0.1", port: listening.port, nanoseconds: 1_000_000_000)
        let server = try #require(try listening.accept(nanoseconds: 1_000_000_000))
        let early = try [UInt8(1)].withRawBytes { (raw) throws(SocketError) in try server.send(raw, nanoseconds: 1_000_000_000) }
        #expect(early)
        let much = [UInt8](repeating: 0, count: 64 << 20)
        let isSent = try much.withRawBytes { (raw) throws(SocketError) in try client.send(raw, nanoseconds: 5_000_000_000) }
        #expect(!isSent)
    }

    @Test func `nobody there, and no such host, are told apart`() {
        let refused = #expect(throws: SocketError.self) { _ = try Socket.connect(host: "127.0.0.1", port: 1, nanoseconds: 1_000_000_000) }
        #expect(refused?.description == "connection refused")
        #expect(throws: SocketError.unknownHost) { _ = try Socket.connect(host: "a\u{0}b", port: 1, nanoseconds: 1_000_000_000) }
    }
}
