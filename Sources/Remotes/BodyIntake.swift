/// What the body of a good answer may be, and how much of it was asked for.
///
/// A server that does not know ranges answers with everything; then what was not asked for is passed over.
// SPEC: remotes.md#requests
package struct BodyIntake {
    private let request: HTTPRequest
    /// Bytes of an answer that is a part.
    private let partLength: Int?
    /// Bytes of the body that have come.
    private var count = 0
    private var given = 0

    /// Nil for an answer whose body explains what went wrong.
    ///
    /// - Throws: `.garbled` for a part that is another than was asked for.
    package init?(_ request: HTTPRequest, _ head: HTTPHead) throws(RemoteError) {
        switch head.status {
        case 200: partLength = nil
        case 206:
            let text = head.value("content-range")
            if let range = request.range {
                guard let text, Self.fits(text, range) else { throw .garbled("it gives another part than was asked for") }
                partLength = range.count
            } else if let start = request.start {
                guard let text, let rest = Self.rest(text, from: start) else { throw .garbled("it gives another part than was asked for") }
                partLength = rest
            } else {
                return nil
            }
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

    /// The bytes from `start` to the end, in `bytes 100-1233/1234`.
    private static func rest(_ text: String, from start: Int) -> Int? {
        let prefix = "bytes \(start)-"
        guard text.utf8.starts(with: prefix.utf8) else { return nil }
        let numbers = text.dropFirst(prefix.count).split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard numbers.count == 2, let last = HTTPHead.number(numbers[0]), let total = HTTPHead.number(numbers[1]), last >= start,
            total == last + 1
        else { return nil }
        return total - start
    }

    /// Gives on what was asked for of the next bytes of the body.
    package mutating func take(
        _ bytes: UnsafeRawBufferPointer, _ give: (UnsafeRawBufferPointer) throws(RemoteError) -> Void
    ) throws(RemoteError) {
        let start = count
        count += bytes.count
        if let partLength {
            guard count <= partLength else { throw .garbled("it is longer than \(partLength) bytes") }
            given = count
            return try give(bytes)
        }
        guard let range = request.range else {
            guard count <= request.limit else { throw .garbled("it is longer than \(request.limit) bytes") }
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
        guard let wanted = partLength ?? request.range?.count, given != wanted else { return }
        throw .garbled("it gives \(given) of \(wanted) bytes that were asked for")
    }
}
