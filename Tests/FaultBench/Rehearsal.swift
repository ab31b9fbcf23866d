import Canonical
import Diagnostics
import Glibc
import Locking
import Platform

/// A scenario whose situation and outcome are known, ready to be repeated.
struct Rehearsal {
    let scenario: Scenario
    var bench: Bench
    let image: FolderImage
    /// What the workspace holds before and after.
    private let before: [String: Digest]
    private let golden: [String: Digest]
    /// The lines of all locks that may be found on the way, without commas.
    private let lockLines: Set<Substring>
    /// What is damaged in the store before, by path.
    private var damaged: [String: [UInt8]]
    /// Objects of store and remote that are there afterwards.
    private let goldenObjects: Set<String>
    private let goldenRecords: Set<String>
    private let remoteObjects: Set<String>
    /// What lies in the remote before and after.
    private let remoteContents: [String: Set<Digest>]

    init(_ scenario: Scenario, _ bench: Bench) throws {
        self.scenario = scenario
        self.bench = bench
        try bench.clear()
        try scenario.prepare(bench)
        image = try FolderImage(of: bench.root)
        before = image.digests(Self.isWorkspace)
        damaged = [:]
        if scenario.damages {
            for (path, item) in image.items where path.hasPrefix("cache/objects/") || path.hasPrefix("cache/actions/") {
                if case .file(let bytes, _) = item { damaged[path] = bytes }
            }
        }
        var locks: [[UInt8]] = [image.file("work/mlops.lock") ?? []]
        for words in scenario.halfway {
            try bench.lay(image)
            guard bench.run(words).isDone, let lock = try Files.readIfPresent(bench.work.appending("mlops.lock")) else { continue }
            locks.append(lock)
        }
        try Self.lay(out: image, bench, scenario)
        var end = bench.run(scenario.words)
        if scenario.collects {
            // What is needed stays, however often one asks.
            Self.pause()
            end = bench.run(scenario.words)
        }
        guard end.isDone else { throw Finding("\(scenario.name) without a fault: \(end)") }
        let after = try FolderImage(of: bench.root)
        golden = after.digests(Self.isWorkspace)
        locks.append(after.file("work/mlops.lock") ?? [])
        lockLines = Set(locks.flatMap(Self.lines))
        goldenObjects = Self.names(after, "cache/objects/")
        goldenRecords = Self.names(after, "cache/actions/")
        remoteObjects = Self.names(after, "remote/")
        var contents: [String: Set<Digest>] = [:]
        for image in [image, after] {
            for (path, digest) in image.digests({ $0.hasPrefix("remote/") }) { contents[path, default: []].insert(digest) }
        }
        remoteContents = contents
        try confirm("without a fault")
    }

    static func isWorkspace(_ path: String) -> Bool {
        guard path.hasPrefix("work/") || path.hasPrefix("outside/") else { return false }
        return !path.hasPrefix("work/.mlbuild/") || path == "work/.mlbuild/config.json"
    }

    static func names(_ image: FolderImage, _ prefix: String) -> Set<String> {
        var names: Set<String> = []
        for (path, item) in image.items where path.hasPrefix(prefix) && !path.contains("/.mlbuild-") {
            if case .file = item { names.insert(path) }
        }
        return names
    }

    private func layOut() throws { try Self.lay(out: image, bench, scenario) }

    private static func lay(out image: FolderImage, _ bench: Bench, _ scenario: Scenario) throws {
        try bench.lay(image)
        if scenario.collects { pause() }
    }

    private static func pause() { Clock.sleep(nanoseconds: 30_000_000) }

    /// Number of calls of one undisturbed run.
    func calls(_ counting: FaultPlan.Operations) throws -> Int {
        try layOut()
        var order = bench.order(scenario.words)
        order.counting = counting
        return Child.run(order).calls
    }

    /// Runs the scenario with a fault, and gives how it ended.
    func strike(_ fault: PlannedFault, layingOut: Bool = true) throws -> ChildEnd {
        if layingOut { try layOut() }
        var order = bench.order(scenario.words)
        order.plan = fault
        let end = Child.run(order)
        if end.isStuck { throw Finding("it is stuck: \(end.text)") }
        return end
    }

    /// What must hold at once, before anybody clears up.
    func checkWreck(_ end: ChildEnd) throws {
        switch end.how {
        case .exited(0), .exited(4), .signalled(SIGKILL): break
        // What cannot be read may be told from what is not there, or may not be.
        case .exited(1), .exited(3): break
        default: throw Finding("it ended with \(end)")
        }
        if case .exited(let status) = end.how, status != 0, !end.text.contains("error: "), !end.text.contains(scenario.complaint) {
            throw Finding("it failed without a word: \(end)")
        }
        if try Child.strays() > 0 { throw Finding("a process is left") }
        try Invariants.store(bench.store, allowing: isDamagedAsBefore)
        let now = try FolderImage(of: bench.root).digests(Self.isWorkspace)
        for (path, digest) in now {
            // Temporaries are for the next run to clear away.
            if Self.isTemporary(path), before[path] == nil { continue }
            if digest == before[path] || digest == golden[path] { continue }
            if path == "work/mlops.lock", try isMixed(Files.read(bench.work.appending("mlops.lock"))) { continue }
            throw Finding("'\(path)' is neither as before nor as it should become")
        }
        for (path, digest) in before where golden[path] == digest && now[path] == nil { throw Finding("'\(path)' is gone") }
        if end.isDone {
            guard now == golden else { throw Finding("it ended well, and the workspace is not as it should be: \(difference(now))") }
        }
    }

