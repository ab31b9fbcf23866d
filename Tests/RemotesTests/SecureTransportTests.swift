import Canonical
import Platform
import Storage
import TestSupport
import Testing

@testable import Remotes

/// TLS: whom it trusts, and that nothing else changes by it.
@Suite(.enabled(if: SecureFront.isThere, "skipped: openssl or python3 is not installed"))
struct SecureTransportTests {
    private static let content = Array("the one true content of this object, which is nothing else\n".utf8)
    private static let object = StoredObject(file: content)

    /// Runs `body` with a server behind TLS, and says what the server heard.
    private static func serve<Value: Sendable>(
        certificate: String = "good", mode: String = "whole",
        reply: @escaping @Sendable (ServerDouble.Request, Int) -> ServerDouble.Reply = { _, _ in .answer(200, content, []) },
        _ body: @escaping @Sendable (SecureFront, SecureTransport, ServerDouble) throws -> Value
    ) throws -> Value {
        let folder = try SecureFront.certificates()
        return try ServerDouble.serve(reply) { server throws in
            let front = try SecureFront(folder, before: server.port, certificate: certificate, mode: mode)
            defer { try? front.stop() }
            return try body(front, try SecureFront.transport(folder), server)
        }
    }

    private static func error(
        _ server: RemoteAddress.Server, _ transport: SecureTransport?, patience: Patience = Fixtures.patience
    ) -> RemoteError? {
        do throws(RemoteError) {
            try WebRemote(server, path: "/cache", patience: patience, transport: transport).session().fetch(
                RemotePlace(.object, object.digest), range: nil, limit: 100
            ) {
                _ in
            }
            return nil
        } catch {
            return error
        }
    }

    @Test func `what a bucket is sent through TLS comes back`() throws {
        let folder = try TemporaryFolder()
        let ours = try DirectoryStore.open(folder.appending("ours"))
        let theirs = try DirectoryStore.open(folder.appending("theirs"))
        let objects = try Fixtures.filled(ours)
        let keeping = KeepingServer(KeepingServer.Kind(isBucket: true))
        try Self.serve(reply: { request, _ in keeping.reply(request) }) { front, transport, server throws in
            let bucket = RemoteAddress.Bucket(server: front.server(), name: "models", prefix: "penguins/", region: "us-east-1")
            let remote = BucketRemote(
                bucket, signer: SignatureV4(credentials: Fixtures.credentials, region: "us-east-1"), retry: Fixtures.retry(),
                transport: transport, sizes: BucketSession.Sizes(whole: 1_000_000, part: 1_000_000))
            let pushed = try Push(ours, to: remote).run(objects)
            #expect(pushed.objects == 3 && pushed.failures == [])
            #expect(try Push(ours, to: remote).run(objects).objects == 0)
            let pulled = try Pull(theirs, from: remote).run(objects)
            #expect(pulled.objects == pushed.objects && pulled.failures == [])
            for request in server.requests {
                #expect(request.headers["host"] == "127.0.0.1:\(front.port)" && request.headers["authorization"] != nil)
            }
            // Three at a time: connections are kept.
            #expect(server.connectionCount <= 3 * 4)
        }
        for object in objects { try theirs.verify(object) }
        #expect(keeping.refusals == [])
    }

    @Test func `a name is looked up and verified as well as an address`() throws {
        try Self.serve { front, transport, _ throws in
            #expect(Self.error(front.server(name: "localhost"), transport) == nil)
            #expect(Self.error(front.server(), transport) == nil)
        }
    }

    @Test(arguments: [
        ("expired", "certificate has expired"), ("unknown", "unable to get local issuer certificate"), ("own", "self-signed certificate"),
        ("elsewhere", "IP address mismatch"), ("nameless", "IP address mismatch"),
    ])
    func `a certificate that does not prove who it is gets nothing`(certificate: String, words: String) throws {
        try Self.serve(certificate: certificate) { front, transport, server throws in
            let error = try #require(Self.error(front.server(), transport))
            #expect(error.description.contains("certificate is not to be trusted: \(words)"), "\(error)")
            #expect(!error.isTransient)
            // Not even one byte of a request.
            #expect(server.requests.isEmpty && server.connectionCount == 0)
        }
    }

    @Test func `another's name is refused, and the system's roots know nothing of ours`() throws {
        try Self.serve(certificate: "elsewhere") { front, transport, server throws in
            let error = try #require(Self.error(front.server(name: "localhost"), transport))
            #expect(error.description.contains("hostname mismatch"), "\(error)")
            #expect(server.connectionCount == 0)
        }
        try Self.serve { front, transport, server throws in
            let error = try #require(Self.error(front.server(), SecureTransport(helper: transport.helper)))
            #expect(error.description.contains("certificate is not to be trusted"), "\(error)")
            #expect(server.connectionCount == 0)
        }
    }

    @Test(arguments: [
        ("old", "TLS 1.2 or later cannot be agreed on"), ("plain", "TLS 1.2 or later cannot be agreed on"),
        ("noise", "it cannot be reached"), ("mute", "TLS was not agreed on within 1 s"),
    ])
    func `what is no TLS of today is refused, and soon`(mode: String, words: String) throws {
        let began = Clock.monotonic()
        try Self.serve(mode: mode, reply: { _, _ in .text("HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n") }) {
            front, transport, server throws in
            let error = try #require(Self.error(front.server(), transport))
            #expect(error.description.contains(words), "\(error)")
            #expect(server.requests.isEmpty)
        }
        #expect(Clock.monotonic() - began < 6_000_000_000)
    }

