internal import Canonical
internal import Platform

/// A server that keeps what it is sent, with or without what S3 adds.
package final class KeepingServer: Sendable {
    package struct Kind: Sendable {
        package var knowsConditions: Bool
        package var knowsRanges: Bool
        package var isBucket: Bool

        package init(knowsConditions: Bool = true, knowsRanges: Bool = true, isBucket: Bool = false) {
            (self.knowsConditions, self.knowsRanges, self.isBucket) = (knowsConditions, knowsRanges, isBucket)
        }
    }

    private let kind: Kind
    private let state = Mutexed<State>(State())

    private struct State: Sendable {
        var objects: [String: [UInt8]] = [:]
        var uploads: [String: [Int: [UInt8]]] = [:]
        var refusals: [String] = []
    }

    package init(_ kind: Kind = Kind()) { self.kind = kind }

    /// By their paths.
    package var objects: [String: [UInt8]] {
        get { state.get().objects }
        set { state.change { $0.objects = newValue } }
    }
    /// What was wrong with requests.
    package var refusals: [String] { state.get().refusals }
    package var openUploads: Int { state.get().uploads.count }

    /// What part of so many bytes a GET asks for; an inner nil when they end before it.
    private static func range(_ request: ServerDouble.Request, _ count: Int) -> Range<Int>?? {
        guard request.method == "GET", let text = request.headers["range"] else { return nil }
        let numbers = text.dropFirst("bytes=".count).split(separator: "-").compactMap { Int($0) }
        guard numbers.count == 2 else { return nil }
        return .some(numbers[0] < count ? numbers[0]..<min(count, numbers[1] + 1) : nil)
    }

    package func reply(_ request: ServerDouble.Request) -> ServerDouble.Reply {
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
package final class Mutexed<Value: Sendable>: Sendable {
    private let monitor: Monitor<Value>

    package init(_ value: Value) { monitor = Monitor(value) }

    package func get() -> Value { monitor.withLock { $0 } }
    package func change<Result: Sendable>(_ body: (inout Value) -> Result) -> Result { monitor.withLock { body(&$0) } }
}
