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
    /// What lies at a place.
    func look(at place: RemotePlace) throws(RemoteError) -> Presence

    /// Gives the bytes of `range`, or all, of what lies at a place, in pieces; more than `limit` bytes there are an error.
    ///
    /// - Throws: `.missing`; `.corrupt` when there is less; what `take` throws.
    func fetch(
        _ place: RemotePlace, range: Range<Int>?, limit: Int, _ take: (UnsafeRawBufferPointer) throws(RemoteError) -> Void
    ) throws(RemoteError)

    /// Puts an object at a place; something that lies there is left alone unless it `replaces`.
    ///
    /// What cannot be read to the right digest is never there as a whole.
    func put(_ object: OutgoingObject, at place: RemotePlace, replaces: Bool) throws(RemoteError)

    /// Whether the last object that was put without replacing was left as it lay there.
    var keepsWhatLiesThere: Bool { get }
}

/// Bytes on their way out, with the digest that they are to have.
package final class OutgoingObject {
    /// Where the bytes are.
    private enum Source {
        case file(OpenFile, from: Int)
        case bytes([UInt8])
    }

    package let digest: Digest
    /// How many there are, as far as was known at the beginning.
    package let size: Int
    private let source: Source
    /// The object of the store that it is, or a part of.
    private let origin: Digest
    /// The digest of what was read, once that was all.
    package private(set) var found: Digest?

    /// Most bytes of one piece.
    static let pieceSize = 1 << 20

    /// An object of the store, or `size` bytes of the object `whole` from an offset on.
    package init(_ digest: Digest, size: Int, file: OpenFile, from offset: Int = 0, of whole: Digest? = nil) {
        self.digest = digest
        self.size = size
        source = .file(file, from: offset)
        origin = whole ?? digest
    }

    /// Bytes that are at hand.
    package init(_ bytes: [UInt8]) {
        digest = Digest.of(bytes)
        size = bytes.count
        source = .bytes(bytes)
        origin = digest
    }

    /// Gives the bytes of a range in pieces, as long as they are wanted.
    func read(_ range: Range<Int>, _ give: (UnsafeRawBufferPointer) throws(RemoteError) -> Bool) throws(RemoteError) {
        let file: OpenFile
        let start: Int
        switch source {
        case .file(let open, let from): (file, start) = (open, from)
        case .bytes(let bytes):
            if range.isEmpty { return }
            return try bytes.withRawBytes { (raw) throws(RemoteError) in _ = try give(UnsafeRawBufferPointer(rebasing: raw[range])) }
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, min(Self.pieceSize, range.count)), alignment: 64)
        defer { buffer.deallocate() }
        var offset = range.lowerBound
        while offset < range.upperBound {
            let wanted = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, range.upperBound - offset)])
            let count: Int
            do throws(SystemError) {
                count = try file.read(into: wanted, at: start + offset)
                try Interruption.check()
            } catch {
                throw RemoteError(error)
            }
            guard count > 0 else { throw .store(.corrupt(origin, quarantined: nil)) }
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
        if found != digest { throw .store(.corrupt(origin, quarantined: nil)) }
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
        // Blocks are shared by whole files alone.
        guard case .file(let file, from: 0) = source, origin == digest else { return false }
        do throws(SystemError) { return try file.clone(to: target) } catch { throw .place(error) }
    }
}

extension RemoteAddress {
    /// The remote at this place.
    ///
    /// - Throws: `.credentials` when it needs some and there are none.
    package func open(
        credentials search: CredentialSearch, retry: Retry, patience: Patience = .ofProcess, transport: SecureTransport? = nil
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
