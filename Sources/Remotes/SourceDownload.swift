internal import Canonical
internal import Platform
package import Storage

/// Fetches what a URL of the manifest names into the store, whatever it is: its digest is known when it is there.
// SPEC: manifest.md#data
package struct SourceDownload: Sendable {
    /// Most redirects that are followed, one after the other.
    private static let redirectLimit = 5

    private let store: DirectoryStore
    private let credentials: CredentialSearch
    private let retry: Retry
    private let patience: Patience
    private let transport: SecureTransport?

    package init(
        _ store: DirectoryStore, credentials: CredentialSearch, retry: Retry = Retry(), patience: Patience = .ofProcess,
        transport: SecureTransport? = nil
    ) {
        self.store = store
        self.credentials = credentials
        self.retry = retry
        self.patience = patience
        self.transport = transport
    }

    /// The content of a server's or a service's file; `tell` is told now and then how many bytes have come.
    ///
    /// What was broken off is gone on with where the server says that it is the same still, in this process or a later one.
    ///
    /// - Throws: what keeps it from being had; `.redirected` for a redirect that is not followed; `.tooLong` for more than `limit` bytes.
    package func fetch(
        _ address: SourceAddress, atMost limit: Int? = nil, tell: (Int) -> Void = { _ in }
    ) throws(RemoteError) -> StoredObject {
        let partial = try storing { () throws(StoreError) in try PartialDownload(address.name, in: store) }
        var furthest = partial.count
        func hasMoved() -> Bool {
            defer { furthest = max(furthest, partial.count) }
            return partial.count > furthest
        }
        do throws(RemoteError) {
            try retry.run(hasMoved: hasMoved) { () throws(RemoteError) in try fetchOnce(address, limit ?? .max, partial, tell) }
            return try storing { () throws(StoreError) in try partial.finish() }
        } catch {
            try leave(partial, after: error)
            throw error
        }
    }

    /// Leaves what a later process may go on with, and nothing else.
    private func leave(_ partial: PartialDownload, after error: RemoteError) throws(RemoteError) {
        switch error {
        // Another beginning may go well. And on a full disk nothing is left.
        case .garbled, .tooLong, .gaveUp(.garbled, _): partial.discard()
        case .store where !error.isInterruption: partial.discard()
        default:
            guard partial.validator != nil, partial.count > 0 else { return partial.discard() }
            try storing { () throws(StoreError) in try partial.note() }
        }
    }

    /// What is asked for: all of it, or what follows what has come, if it is the same still.
    struct Wish {
        let start: Int?
        let validator: PartialDownload.Validator?

        func fields(condition: String) -> [SignatureV4.Pair] {
            guard let start, let validator else { return [] }
            return [SignatureV4.Pair("range", "bytes=\(start)-"), SignatureV4.Pair(condition, validator.text)]
        }
    }

    private func fetchOnce(
        _ address: SourceAddress, _ limit: Int, _ partial: PartialDownload, _ tell: (Int) -> Void
    ) throws(RemoteError) {
        func fetch(_ wish: Wish) throws(RemoteError) -> Bool {
            try read(
                address, wish,
                heed: { (head) throws(RemoteError) in
                    if head.status == 206 { return try refuseOthers(head, than: wish.validator) }
                    try storing { () throws(StoreError) in try partial.begin(PartialDownload.Validator(head)) }
                },
                take: { (bytes) throws(RemoteError) in
                    guard bytes.count <= limit - partial.count else { throw .tooLong(limit) }
                    do throws(SystemError) { try Interruption.check() } catch { throw .interrupted }
                    try storing { () throws(StoreError) in try partial.append(bytes) }
                    tell(partial.count)
                })
        }
        if partial.count > 0, let validator = partial.validator, address.goesOn(with: validator) {
            if try fetch(Wish(start: partial.count, validator: validator)) { return }
        }
        // It is another now, or nothing follows.
        guard try fetch(Wish(start: nil, validator: nil)) else { throw .garbled("it speaks of a part that was not asked for") }
    }

    /// Refuses a part that says it is of other bytes than were asked for.
    private func refuseOthers(_ head: HTTPHead, than validator: PartialDownload.Validator?) throws(RemoteError) {
        let said: String?
        let asked: String?
        switch validator {
        case .tag(let tag): (said, asked) = (head.value("etag"), tag)
        case .modified(let time): (said, asked) = (head.value("last-modified"), time)
        case nil: (said, asked) = (nil, nil)
        }
        if let said, said != asked { throw .garbled("it gives a part of something else than was asked for") }
    }

    /// False when it is not what it was, so that nothing follows what has come.
    func read(
        _ address: SourceAddress, _ wish: Wish, heed: (HTTPHead) throws(RemoteError) -> Void,
        take: (UnsafeRawBufferPointer) throws(RemoteError) -> Void
    ) throws(RemoteError) -> Bool {
        switch address {
        case .local: preconditionFailure("files of this machine are imported")
        case .web(let server, let target): return try get(server, target, wish, heed: heed, take: take)
        case .object(let name, let key):
            let region = try credentials.region()
            let bucket = RemoteAddress.Bucket(
                server: try credentials.endpoint() ?? .amazon(region: region), name: name, prefix: "", region: region)
            guard let server = bucket.server else { preconditionFailure("the service is known") }
            let session = BucketSession(
                HTTPConnection(server, patience: patience, transport: transport), bucket: bucket,
                signer: SignatureV4(credentials: try credentials.credentials(), region: region), retry: retry, conditions: Conditions())
            let answer = try session.exchange(
                .get, key: key, headers: wish.fields(condition: "if-match"), limit: .max, start: wish.start, heed: heed, take: take)
            if answer.status == 200 || (answer.status == 206 && wish.start != nil) { return true }
            if wish.start != nil, [412, 416].contains(answer.status) { return false }
            throw session.refusal(answer)
        }
    }

    /// Follows redirects from server to server, all with TLS: no credential goes along, for there is none.
    private func get(
        _ server: RemoteAddress.Server, _ target: String, _ wish: Wish, heed: (HTTPHead) throws(RemoteError) -> Void,
        take: (UnsafeRawBufferPointer) throws(RemoteError) -> Void
    ) throws(RemoteError) -> Bool {
        var server = server
        var target = target
        for _ in 0...Self.redirectLimit {
            let connection = HTTPConnection(server, patience: patience, transport: transport)
            let request = HTTPRequest(.get, target, headers: wish.fields(condition: "if-range"), limit: .max, start: wish.start)
            let answer = try connection.exchange(request, body: nil, heed: heed, take: take)
            switch answer.status {
            case 200: return true
            case 206 where wish.start != nil: return true
            case 412 where wish.start != nil: return false
            case 416 where wish.start != nil: return false
            case 301, 302, 303, 307, 308:
                guard let location = answer.head.value("location") else { throw .redirected(answer.status) }
                if location.hasPrefix("/"), !location.hasPrefix("//") {
                    guard case .web(_, let next)? = SourceAddress.redirected(by: "https://h\(location)") else {
                        throw .redirected(answer.status)
                    }
                    target = next
                } else {
                    guard case .web(let next, let path)? = SourceAddress.redirected(by: location) else { throw .redirected(answer.status) }
                    (server, target) = (next, path)
                }
            case 200...299: throw .garbled("status \(answer.status) is no answer to that")
            default: throw .answered(answer.status, retryAfter: answer.head.value("retry-after").flatMap(HTTPHead.number))
            }
        }
        throw .garbled("it redirects more than \(Self.redirectLimit) times")
    }
}

