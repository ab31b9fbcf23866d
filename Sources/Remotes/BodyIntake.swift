/// What the body of a good answer may be, and how much of it was asked for.
///
/// A server that does not know ranges answers with everything; then what was not asked for is passed over.
// SPEC: remotes.md#requests
package struct BodyIntake {
    private let request: HTTPRequest
    private let isPart: Bool
    /// Bytes of the body that have come.
    private var count = 0
    private var given = 0

    /// Nil for an answer whose body explains what went wrong.
    ///
    /// - Throws: `.garbled` for a part that is another than was asked for.
    package init?(_ request: HTTPRequest, _ head: HTTPHead) throws(RemoteError) {
        switch head.status {
        case 200: isPart = false
        case 206:
            guard let range = request.range else { return nil }
            guard let text = head.value("content-range"), Self.fits(text, range) else {
                throw .garbled("it gives another part than was asked for")
            }
            isPart = true
        default: return nil
        }
        self.request = request
    }

    /// `bytes 0-99/1234`, or with `*` for a length that is not known.
    private static func fits(_ text: String, _ range: Range<Int>) -> Bool {
        let prefix = "bytes \(range.lowerBound)-\(range.upperBound - 1)/"
        guard text.utf8.starts(with: prefix.utf8) else { return false }
        let total = String(text.dropFirst(prefix.count))
        return total == "*" || HTTPHead.number(total).map { $0 >= range.upperBound } ?? false
    }

    /// Gives on what was asked for of the next bytes of the body.
    package mutating func take(
        _ bytes: UnsafeRawBufferPointer, _ give: (UnsafeRawBufferPointer) throws(RemoteError) -> Void
    ) throws(RemoteError) {
        let start = count
        count += bytes.count
        guard let range = request.range else {
            guard count <= request.limit else { throw .garbled("it is longer than \(request.limit) bytes") }
            return try give(bytes)
        }
        if isPart {
            guard count <= range.count else { throw .garbled("it is longer than \(range.count) bytes") }
            given = count
            return try give(bytes)
        }
        guard count <= request.limit else { throw .garbled("it is longer than \(request.limit) bytes") }
        let wanted = range.clamped(to: start..<count)
        guard !wanted.isEmpty else { return }
        given += wanted.count
        try give(UnsafeRawBufferPointer(rebasing: bytes[(wanted.lowerBound - start)..<(wanted.upperBound - start)]))
    }

    /// To be called at the end of the body.
    package func finish() throws(RemoteError) {
        guard let range = request.range, given != range.count else { return }
        throw .garbled("it gives \(given) of \(range.count) bytes that were asked for")
    }
}
