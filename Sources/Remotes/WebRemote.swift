internal import Platform

/// A web server that takes files, in the layout of Bazel's HTTP cache.
package final class WebRemote: Remote {
    private let server: RemoteAddress.Server
    private let path: String
    private let patience: Patience
    private let transport: SecureTransport?
    private let conditions = Conditions()

    package init(_ server: RemoteAddress.Server, path: String, patience: Patience = .ofProcess, transport: SecureTransport? = nil) {
        self.transport = transport
        self.server = server
        self.path = path
        self.patience = patience
    }

    package func session() throws(RemoteError) -> any RemoteSession {
        WebSession(HTTPConnection(server, patience: patience, transport: transport), path: path, conditions: conditions)
    }

    package func settle() throws(RemoteError) {}
}

/// Requests to a web server.
package final class WebSession: RemoteSession {
    private let exchanger: any HTTPExchanger
    private let path: String
    private let conditions: Conditions
    package private(set) var keepsWhatLiesThere = false

    init(_ exchanger: any HTTPExchanger, path: String, conditions: Conditions) {
        self.exchanger = exchanger
        self.path = path
        self.conditions = conditions
    }

    private func target(_ place: RemotePlace) -> String { "\(path)/\(place.path)" }

    package func look(at place: RemotePlace) throws(RemoteError) -> Presence {
        let answer = try exchanger.exchange(HTTPRequest(.head, target(place)), body: nil) { _ in }
        switch answer.status {
        case 200: return .present(size: answer.head.length)
        case 404, 410: return .absent
        default: throw Self.refusal(answer)
        }
    }

    package func fetch(
        _ place: RemotePlace, range: Range<Int>?, limit: Int, _ take: (UnsafeRawBufferPointer) throws(RemoteError) -> Void
    ) throws(RemoteError) {
        let request = HTTPRequest(.get, target(place), headers: HTTPRequest.field(range), limit: limit, range: range)
        let answer = try exchanger.exchange(request, body: nil, take: take)
        switch answer.status {
        case 200: return
        case 206 where range != nil: return
        case 404, 410: throw .missing(place)
        case 416 where range != nil: throw .corrupt(place, "it is shorter than what it holds")
        default: throw Self.refusal(answer)
        }
    }

    package func put(_ object: OutgoingObject, at place: RemotePlace, replaces: Bool) throws(RemoteError) {
        while true {
            let isConditional = !replaces && conditions.areKnown
            let headers = isConditional ? [SignatureV4.Pair("if-none-match", "*")] : []
            let request = HTTPRequest(.put, target(place), headers: headers, length: object.size, limit: HTTPConnection.headLimit)
            let answer = try exchanger.exchange(request, body: object.readChecked) { _ in }
            switch answer.status {
            case 200, 201, 204:
                guard answer.sawAll else { throw .garbled("it agreed before it had everything") }
                keepsWhatLiesThere = false
                return
            case 412 where isConditional:
                keepsWhatLiesThere = true
                return
            case 501 where isConditional: conditions.areKnown = false
            default: throw Self.refusal(answer)
            }
        }
    }

    /// What an answer that is not good says.
    static func refusal(_ answer: HTTPAnswer) -> RemoteError {
        if (300...399).contains(answer.status) { return .redirected(answer.status) }
        if (200...299).contains(answer.status) { return .garbled("status \(answer.status) is no answer to that") }
        return .answered(answer.status, retryAfter: answer.head.value("retry-after").flatMap(HTTPHead.number))
    }
}