extension SourceAddress {
    /// Stands for what is asked for; says nothing of it.
    var name: Digest {
        let text =
            switch self {
            case .local: preconditionFailure("files of this machine are imported")
            case .web(let server, let target): "https \(server.host) \(target)"
            case .object(let bucket, let key): "s3 \(bucket) \(key)"
            }
        return Digest.of(Array("mlbuild source 1\n\(text)".utf8))
    }

    /// Whether a request can ask for the same bytes as before by such a validator.
    fileprivate func goesOn(with validator: PartialDownload.Validator) -> Bool {
        if case .object = self, case .modified = validator { false } else { true }
    }
}

extension PartialDownload.Validator {
    /// A day's clock is of whole seconds: what was changed in the second of the answer may change again in it.
    private static let settled: Int64 = 2

    /// What an answer says of its bytes, if that tells them from all others of the same place.
    init?(_ head: HTTPHead) {
        if let tag = head.value("etag"), (2...1024).contains(tag.utf8.count), tag.hasPrefix("\""), tag.hasSuffix("\""),
            tag.utf8.dropFirst().dropLast().allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") })
        {
            self = .tag(tag)
        } else if let text = head.value("last-modified"), let time = CivilTime.seconds(httpDate: text),
            let now = head.value("date").flatMap(CivilTime.seconds(httpDate:)), now - time >= Self.settled
        {
            self = .modified(text)
        } else {
            return nil
        }
    }

    fileprivate var text: String {
        switch self {
        case .tag(let text), .modified(let text): text
        }
    }
}
