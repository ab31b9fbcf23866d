import Canonical
import Platform
import Storage
import TestSupport

@testable import Remotes

/// Short ways of a test to a store, a remote and what lies there.
enum Fixtures {
    /// Tries again, and does not wait for it.
    static func retry(attempts: Int = 3) -> Retry {
        var policy = Retry.Policy()
        policy.attempts = attempts
        policy.firstWait = 1_000_000
        policy.longestWait = 2_000_000
        policy.longestRequestedWait = 2_000_000
        return Retry(policy)
    }

    /// Waits for half a second, not for a minute.
    static var patience: Patience {
        var patience = Patience()
        patience.connecting = 1_000_000_000
        patience.silence = 500_000_000
        patience.window = 500_000_000
        patience.bytesInWindow = 1000
        return patience
    }

    static func web(_ server: ServerDouble, path: String = "/cache") -> WebRemote {
        WebRemote(RemoteAddress.Server(name: "127.0.0.1", port: server.port), path: path, patience: patience)
    }

    static let credentials = Credentials(
        accessKey: "AKIDEXAMPLE", secretKey: Secret("canarySecretKey0123456789"), sessionToken: Secret("canaryToken0123456789"))

    static func bucket(_ server: ServerDouble, retry: Retry = Fixtures.retry(), sizes: BucketSession.Sizes = BucketSession.Sizes())
        -> BucketRemote
    {
        let place = RemoteAddress.Bucket(
            server: RemoteAddress.Server(name: "127.0.0.1", port: server.port), name: "models", prefix: "penguins/", region: "us-east-1")
        return BucketRemote(
            place, signer: SignatureV4(credentials: credentials, region: "us-east-1"), retry: retry, patience: patience, sizes: sizes)
    }

    /// Bytes that look like nothing in particular, different for each seed.
    static func noise(_ count: Int, seed: UInt64) -> [UInt8] {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        var bytes = [UInt8](repeating: 0, count: count)
        for index in bytes.indices {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            bytes[index] = UInt8(truncatingIfNeeded: state >> 24)
        }
        return bytes
    }

    /// A tree of every kind: a large flat folder, small ones, one that is too much for a pack, a file of its own.
    static func varied(_ store: DirectoryStore, changed: String = "") throws -> StoredObject {
        var list: [(path: String, bytes: [UInt8])] = []
        for index in 0..<600 { list.append(("flat/\(index).bin", noise(8192 + index, seed: UInt64(index)))) }
        for index in 0..<200 { list.append(("small/\(index % 40)/\(index).txt", Array("small \(index)\n".utf8))) }
        for index in 0..<3000 { list.append(("bushy/\(index)/\(index / 100)", [])) }
        for index in 0..<20 { list.append(("same/\(index)", Array("the same\n".utf8))) }
        list.append(("flat/changing", Array("changing \(changed)\n".utf8)))
        list.append(("large.bin", noise(1_500_000, seed: 99)))
        let tree = try store.put(files: list)
        try store.flush()
        return tree
    }

    /// A store with a folder of files in folders, and one larger file.
    static func filled(_ store: DirectoryStore, files: Int = 60) throws -> [StoredObject] {
        var list: [(path: String, bytes: [UInt8])] = []
        for index in 0..<files { list.append(("part\(index % 3)/deep/\(index).txt", Array("file \(index)\n".utf8))) }
        let tree = try store.put(files: list)
        let file = try store.put(file: [UInt8](repeating: 7, count: 3_000_000))
        try store.flush()
        return [tree, file]
    }
}

extension Push {
    init(_ store: DirectoryStore, to remote: any Remote, lanes: Int = 3) {
        self.init(store, to: remote, retry: Fixtures.retry(), lanes: lanes)
    }
}

extension Pull {
    init(_ store: DirectoryStore, from remote: any Remote, lanes: Int = 3) {
        self.init(store, from: remote, retry: Fixtures.retry(), lanes: lanes)
    }
}

/// A server that keeps what it is sent, with or without what S3 adds.
final class KeepingServer: Sendable {
    struct Kind: Sendable {
        var knowsConditions = true
        var knowsRanges = true
        var isBucket = false
    }

