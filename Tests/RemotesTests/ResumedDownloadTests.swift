import Canonical
import Platform
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Remotes

/// How a download goes on where it was broken off.
@Suite struct ResumedDownloadTests {
    private static let content = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    private static let other = content.map { $0 ^ 0x55 }
    private static let object = StoredObject(file: content)

    private let folder: TemporaryFolder
    private let root: HostPath

    init() throws {
        folder = try TemporaryFolder(inMemory: true)
        root = folder.appending("store")
    }

    private static func download(
        _ root: HostPath, attempts: Int = 3, _ server: ServerDouble, store: DirectoryStore? = nil
    ) throws -> SourceDownload {
        let search = CredentialSearch(
            variables: [
                "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "canary",
                "AWS_ENDPOINT_URL": "http://127.0.0.1:\(server.port)",
            ], home: nil)
        return SourceDownload(
            try store ?? DirectoryStore.open(root), credentials: search, retry: Fixtures.retry(attempts: attempts),
            patience: Fixtures.patience)
    }

    private static func web(_ server: ServerDouble) -> SourceAddress {
        .web(RemoteAddress.Server(name: "127.0.0.1", port: server.port), target: "/data.csv")
    }

    /// The beginning of an answer with a length, then nothing more.
    private static func broken(
        _ bytes: some Collection<UInt8>, of length: Int, _ fields: String, status: String = "200 OK"
    ) -> ServerDouble.Reply {
        .bytes(Array("HTTP/1.1 \(status)\r\nContent-Length: \(length)\r\n\(fields)\r\n".utf8) + bytes, closes: true)
    }

    private static func start(_ request: ServerDouble.Request) -> Int? {
        guard let range = request.headers["range"], range.hasPrefix("bytes="), range.hasSuffix("-") else { return nil }
        return Int(range.dropFirst(6).dropLast())
    }

    private static func part(_ content: [UInt8], from start: Int, _ fields: String...) -> ServerDouble.Reply {
        .answer(206, Array(content[start...]), ["Content-Range: bytes \(start)-\(content.count - 1)/\(content.count)"] + fields)
    }

    private func isEmpty() throws -> Bool { try Files.list(root.appending("partial")).isEmpty }

    @Test(arguments: [false, true])
    func `a server that knows its bytes by a tag is asked for the rest`(_ isBucket: Bool) throws {
        let root = root
        let condition = isBucket ? "if-match" : "if-range"
        let requests = try ServerDouble.serve({ request, number in
            guard let start = Self.start(request) else { return Self.broken(Self.content[..<2000], of: 5000, "ETag: \"v1\"\r\n") }
            guard request.headers[condition] == "\"v1\"" else { return .status(400) }
            return number < 3
                ? Self.broken(
                    Self.content[start..<(start + 1000)], of: 5000 - start,
                    "Content-Range: bytes \(start)-4999/5000\r\nETag: \"v1\"\r\n", status: "206 Partial Content")
                : Self.part(Self.content, from: start, "ETag: \"v1\"")
        }) { server throws in
            let address = isBucket ? SourceAddress.object(bucket: "bucket", key: "data.csv") : Self.web(server)
            // Two attempts at most without a byte more: it goes further each time.
            let store = try DirectoryStore.open(root)
            #expect(try Self.download(root, attempts: 2, server, store: store).fetch(address) == Self.object)
            #expect(try store.read(Self.object.digest) == Self.content)
            return server.requests
        }
        #expect(requests.map(Self.start) == [nil, 2000, 3000, 4000])
        #expect(try isEmpty())
    }

    @Test func `a later process goes on, by a tag or by a time that had settled`() throws {
        let date = "Date: Fri, 20 Nov 2026 20:40:00 GMT\r\n"
        let cases: [(fields: String, condition: String?)] = [
            ("ETag: \"v1\"\r\n", "\"v1\""), ("ETag: W/\"v1\"\r\n", nil), ("", nil),
            ("\(date)Last-Modified: Fri, 20 Nov 2026 20:39:00 GMT\r\n", "Fri, 20 Nov 2026 20:39:00 GMT"),
            ("\(date)Last-Modified: Fri, 20 Nov 2026 20:39:59 GMT\r\n", nil), ("Last-Modified: Fri, 20 Nov 2026 20:39:00 GMT\r\n", nil),
            ("ETag: \"\r\n", nil), ("ETag: \"a\"b\"\r\n", nil),
        ]
        for (fields, condition) in cases {
            let root = folder.appending("store\(fields.hashValue)")
            let isBroken = Mutex(true)
            let requests = try ServerDouble.serve({ request, _ in
                if isBroken.withLock({ $0 }) { return Self.broken(Self.content[..<2000], of: 5000, fields) }
                guard let start = Self.start(request) else { return .answer(200, Self.content, []) }
                return Self.part(Self.content, from: start)
            }) { server throws in
                #expect(throws: RemoteError.self) { try Self.download(root, attempts: 1, server).fetch(Self.web(server)) }
                #expect(try Files.list(root.appending("partial")).isEmpty == (condition == nil), "\(fields)")
                isBroken.withLock { $0 = false }
                #expect(try Self.download(root, attempts: 1, server).fetch(Self.web(server)) == Self.object)
                return server.requests
            }
            #expect(requests.last.map { $0.headers["if-range"] } == .some(condition), "\(fields)")
            #expect(requests.last.map(Self.start) == .some(condition == nil ? nil : 2000), "\(fields)")
        }
    }

