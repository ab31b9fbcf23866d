package import Canonical
package import Platform
internal import Storage

/// A place that keeps objects under their digests, for others to fetch.
///
/// What it gives back may be anything: ``Pull`` checks it. What it was given is durable once ``settle()`` has returned.
package protocol Remote: Sendable {
    /// A way to it for one thread; ways stay open until the object ends.
    func session() throws(RemoteError) -> any RemoteSession
    /// Returns once all that was put is as durable as it will be, and can be found.
    func settle() throws(RemoteError)
}

/// What is known of an object on a remote.
package enum Presence: Hashable, Sendable {
    case absent
    /// `size` is its length in bytes; nil when the server does not say.
    case present(size: Int?)
}

/// One thread's way to a remote. Nothing here is tried again, but for the parts of an upload.
package protocol RemoteSession: AnyObject {
    /// What lies under the name of an object.
    func look(for digest: Digest) throws(RemoteError) -> Presence

    /// Gives what lies under the name of an object, in pieces; more than `limit` bytes are an error.
    ///
    /// - Throws: `.missing`; what `take` throws.
    func fetch(_ digest: Digest, limit: Int, _ take: (UnsafeRawBufferPointer) throws(RemoteError) -> Void) throws(RemoteError)

    /// Puts an object there; something that lies there is left alone unless it `replaces`.
    ///
    /// What cannot be read to the right digest is never there as a whole.
    func put(_ object: OutgoingObject, replaces: Bool) throws(RemoteError)

    /// Whether the last object that was put without replacing was left as it lay there.
    var keepsWhatLiesThere: Bool { get }
}

/// An object of the store on its way out.
package final class OutgoingObject {
    package let digest: Digest
    /// Bytes that the file had when it was opened.
    package let size: Int
    private let file: OpenFile
    /// The digest of what was read, once that was all.
    package private(set) var found: Digest?

    /// Most bytes of one piece.
    static let pieceSize = 1 << 20

    package init(_ digest: Digest, size: Int, file: OpenFile) {
        self.digest = digest
        self.size = size
        self.file = file
    }

    /// Gives the bytes of a range in pieces, as long as they are wanted.
    func read(_ range: Range<Int>, _ give: (UnsafeRawBufferPointer) throws(RemoteError) -> Bool) throws(RemoteError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, min(Self.pieceSize, range.count)), alignment: 64)
        defer { buffer.deallocate() }
        var offset = range.lowerBound
        while offset < range.upperBound {
            let wanted = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, range.upperBound - offset)])
            let count: Int
            do throws(SystemError) {
                count = try file.read(into: wanted, at: offset)
                try Interruption.check()
            } catch {
                throw RemoteError(error)
            }
            guard count > 0 else { throw .store(.corrupt(digest, quarantined: nil)) }
            offset += count
            if try !give(UnsafeRawBufferPointer(rebasing: wanted[..<count])) { return }
        }
    }

    /// Gives all bytes, the last of them only when all together have the right digest.
    ///
    /// - Throws: `.store(.corrupt)`; ``found`` has the digest that was found then.
    func readChecked(_ give: (UnsafeRawBufferPointer) throws(RemoteError) -> Bool) throws(RemoteError) {
        var hasher = SHA256Hasher()
        var left = size
        var isWanted = true
        try read(0..<size) { (bytes) throws(RemoteError) in
            hasher.update(bytes)
            left -= bytes.count
            if left == 0 { try check(hasher) }
            isWanted = try give(bytes)
            return isWanted
        }
        if size == 0 { try check(hasher) }
    }

    /// Takes the digest of all that was read.
    func check(_ hasher: consuming SHA256Hasher) throws(RemoteError) {
        let found = hasher.finalize()
        self.found = found
        if found != digest { throw .store(.corrupt(digest, quarantined: nil)) }
    }

    /// The digest of a range; `whole` takes its bytes too.
    func digest(of range: Range<Int>, whole: inout SHA256Hasher) throws(RemoteError) -> Digest {
        var hasher = SHA256Hasher()
        try read(range) { (bytes) throws(RemoteError) in
            hasher.update(bytes)
            whole.update(bytes)
            return true
        }
        return hasher.finalize()
    }

    /// Makes `target` share its blocks; false where the file system cannot.
    func clone(to target: borrowing Descriptor) throws(RemoteError) -> Bool {
        do throws(SystemError) { return try file.clone(to: target) } catch { throw .place(error) }
    }
}

extension RemoteAddress {
    /// The remote at this place.
    ///
    /// - Throws: `.credentials` when it needs some and there are none.
    package func open(
        credentials search: CredentialSearch, retry: Retry, patience: Patience = Patience(), transport: SecureTransport? = nil
    ) throws(RemoteError) -> any Remote {
        switch self {
        case .folder(let path): return FolderRemote(path)
        case .web(let server, let path): return WebRemote(server, path: path, patience: patience, transport: transport)
        case .bucket(var bucket):
            if bucket.server == nil { bucket.server = try search.endpoint() }
            let region: String
            if let named = bucket.region { region = named } else { region = try search.region() }
            let signer = SignatureV4(credentials: try search.credentials(), region: region)
            return BucketRemote(bucket, signer: signer, retry: retry, patience: patience, transport: transport)
        }
    }
}
