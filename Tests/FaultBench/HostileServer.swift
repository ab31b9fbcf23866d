import CFaultBench
import Canonical
import Glibc
import Platform
import TestSupport

/// The ways over a network to a remote.
enum HostileKind: String, CaseIterable {
    case http, https, s3
}

/// Requests that are met with a misbehaviour.
struct HostileAim: Hashable, CustomStringConvertible {
    let method: String
    /// The folder of the remote, such as `packs`; `list` for the names in a bucket, which are asked for when a `HEAD` is refused.
    let place: String
    /// Whether the first of them only.
    let isOnce: Bool

    var description: String { "\(method)-\(place)-\(isOnce ? "once" : "ever")" }
}

/// A server in a process of its own that keeps what it is sent, and misbehaves as it is told; beside it another, which nobody has to speak to.
final class HostileServer {
    /// What came of a run.
    struct Account {
        /// Requests that were met with the misbehaviour.
        let hits: Int
        /// Bytes that went out.
        let bytes: Int
        /// Connections to the other server.
        let strayed: Int
        /// What was wrong with requests; empty for nothing.
        let leak: String
    }

    let process: pid_t
    let port: Int
    private let orders: Int32
    private let answers: Int32

    init(_ kind: HostileKind) {
        let (down, up) = (Self.pipe(), Self.pipe())
        process = fork()
        precondition(process >= 0, "a server can be started")
        if process == 0 {
            close(down.write)
            close(up.read)
            bench_die_with_parent()
            Self.serve(kind, down.read, up.write)
        }
        close(down.read)
        close(up.write)
        (orders, answers) = (down.write, up.read)
        port = Int(Self.line(answers)) ?? 0
        precondition(port > 0, "the server has a port")
    }

    func stop() {
        close(orders)
        close(answers)
        waitpid(process, nil, 0)
    }

    func arm(_ aim: HostileAim, _ misbehaviour: Int) { _ = tell("arm \(misbehaviour) \(aim.method) \(aim.place) \(aim.isOnce ? 1 : 0)") }

    /// It behaves again; what was since it was told not to.
    func calm() throws -> Account {
        let answer = tell("calm")
        let words = answer.split(separator: " ", maxSplits: 3).map(String.init)
        guard words.count >= 3, let hits = Int(words[0]), let bytes = Int(words[1]), let strayed = Int(words[2]) else {
            throw Finding("the server is gone: \(answer)")
        }
        return Account(hits: hits, bytes: bytes, strayed: strayed, leak: words.count > 3 ? words[3] : "")
    }

    /// Remembers all that it keeps under a name, or takes that up again; `empty` is nothing.
    func save(_ name: String) { _ = tell("save \(name)") }
    func lay(_ name: String) { _ = tell("lay \(name)") }

    /// Keeps a file at a place.
    func put(_ target: String, _ file: HostPath) { _ = tell("put \(target) \(file)") }

    /// What it lacks of what it remembers; nil for nothing.
    func lack(of name: String) -> String? {
        let answer = tell("compare \(name)")
        return answer.isEmpty ? nil : answer
    }

    private func tell(_ order: String) -> String {
        let bytes = Array((order + "\n").utf8)
        precondition(write(orders, bytes, bytes.count) == bytes.count, "the server listens")
        return Self.line(answers)
    }

    // MARK: In the other process

