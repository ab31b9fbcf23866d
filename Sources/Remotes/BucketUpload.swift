internal import Canonical
internal import Platform

/// One object in many requests: for what is too large to be sent again from its beginning when a connection is lost.
// SPEC: remotes.md#push
struct BucketUpload {
    static let mostParts = 10_000

    let session: BucketSession
    let place: RemotePlace
    private var key: String { session.key(place) }

    init(session: BucketSession, place: RemotePlace) {
        (self.session, self.place) = (session, place)
    }

    /// Bytes of each part but the last.
    static func partSize(of size: Int, smallest: Int = BucketSession.Sizes().part) -> Int {
        let mebibyte = 1 << 20
        let needed = (size + mostParts - 1) / mostParts
        return needed <= smallest ? smallest : (needed + mebibyte - 1) / mebibyte * mebibyte
    }

    func send(_ object: OutgoingObject) throws(RemoteError) {
        let upload = try session.retry.run { () throws(RemoteError) in try begin() }
        do throws(RemoteError) {
            let tags = try sendParts(of: object, upload)
            try complete(upload, tags, object)
        } catch {
            // What it failed of is what gets reported; a server may clear up by rules of its own.
            if !error.isInterruption { try? abort(upload) }
            // All of it again, from the beginning, is not what trying again means.
            throw error.isTransient ? .gaveUp(error, attempts: 1) : error
        }
    }

    private func begin() throws(RemoteError) -> String {
        var bytes: [UInt8] = []
        let answer = try session.exchange(
            .post, key: key, query: [SignatureV4.Pair("uploads", "")], limit: HTTPConnection.headLimit,
            take: { (piece) throws(RemoteError) in bytes += piece })
        guard answer.status == 200 else { throw session.refusal(answer) }
        guard let upload = try BucketSession.xml(bytes, "InitiateMultipartUploadResult")["UploadId"]?.text,
            (1...1024).contains(upload.utf8.count)
        else { throw .garbled("it gives no name to an upload") }
        return upload
    }

    private func sendParts(of object: OutgoingObject, _ upload: String) throws(RemoteError) -> [String] {
        let size = Self.partSize(of: object.size, smallest: session.sizes.part)
        var whole = SHA256Hasher()
        var tags: [String] = []
        var start = 0
        while start < object.size {
            let range = start..<min(start + size, object.size)
            let digest = try object.digest(of: range, whole: &whole)
            // Before the last part: what is damaged is never complete.
            if range.upperBound == object.size { try object.check(whole) }
            tags.append(try send(range, of: object, digest, part: tags.count + 1, upload))
            start = range.upperBound
        }
        return tags
    }

    private func send(
        _ range: Range<Int>, of object: OutgoingObject, _ digest: Digest, part: Int, _ upload: String
    ) throws(RemoteError) -> String {
        let query = [SignatureV4.Pair("partNumber", String(part)), SignatureV4.Pair("uploadId", upload)]
        return try session.retry.run { () throws(RemoteError) in
            let answer = try session.exchange(
                .put, key: key, query: query, payload: digest, length: range.count, limit: HTTPConnection.headLimit,
                body: { (sink) throws(RemoteError) in try object.read(range, sink) })
            guard answer.status == 200 else { throw session.refusal(answer) }
            guard answer.sawAll else { throw .garbled("it agreed before it had everything") }
            guard let tag = answer.head.value("etag"), (1...256).contains(tag.utf8.count) else {
                throw .garbled("it gives no tag to a part")
            }
            return tag
        }
    }

    private func complete(_ upload: String, _ tags: [String], _ object: OutgoingObject) throws(RemoteError) {
        var text = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
        for (index, tag) in tags.enumerated() {
            text += "<Part><PartNumber>\(index + 1)</PartNumber><ETag>\(XMLText.escaped(tag))</ETag></Part>"
        }
        let document = Array((text + "</CompleteMultipartUpload>").utf8)
        let size = object.size
        var isFirst = true
        try session.retry.run { () throws(RemoteError) in
            var bytes: [UInt8] = []
            let answer = try session.exchange(
                .post, key: key, query: [SignatureV4.Pair("uploadId", upload)], payload: Digest.of(document), length: document.count,
                limit: HTTPConnection.headLimit,
                body: { (sink) throws(RemoteError) in _ = try document.withRawBytes { (raw) throws(RemoteError) in try sink(raw) } },
                take: { (piece) throws(RemoteError) in bytes += piece })
            defer { isFirst = false }
            if answer.status == 200 {
                // A server may begin to answer before it knows how it ends.
                _ = try BucketSession.xml(bytes, "CompleteMultipartUploadResult")
                return
            }
            let refusal = session.refusal(answer)
            // The answer to an earlier request was lost; the object says whether that one was done.
            if !isFirst, case .answered(404, _, _) = refusal, try session.look(at: place) == .present(size: size) { return }
            throw refusal
        }
    }

    private func abort(_ upload: String) throws(RemoteError) {
        _ = try session.exchange(.delete, key: key, query: [SignatureV4.Pair("uploadId", upload)])
    }
}