    @Test(arguments: [("whole", true), ("cut", false)])
    func `an end that TLS does not announce is no end of an answer`(mode: String, isGood: Bool) throws {
        // Without a length: only the end of the connection says that this was all.
        let text = "HTTP/1.1 200 OK\r\n\r\n" + String(decoding: Self.content, as: UTF8.self)
        try Self.serve(mode: mode, reply: { _, _ in .text(text) }) { front, transport, _ throws in
            let error = Self.error(front.server(), transport)
            #expect((error == nil) == isGood, "\(error as Any)")
            if !isGood { #expect(error == .unreachable("the connection was cut off")) }
        }
    }

    @Test func `a helper that is killed is a lost connection, and the next request has a new one`() throws {
        try Self.serve { front, transport, server throws in
            let patience = Fixtures.patience
            var stream: SecureStream?
            let connection = HTTPConnection(host: front.server().host, patience: patience) { () throws(RemoteError) in
                let new = try SecureStream(front.server(), transport, patience: patience)
                stream = new
                return new
            }
            var count = 0
            func get() throws {
                _ = try connection.exchange(HTTPRequest(.get, "/cache/cas/x", limit: 100), body: nil) { (bytes) throws(RemoteError) in
                    count += bytes.count
                }
            }
            try get()
            let first = try #require(stream?.helper)
            _ = try ProcessRunner.run(["kill", "-KILL", "\(first)"])
            try get()
            #expect(count == 2 * Self.content.count && stream?.helper != first && server.connectionCount == 2)
        }
    }

    @Test func `an object is not whole when the helper is killed amid it`() throws {
        let large = [UInt8](repeating: 7, count: 20_000_000)
        try Self.serve(reply: { _, _ in .answer(200, large, []) }) { front, transport, server throws in
            var stream: SecureStream?
            let connection = HTTPConnection(host: front.server().host, patience: Fixtures.patience) { () throws(RemoteError) in
                let new = try SecureStream(front.server(), transport, patience: Fixtures.patience)
                stream = new
                return new
            }
            let error = #expect(throws: RemoteError.self) {
                _ = try connection.exchange(HTTPRequest(.get, "/cache/cas/x", limit: large.count), body: nil) { _ in
                    _ = try? ProcessRunner.run(["kill", "-KILL", "\(stream?.helper ?? 0)"])
                }
            }
            #expect(error?.isTransient == true)
        }
    }

    @Test func `a helper that is not there, or is another's, says the way out`() throws {
        try Self.serve { front, transport, server throws in
            let missing = SecureTransport(helper: HostPath("/nonexistent/mlbuild-remote-https"))
            let error = try #require(Self.error(front.server(), missing))
            #expect(error.description.contains("'/nonexistent/mlbuild-remote-https', which cannot be started"), "\(error)")
            #expect(error.description.contains("belongs beside it") && !error.isTransient)
            let other = try #require(Self.error(front.server(), SecureTransport(helper: HostPath("/bin/true"))))
            #expect(other.description.contains("the connection was closed before TLS was agreed on"), "\(other)")
            let roots = SecureTransport(helper: transport.helper, roots: "/nonexistent.pem")
            let third = try #require(Self.error(front.server(), roots))
            #expect(third.description.contains("SSL_CERT_FILE names cannot be used") && !third.isTransient, "\(third)")
            #expect(server.connectionCount == 0)
        }
    }

    @Test(.enabled(if: RealServer.isRoot, "skipped: only root can look into a process that hides itself"))
    func `the helper gets no variable, no credential and no descriptor of ours`() throws {
        try Self.serve { front, transport, _ throws in
            let stream = try SecureStream(front.server(), transport, patience: Fixtures.patience)
            let folder = HostPath("/proc/\(stream.helper)")
            #expect(try Files.read(folder.appending("environ")) == [])
            let arguments = String(decoding: try Files.read(folder.appending("cmdline")), as: UTF8.self).split(separator: "\0")
            #expect(arguments.map(String.init) == [transport.helper.description, "1", "127.0.0.1", transport.roots ?? ""])
            let listed = try ProcessRunner.run(["ls", folder.appending("fd").description]).outputText
            #expect(listed.split(separator: "\n").map(String.init) == ["0", "1", "2"])
            let limits = String(decoding: try Files.read(folder.appending("limits")), as: UTF8.self)
            #expect(limits.contains(/Max core file size +0 +0/))
        }
    }

    @Test func `the helper ends with the connection`() throws {
        try Self.serve { front, transport, _ throws in
            var stream: SecureStream? = try SecureStream(front.server(), transport, patience: Fixtures.patience)
            let process = HostPath("/proc/\(try #require(stream).helper)")
            #expect(try Files.status(process) != nil)
            stream = nil
            #expect(try Files.status(process) == nil)
        }
    }

    @Test func `the helper refuses to be run by hand`() throws {
        let helper = try Places.products().appending(SecureTransport.helperName).description
        #expect(try ProcessRunner.run([helper]).status == 2)
        #expect(try ProcessRunner.run([helper, "2", "localhost"]).status == 2)
        #expect(try ProcessRunner.run([helper, "library"]).status == 0)
        #expect(SecureTransport(helper: HostPath(helper)).hindrance == nil)
        #expect(SecureTransport(helper: HostPath("/nonexistent/helper")).hindrance?.contains("cannot be started") == true)
    }
}
