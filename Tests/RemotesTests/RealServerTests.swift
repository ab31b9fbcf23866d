import Canonical
import Platform
import Storage
import TestSupport
import Testing

@testable import Remotes

/// A real server, started by a script of `Tests/Servers`, that ends with the object.
final class RealServer {
    let port: Int
    private let folder: TemporaryFolder
    private let process: ChildProcess

    static func has(_ programs: String...) -> Bool {
        programs.allSatisfy { program in
            ["/usr/sbin", "/usr/bin", "/usr/local/bin"].contains { (try? Files.status(HostPath($0).appending(program))) != nil }
        }
    }

    struct NotReady: Error {}

    /// Whether servers that want to be root can be started.
    static let isRoot = (try? ProcessRunner.run(["id", "-u"]).outputText) == "0\n"

    /// Starts the server; once more if it takes a port that something else has.
    ///
    /// It works in `given`, which holds what it needs, or in a folder of its own.
    init(_ script: String, in given: TemporaryFolder? = nil) throws {
        for _ in 0..<2 {
            let folder = try given ?? TemporaryFolder()
            let path = Places.repository().appending("Tests").appending("Servers").appending(script)
            let process = try ProcessRunner.start(
                [path.description, folder.path.description], environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"])
            if let port = try Self.port(folder) {
                self.port = port
                self.folder = folder
                self.process = process
                return
            }
            _ = try process.finish()
        }
        throw NotReady()
    }

    /// What the server says when it is ready; nil when it does not say so in time.
    private static func port(_ folder: TemporaryFolder) throws -> Int? {
        let end = Clock.monotonic() + 120_000_000_000
        while Clock.monotonic() < end {
            if let bytes = try Files.readIfPresent(folder.appending("ready")) {
                return Int(String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace })
            }
            Clock.sleep(nanoseconds: 50_000_000)
        }
        return nil
    }

    /// Ends the server.
    func stop() throws { _ = try process.finish() }
}

@Suite(.serialized) struct RealServerTests {
    private static let size = 3000

