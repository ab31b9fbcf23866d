internal import Canonical
internal import Platform

/// Tries all that `push` and `pull` need of a remote, with an object that is the same for everybody.
package enum RemoteTrial {
    package struct Report: Sendable {
        /// What was found, for people.
        package let lines: [String]
        /// Time of one request, at its best.
        package let milliseconds: Double
        /// Whether the server keeps what lies there when it is asked to.
        package let isConditional: Bool
    }

    private static let content = Array("mlbuild remote test\n".utf8)

    /// - Throws: the first thing that does not work.
    package static func run(_ remote: any Remote, retry: Retry) throws(RemoteError) -> Report {
        let session = try remote.session()
        let object = OutgoingObject(content)
        let place = RemotePlace(.object, object.digest)
        // Nobody has this one: its bytes are new each time.
        let unknown = RemotePlace(.object, Digest.of(Array("mlbuild remote test \(Host.uniqueText())".utf8)))
        guard try retry.run({ () throws(RemoteError) in try session.look(at: unknown) }) == .absent else {
            throw .garbled("it says that it has an object that nobody ever sent")
        }
        try retry.run { () throws(RemoteError) in try session.put(object, at: place, replaces: true) }
        try remote.settle()
        var best = Int64.max
        for _ in 0..<5 {
            let began = Clock.monotonic()
            let presence = try retry.run { () throws(RemoteError) in try session.look(at: place) }
            best = min(best, Clock.monotonic() - began)
            switch presence {
            case .absent: throw .garbled("it took an object and does not have it")
            case .present(let size):
                guard size == nil || size == content.count else { throw .garbled("it has an object in another length than it was sent") }
            }
        }
        var bytes: [UInt8] = []
        try retry.run { () throws(RemoteError) in
            bytes = []
            try session.fetch(place, range: nil, limit: content.count) { (piece) throws(RemoteError) in bytes += piece }
        }
        guard bytes == content else { throw .corrupt(place, "what was sent is not what came back") }
        do throws(RemoteError) {
            try session.fetch(unknown, range: nil, limit: content.count) { _ in }
            throw RemoteError.garbled("it gives an object that nobody ever sent")
        } catch {
            guard case .missing = error else { throw error }
        }
        try retry.run { () throws(RemoteError) in try session.put(object, at: place, replaces: false) }
        try remote.settle()
        let isConditional = session.keepsWhatLiesThere
        let milliseconds = Double(best / 1000) / 1000
        return Report(
            lines: [
                "reads, writes, and tells what it has: \(milliseconds) ms a request",
                isConditional
                    ? "keeps what lies there already (If-None-Match)"
                    : "writes over what lies there already, which is safe: the bytes of one name are the same",
            ], milliseconds: milliseconds, isConditional: isConditional)
    }
}
