import Diagnostics
import Platform
import TestSupport
import Testing

@testable import Remotes

/// The small readers: files of profiles, XML, heads of answers, URLs, the configuration.
@Suite struct TextTests {
    // MARK: Profiles

    @Test func `profiles are read as AWS's tools read them`() throws {
        let text = """
            # a comment
            [default]
            aws_access_key_id = AK1
            aws_secret_access_key=S=1/+ ; no comment
            s3 =
                addressing_style = path

            [profile work]
            REGION : eu-west-1
            """
        let file = try INIText.parse(Array(text.utf8))
        #expect(file.value("aws_access_key_id", in: "default") == "AK1")
        #expect(file.value("aws_secret_access_key", in: "default") == "S=1/+ ; no comment")
        #expect(file.value("region", in: "profile work") == "eu-west-1")
        #expect(file.value("addressing_style", in: "default") == nil)
    }

    @Test func `a file that is none says in which line, and nothing of it`() {
        for (text, line) in [
            ("a = canary", 1), ("[x]\ncanary", 2), ("[canary", 1), ("[a]\n[a]", 2), ("[a]\nb=1\nb=canary", 3), ("[a]\n=canary", 2),
            (" canary", 1),
        ] {
            let error = #expect(throws: INIText.Malformed.self) { try INIText.parse(Array(text.utf8)) }
            #expect(error?.line == line)
            #expect(error?.reason.contains("canary") == false)
        }
        #expect(throws: INIText.Malformed.self) { try INIText.parse([0xFF, 0xFE]) }
    }

    // MARK: Credentials

    private static func search(_ folder: TemporaryFolder, _ variables: [String: String] = [:]) -> CredentialSearch {
        CredentialSearch(variables: variables, home: folder.path)
    }

