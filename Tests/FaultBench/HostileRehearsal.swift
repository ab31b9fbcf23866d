import Canonical
import Glibc
import Platform
import TestSupport

/// A scene whose outcome with a server of good will is known.
final class HostileRehearsal {
    /// How a command ended that met a misbehaviour.
    enum Outcome: String {
        case endedWell = "ended well"
        case refused
        case notMet = "not met"
        /// It ended well since a server said that it has what it does not have; then `remote verify --repair` sends it.
        case deceived = "deceived, and mended by remote verify --repair"
    }

    /// A command that takes longer is stuck, in seconds.
    private static let patience: UInt32 = 20
    private static let mostMemory = 256 << 20
    private static let mostBytes = 256 << 20
    /// The end of the disk: nothing else ends what a URL gives that was never pinned.
    private static let longestFile = 4 << 20

    private let scene: HostileScene
    private let stand: HostileStand
    private let image: FolderImage
    private let before: [String: Digest]
    private let golden: [String: Digest]
    private let goldenObjects: Set<String>

    init(_ scene: HostileScene, _ stand: HostileStand) throws {
        (self.scene, self.stand) = (scene, stand)
        try stand.bench.clear()
        try stand.giveCredentials(inFile: false)
        try scene.prepare(stand.bench, stand.kind, stand.server, port: stand.port)
        image = try FolderImage(of: stand.bench.root)
        before = image.digests(Rehearsal.isWorkspace)
        let end = stand.bench.run(scene.words)
        guard end.isDone else { throw Finding("with a server of good will: \(end)") }
        let after = try FolderImage(of: stand.bench.root)
        golden = after.digests(Rehearsal.isWorkspace)
        goldenObjects = Rehearsal.names(after, "cache/objects/").union(Rehearsal.names(after, "cache/actions/"))
        stand.server.save("golden")
    }

    private func layOut(inFile: Bool) throws {
        try stand.bench.lay(image)
        try stand.giveCredentials(inFile: inFile)
        stand.server.lay("before")
    }

    private func run(isHasty: Bool) -> ChildEnd {
        var order = stand.bench.order(scene.words)
        order.isHasty = isHasty
        if isSource { order.longestFile = Self.longestFile }
        order.seconds = Self.patience
        return Child.run(order)
    }

    /// Runs the command against a server that misbehaves, and then against one that does not.
    func meet(_ misbehaviour: Misbehaviour, _ number: Int, _ aim: HostileAim) throws -> Outcome {
        try layOut(inFile: aim.isOnce)
        stand.server.arm(aim, number)
        let end = run(isHasty: !misbehaviour.isHarmless)
        let account = try stand.server.calm()
        guard account.leak.isEmpty else { throw Finding("\(account.leak): \(end)") }
        guard account.strayed == 0 || (stand.kind == .https && isSource) else { throw Finding("it went to another host: \(end)") }
        guard account.bytes <= Self.mostBytes else { throw Finding("it took \(account.bytes) bytes: \(end)") }
        try check(end)
        if end.isDone {
            // Results that nobody has sent are no error.
            let isRight = misbehaviour.isHarmless || aim.isOnce || account.hits == 0 || !scene.isReader || aim.place == "results"
            guard try isRight || isWhole(FolderImage(of: stand.bench.root)) else { throw Finding("it ended well all the same: \(end)") }
        } else if misbehaviour.isHarmless, aim.method == "GET", aim.place != "list" {
            throw Finding("nothing was wrong: \(end)")
        }
        return try recover(end, account.hits)
    }

    /// Runs the command where TLS itself is wrong.
    func meet(certificate: String, mode: String) throws -> Outcome {
        try layOut(inFile: false)
        let front = try SecureFront(in: stand.certificates, before: stand.server.port, certificate: certificate, mode: mode)
        try move(to: front.port)
        stand.server.arm(HostileAim(method: "NONE", place: "none", isOnce: false), 0)
        let end = run(isHasty: true)
        try front.stop()
        try move(to: stand.port)
        let account = try stand.server.calm()
        guard account.leak.isEmpty, account.strayed == 0 else { throw Finding("\(account.leak): \(end)") }
        if certificate != "good", account.bytes > 0 { throw Finding("the server heard something: \(end)") }
        try check(end)
        return try recover(end, 1)
    }