    private static func pipe() -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        precondition(Glibc.pipe(&ends) == 0, "a pipe can be made")
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    private static func line(_ file: Int32) -> String {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while read(file, &byte, 1) == 1, byte != 10 { bytes.append(byte) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func serve(_ kind: HostileKind, _ orders: Int32, _ answers: Int32) -> Never {
        do {
            try ServerDouble.serve(lanes: 2, { _, _ in .status(200) }) { other throws in
                let stage = HostileStage(kind, elsewhere: other.port)
                try ServerDouble.serve(lanes: 32, { request, _ in stage.reply(request) }) { server throws in
                    var (bytes, strayed) = (0, 0)
                    func say(_ text: String) {
                        let line = Array((text.split(separator: "\n").joined(separator: " ") + "\n").utf8)
                        _ = write(answers, line, line.count)
                    }
                    say("\(server.port)")
                    while true {
                        let words = line(orders).split(separator: " ", maxSplits: 4).map(String.init)
                        switch words.first {
                        case nil: exit(0)
                        case "arm":
                            (bytes, strayed) = (server.sentBytes, other.connectionCount)
                            stage.arm(HostileAim(method: words[2], place: words[3], isOnce: words[4] == "1"), Int(words[1]) ?? 0)
                            say("")
                        case "calm":
                            let (hits, leak) = stage.calm()
                            say("\(hits) \(server.sentBytes - bytes) \(other.connectionCount - strayed) \(leak)")
                        case "save":
                            stage.save(words[1])
                            say("")
                        case "lay":
                            stage.lay(words[1])
                            say("")
                        case "put":
                            stage.put(words[1], try Files.read(HostPath(words[2])))
                            say("")
                        case "compare": say(stage.lack(of: words[1]) ?? "")
                        default: say("?")
                        }
                    }
                }
            }
        } catch {
            Terminal.write("the server: \(error)\n", to: .error)
        }
        exit(1)
    }
}

/// What a server keeps, and how it behaves.
final class HostileStage: Sendable {
    private struct State: Sendable {
        var aim: HostileAim?
        var misbehaviour = Misbehaviour.all[0]
        var hits = 0
        var leak = ""
        var saved: [String: [String: [UInt8]]] = ["empty": [:]]
    }

    private let kind: HostileKind
    private let elsewhere: String
    private let keeping: KeepingServer
    private let state = Mutexed(State())

    init(_ kind: HostileKind, elsewhere port: Int) {
        self.kind = kind
        elsewhere = "127.0.0.1:\(port)"
        keeping = KeepingServer(KeepingServer.Kind(isBucket: kind == .s3))
    }

    func arm(_ aim: HostileAim, _ misbehaviour: Int) {
        state.change { ($0.aim, $0.misbehaviour, $0.hits, $0.leak) = (aim, Misbehaviour.all[misbehaviour], 0, "") }
    }

    func calm() -> (hits: Int, leak: String) {
        state.change { state in
            state.aim = nil
            return (state.hits, state.leak)
        }
    }

    func save(_ name: String) {
        let objects = keeping.objects
        state.change { $0.saved[name] = objects }
    }

    func lay(_ name: String) { keeping.objects = state.get().saved[name] ?? [:] }
    func put(_ target: String, _ bytes: [UInt8]) { keeping.objects[target] = bytes }

    func lack(of name: String) -> String? {
        let (now, then) = (keeping.objects, state.get().saved[name] ?? [:])
        let names = then.keys.filter { now[$0] != then[$0] }.sorted()
        return names.isEmpty ? nil : "\(names.count) places, such as \(names[0])"
    }

    func reply(_ request: ServerDouble.Request) -> ServerDouble.Reply {
        let path = String(request.target.prefix { $0 != "?" })
        let isList = request.target.contains("list-type=2")
        if let leak = leak(in: request) { state.change { $0.leak = leak } }
        let met: (misbehaviour: Misbehaviour, isFirst: Bool)? = state.change { state in
            guard let aim = state.aim, aim.method == request.method, aim.place == "list" ? isList : path.contains("/\(aim.place)/"),
                state.hits == 0 || !aim.isOnce
            else { return nil }
            state.hits += 1
            return (state.misbehaviour, state.hits == 1)
        }
        guard let met else {
            // What a list is asked for after.
            if request.method == "HEAD", state.get().aim?.place == "list" { return .status(403) }
            return isList ? .answer(200, Self.emptyList, []) : keeping.reply(request)
        }
        // What is not there is given in no way that would be right.
        if met.misbehaviour.isHarmless, request.method == "GET", !isList, keeping.objects[path] == nil { return keeping.reply(request) }
        if met.isFirst, kind == .https, let leak = Self.leakInHelpers() { state.change { $0.leak = leak } }
        let objects = keeping.objects
        let right = isList ? Self.emptyList : objects[path] ?? []
        let folder = path.prefix { _ in true }.lastIndex(of: "/").map { path[...$0] } ?? ""
        let other = objects.keys.filter { $0.hasPrefix(folder) && $0 != path }.min().flatMap { objects[$0] }
        return met.misbehaviour.reply(
            Misbehaviour.Occasion(request, right: right, other: other ?? Array("something else\n".utf8), elsewhere: elsewhere))
    }

    private static let emptyList = Array("<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>".utf8)

    /// The secret key goes nowhere, the session token in its field alone, and to a server of files neither.
    private func leak(in request: ServerDouble.Request) -> String? {
        if HostileScene.hasSecret(request.body) || HostileScene.hasSecret(Array(request.target.utf8)) {
            return "\(request.method) \(request.target) has a credential"
        }
        for (name, value) in request.headers where HostileScene.hasSecret(Array(value.utf8)) {
            if kind == .s3, name == "x-amz-security-token", value == HostileScene.token { continue }
            return "the field '\(name)' has a credential"
        }
        if kind != .s3, request.headers["authorization"] != nil { return "there is an authorization" }
        return nil
    }

    /// What helpers that run just now have of the environment and in their arguments; only root can look.
    private static func leakInHelpers() -> String? {
        guard geteuid() == 0, let processes = try? Files.list(HostPath("/proc")) else { return nil }
        for entry in processes {
            guard let number = Int32(String(decoding: entry.name, as: UTF8.self)) else { continue }
            let folder = HostPath("/proc/\(number)")
            // Who is gone meanwhile has nothing any more.
            guard let arguments = try? Files.read(folder.appending("cmdline")),
                String(decoding: arguments.prefix { $0 != 0 }, as: UTF8.self).hasSuffix("/mlbuild-remote-https"),
                let environment = try? Files.read(folder.appending("environ"))
            else { continue }
            if !environment.isEmpty { return "the helper has an environment" }
            if HostileScene.hasSecret(arguments) { return "the helper has a credential in its arguments" }
        }
        return nil
    }
}