    private static func lines(_ lock: [UInt8]) -> [Substring] {
        String(decoding: lock, as: UTF8.self).split(separator: "\n").map { $0.last == "," ? $0.dropLast() : $0 }
    }

    /// Whether a lock is whole and says of each thing what one of the known locks says: a build records the stages that ended well.
    private func isMixed(_ lock: [UInt8]) -> Bool {
        !LockfileReader.read(SourceText(name: "mlops.lock", bytes: lock)).hasErrors && Self.lines(lock).allSatisfy(lockLines.contains)
    }

    /// What must hold after a power cut: what says that it is whole is whole, and after a good end nothing of it is missing.
    ///
    /// Outputs in the workspace and what is remembered there cost only time when they are lost.
    func checkAfterCut(isDone: Bool) throws {
        try Invariants.store(bench.store, allowing: isDamagedAsBefore, isComplete: !scenario.collects)
        let image = try FolderImage(of: bench.root)
        let now = image.digests(Self.isWorkspace)
        for (path, digest) in now where Self.isDurable(path) {
            if Self.isTemporary(path), before[path] == nil { continue }
            if digest == before[path] || digest == golden[path] { continue }
            if path == "work/mlops.lock", try isMixed(Files.read(bench.work.appending("mlops.lock"))) { continue }
            throw Finding("'\(path)' is neither as before nor as it should become")
        }
        for (path, digest) in before where golden[path] == digest && now[path] == nil && Self.isDurable(path) {
            throw Finding("'\(path)' is gone")
        }
        try checkRemote(image)
        guard isDone else { return }
        for (path, digest) in golden where Self.isDurable(path) && now[path] != digest { throw Finding("'\(path)' is lost") }
        for path in goldenObjects.subtracting(Self.names(image, "cache/objects/")).sorted() { throw Finding("'\(path)' is lost") }
        for path in goldenRecords.subtracting(Self.names(image, "cache/actions/")).sorted() { throw Finding("'\(path)' is lost") }
        for path in remoteObjects.subtracting(Self.names(image, "remote/")).sorted() { throw Finding("'\(path)' is lost") }
    }

    private static func isTemporary(_ path: String) -> Bool {
        path.split(separator: "/").contains { $0.hasPrefix(".mlbuild-") }
    }

    private static func isDurable(_ path: String) -> Bool { !path.hasPrefix("work/build/") && !path.hasPrefix("work/counts/") }

    /// What lies in the remote is as it should be: objects have the digest that is their name, all else the bytes that it is to have.
    private func checkRemote(_ image: FolderImage) throws {
        let names = Self.names(image, "remote/")
        for (path, digest) in image.digests(names.contains) {
            let hex = path.hasPrefix("remote/cas/") ? String(path.dropFirst("remote/cas/".count)) : nil
            let isRight = hex.map { digest.hex == $0 } ?? remoteContents[path]?.contains(digest)
            if isRight == false { throw Finding("the remote's '\(path)' is damaged") }
        }
    }

    /// What was damaged on purpose, and that nobody has used since.
    private func isDamagedAsBefore(_ path: String) -> Bool {
        guard let bytes = damaged["cache/" + path] else { return false }
        return (try? Files.read(bench.store.appending(path))) == bytes
    }

    private func difference(_ now: [String: Digest]) -> String {
        let paths = Set(now.keys).union(golden.keys).filter { now[$0] != golden[$0] }
        return paths.sorted().prefix(5).joined(separator: ", ")
    }

    /// The same command again ends well, with the very same bytes, and leaves nothing; a further one has nothing to do.
    func recover(_ context: String, allowingLitter: Bool = false) throws {
        let again = bench.run(scenario.words)
        // What was made whole already is not made again by `init`.
        guard again.isDone || (scenario.isHit(again) && !again.isStuck) else { throw Finding("\(context), then again: \(again)") }
        try confirm(context, allowingLitter: allowingLitter)
    }

    private func confirm(_ context: String, allowingLitter: Bool = false) throws {
        let image = try FolderImage(of: bench.root)
        var now = image.digests(Self.isWorkspace)
        // A cut may leave a temporary in an output's folder and take the mark that says so: no journal of names does that, but POSIX may.
        if allowingLitter { now = now.filter { golden[$0.key] != nil || !Self.isTemporary($0.key) } }
        guard now == golden else { throw Finding("\(context), then again: the workspace differs: \(difference(now))") }
        try Invariants.store(bench.store, allowing: isDamagedAsBefore, isComplete: !(scenario.collects && allowingLitter))
        let lost = goldenObjects.subtracting(Self.names(image, "cache/objects/"))
        guard lost.isEmpty else { throw Finding("\(context), then again: \(lost.sorted()[0]) is missing") }
        let there = Self.names(image, "remote/")
        guard remoteObjects.isSubset(of: there) else { throw Finding("\(context), then again: the remote lacks an object") }
        try checkRemote(image)
        // Whoever comes next to workspace and store clears them.
        let closing = bench.run(["lock"])
        guard closing.isDone else { throw Finding("\(context), then again, then lock: \(closing)") }
        let kept = before.keys.filter { $0.contains("/.mlbuild-") }
        if !allowingLitter { try Invariants.nothingTemporary(bench, except: Set(kept.map { String($0.dropFirst("work/".count)) })) }
        let further = bench.run(scenario.words)
        guard scenario.isHit(further) else { throw Finding("\(context), then twice again: it is no hit: \(further)") }
    }
}
