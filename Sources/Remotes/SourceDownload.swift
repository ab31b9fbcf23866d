internal import Canonical
internal import Platform
package import Storage

/// Fetches what a URL of the manifest names into the store, whatever it is: its digest is known when it is there.
// SPEC: manifest.md#data
package struct SourceDownload: Sendable {
    /// Most redirects that are followed, one after the other.
    private static let redirectLimit = 5
    private static let writebackBytes = 16 << 20

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
    /// - Throws: what keeps it from being had; `.redirected` for a redirect that is not followed.
    package func fetch(_ address: SourceAddress, tell: (Int) -> Void = { _ in }) throws(RemoteError) -> StoredObject {
        try retry.run { () throws(RemoteError) in try fetchOnce(address, tell) }
    }

    private func fetchOnce(_ address: SourceAddress, _ tell: (Int) -> Void) throws(RemoteError) -> StoredObject {
        var failure: RemoteError?
        var size = 0
        let digest = try storing { () throws(StoreError) in
            try store.receive { file in
                var hasher = SHA256Hasher()
                do throws(RemoteError) {
                    try read(address) { (bytes) throws(RemoteError) in
                        size += bytes.count
                        hasher.update(bytes)
                        do throws(SystemError) {
                            try file.write(bytes)
                            try Interruption.check()
                        } catch {
                            throw error.isInterruption ? .interrupted : .store(.refused(error))
                        }
                        if size / Self.writebackBytes != (size - bytes.count) / Self.writebackBytes { file.startWriteback() }
                        tell(size)
                    }
                } catch {
                    failure = error
                    return nil
                }
                return hasher.finalize()
            }
        }
        if let failure { throw failure }
        guard let digest else { throw .garbled("it gave nothing") }
        return StoredObject(kind: .file, digest: digest, size: size, files: 1)
    }

    private func read(_ address: SourceAddress, _ take: (UnsafeRawBufferPointer) throws(RemoteError) -> Void) throws(RemoteError) {
        switch address {
        case .local: preconditionFailure("files of this machine are imported")
        case .web(let server, let target): try get(server, target, take)
        case .object(let name, let key):
            let region = try credentials.region()
            let bucket = RemoteAddress.Bucket(
                server: try credentials.endpoint() ?? .amazon(region: region), name: name, prefix: "", region: region)
            guard let server = bucket.server else { preconditionFailure("the service is known") }
            let session = BucketSession(
                HTTPConnection(server, patience: patience, transport: transport), bucket: bucket,
                signer: SignatureV4(credentials: try credentials.credentials(), region: region), retry: retry, conditions: Conditions())
            let answer = try session.exchange(.get, key: key, limit: .max, take: take)
            if answer.status != 200 { throw session.refusal(answer) }
        }
    }

    /// Follows redirects from server to server, all with TLS: no credential goes along, for there is none.
    private func get(
        _ server: RemoteAddress.Server, _ target: String, _ take: (UnsafeRawBufferPointer) throws(RemoteError) -> Void
    ) throws(RemoteError) {
        var server = server
        var target = target
        for _ in 0...Self.redirectLimit {
            let connection = HTTPConnection(server, patience: patience, transport: transport)
            let answer = try connection.exchange(HTTPRequest(.get, target, limit: .max), body: nil, take: take)
            switch answer.status {
            case 200: return
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
