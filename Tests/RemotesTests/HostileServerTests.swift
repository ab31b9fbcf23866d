import Canonical
import Platform
import Storage
import TestSupport
import Testing

@testable import Remotes

/// Servers that lie, stall and break, against every request of every kind of server.
@Suite struct HostileServerTests {
    private static let content = Array("the one true content of this object, which is nothing else\n".utf8)
    private static let object = StoredObject(file: content)
    private static let place = RemotePlace(.object, object.digest)

    private static func answer(_ head: String, _ body: [UInt8] = content) -> ServerDouble.Reply {
        .bytes(Array("HTTP/1.1 \(head)\r\n\r\n".utf8) + body, closes: true)
    }

    /// None of them gives the object to a GET.
    static let behaviours = Misbehaviour.all.filter { !$0.isHarmless }

    /// The misbehaviour as an answer to whatever is asked for.
    private static func answering(_ behaviour: Misbehaviour) -> @Sendable (ServerDouble.Request, Int) -> ServerDouble.Reply {
        { request, _ in behaviour.reply(Misbehaviour.Occasion(request, right: content)) }
    }

    /// Everything that was said, to be searched for what must not be there.
    private static func expectNoSecret(_ text: String, _ behaviour: Misbehaviour) {
        for word in ["canary", "169.254", "passwd", "wJalr"] { #expect(!text.contains(word), "\(behaviour): \(text)") }
    }

    @Test(arguments: behaviours, [false, true]) func `nothing of it is kept, and it ends soon`(behaviour: Misbehaviour, isBucket: Bool)
        throws
    {
        let folder = try TemporaryFolder(inMemory: true)
        let store = try DirectoryStore.open(folder.appending("store"))
        let began = Clock.monotonic()
        let text = try ServerDouble.serve(Self.answering(behaviour)) { server throws in
            let remote: any Remote = isBucket ? Fixtures.bucket(server, retry: Fixtures.retry(attempts: 2)) : Fixtures.web(server)
            let pull = Pull(store, from: remote, retry: Fixtures.retry(attempts: 2), lanes: 1)
            do throws(RemoteError) {
                let report = try pull.run([Self.object])
                #expect(report.objects == 0 && report.bytes == 0)
                #expect(report.failures.count == 1, "\(behaviour)")
                return report.failures.map(\.description).joined()
            } catch {
                return error.description
            }
        }
        Self.expectNoSecret(text, behaviour)
        #expect(try !store.contains(Self.object.digest))
        #expect(try store.missing(in: Self.object) == [Self.object.digest])
        #expect(Clock.monotonic() - began < 8_000_000_000, "\(behaviour)")
        let left = try folder.everything().filter { !$0.hasSuffix("/") && ($0.contains("/objects/") || $0.contains("/tmp/")) }
        #expect(left == [], "\(behaviour)")
    }

    @Test(arguments: behaviours, [RemotePlace.Kind.pack, .tree]) func `nothing of a pack or tree is kept, and it ends soon`(
        behaviour: Misbehaviour, kind: RemotePlace.Kind
    ) throws {
        let folder = try TemporaryFolder(inMemory: true)
        let (ours, theirs) = (try DirectoryStore.open(folder.appending("ours")), try DirectoryStore.open(folder.appending("theirs")))
        let tree = try ours.put(files: [("a", Self.content), ("b/c", Self.content + [1])])
        try ours.flush()
        let keeping = KeepingServer()
        let began = Clock.monotonic()
        let text = try ServerDouble.serve({ request, _ in
            request.method == "GET" && request.target.contains("/\(kind.rawValue)/")
                ? behaviour.reply(Misbehaviour.Occasion(request, right: keeping.objects[request.target] ?? [])) : keeping.reply(request)
        }) { server throws in
            _ = try Push(ours, to: Fixtures.web(server)).run([tree])
            do throws(RemoteError) {
                let report = try Pull(theirs, from: Fixtures.web(server), retry: Fixtures.retry(attempts: 2), lanes: 1).run([tree])
                #expect(report.failures.count == 1, "\(behaviour)")
                return report.failures.map(\.description).joined()
            } catch {
                return error.description
            }
        }
        Self.expectNoSecret(text, behaviour)
        #expect(try !theirs.missing(in: tree).isEmpty)
        #expect(Clock.monotonic() - began < 16_000_000_000, "\(behaviour)")
        let left = try folder.everything().filter { !$0.hasSuffix("/") && ($0.hasPrefix("theirs/objects/") || $0.contains("theirs/tmp/")) }
        #expect(left.isEmpty == (kind == .tree), "\(behaviour)")
        for name in left {
            let parts = name.split(separator: "/").suffix(2)
            #expect(Digest.of(try Files.read(folder.appending(name))).hex == parts.joined(), "\(behaviour): \(name)")
        }
    }

    @Test(arguments: behaviours, [false, true]) func `sending and asking end soon too, and say nothing of credentials`(
        behaviour: Misbehaviour, isBucket: Bool
    ) throws {
        let folder = try TemporaryFolder(inMemory: true)
        let store = try DirectoryStore.open(folder.appending("store"))
        let object = try store.put(file: Self.content)
        let large = try store.put(file: [UInt8](repeating: 1, count: 3_000_000))
        try store.flush()
        let began = Clock.monotonic()
        let text = try ServerDouble.serve({ request, _ in
            // Asked for an object, it says something; then it is to take it.
            request.method == "HEAD" && behaviour.description != "status 404"
                ? .status(404) : behaviour.reply(Misbehaviour.Occasion(request, right: Self.content))
        }) { server throws in
            let sizes = BucketSession.Sizes(whole: 1_000_000, part: 1_000_000)
            let remote: any Remote =
                isBucket ? Fixtures.bucket(server, retry: Fixtures.retry(attempts: 2), sizes: sizes) : Fixtures.web(server)
            var text = ""
            for object in [object, large] {
                do throws(RemoteError) {
                    _ = try Push(store, to: remote, retry: Fixtures.retry(attempts: 2), lanes: 1).run([object])
                } catch {
                    text += "\(error) "
                }
            }
            return text
        }
        Self.expectNoSecret(text, behaviour)
        #expect(Clock.monotonic() - began < 16_000_000_000, "\(behaviour)")
        let asked = try ServerDouble.serve(Self.answering(behaviour)) { server throws in
            let remote: any Remote = isBucket ? Fixtures.bucket(server, retry: Fixtures.retry(attempts: 2)) : Fixtures.web(server)
            do throws(RemoteError) {
                return "\(try remote.session().look(at: RemotePlace(.object, object.digest)))"
            } catch {
                return error.description
            }
        }
        Self.expectNoSecret(asked, behaviour)
    }

    @Test(.enabled(if: SecureFront.isThere, "skipped: openssl or python3 is not installed"))
    func `TLS changes nothing about them`() throws {
        let folder = try TemporaryFolder(inMemory: true)
        let certificates = try SecureFront.certificates()
        let current = Mutexed(Self.behaviours[0])
        try ServerDouble.serve(
            lanes: 8,
            { request, _ in
                current.get().reply(Misbehaviour.Occasion(request, right: Self.content))
            }
        ) { server throws in
            let front = try SecureFront(certificates, before: server.port)
            defer { try? front.stop() }
            let bucket = RemoteAddress.Bucket(server: front.server(), name: "models", prefix: "", region: "us-east-1")
            for (number, behaviour) in Self.behaviours.enumerated() {
                current.change { $0 = behaviour }
                let store = try DirectoryStore.open(folder.appending("store\(number)"))
                let remote = BucketRemote(
                    bucket, signer: SignatureV4(credentials: Fixtures.credentials, region: "us-east-1"), retry: Fixtures.retry(attempts: 2),
                    patience: Fixtures.patience, transport: try SecureFront.transport(certificates))
                let began = Clock.monotonic()
                var text = ""
                do throws(RemoteError) {
                    let report = try Pull(store, from: remote, retry: Fixtures.retry(attempts: 2), lanes: 1).run([Self.object])
                    #expect(report.objects == 0 && report.failures.count == 1, "\(behaviour)")
                    text = report.failures.map(\.description).joined()
                } catch {
                    text = error.description
                }
                Self.expectNoSecret(text, behaviour)
                #expect(try !store.contains(Self.object.digest), "\(behaviour)")
                #expect(Clock.monotonic() - began < 8_000_000_000, "\(behaviour)")
            }
        }
    }

    @Test func `an echo of what was sent is not repeated`() throws {
        let texts = try ServerDouble.serve({ request, number in
            let token = request.headers["x-amz-security-token"] ?? ""
            return switch number % 4 {
            case 0: .status(403, "<Error><Code>\(token)</Code><Message>\(token)</Message></Error>")
            case 1:
                .status(
                    403, "<Error><Code>AccessDenied</Code><Message>\(token)</Message><AWSAccessKeyId>AKIDEXAMPLE</AWSAccessKeyId></Error>")
            case 2: .status(301, token, "Location: http://\(token)/", "x-amz-bucket-region: \(token)")
            default: .status(403, "<Error><Code>AKIDEXAMPLE</Code></Error>")
            }
        }) { server throws in
            let session = try Fixtures.bucket(server).session()
            return (0..<8).map { _ in
                do throws(RemoteError) {
                    try session.fetch(Self.place, range: nil, limit: 100) { _ in }
                    return "fetched"
                } catch {
                    return "\(error) \(String(reflecting: error))"
                }
            }
        }
        for text in texts {
            #expect(!text.contains("canary") && !text.contains("AKIDEXAMPLE"), "\(text)")
            #expect(text != "fetched")
        }
        #expect(texts[1].contains("these credentials may not do that"))
    }

    @Test func `credentials never go along with a redirect`() throws {
        let other = try ServerDouble.serve({ _, _ in .status(200) }) { second throws in
            let port = second.port
            try ServerDouble.serve({ _, _ in .status(307, "", "Location: http://127.0.0.1:\(port)/") }) { first throws in
                #expect(throws: RemoteError.redirected(307)) { try Fixtures.bucket(first).session().look(at: Self.place) }
            }
            return second.requests.count
        }
        #expect(other == 0)
    }

    @Test func `what S3 services say has words`() throws {
        let texts = try ServerDouble.serve({ _, number in
            switch number {
            case 0: .status(403, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>SignatureDoesNotMatch</Code></Error>")
            case 1: .status(403, "<Error><Code>RequestTimeTooSkewed</Code></Error>", "Date: Fri, 24 May 2013 00:00:00 GMT")
            case 2: .status(403, "<Error><Code>InvalidAccessKeyId</Code></Error>")
            case 3: .status(400, "<Error><Code>ExpiredToken</Code></Error>")
            case 4: .status(404, "<Error><Code>NoSuchBucket</Code></Error>")
            default: .status(301, "<Error><Code>PermanentRedirect</Code></Error>", "x-amz-bucket-region: eu-west-3")
            }
        }) { server throws in
            let session = try Fixtures.bucket(server).session()
            return (0..<6).map { _ in
                do throws(RemoteError) {
                    try session.fetch(Self.place, range: nil, limit: 100) { _ in }
                    return ""
                } catch {
                    return error.description
                }
            }
        }
        let words = [
            "the secret key is not the one that belongs to the access key", "ahead of that of the server; set it right",
            "the access key is not known there", "the session token has expired", "there is no such bucket", "in the region 'eu-west-3'",
        ]
        for (text, word) in zip(texts, words) { #expect(text.contains(word), "\(text)") }
    }

    @Test func `a refusal that has no room for its reason is asked for it`() throws {
        let errors = try ServerDouble.serve({ request, _ in
            request.method == "HEAD" ? .status(403) : .status(403, "<Error><Code>SignatureDoesNotMatch</Code></Error>")
        }) { server throws in
            let session = try Fixtures.bucket(server).session()
            #expect(throws: RemoteError.answered(403, .wrongSecret)) { try session.look(at: Self.place) }
            return server.requests.map(\.target)
        }
        #expect(errors.count == 2 && errors[1].hasPrefix("/models?list-type=2&max-keys=1&prefix="))
    }

    @Test func `a connection is kept, and one that was closed meanwhile is made anew`() throws {
        let count = try ServerDouble.serve({ _, number in
            number == 5 ? .bytes(Array("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n".utf8), closes: true) : .status(404)
        }) { server throws in
            let session = try Fixtures.web(server).session()
            for _ in 0..<20 { #expect(try session.look(at: Self.place) == .absent) }
            return server.connectionCount
        }
        #expect(count == 2)
    }

    @Test func `chunks, interim answers and answers without a length are read`() throws {
        let size = Self.content.count
        let chunked =
            "\(String(20, radix: 16));name=value\r\n" + String(decoding: Self.content.prefix(20), as: UTF8.self) + "\r\n"
            + "\(String(size - 20, radix: 16).uppercased())\r\n" + String(decoding: Self.content.dropFirst(20), as: UTF8.self)
            + "\r\n0\r\nTrailer: x\r\n\r\n"
        let replies: [ServerDouble.Reply] = [
            .text("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked, closes: false),
            .text(
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\nContent-Length: \(size)\n\n" + String(decoding: Self.content, as: UTF8.self),
                closes: false),
            .text("HTTP/1.0 200 OK\r\n\r\n" + String(decoding: Self.content, as: UTF8.self)),
            .answer(200, Self.content, []),
        ]
        let bodies = try ServerDouble.serve({ _, number in replies[number % replies.count] }) { server throws in
            let session = try Fixtures.web(server).session()
            return try replies.map { _ in
                var bytes: [UInt8] = []
                try session.fetch(Self.place, range: nil, limit: size) { (piece) throws(RemoteError) in bytes += piece }
                return bytes
            }
        }
        #expect(bodies == replies.map { _ in Self.content })
    }

    @Test func `what fails for a moment is tried again, and not for ever`() throws {
        let keeping = KeepingServer()
        keeping.objects = ["/cache/cas/\(Self.object.digest.hex)": Self.content]
        let folder = try TemporaryFolder()
        let store = try DirectoryStore.open(folder.path)
        try ServerDouble.serve({ request, number in
            switch number {
            case 0: .status(503)
            case 1: Self.answer("200 OK\r\nContent-Length: \(Self.content.count)", Array(Self.content.prefix(9)))
            default: keeping.reply(request)
            }
        }) { server throws in
            let report = try Pull(store, from: Fixtures.web(server)).run([Self.object])
            #expect(report.objects == 1)
        }
        let requests = try ServerDouble.serve({ _, _ in .status(503) }) { server throws in
            let retry = Fixtures.retry(attempts: 4)
            for _ in 0..<100 {
                #expect(throws: RemoteError.self) {
                    try retry.run { () throws(RemoteError) in try Fixtures.web(server).session().look(at: Self.place) }
                }
            }
            return server.requests.count
        }
        // 100 first tries, and 50 others in all.
        #expect(requests == 150)
    }

    @Test func `nobody is there`() throws {
        let server = RemoteAddress.Server(name: "127.0.0.1", port: 1)
        let error = #expect(throws: RemoteError.self) { try WebRemote(server, path: "").session().look(at: Self.place) }
        #expect(error?.description == "it cannot be reached: connection refused")
        let unknown = RemoteAddress.Server(name: "no-such-host.invalid", port: 80)
        #expect(throws: RemoteError.self) { try WebRemote(unknown, path: "").session().look(at: Self.place) }
    }
}