    /// Puts another port wherever the server is named.
    private func move(to port: Int) throws {
        if try Files.status(stand.bench.work.appending(".mlbuild/config.json")) != nil {
            try stand.bench.write(HostileScene.configuration(stand.kind, port), to: "work/.mlbuild/config.json")
        }
    }

    private var isSource: Bool { scene.isSource }

    // MARK: What must hold

    /// At once, whatever has happened.
    private func check(_ end: ChildEnd) throws {
        if end.isStuck { throw Finding("it is stuck: \(end)") }
        switch end.how {
        case .exited(0), .exited(4): break
        // What a URL gives may be a problem of the manifest's.
        case .exited(1) where isSource || scene.name == "heal": break
        default: throw Finding("it ended with \(end)")
        }
        guard end.isDone || end.text.contains("error: ") || scene.name == "heal" else { throw Finding("it failed without a word: \(end)") }
        guard end.memory <= Self.mostMemory else { throw Finding("it took \(end.memory >> 20) MiB: \(end)") }
        guard !HostileScene.hasSecret(Array(end.text.utf8)), !end.text.contains("/etc/passwd"), !end.text.contains("canary") else {
            throw Finding("it says what it must not: \(end)")
        }
        if try Child.strays(besides: stand.processes) > 0 { throw Finding("a process is left") }
        let image = try FolderImage(of: stand.bench.root)
        for (path, item) in image.items where path != HostileScene.credentialFile {
            if case .file(let bytes, _) = item, HostileScene.hasSecret(bytes) { throw Finding("'\(path)' has a credential") }
        }
        try Invariants.store(stand.bench.store)
        try Invariants.nothingTemporary(stand.bench, except: [".mlbuild-notes"], allowingMark: !end.isDone)
        let now = image.digests(Rehearsal.isWorkspace)
        for path in Set(now.keys).union(before.keys).sorted() where now[path] != before[path] && now[path] != golden[path] {
            // What was not pinned before may be pinned as whatever came.
            if path == "work/mlops.lock", isSource, now[path] != nil { continue }
            throw Finding("'\(path)' is neither as before nor as it should become: \(end)")
        }
        if end.isDone, scene.canDoWithout, now != golden {
            throw Finding("it ended well, and the workspace is not as it should be: \(end)")
        }
        if !end.isDone, scene.canDoWithout { throw Finding("it could do without: \(end)") }
    }

    private func isWhole(_ image: FolderImage) -> Bool {
        let objects = Rehearsal.names(image, "cache/objects/").union(Rehearsal.names(image, "cache/actions/"))
        return image.digests(Rehearsal.isWorkspace) == golden && goldenObjects.isSubset(of: objects)
    }

    /// The same command again, with a server of good will, comes to what it should.
    private func recover(_ first: ChildEnd, _ hits: Int) throws -> Outcome {
        let again = run(isHasty: false)
        guard again.isDone else { throw Finding("after \(first), then again: \(again)") }
        let image = try FolderImage(of: stand.bench.root)
        guard isWhole(image) else { throw Finding("after \(first), then again: it is not as it should be: \(again)") }
        try Invariants.store(stand.bench.store)
        try Invariants.nothingTemporary(stand.bench, except: [".mlbuild-notes"])
        var isDeceived = false
        if let lack = stand.server.lack(of: "golden") {
            // Who says that it has what it does not have is believed until somebody looks.
            guard first.isDone else { throw Finding("after \(first), then again: the server lacks \(lack)") }
            let mended = stand.bench.run(["remote", "verify", "origin", "--repair"])
            guard mended.isDone else { throw Finding("after \(first), then remote verify --repair: \(mended)") }
            if let lack = stand.server.lack(of: "golden") {
                throw Finding("after \(first), then repaired: it lacks \(lack)")
            }
            isDeceived = true
        }
        if hits == 0 { return .notMet }
        return isDeceived ? .deceived : first.isDone ? .endedWell : .refused
    }
}
