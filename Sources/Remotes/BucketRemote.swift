internal import Canonical
internal import Platform

/// A bucket of an S3 service.
package final class BucketRemote: Remote {
    private let bucket: RemoteAddress.Bucket
    private let server: RemoteAddress.Server
    private let signer: SignatureV4
    private let retry: Retry
    private let patience: Patience
    private let transport: SecureTransport?
    private let sizes: BucketSession.Sizes
    private let conditions = Conditions()

    init(
        _ bucket: RemoteAddress.Bucket, signer: SignatureV4, retry: Retry, patience: Patience = .ofProcess,
        transport: SecureTransport? = nil, sizes: BucketSession.Sizes = BucketSession.Sizes()
    ) {
        self.sizes = sizes
        self.bucket = bucket
        server = bucket.server ?? .amazon(region: signer.region)
        self.transport = transport
        self.signer = signer
        self.retry = retry
        self.patience = patience
    }

    package func session() throws(RemoteError) -> any RemoteSession {
        BucketSession(
            HTTPConnection(server, patience: patience, transport: transport), bucket: bucket, signer: signer, retry: retry,
            conditions: conditions,
            sizes: sizes)
    }

    package func settle() throws(RemoteError) {}
}

/// Signed requests to a bucket.
package final class BucketSession: RemoteSession {
    /// What is sent in parts, and in which.
    struct Sizes: Sendable {
        /// Larger objects are sent in parts.
        var whole = 64 << 20
        /// Bytes of a part, or more where there would be too many.
        var part = 16 << 20
    }

    let sizes: Sizes
    private let exchanger: any HTTPExchanger
    private let bucket: RemoteAddress.Bucket
    private let signer: SignatureV4
    let retry: Retry
    private let conditions: Conditions
    private let now: () -> Int64
    package private(set) var keepsWhatLiesThere = false

    init(
        _ exchanger: any HTTPExchanger, bucket: RemoteAddress.Bucket, signer: SignatureV4, retry: Retry, conditions: Conditions,
        sizes: Sizes = Sizes(), now: @escaping () -> Int64 = { Clock.wall() / 1_000_000_000 }
    ) {
        self.sizes = sizes
        self.exchanger = exchanger
        self.bucket = bucket
        self.signer = signer
        self.retry = retry
        self.conditions = conditions
        self.now = now
    }

    func key(_ place: RemotePlace) -> String { "\(bucket.prefix)\(place.path)" }

    private static let nothing = Digest.of([] as [UInt8])

    /// One signed exchange about an object or, without a key, the bucket.
    func exchange(
        _ method: HTTPRequest.Method, key: String?, query: [SignatureV4.Pair] = [], headers: [SignatureV4.Pair] = [],
        payload: Digest? = nil,
        length: Int = 0, limit: Int = 0, range: Range<Int>? = nil, start: Int? = nil,
        body: ((HTTPSink) throws(RemoteError) -> Void)? = nil, heed: (HTTPHead) throws(RemoteError) -> Void = { _ in },
        take: (UnsafeRawBufferPointer) throws(RemoteError) -> Void = { _ in }
    ) throws(RemoteError) -> HTTPAnswer {
        let path = SignatureV4.encode(path: "/\(bucket.name)\(key.map { "/" + $0 } ?? "")".utf8)
        let text = SignatureV4.encode(query: query)
        let signed = signer.sign(
            method: method.rawValue, path: path, query: text, headers: [SignatureV4.Pair("host", exchanger.host)] + headers,
            payload: payload ?? Self.nothing, seconds: now())
        let target = text.isEmpty ? path : "\(path)?\(text)"
        return try exchanger.exchange(
            HTTPRequest(method, target, headers: signed, length: length, limit: limit, range: range, start: start), body: body, heed: heed,
            take: take)
    }

    package func look(at place: RemotePlace) throws(RemoteError) -> Presence {
        let answer = try exchange(.head, key: key(place))
        switch answer.status {
        case 200: return .present(size: answer.head.length)
        // An answer to HEAD cannot say why: a bucket that is not there looks like an object that is not.
        case 404: return .absent
        case 400, 401, 403: throw try reason(of: refusal(answer))
        default: throw refusal(answer)
        }
    }

    /// What a refusal of a request whose answer has no body is about: another request is refused for the same reason, and says it.
    private func reason(of refusal: RemoteError) throws(RemoteError) -> RemoteError {
        do throws(RemoteError) {
            _ = try list(limit: 1)
        } catch {
            // That lists are forbidden is about lists.
            if case .answered(_, let fault?, _) = error, fault != .accessDenied { return error }
        }
        return refusal
    }

    package func fetch(
        _ place: RemotePlace, range: Range<Int>?, limit: Int, _ take: (UnsafeRawBufferPointer) throws(RemoteError) -> Void
    ) throws(RemoteError) {
        let answer = try exchange(.get, key: key(place), headers: HTTPRequest.field(range), limit: limit, range: range, take: take)
        if answer.status == 200 || (answer.status == 206 && range != nil) { return }
        let refusal = refusal(answer)
        if case .answered(404, .other("NoSuchKey"), _) = refusal { throw .missing(place) }
        if case .answered(404, nil, _) = refusal { throw .missing(place) }
        if case .answered(416, _, _) = refusal, range != nil { throw .corrupt(place, "it is shorter than what it holds") }
        throw refusal
    }

    package func put(_ object: OutgoingObject, at place: RemotePlace, replaces: Bool) throws(RemoteError) {
        if object.size > sizes.whole { return try BucketUpload(session: self, place: place).send(object) }
        while true {
            let isConditional = !replaces && conditions.areKnown
            let headers = isConditional ? [SignatureV4.Pair("if-none-match", "*")] : []
            let answer = try exchange(
                .put, key: key(place), headers: headers, payload: object.digest, length: object.size,
                limit: HTTPConnection.headLimit, body: object.readChecked)
            switch answer.status {
            case 200:
                guard answer.sawAll else { throw .garbled("it agreed before it had everything") }
                keepsWhatLiesThere = false
                return
            case 412 where isConditional:
                keepsWhatLiesThere = true
                return
            case 501 where isConditional: conditions.areKnown = false
            // Another is at it right now, with the same bytes; who is to be first matters to nobody.
            case 409 where isConditional: throw .answered(503, .busy)
            default: throw refusal(answer)
            }
        }
    }

    /// A page of the names below the remote's place in the bucket, in order, after `after`.
    func list(after: String? = nil, limit: Int = 1000) throws(RemoteError) -> (keys: [String], isLast: Bool) {
        var query = [
            SignatureV4.Pair("list-type", "2"), SignatureV4.Pair("prefix", bucket.prefix),
            SignatureV4.Pair("max-keys", String(limit)),
        ]
        if let after { query.append(SignatureV4.Pair("start-after", after)) }
        var bytes: [UInt8] = []
        let answer = try exchange(
            .get, key: nil, query: query, limit: XMLText.byteLimit, take: { (piece) throws(RemoteError) in bytes += piece })
        guard answer.status == 200 else { throw refusal(answer) }
        let root = try Self.xml(bytes, "ListBucketResult")
        guard let isTruncated = root["IsTruncated"]?.text, isTruncated == "true" || isTruncated == "false" else {
            throw .garbled("a list does not say whether it goes on")
        }
        let keys = root.children.filter { $0.name == "Contents" }.compactMap { $0["Key"]?.text }
        guard keys.count <= limit else { throw .garbled("a list is longer than was asked for") }
        return (keys, isTruncated == "false")
    }

    /// The answer to a request that changes something: its root element, which has to bear that name.
    static func xml(_ bytes: [UInt8], _ name: String) throws(RemoteError) -> XMLText {
        let root: XMLText
        do throws(XMLText.Malformed) { root = try XMLText.parse(bytes) } catch { throw .garbled(error.reason) }
        if root.name == "Error", let code = root["Code"]?.text { throw .answered(500, ServerFault(code: word(code) ?? "Error")) }
        guard root.name == name else { throw .garbled("it is about something else") }
        return root
    }

    /// The code of an error if it is a word; whoever sends it may repeat what it was sent.
    private static func word(_ code: String) -> String? {
        let isWord =
            (1...40).contains(code.utf8.count)
            && code.utf8.allSatisfy { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) || HTTPHead.isDigit($0) }
        return isWord ? code : nil
    }

    /// What an answer that is not good says.
    func refusal(_ answer: HTTPAnswer) -> RemoteError {
        let status = answer.status
        if (300...399).contains(status) {
            let region = answer.head.value("x-amz-bucket-region").flatMap { RemoteAddress.isRegion($0) && !isSecret($0) ? $0 : nil }
            return .redirected(status, region: region)
        }
        if (200...299).contains(status) { return .garbled("status \(status) is no answer to that") }
        var fault: ServerFault?
        if !answer.fault.isEmpty, let root = try? XMLText.parse(answer.fault), root.name == "Error" || root.name == "ErrorResponse" {
            let code = (root["Code"] ?? root["Error"]?["Code"])?.text
            fault = code.flatMap(Self.word).flatMap { isSecret($0) ? nil : ServerFault(code: $0) }
        }
        if fault == .skewedClock(ahead: nil), let date = answer.head.value("date").flatMap(CivilTime.seconds(httpDate:)) {
            fault = .skewedClock(ahead: now() - date)
        }
        return .answered(status, fault, retryAfter: answer.head.value("retry-after").flatMap(HTTPHead.number))
    }

    private func isSecret(_ text: String) -> Bool {
        let credentials = signer.credentials
        return credentials.secretKey.isIn(text) || credentials.sessionToken?.isIn(text) == true || Secret(credentials.accessKey).isIn(text)
    }
}