    private static func filled(_ store: DirectoryStore, large: Int) throws -> [StoredObject] {
        var list: [(path: String, bytes: [UInt8])] = []
        for index in 0..<400 { list.append(("part\(index % 7)/\(index).bin", [UInt8](repeating: UInt8(index % 251), count: size + index))) }
        list.append(("empty", []))
        let tree = try store.put(files: list)
        let file = try store.put(file: (0..<large).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) })
        try store.flush()
        return [tree, file]
    }

    /// Everything there and back, and what a second time costs.
    private static func roundTrip(_ remote: any Remote, large: Int) throws {
        let folder = try TemporaryFolder()
        let ours = try DirectoryStore.open(folder.appending("ours"))
        let theirs = try DirectoryStore.open(folder.appending("theirs"))
        let objects = try filled(ours, large: large)
        let sent = try Push(ours, to: remote, lanes: 8).run(objects).objects
        #expect(try Push(ours, to: remote, lanes: 8).run(objects).objects == 0)
        let report = try Pull(theirs, from: remote, lanes: 8).run(objects)
        #expect(report.objects == sent && report.failures == [])
        for object in objects { try theirs.verify(object) }
        _ = try RemoteTrial.run(remote, retry: Fixtures.retry())
    }

    /// A download of what `put` puts on the server goes on where an earlier one ended, and begins anew when it is another by then.
    private static func resume(
        _ address: (String) -> SourceAddress, search: CredentialSearch = CredentialSearch(variables: [:], home: nil),
        transport: SecureTransport? = nil, putting put: (OutgoingObject, RemotePlace) throws -> Void
    ) throws {
        let content = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 11) }
        let object = OutgoingObject(content)
        let place = RemotePlace(.object, object.digest)
        try put(object, place)
        let source = address(place.path)
        for isSame in [true, false] {
            let folder = try TemporaryFolder()
            let store = try DirectoryStore.open(folder.appending("store"))
            let download = SourceDownload(store, credentials: search, retry: Fixtures.retry(), transport: transport)
            var validator: PartialDownload.Validator?
            var first: Int?
            // What the server says of the file, then what a process leaves that is killed.
            _ = try download.read(
                source, SourceDownload.Wish(start: nil, validator: nil), heed: { validator = PartialDownload.Validator($0) }, take: { _ in }
            )
            guard case .tag(let tag)? = validator else {
                Issue.record("the server has a tag: \(validator as Any)")
                return
            }
            do {
                let probe = try PartialDownload(source.name, in: store)
                try probe.begin(.tag(isSame ? tag : "\"another\""))
                try Array(content[..<1_000_000]).withRawBytes { (raw) throws(StoreError) in try probe.append(raw) }
                try probe.note()
            }
            #expect(try download.fetch(source, tell: { first = first ?? $0 }) == StoredObject(file: content))
            #expect((first ?? 0 > 1_000_000) == isSame)
        }
    }

    private static func remote(_ url: String, endpoint: String? = nil, _ secret: String = "SKTEST0123456789") throws -> any Remote {
        let search = CredentialSearch(variables: ["AWS_ACCESS_KEY_ID": "AKTEST", "AWS_SECRET_ACCESS_KEY": secret], home: nil)
        return try RemoteAddress.read(url, endpoint: endpoint).open(credentials: search, retry: Fixtures.retry())
    }

    @Test(.enabled(if: RealServer.has("nginx"), "skipped: nginx is not installed"))
    func `nginx keeps what it is sent`() throws {
        let server = try RealServer("nginx")
        defer { try? server.stop() }
        try Self.roundTrip(try Self.remote("http://127.0.0.1:\(server.port)/a/b"), large: 20_000_000)
        let address = RemoteAddress.Server(name: "127.0.0.1", port: server.port)
        let session = try Self.remote("http://127.0.0.1:\(server.port)/a/b").session()
        try Self.resume(
            { .web(address, target: "/a/b/\($0)") }, putting: { try session.put($0, at: $1, replaces: false) })
        let other = try Self.remote("http://127.0.0.1:\(server.port)/none").session()
        #expect(try other.look(at: RemotePlace(.object, Digest.of([1]))) == .absent)
    }

    @Test(
        .enabled(if: RealServer.has("nginx"), "skipped: nginx is not installed"),
        .enabled(if: SecureFront.isThere, "skipped: openssl or python3 is not installed"))
    func `nginx keeps what it is sent through TLS`() throws {
        let certificates = try SecureFront.certificates()
        let server = try RealServer("nginx", in: certificates)
        defer { try? server.stop() }
        let address = RemoteAddress.Server(name: "localhost", port: server.port, isSecure: true)
        try Self.roundTrip(
            WebRemote(address, path: "/a/b", transport: try SecureFront.transport(certificates)), large: 20_000_000)
    }

    @Test(
        .enabled(if: RealServer.has("radosgw", "ceph-mon", "ceph-osd"), "skipped: radosgw, ceph-mon or ceph-osd is not installed"),
        .enabled(if: RealServer.isRoot, "skipped: only root can start Ceph"))
    func `Ceph's S3 keeps what it is sent, in parts too, and says what is wrong with credentials`() throws {
        let server = try RealServer("radosgw")
        defer { try? server.stop() }
        let endpoint = "http://127.0.0.1:\(server.port)"
        let address = RemoteAddress.Server(name: "127.0.0.1", port: server.port)
        let place = RemoteAddress.Bucket(server: address, name: "models", prefix: "a ü/+%/", region: nil)
        let signer = SignatureV4(credentials: Credentials(accessKey: "AKTEST", secretKey: Secret("SKTEST0123456789")), region: "us-east-1")
        func session(_ signer: SignatureV4, aheadBy seconds: Int64 = 0) -> BucketSession {
            BucketSession(
                HTTPConnection(address), bucket: place, signer: signer, retry: Fixtures.retry(), conditions: Conditions(),
                now: { Clock.wall() / 1_000_000_000 + seconds })
        }
        let digest = Digest.of([1])
        func error(_ session: BucketSession) -> RemoteError? {
            do throws(RemoteError) {
                try session.fetch(RemotePlace(.object, digest), range: nil, limit: 10) { _ in }
                return nil
            } catch {
                return error
            }
        }
        let good = session(signer)
        #expect(error(good) == .answered(404, .noSuchBucket))
        #expect(try good.exchange(.put, key: nil).status == 200)
        #expect(error(good) == .missing(RemotePlace(.object, digest)))
        #expect(
            error(session(SignatureV4(credentials: Credentials(accessKey: "AKTEST", secretKey: Secret("no")), region: "us-east-1")))
                == .answered(403, .wrongSecret))
        #expect(
            error(session(SignatureV4(credentials: Credentials(accessKey: "AKNONE", secretKey: Secret("no")), region: "us-east-1")))
                == .answered(403, .unknownAccessKey))
        guard case .answered(403, .skewedClock(let ahead?), _) = error(session(signer, aheadBy: 3600)) else {
            Issue.record("a clock that is an hour ahead is noticed: \(error(session(signer, aheadBy: 3600)) as Any)")
            return
        }
        #expect((3590...3610).contains(ahead))
        let sizes = BucketSession.Sizes(whole: 6 << 20, part: 5 << 20)
        try Self.roundTrip(BucketRemote(place, signer: signer, retry: Fixtures.retry(), sizes: sizes), large: 17_000_000)
        try Self.roundTrip(try Self.remote("s3://models", endpoint: endpoint), large: 1_500_000)
        let search = CredentialSearch(
            variables: ["AWS_ACCESS_KEY_ID": "AKTEST", "AWS_SECRET_ACCESS_KEY": "SKTEST0123456789", "AWS_ENDPOINT_URL": endpoint], home: nil
        )
        try Self.resume(
            { .object(bucket: "models", key: "a ü/+%/\($0)") }, search: search,
            putting: { try good.put($0, at: $1, replaces: false) })
        // The list, in pages.
        var keys: [String] = []
        while true {
            let page = try good.list(after: keys.last, limit: 3)
            keys += page.keys
            if page.isLast { break }
        }
        #expect(keys.count > 3 && Set(keys).count == keys.count && keys.allSatisfy { $0.hasPrefix("a ü/+%/") })
        #expect(try good.exchange(.get, key: nil, query: [SignatureV4.Pair("uploads", "")], limit: 1 << 20).status == 200)
        // A body that is not the one that was signed is not kept.
        let answer = try good.exchange(.put, key: "x", payload: digest, length: 1) { (sink) throws(RemoteError) in
            _ = try [UInt8(2)].withRawBytes { (raw) throws(RemoteError) in try sink(raw) }
        }
        #expect(good.refusal(answer) == .answered(400, .damagedOnTheWay))
    }

    @Test(
        .enabled(if: RealServer.has("radosgw", "ceph-mon", "ceph-osd"), "skipped: radosgw, ceph-mon or ceph-osd is not installed"),
        .enabled(if: SecureFront.isThere, "skipped: openssl or python3 is not installed"),
        .enabled(if: RealServer.isRoot, "skipped: only root can start Ceph"))
    func `Ceph's S3 keeps what it is sent through TLS`() throws {
        let server = try RealServer("radosgw")
        defer { try? server.stop() }
        let certificates = try SecureFront.certificates()
        let front = try SecureFront(certificates, before: server.port)
        defer { try? front.stop() }
        let transport = try SecureFront.transport(certificates)
        let signer = SignatureV4(credentials: Credentials(accessKey: "AKTEST", secretKey: Secret("SKTEST0123456789")), region: "us-east-1")
        let place = RemoteAddress.Bucket(server: front.server(name: "localhost"), name: "models", prefix: "a/", region: nil)
        let sizes = BucketSession.Sizes(whole: 6 << 20, part: 5 << 20)
        let remote = BucketRemote(place, signer: signer, retry: Fixtures.retry(), transport: transport, sizes: sizes)
        let session = BucketSession(
            HTTPConnection(front.server(name: "localhost"), transport: transport), bucket: place, signer: signer,
            retry: Fixtures.retry(), conditions: Conditions())
        #expect(try session.exchange(.put, key: nil).status == 200)
        try Self.roundTrip(remote, large: 17_000_000)
        let search = CredentialSearch(
            variables: [
                "AWS_ACCESS_KEY_ID": "AKTEST", "AWS_SECRET_ACCESS_KEY": "SKTEST0123456789",
                "AWS_ENDPOINT_URL": "https://localhost:\(front.port)",
            ], home: nil)
        try Self.resume(
            { .object(bucket: "models", key: "a/\($0)") }, search: search, transport: transport,
            putting: { try session.put($0, at: $1, replaces: false) })
        let wrong = SignatureV4(credentials: Credentials(accessKey: "AKTEST", secretKey: Secret("no")), region: "us-east-1")
        let refused = BucketRemote(place, signer: wrong, retry: Fixtures.retry(), transport: transport)
        #expect(throws: RemoteError.answered(403, .wrongSecret)) {
            _ = try refused.session().look(at: RemotePlace(.object, Digest.of([1])))
        }
    }

    @Test(
        .enabled(
            if: RealServer.has("swift-proxy-server", "swift-object-server", "swift-container-server", "swift-account-server", "memcached"),
            "skipped: OpenStack Swift or memcached is not installed"),
        .enabled(if: RealServer.isRoot, "skipped: only root can start OpenStack Swift"))
    func `OpenStack Swift's S3, which knows no conditional PUT, keeps what it is sent`() throws {
        let server = try RealServer("openstack-swift")
        defer { try? server.stop() }
        let address = RemoteAddress.Server(name: "127.0.0.1", port: server.port)
        let place = RemoteAddress.Bucket(server: address, name: "models", prefix: "a/", region: nil)
        let signer = SignatureV4(credentials: Credentials(accessKey: "test:tester", secretKey: Secret("testing")), region: "us-east-1")
        let conditions = Conditions()
        let session = BucketSession(
            HTTPConnection(address), bucket: place, signer: signer, retry: Fixtures.retry(), conditions: conditions)
        #expect(try session.exchange(.put, key: nil).status == 200)
        #expect(conditions.areKnown)
        let object = OutgoingObject([1, 2, 3])
        try session.put(object, at: RemotePlace(.object, object.digest), replaces: false)
        #expect(!conditions.areKnown, "it says 501, and is asked without")
        let sizes = BucketSession.Sizes(whole: 6 << 20, part: 5 << 20)
        try Self.roundTrip(BucketRemote(place, signer: signer, retry: Fixtures.retry(), sizes: sizes), large: 17_000_000)
    }
}