    @Test(arguments: [200, 206, 412, 416])
    func `a source that has changed, or a server that knows no ranges, is begun anew`(_ status: Int) throws {
        let root = root
        try ServerDouble.serve({ request, number in
            if number == 0 { return Self.broken(Self.content[..<2000], of: 5000, "ETag: \"v1\"\r\n") }
            guard Self.start(request) != nil, status != 200 else { return .answer(200, Self.other, ["ETag: \"v2\""]) }
            return status == 206 ? Self.part(Self.other, from: 2000, "ETag: \"v2\"") : .status(status)
        }) { server throws in
            #expect(throws: RemoteError.self) { try Self.download(root, attempts: 1, server).fetch(Self.web(server)) }
            if status == 206 {
                // It says that it is a part of something else.
                #expect(throws: RemoteError.garbled("it gives a part of something else than was asked for")) {
                    try Self.download(root, server).fetch(Self.web(server))
                }
            } else {
                #expect(try Self.download(root, server).fetch(Self.web(server)) == StoredObject(file: Self.other))
            }
        }
        #expect(try isEmpty())
    }

    @Test(arguments: [
        "bytes 0-4999/5000", "bytes 1999-4999/5000", "bytes 2001-4999/5000", "bytes 2000-4998/5000", "bytes 2000-4999/*",
        "bytes 2000-4999/4999", "bytes 2000-/5000", "bytes 2000-4999", "items 2000-4999/5000", "bytes 2000-1999/2000", "",
    ])
    func `a part that is another than was asked for is refused, and nothing of it stays`(_ range: String) throws {
        let root = root
        try ServerDouble.serve({ request, number in
            if number == 0 { return Self.broken(Self.content[..<2000], of: 5000, "ETag: \"v1\"\r\n") }
            guard Self.start(request) != nil else { return .answer(200, Self.content, ["ETag: \"v1\""]) }
            return .answer(206, Array(Self.content[2000...]), range.isEmpty ? [] : ["Content-Range: \(range)"])
        }) { server throws in
            #expect(throws: RemoteError.self) { try Self.download(root, attempts: 1, server).fetch(Self.web(server)) }
            #expect(throws: RemoteError.garbled("it gives another part than was asked for")) {
                try Self.download(root, server).fetch(Self.web(server))
            }
            #expect(try Files.list(root.appending("partial")).isEmpty)
            #expect(try Self.download(root, server).fetch(Self.web(server)) == Self.object)
        }
    }

    @Test(arguments: [-1, 1])
    func `a part that is shorter or longer than it says is refused`(_ more: Int) throws {
        let root = root
        try ServerDouble.serve({ request, number in
            if number == 0 { return Self.broken(Self.content[..<2000], of: 5000, "ETag: \"v1\"\r\n") }
            let bytes = more < 0 ? Array(Self.content[2000..<4999]) : Array(Self.content[2000...]) + [0]
            return .answer(206, bytes, ["Content-Range: bytes 2000-4999/5000"])
        }) { server throws in
            #expect(throws: RemoteError.self) { try Self.download(root, attempts: 1, server).fetch(Self.web(server)) }
            #expect(throws: RemoteError.self) { try Self.download(root, attempts: 1, server).fetch(Self.web(server)) }
        }
        #expect(try isEmpty())
    }

    @Test func `what has come and is damaged on the disk is not gone on with`() throws {
        for damage in ["bytes", "state", "shorter"] {
            let root = folder.appending(damage)
            let requests = try ServerDouble.serve({ request, number in
                if number == 0 { return Self.broken(Self.content[..<2000], of: 5000, "ETag: \"v1\"\r\n") }
                guard let start = Self.start(request) else { return .answer(200, Self.content, []) }
                return Self.part(Self.content, from: start)
            }) { server throws in
                #expect(throws: RemoteError.self) { try Self.download(root, attempts: 1, server).fetch(Self.web(server)) }
                let names = try Files.list(root.appending("partial")).map(\.name).sorted { $0.count < $1.count }
                try #require(names.count == 2)
                let path = root.appending("partial").appending(names[damage == "state" ? 0 : 1])
                var bytes = try Files.read(path)
                if damage == "shorter" { bytes.removeLast() } else { bytes[bytes.count / 2] ^= 1 }
                try Files.write(bytes, to: path)
                #expect(try Self.download(root, server).fetch(Self.web(server)) == Self.object)
                return server.requests
            }
            #expect(requests.map(Self.start) == [nil, nil], "\(damage)")
        }
    }

    @Test func `two at a time do not disturb each other`() throws {
        let root = root
        try ServerDouble.serve({ request, _ in
            Self.start(request) == nil ? .answer(200, Self.content, ["ETag: \"v1\""]) : .status(400)
        }) { server throws in
            let store = try DirectoryStore.open(root)
            // Another process is at it.
            #expect(throws: Never.self) {
                let first = try Self.download(root, server)
                let held = try PartialDownload(Self.web(server).name, in: store)
                try held.begin(.tag("\"v1\""))
                #expect(try first.fetch(Self.web(server)) == Self.object)
                try Array(Self.content[..<10]).withRawBytes { (raw) throws(StoreError) in try held.append(raw) }
                try held.note()
                #expect(held.count == 10)
            }
        }
        #expect(try Files.list(root.appending("partial")).count == 2)
    }

    @Test func `a server that never gives all is given up after a number of tries`() throws {
        let root = root
        let count = try ServerDouble.serve({ request, _ in
            let start = Self.start(request) ?? 0
            let range = "Content-Range: bytes \(start)-4999/5000\r\n"
            let bytes = Self.content[start..<(start + 1)]
            return start == 0
                ? Self.broken(bytes, of: 5000, "ETag: \"v1\"\r\n")
                : Self.broken(bytes, of: 5000 - start, range, status: "206 Partial Content")
        }) { server throws in
            #expect(throws: RemoteError.self) { try Self.download(root, server).fetch(Self.web(server)) }
            return server.requests.count
        }
        #expect((10...60).contains(count), "\(count)")
    }
}
