package import Platform

/// Where the bytes of a body go; false when the other side has answered already and wants no more.
package typealias HTTPSink = (UnsafeRawBufferPointer) throws(RemoteError) -> Bool

/// Makes exchanges of one request and one answer with one server; for one thread at a time.
///
/// It follows no redirect, adds no credential, and tries nothing again that the server may have seen.
package protocol HTTPExchanger: AnyObject {
    /// The server, as it stands in a `Host` field.
    var host: String { get }

    /// Sends a request with what `body` gives, exactly as much as the request says, and gives `take` the body of a good answer
    /// in pieces and in order, as a ``BodyIntake`` takes it; before that `heed` gets its head.
    ///
    /// - Throws: `.unreachable`, `.garbled`, `.interrupted`, and what `body` and `take` throw.
    func exchange(
        _ request: HTTPRequest, body: ((HTTPSink) throws(RemoteError) -> Void)?, heed: (HTTPHead) throws(RemoteError) -> Void,
        take: (UnsafeRawBufferPointer) throws(RemoteError) -> Void
    ) throws(RemoteError) -> HTTPAnswer
}

extension HTTPExchanger {
    /// As ``exchange(_:body:heed:take:)``, for who need not know the head before the body.
    package func exchange(
        _ request: HTTPRequest, body: ((HTTPSink) throws(RemoteError) -> Void)?,
        take: (UnsafeRawBufferPointer) throws(RemoteError) -> Void
    ) throws(RemoteError) -> HTTPAnswer {
        try exchange(request, body: body, heed: { _ in }, take: take)
    }
}

/// A connection as bytes that come and go.
package protocol ByteStream: AnyObject {
    func receive(into buffer: UnsafeMutableRawBufferPointer, nanoseconds: Int64) throws(SocketError) -> Int
    func send(_ bytes: UnsafeRawBufferPointer, nanoseconds: Int64) throws(SocketError) -> Bool
    var hasSomething: Bool { get }
}

extension Socket: ByteStream {}