    private let kind: Kind
    private let state = Mutexed<State>(State())

    struct State: Sendable {
        var objects: [String: [UInt8]] = [:]
        var uploads: [String: [Int: [UInt8]]] = [:]
        var refusals: [String] = []
    }

    init(_ kind: Kind = Kind()) { self.kind = kind }

    /// By their paths.
    var objects: [String: [UInt8]] {
        get { state.get().objects }
        set { state.change { $0.objects = newValue } }
    }
    /// What was wrong with requests.
    var refusals: [String] { state.get().refusals }
    var openUploads: Int { state.get().uploads.count }

    /// What part of so many bytes a GET asks for; an inner nil when they end before it.
    private static func range(_ request: ServerDouble.Request, _ count: Int) -> Range<Int>?? {
        guard request.method == "GET", let text = request.headers["range"] else { return nil }
        let numbers = text.dropFirst("bytes=".count).split(separator: "-").compactMap { Int($0) }
        guard numbers.count == 2 else { return nil }
        return .some(numbers[0] < count ? numbers[0]..<min(count, numbers[1] + 1) : nil)
    }

    func reply(_ request: ServerDouble.Request) -> ServerDouble.Reply {
        let parts = request.target.split(separator: "?", maxSplits: 1)
        let path = String(parts[0])
        let query = parts.count > 1 ? String(parts[1]) : ""
        if kind.isBucket, request.headers["x-amz-content-sha256"] != Digest.of(request.body).hex {
            state.change { $0.refusals.append("\(request.method) \(request.target): the body is not what was signed") }
            return .status(400, "<Error><Code>XAmzContentSHA256Mismatch</Code></Error>")
        }
        return state.change { state in
            switch request.method {
            case "GET", "HEAD":
                guard let bytes = state.objects[path] else {
                    return .status(404, kind.isBucket ? "<Error><Code>NoSuchKey</Code></Error>" : "no")
                }
                if kind.knowsRanges, let range = Self.range(request, bytes.count) {
                    guard let range else { return .status(416) }
                    let head = "HTTP/1.1 206 Partial\r\nContent-Length: \(range.count)\r\n"
                    let field = "Content-Range: bytes \(range.lowerBound)-\(range.upperBound - 1)/\(bytes.count)\r\n\r\n"
                    return .bytes(Array((head + field).utf8) + bytes[range], closes: false)
                }
                return .answer(200, bytes, ["Content-Length: \(bytes.count)"])
            case "PUT":
                if query.contains("uploadId=") {
                    let number = query.split(separator: "&").first { $0.hasPrefix("partNumber=") }.flatMap { Int($0.dropFirst(11)) } ?? 0
                    state.uploads[path, default: [:]][number] = request.body
                    return .status(200, "", "ETag: \"tag-\(number)\"")
                }
                if request.headers["if-none-match"] == "*" {
                    if !kind.knowsConditions { return .status(501) }
                    if state.objects[path] != nil { return .status(412) }
                }
                state.objects[path] = request.body
                return kind.isBucket ? .status(200) : .status(201)
            case "POST":
                if query == "uploads=" {
                    state.uploads[path] = [:]
                    return .status(200, "<InitiateMultipartUploadResult><UploadId>u/1 &amp; +</UploadId></InitiateMultipartUploadResult>")
                }
                let upload = state.uploads.removeValue(forKey: path) ?? [:]
                state.objects[path] = upload.sorted { $0.key < $1.key }.flatMap(\.value)
                return .status(200, "   <CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>")
            case "DELETE":
                state.uploads.removeValue(forKey: path)
                return .status(204)
            default: return .status(405)
            }
        }
    }
}

/// A value that several threads look at.
final class Mutexed<Value: Sendable>: Sendable {
    private let monitor: Monitor<Value>

    init(_ value: Value) { monitor = Monitor(value) }

    func get() -> Value { monitor.withLock { $0 } }
    func change<Result: Sendable>(_ body: (inout Value) -> Result) -> Result { monitor.withLock { body(&$0) } }
}
