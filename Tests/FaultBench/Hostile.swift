import Canonical
import Glibc
import Platform
import TestSupport

/// Servers that lie, stall and break, against every command that speaks to one, whatever it asks for.
struct Hostile: Campaign {
    static let name = "hostile"
    let options: BenchOptions

    /// What is wrong with TLS itself: a certificate and a mode of `Tests/Servers/tls`.
    private static let secure = [
        ("expired", "whole"), ("unknown", "whole"), ("own", "whole"), ("elsewhere", "whole"), ("nameless", "whole"), ("good", "old"),
        ("good", "plain"), ("good", "noise"), ("good", "mute"), ("good", "cut"),
    ]

    func run(_ worker: Worker) throws {
        var number = 0
        // A scene is one worker's: to make it takes longer than a case.
        var turn = 0
        for kind in HostileKind.allCases {
            let scenes = HostileScene.all.filter { $0.kinds.contains(kind) && isMeant($0, kind) }
            let isMine = scenes.map { _ in
                turn += 1
                return options.point != nil ? worker.number == 0 : turn % options.jobs == worker.number
            }
            guard isMine.contains(true), worker.isWanted() else { continue }
            if kind == .https, !SecureFront.isThere {
                if worker.number == 0 { Terminal.write("https is left out: there is no openssl, or no python3\n", to: .error) }
                continue
            }
            let stand = try worker.attempt("hostile \(kind)") { try HostileStand(kind, worker.bench) }
            guard let stand else { continue }
            for (scene, isMine) in zip(scenes, isMine) where isMine { try run(scene, stand, worker, &number) }
            try stand.stop()
        }
    }

    private func isMeant(_ scene: HostileScene, _ kind: HostileKind) -> Bool {
        options.scenario.map { $0 == "\(kind)/\(scene.name)" || $0 == "\(kind)" } ?? true
    }

    private func run(_ scene: HostileScene, _ stand: HostileStand, _ worker: Worker, _ number: inout Int) throws {
        let title = "\(stand.kind)/\(scene.name)"
        guard worker.isWanted() else { return }
        guard let rehearsal = try worker.attempt("hostile --scenario \(title)", { try HostileRehearsal(scene, stand) }) else { return }
        func attempt(_ mode: String, _ point: Int, _ what: String, _ count: String, _ body: () throws -> HostileRehearsal.Outcome) throws {
            guard options.mode == nil || options.mode == mode, options.point == nil || options.point == point else { return }
            number += 1
            guard (number + Int(options.seed)) % options.stride == 0, worker.isWanted() else { return }
            let outcome = try worker.attempt("hostile --scenario \(title) --mode \(mode) --point \(point)  # \(what)", body)
            worker.count("\(stand.kind) \(count): \(scene.words.prefix(2).filter { !$0.hasPrefix("-") }.joined(separator: " "))")
            if let outcome { worker.count("of which \(outcome.rawValue)") }
        }
        for (method, places) in scene.aims {
            for place in places {
                for isOnce in [false, true] {
                    let aim = HostileAim(method: method, place: place, isOnce: isOnce)
                    for (point, misbehaviour) in Misbehaviour.all.enumerated() {
                        try attempt("\(aim)", point, "\(misbehaviour)", place == "list" ? "LIST" : method) {
                            try rehearsal.meet(misbehaviour, point, aim)
                        }
                    }
                }
            }
        }
        // The manifest names the server of a source, and what another gives is no pin's.
        guard stand.kind == .https, !scene.isSource else { return }
        for (point, fault) in Self.secure.enumerated() {
            try attempt("TLS", point, "\(fault.0) \(fault.1)", "TLS") { try rehearsal.meet(certificate: fault.0, mode: fault.1) }
        }
    }
}

/// A server with all that stands before it.
final class HostileStand {
    let kind: HostileKind
    let server: HostileServer
    private(set) var bench: Bench
    let certificates: HostPath
    private let front: SecureFront?
    /// Where the world finds it.
    let port: Int

    init(_ kind: HostileKind, _ bench: Bench) throws {
        self.kind = kind
        var bench = bench
        bench.variables = []
        server = HostileServer(kind)
        certificates = bench.root.parent.appending("certificates-\(getpid())")
        if kind == .https {
            if try Files.status(certificates) == nil {
                try Files.makeDirectories(certificates)
                try SecureFront.makeCertificates(in: certificates)
            }
            let front = try SecureFront(in: certificates, before: server.port)
            (self.front, port) = (front, front.port)
            bench.variables = [("SSL_CERT_FILE", certificates.appending("ca.pem").description)]
        } else {
            (front, port) = (nil, server.port)
        }
        if kind == .s3 { bench.variables = [("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:\(port)")] }
        self.bench = bench
    }

    /// Processes that stay.
    var processes: Set<Int32> { Set([server.process] + (front.map { [$0.identifier] } ?? [])) }

    func giveCredentials(inFile: Bool) throws {
        if kind == .s3 { try HostileScene.giveCredentials(&bench, inFile: inFile) }
    }

    func stop() throws {
        try front?.stop()
        server.stop()
    }
}
