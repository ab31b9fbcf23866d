internal import Canonical
package import Platform
package import Storage

/// Why a remote cannot give or take something.
package enum RemoteError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is no connection, or it was lost; `isLasting` when trying again is of no use.
    case unreachable(String, isLasting: Bool = false)
    /// What came is not what the protocol allows.
    case garbled(String)
    /// The server refused, with a status of HTTP and, if it said more, a ``ServerFault``.
    case answered(Int, ServerFault? = nil, retryAfter: Int? = nil)
    /// The server says that what was asked for is elsewhere; a region when it named one.
    case redirected(Int, region: String? = nil)
    /// There is nothing at the place.
    case missing(RemotePlace)
    /// There are other bytes at the place than its name stands for.
    case corrupt(RemotePlace, String)
    /// There are more bytes than so many, and they were not read to their end.
    case tooLong(Int)
    /// There are no credentials, or none that can be used.
    case credentials(String)
    /// The folder of the remote refused.
    case place(SystemError)
    /// The store of this machine refused.
    case store(StoreError)
    /// It failed as often as it may be tried.
    indirect case gaveUp(RemoteError, attempts: Int)
    case interrupted

    package var description: String {
        switch self {
        case .unreachable(let reason, _): "it cannot be reached: \(reason)"
        case .garbled(let reason): "its answer cannot be understood: \(reason)"
        case .answered(let status, let fault, _): fault.map { "it refused (\(status)): \($0)" } ?? "it refused: \(Self.words(status))"
        case .redirected(let status, let region):
            region.map { "the bucket is in the region '\($0)'" }
                ?? "it answered with a redirect (\(status)), and redirects are not followed; name the place itself"
        case .missing(let place): "it does not have \(place)"
        case .corrupt(let place, let reason): "it has other bytes under the name of \(place): \(reason)"
        case .tooLong(let limit): "it gives more than \(limit) bytes"
        case .credentials(let reason): "no credentials: \(reason)"
        case .place(let error): error.description
        case .store(let error): error.description
        case .gaveUp(let error, let attempts): "\(error) (tried \(attempts) times)"
        case .interrupted: "it was interrupted"
        }
    }

    /// Whether the same request may succeed a little later.
    var isTransient: Bool {
        switch self {
        case .unreachable(_, let isLasting): !isLasting
        case .answered(let status, let fault, _): [408, 429, 500, 502, 503, 504].contains(status) || fault?.isTransient == true
        case .garbled, .redirected, .missing, .corrupt, .tooLong, .credentials, .place, .store, .gaveUp, .interrupted: false
        }
    }

    /// Whether it is about one object alone, so that others can be had.
    package var concernsOneObject: Bool {
        switch self {
        case .missing, .corrupt: true
        default: false
        }
    }

    /// Whether the remote says that it does not have something.
    package var isAbsence: Bool {
        if case .missing = self { true } else { false }
    }

    /// Whether it is to be mended in what the user gave, rather than in the world.
    package var isProblemOfInput: Bool {
        if case .credentials = self { true } else { false }
    }

    package var isInterruption: Bool {
        switch self {
        case .interrupted: true
        case .place(let error), .store(.refused(let error)): error.isInterruption
        case .gaveUp(let error, _): error.isInterruption
        default: false
        }
    }

    /// What a folder refused, or the interruption that it stands for.
    init(_ error: SystemError) { self = error.isInterruption ? .interrupted : .place(error) }

    init(_ error: SocketError) {
        switch error {
        case .interrupted: self = .interrupted
        case .unknownHost: self = .unreachable(error.description, isLasting: true)
        case .resolverBusy, .silent, .refused, .cut: self = .unreachable(error.description)
        }
    }

    private static func words(_ status: Int) -> String {
        switch status {
        case 401: "401, it asks for credentials"
        case 403: "403, this is forbidden"
        case 404: "404, there is no such place"
        case 405: "405, it does not take that; is writing (PUT) switched on there?"
        case 409: "409, another writer is at work"
        case 411: "411, it wants a length"
        case 412: "412, the condition does not hold"
        case 413: "413, the object is larger than it takes"
        case 429: "429, too many requests"
        case 500: "500, an error of its own"
        case 501: "501, it does not know how"
        case 502, 504: "\(status), a server behind it does not answer"
        case 503: "503, it is busy"
        case 507: "507, its disk is full"
        default: "status \(status)"
        }
    }
}

/// What a server gave as the reason: one of a few that mlbuild knows, or a word.
package enum ServerFault: Hashable, Sendable, CustomStringConvertible {
    case wrongSecret
    case unknownAccessKey
    /// By how many seconds the clock of this machine is ahead, if that can be told.
    case skewedClock(ahead: Int64?)
    case expiredToken
    case invalidToken
    case accessDenied
    case noSuchBucket
    case noSuchUpload
    case notImplemented
    case damagedOnTheWay
    case busy
    case other(String)

    init(code: String) {
        self =
            switch code {
            case "SignatureDoesNotMatch": .wrongSecret
            case "InvalidAccessKeyId": .unknownAccessKey
            case "RequestTimeTooSkewed", "RequestExpired": .skewedClock(ahead: nil)
            case "ExpiredToken", "TokenRefreshRequired": .expiredToken
            case "InvalidToken", "InvalidSecurity": .invalidToken
            case "AccessDenied", "AllAccessDisabled", "AccountProblem": .accessDenied
            case "NoSuchBucket": .noSuchBucket
            case "NoSuchUpload": .noSuchUpload
            case "NotImplemented": .notImplemented
            case "XAmzContentSHA256Mismatch", "BadDigest": .damagedOnTheWay
            case "SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout", "OperationAborted": .busy
            default: .other(code)
            }
    }

    /// Some are said with a status that others say for good.
    var isTransient: Bool { self == .busy || self == .damagedOnTheWay }

    package var description: String {
        switch self {
        case .wrongSecret: "the secret key is not the one that belongs to the access key (SignatureDoesNotMatch)"
        case .unknownAccessKey: "the access key is not known there (InvalidAccessKeyId)"
        case .skewedClock(let ahead):
            ahead.map {
                "the clock of this machine is \(Self.words(seconds: $0.magnitude)) \($0 < 0 ? "behind" : "ahead of") that of the server; set it right (RequestTimeTooSkewed)"
            } ?? "the clocks of this machine and the server differ too much; set them right (RequestTimeTooSkewed)"
        case .expiredToken: "the session token has expired; get new credentials (ExpiredToken)"
        case .invalidToken: "the session token is none (InvalidToken)"
        case .accessDenied: "these credentials may not do that (AccessDenied)"
        case .noSuchBucket: "there is no such bucket (NoSuchBucket)"
        case .noSuchUpload: "the upload is gone (NoSuchUpload)"
        case .notImplemented: "it does not know how (NotImplemented)"
        case .damagedOnTheWay: "the bytes were damaged on the way"
        case .busy: "it is busy"
        case .other(let code): code
        }
    }

    private static func words(seconds: UInt64) -> String {
        if seconds < 120 { return "\(seconds) s" }
        if seconds < 7200 { return "\(seconds / 60) min" }
        return seconds < 172_800 ? "\(seconds / 3600) h" : "\(seconds / 86400) days"
    }
}
