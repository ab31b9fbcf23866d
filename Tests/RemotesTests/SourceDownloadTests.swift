import Canonical
import Platform
import Storage
import TestSupport
import Testing

@testable import Remotes

/// What URLs of data give, whatever that is.
@Suite struct SourceDownloadTests {
    private static let content = Array("a,b\n1,2\n".utf8)

    @Test func `URLs say what is asked for`() throws {
        let server = RemoteAddress.Server(name: "data.example.org", port: 443, isSecure: true)
        #expect(try SourceAddress.read("https://data.example.org/a%20b/c.csv?v=1&w=ü") == .web(server, target: "/a%20b/c.csv?v=1&w=%C3%BC"))
        #expect(try SourceAddress.read("https://data.example.org") == .web(server, target: "/"))
        #expect(try SourceAddress.read("https://data.example.org?x") == .web(server, target: "/?x"))
        #expect(try SourceAddress.read("s3://bucket/a%20b/ü.csv") == .object(bucket: "bucket", key: "a%20b/ü.csv"))
        #expect(try SourceAddress.read("file:///a%20b") == .local(HostPath("/a b")))
        for url in ["https://u:canary@h/", "ftp://h/canary", "s3://bucket", "s3://bucket/k?canary", "file://h/canary", "https://h/#canary"]
        {
            let error = #expect(throws: RemoteAddress.Refused.self, "\(url)") { try SourceAddress.read(url) }
            #expect(error?.reason.contains("canary") == false)
        }
    }

    @Test func `a redirect leads to servers with TLS alone`() {
        for location in ["http://h/x", "file:///etc/passwd", "//h/x", "https://u@h/x", "ftp://h", "https://", "https://h:0/", "x"] {
            #expect(SourceAddress.redirected(by: location) == nil, "\(location)")
        }
        #expect(
            SourceAddress.redirected(by: "HTTPS://h:8443/x?y#z")
                == .web(RemoteAddress.Server(name: "h", port: 8443, isSecure: true), target: "/x?y"))
    }

    @Test func `an object of S3 comes signed, from the service that the environment names`() throws {
        let folder = try TemporaryFolder()
        let store = try DirectoryStore.open(folder.appending("store"))
        try ServerDouble.serve({ request, _ in
            request.target == "/bucket/a%20b/%C3%BC.csv" && request.headers["authorization"]?.contains("AKIDEXAMPLE") == true
                ? .answer(200, Self.content, []) : .status(404, "<Error><Code>NoSuchKey</Code></Error>")
        }) { server throws in
            let search = CredentialSearch(
                variables: [
                    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "canary",
                    "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:\(server.port)",
                    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
                ], home: nil)
            let download = SourceDownload(store, credentials: search, retry: Fixtures.retry(), patience: Fixtures.patience)
            let found = try download.fetch(.object(bucket: "bucket", key: "a b/ü.csv"))
            #expect(found == StoredObject(file: Self.content))
            #expect(try download.fetch(.object(bucket: "bucket", key: "a b/ü.csv"), atMost: Self.content.count) == found)
            #expect(throws: RemoteError.tooLong(7)) { try download.fetch(.object(bucket: "bucket", key: "a b/ü.csv"), atMost: 7) }
            #expect(throws: RemoteError.answered(404, .other("NoSuchKey"))) { try download.fetch(.object(bucket: "bucket", key: "none")) }
        }
        #expect(try store.read(StoredObject(file: Self.content).digest) == Self.content)
    }

    @Test(.enabled(if: SecureFront.isThere, "skipped: openssl or python3 is not installed"))
    func `redirects are followed, a broken download is tried again, and nothing of it stays`() throws {
        let folder = try TemporaryFolder()
        let store = try DirectoryStore.open(folder.appending("store"))
        let certificates = try SecureFront.certificates()
        try ServerDouble.serve({ request, number in
            switch request.target {
            case "/start?x=1": .status(302, "", "Location: /second")
            case "/second":
                .status(307, "", "Location: https://localhost:\(request.headers["host"]?.split(separator: ":").last ?? "")/third")
            case "/third":
                number < 4
                    ? .bytes(Array("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\na,b".utf8), closes: true) : .answer(200, Self.content, [])
            case "/loop": .status(302, "", "Location: /loop")
            case "/out": .status(302, "", "Location: http://169.254.169.254/")
            default: .status(404)
            }
        }) { server throws in
            let front = try SecureFront(certificates, before: server.port)
            defer { try? front.stop() }
            let download = SourceDownload(
                store, credentials: CredentialSearch(variables: [:], home: nil), retry: Fixtures.retry(), patience: Fixtures.patience,
                transport: try SecureFront.transport(certificates))
            #expect(try download.fetch(.web(front.server(), target: "/start?x=1")) == StoredObject(file: Self.content))
            #expect(throws: RemoteError.garbled("it redirects more than 5 times")) {
                try download.fetch(.web(front.server(), target: "/loop"))
            }
            #expect(throws: RemoteError.redirected(302)) { try download.fetch(.web(front.server(), target: "/out")) }
            #expect(throws: RemoteError.answered(404)) { try download.fetch(.web(front.server(), target: "/none")) }
        }
        try store.flush()
        let left = try folder.everything().filter { !$0.hasSuffix("/") && $0.contains("/tmp/") }
        #expect(left == [])
    }
}