    @Test func `credentials come from the environment, then from the files`() throws {
        let folder = try TemporaryFolder()
        try folder.write(
            "[default]\naws_access_key_id = FILE\naws_secret_access_key = s\n[other]\naws_access_key_id=OTHER\naws_secret_access_key=o\naws_session_token=t\n",
            to: ".aws/credentials")
        try folder.write(
            "[default]\nregion = eu-north-1\n[profile third]\naws_access_key_id=THIRD\naws_secret_access_key=c\nregion=us-west-2\n",
            to: ".aws/config")
        let environment = ["AWS_ACCESS_KEY_ID": "ENV", "AWS_SECRET_ACCESS_KEY": "e", "AWS_PROFILE": "other"]
        #expect(try Self.search(folder, environment).credentials() == Credentials(accessKey: "ENV", secretKey: Secret("e")))
        #expect(try Self.search(folder).credentials() == Credentials(accessKey: "FILE", secretKey: Secret("s")))
        #expect(
            try Self.search(folder, ["AWS_PROFILE": "other"]).credentials()
                == Credentials(accessKey: "OTHER", secretKey: Secret("o"), sessionToken: Secret("t")))
        #expect(try Self.search(folder, ["AWS_PROFILE": "third"]).credentials() == Credentials(accessKey: "THIRD", secretKey: Secret("c")))
        #expect(try Self.search(folder, ["AWS_PROFILE": "third"]).region() == "us-west-2")
        #expect(try Self.search(folder).region() == "eu-north-1")
        #expect(try Self.search(folder, ["AWS_REGION": "a-b-1", "AWS_DEFAULT_REGION": "c"]).region() == "a-b-1")
        #expect(try Self.search(TemporaryFolder()).region() == "us-east-1")
        let elsewhere = ["AWS_SHARED_CREDENTIALS_FILE": folder.appending(".aws/credentials").description]
        #expect(try Self.search(TemporaryFolder(), elsewhere).credentials().accessKey == "FILE")
    }

    @Test func `what is missing is named, and what is there is not`() throws {
        let folder = try TemporaryFolder()
        try folder.write(
            "[half]\naws_access_key_id = canary\n[other]\naws_secret_access_key = canary\n[program]\ncredential_process = canary --x\n"
                + "[split]\naws_access_key_id = ca\tnary\naws_secret_access_key = canary\n[long]\naws_access_key_id = A\naws_secret_access_key = canary canary\n",
            to: ".aws/credentials")
        let cases: [([String: String], String)] = [
            ([:], "no credentials: there are none: neither AWS_ACCESS_KEY_ID"),
            (["AWS_ACCESS_KEY_ID": "canary"], "AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not"),
            (["AWS_SECRET_ACCESS_KEY": "canary"], "AWS_SECRET_ACCESS_KEY is set, and AWS_ACCESS_KEY_ID is not"),
            (["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "canary\r\nX: y"], "the secret key in the environment is none"),
            (["AWS_PROFILE": "none"], "AWS_PROFILE names 'none', and there is no such profile"),
            (["AWS_PROFILE": "half"], "has no aws_secret_access_key"), (["AWS_PROFILE": "other"], "has no aws_access_key_id"),
            (["AWS_PROFILE": "program"], "through 'credential_process', which mlbuild does not follow"),
            (["AWS_PROFILE": "split"], "the access key in profile 'split'"), (["AWS_PROFILE": "long"], "the secret key in profile 'long'"),
        ]
        for (variables, words) in cases {
            let error = #expect(throws: RemoteError.self) { try Self.search(folder, variables).credentials() }
            #expect(error?.description.contains(words) == true, "\(error as Any)")
            #expect(error?.description.contains("canary") == false, "\(error as Any)")
        }
    }

    // MARK: XML

    @Test func `XML of S3 is read`() throws {
        let text = """
            <?xml version="1.0" encoding="UTF-8"?>
            <!-- a list -->
            <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>false</IsTruncated>
              <Contents a='1'><Key>a &amp; b &#x41;&#10;</Key><Size>1</Size></Contents><Empty/></ListBucketResult>
            """
        let root = try XMLText.parse(Array(text.utf8))
        #expect(root.name == "ListBucketResult" && root["IsTruncated"]?.text == "false")
        #expect(root["Contents"]?["Key"]?.text == "a & b A\n")
        #expect(root["Empty"]?.text == "")
        #expect(try XMLText.parse(Array("<a>\(XMLText.escaped("<&>\"é"))</a>".utf8)).text == "<&>\"é")
    }

    @Test func `XML that is none, or too much, is refused`() {
        let deep = String(repeating: "<a>", count: 20) + String(repeating: "</a>", count: 20)
        for text in [
            "", "x", "<a>", "<a></b>", "<a/>x", "<a b></a>", "<a b=1/>", "<a>&x;</a>", "<a>&#0;</a>", "<a>&#xD800;</a>", "<a>&#+1;</a>",
            "<a>&amp</a>",
            "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "<a><![CDATA[x]]></a>", "<?xml <a/>", "<a><!-- </a>", deep, "<a b='></a>", "< a/>",
        ] { #expect(throws: XMLText.Malformed.self, "\(text)") { try XMLText.parse(Array(text.utf8)) } }
        #expect(throws: XMLText.Malformed.self) { try XMLText.parse(Array("<a>".utf8) + [0xFF] + Array("</a>".utf8)) }
    }

    // MARK: Anything at all

    /// A sequence that is the same in every run.
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    /// What came over a connection that has been recorded, cut anywhere.
    private final class Recording: ByteStream {
        private var rest: ArraySlice<UInt8>
        private var numbers: Numbers
        private(set) var taken = 0

        init(_ bytes: [UInt8], _ numbers: Numbers) {
            rest = bytes[...]
            self.numbers = numbers
        }

        func receive(into buffer: UnsafeMutableRawBufferPointer, nanoseconds: Int64) throws(SocketError) -> Int {
            let count = min(rest.count, buffer.count, Int.random(in: 1...200, using: &numbers))
            for index in 0..<count { buffer[index] = rest[rest.startIndex + index] }
            rest = rest.dropFirst(count)
            taken += count
            return count
        }

        func send(_ bytes: UnsafeRawBufferPointer, nanoseconds: Int64) throws(SocketError) -> Bool { true }
        var hasSomething: Bool { false }
    }

    @Test func `whatever comes, readers end with a value or an error`() {
        var numbers = Numbers(state: 20_261_120)
        let seeds = [
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n\r\n",
            "HTTP/1.0 404 Not Found\r\nConnection: close\r\n\r\n<Error><Code>NoSuchKey</Code><Message>a &amp; b</Message></Error>",
            "[default]\naws_access_key_id = A\n# c\n[profile x]\nregion : y\n",
            "<?xml version='1.0'?><ListBucketResult a=\"b\"><Contents><Key>k&#65;</Key></Contents><!-- c --></ListBucketResult>",
            "{\"version\": 1, \"default\": \"a\", \"remotes\": [{\"name\": \"a\", \"url\": \"s3://bucket/x\", \"endpoint\": \"http://h:1\"}]}",
            "s3://bucket/prefix", "http://[::1]:80/a%20b", "file:///tmp/%41",
        ].map { Array($0.utf8) }
        for _ in 0..<20_000 {
            var bytes = seeds[Int.random(in: 0..<seeds.count, using: &numbers)]
            for _ in 0..<Int.random(in: 0...4, using: &numbers) {
                let place = bytes.isEmpty ? 0 : Int.random(in: 0..<bytes.count, using: &numbers)
                switch Int.random(in: 0..<5, using: &numbers) {
                case 0: bytes.insert(UInt8.random(in: 0...255, using: &numbers), at: place)
                case 1: if !bytes.isEmpty { bytes.remove(at: place) }
                case 2: if !bytes.isEmpty { bytes[place] = UInt8.random(in: 0...255, using: &numbers) }
                case 3: bytes = Array(bytes[..<place])
                default: bytes += bytes[place...]
                }
            }
            _ = try? INIText.parse(bytes)
            _ = try? XMLText.parse(bytes)
            _ = try? HTTPHead.parse(bytes[...])
            let source = SourceText(name: "config.json", bytes: bytes)
            #expect(RemoteList.masked(source).bytes.count == bytes.count)
            _ = RemoteList.read(source)
            _ = try? RemoteAddress.read(String(decoding: bytes, as: UTF8.self))
            let recording = Recording(bytes, numbers)
            let connection = HTTPConnection(host: "h") { () throws(RemoteError) in recording }
            var count = 0
            _ = try? connection.exchange(HTTPRequest(.get, "/", limit: 64), body: nil) { (piece) throws(RemoteError) in count += piece.count
            }
            #expect(count <= 64)
        }
    }

    // MARK: URLs

    @Test func `the URLs of the specification are read`() throws {
        let server = RemoteAddress.Server(name: "127.0.0.1", port: 7480)
        #expect(try RemoteAddress.read("file:///srv/mlbuild") == .folder(HostPath("/srv/mlbuild")))
        #expect(try RemoteAddress.read("file:///a%20b") == .folder(HostPath("/a b")))
        #expect(
            try RemoteAddress.read("http://cache.example.org/x/")
                == .web(RemoteAddress.Server(name: "cache.example.org", port: 80), path: "/x"))
        #expect(try RemoteAddress.read("http://[::1]:8080") == .web(RemoteAddress.Server(name: "::1", port: 8080), path: ""))
        #expect(
            try RemoteAddress.read("s3://models/penguins", endpoint: "http://127.0.0.1:7480", region: "us-east-1")
                == .bucket(RemoteAddress.Bucket(server: server, name: "models", prefix: "penguins/", region: "us-east-1")))
        #expect(
            try RemoteAddress.read("https://cache.example.org/x")
                == .web(RemoteAddress.Server(name: "cache.example.org", port: 443, isSecure: true), path: "/x"))
        #expect(
            try RemoteAddress.read("s3://models", endpoint: "https://s3.example.org:9000")
                == .bucket(
                    RemoteAddress.Bucket(
                        server: RemoteAddress.Server(name: "s3.example.org", port: 9000, isSecure: true), name: "models", prefix: "",
                        region: nil)))
        #expect(RemoteAddress.Server(name: "a", port: 443, isSecure: true).host == "a")
        #expect(RemoteAddress.Server(name: "a", port: 443).host == "a:443")
        #expect(RemoteAddress.Server(name: "a", port: 80, isSecure: true).host == "a:80")
        #expect(RemoteAddress.Server.amazon(region: "eu-central-1").host == "s3.eu-central-1.amazonaws.com")
        #expect(RemoteAddress.Server.amazon(region: "cn-north-1").host == "s3.cn-north-1.amazonaws.com.cn")
        #expect(RemoteAddress.Server(name: "::1", port: 8080).host == "[::1]:8080")
        #expect(RemoteAddress.Server(name: "a", port: 80).host == "a")
    }

    @Test func `other URLs are refused, and not repeated`() {
        for (url, endpoint, words) in [
            ("https://h:0/canary", nil, "HOST[:PORT]"), ("s3://bucket/canary", "https://s3.example.org/canary", "HOST[:PORT]"),
            ("https://user:canary@example.org/", nil, "no user and no password"),
            ("http://user:canary@example.org/", nil, "no user and no password"),
            ("s3://canary:x@bucket", "http://h", "no user and no password"),
            ("http://h/?canary", nil, "neither a query nor a fragment"), ("http://h/#canary", nil, "neither a query nor a fragment"),
            ("http://h/a/../canary", nil, "'.' or '..'"), ("http://h:0/canary", nil, "HOST[:PORT]"),
            ("http://h:99999/canary", nil, "HOST[:PORT]"),
            ("http:///canary", nil, "HOST[:PORT]"), ("http://h\r\nX: canary", nil, "no spaces"),
            ("file://host/canary", nil, "absolute path"),
            ("file:///canary%00", nil, "absolute path"), ("file:///%4", nil, "absolute path"), ("ftp://h/canary", nil, "not known"),
            ("canary", nil, "it is no URL"), ("s3://Canary_/x", "http://h", "a bucket has"), ("file:///canary", "http://h", "only s3://"),
            ("s3://bucket", "http://user:canary@h", "no user and no password"), ("s3://bucket", "canary", "an endpoint is like"),
            ("http://h/%zz", nil, "two digits"), ("http://h/\"canary", nil, "has to be written as"),
        ] as [(String, String?, String)] {
            let error = #expect(throws: RemoteAddress.Refused.self, "\(url)") { try RemoteAddress.read(url, endpoint: endpoint) }
            #expect(error?.reason.contains(words) == true, "\(url): \(error?.reason ?? "")")
            #expect(error?.reason.contains("canary") == false)
        }
    }

    // MARK: Configuration

    @Test func `the configuration of the specification is read and written`() throws {
        let text = String(decoding: try Files.read(Places.repository().appending("Specs/remotes.md")), as: UTF8.self)
        let block = try #require(text.split(separator: "```config\n").dropFirst().first?.split(separator: "```").first)
        let read = RemoteList.read(SourceText(name: "config.json", text: String(block)))
        #expect(!read.hasErrors)
        let list = try #require(read.value)
        #expect(list.entries.map(\.name) == ["origin", "shelf"] && list.used?.name == "origin")
        #expect(list.encode() == String(block))
    }

    @Test(arguments: [
        ("[]", "remote/wrong-type"), ("{}", "remote/unknown-version"), ("{\"version\": 2}", "remote/unknown-version"),
        ("{\"version\": 1, \"remote\": []}", "remote/unknown-key"), ("{\"version\": 1, \"remotes\": {}}", "remote/wrong-type"),
        ("{\"version\": 1, \"remotes\": [1]}", "remote/wrong-type"),
        ("{\"version\": 1, \"remotes\": [{\"name\": \"a\"}]}", "remote/missing-key"),
        ("{\"version\": 1, \"remotes\": [{\"name\": \"A\", \"url\": \"file:///a\"}]}", "remote/invalid-name"),
        ("{\"version\": 1, \"remotes\": [{\"name\": \"a\", \"url\": \"ftp://h\"}]}", "remote/invalid-url"),
        (
            "{\"version\": 1, \"remotes\": [{\"name\": \"a\", \"url\": \"file:///a\"}, {\"name\": \"a\", \"url\": \"file:///b\"}]}",
            "remote/duplicate-name"
        ),
        ("{\"version\": 1, \"default\": \"b\", \"remotes\": [{\"name\": \"a\", \"url\": \"file:///a\"}]}", "remote/unknown-remote"),
        (
            "{\"version\": 1, \"remotes\": [{\"name\": \"a\", \"url\": \"s3://bucket\", \"endpoint\": \"http://h\", \"secret\": \"x\"}]}",
            "remote/unknown-key"
        ),
    ])
    func `what is wrong with a configuration has a code`(text: String, code: String) {
        let read = RemoteList.read(SourceText(name: "config.json", text: text))
        #expect(read.diagnostics.map(\.code) == [code])
    }

    @Test func `nothing that was put there by mistake is shown`() {
        let text = "{\"version\": 1, \"secret\\u0041\": \"canary\", \"remotes\": [{\"name\": \"a\", \"url\": \"http://u:canary@h\"}]}"
        let source = SourceText(name: "config.json", text: text)
        let read = RemoteList.read(source)
        #expect(read.diagnostics.count == 2)
        let shown = DiagnosticRenderer(sources: [RemoteList.masked(source)]).render(read.diagnostics)
        #expect(!shown.contains("canary"), "\(shown)")
        #expect(shown.contains("\"url\""))
    }

    // MARK: Waiting

    @Test func `waits grow, with chance, up to a limit`() {
        let retry = Retry()
        for (attempt, range) in [(1, 100...200), (2, 200...400), (4, 800...1600), (7, 5000...10000), (60, 5000...10000)] {
            for _ in 0..<100 { #expect(range.contains(Int(retry.wait(after: attempt) / 1_000_000))) }
        }
    }

    @Test func `parts are as large as need be`() {
        #expect(BucketUpload.partSize(of: 1 << 30) == 16 << 20)
        #expect(BucketUpload.partSize(of: 160_000 << 20) == 16 << 20)
        #expect(BucketUpload.partSize(of: (160_000 << 20) + 1) == 17 << 20)
        #expect(BucketUpload.partSize(of: 5 << 40) == 525 << 20)
    }
}
