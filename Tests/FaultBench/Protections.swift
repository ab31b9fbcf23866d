import CPlatform
import Canonical
import Glibc
import Platform
import Storage

/// Takes protections away, one at a time: each loss has to be noticed by a campaign that finds nothing while they are all there.
struct Protections: Campaign {
    static let name = "protections"
    let options: BenchOptions

    func run(_ worker: Worker) throws {
        for (number, removal) in Removal.all.enumerated() where options.scenario == nil || options.scenario == removal.name {
            guard worker.takes(number), worker.isWanted() else { continue }
            let line = "protections --scenario '\(removal.name)' --seed \(options.seed)"
            _ = try worker.attempt(line) {
                // With everything there the same hunt finds nothing.
                if let found = try removal.hunt(worker.bench, options.seed, false) { throw Finding("with everything there: \(found)") }
                guard let found = try removal.hunt(worker.bench, options.seed, true) else { throw Finding("its loss is not noticed") }
                worker.count("noticed: \(removal.name)")
                if options.scenario != nil { Terminal.write("\(found)\n", to: .error) }
            }
        }
    }
}

/// A protection to take away, and the hunt that has to notice.
struct Removal {
    let name: String
    /// Runs the hunt in a process of its own: what is taken away there is gone for good. What it found; nil for nothing.
    let hunt: (Bench, UInt64, _ removes: Bool) throws -> String?

    static var all: [Removal] {
        DoorRemoval.allCases.map(atDoor)
            + Safeguard.allCases.map { safeguard in
                Removal(name: "\(safeguard)") { bench, seed, removes in
                    try apart { try hunt(safeguard, bench, seed) { if removes { safeguard.remove() } } }
                }
            }
    }

    private static func atDoor(_ removal: DoorRemoval) -> Removal {
        Removal(name: removal.rawValue) { bench, seed, removes in
            try apart { try hunt(removal, bench, seed) { RemovalTwin(removes ? removal : nil, to: $0) } }
        }
    }

    /// Runs `body` in a child, and gives what it threw; a child that is stuck or dies has noticed, too.
    private static func apart(_ body: () throws -> Void) throws -> String? {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Finding("a pipe cannot be made") }
        let process = fork()
        guard process >= 0 else { throw Finding("a child cannot be started") }
        if process == 0 {
            close(ends[0])
            alarm(120)
            do {
                try body()
            } catch {
                let text = Array("\(error)".utf8.prefix(4000))
                _ = write(ends[1], text, text.count)
                exit(1)
            }
            exit(0)
        }
        close(ends[1])
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = read(ends[0], &buffer, buffer.count)
        close(ends[0])
        var status: Int32 = 0
        waitpid(process, &status, 0)
        if status == 0 { return nil }
        return count > 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : "it ended with \(status)"
    }

    private static func scenario(_ name: String) -> Scenario {
        guard let scenario = Scenario.named(name) else { preconditionFailure("there is a scenario '\(name)'") }
        return scenario
    }

    /// Cuts of the power in a run from which something is left out.
    private static func replay(_ name: String, _ bench: Bench, _ seed: UInt64, _ twin: (Int32) -> LoggingTwin) throws {
        let recording = try Recording(Rehearsal(scenario(name), bench), twin: twin)
        for number in 0..<24 {
            var random = Seeded(seed, number)
            try recording.check(recording.log.entries.count, &random)
        }
        for cut in 0..<recording.log.entries.count {
            var random = Seeded(seed, cut)
            try recording.check(cut, &random)
        }
    }

    private static func flips(_ bench: Bench, _ seed: UInt64, _ count: Int = 4000) throws {
        let scene = try FlipScene(bench)
        for number in 0..<count {
            var random = Seeded(seed, number)
            // Who waits for a fifo waits for ever.
            alarm(5)
            _ = try scene.strike(&random)
        }
    }

    private static func hunt(
        _ removal: DoorRemoval, _ bench: Bench, _ seed: UInt64, _ twin: @escaping (Int32?) -> RemovalTwin
    ) throws {
        let logging = { (file: Int32) in twin(file) }
        switch removal {
        case .syncOfStoreFiles, .syncOfFileSystem, .syncOfStoreFolders:
            for name in ["lock-one", "lock"] { try replay(name, bench, seed, logging) }
        case .syncOfLock, .syncOfLockFolder: try replay("lock", bench, seed, logging)
        case .syncOfArchive, .syncOfArchiveFolder: try replay("package", bench, seed, logging)
        case .syncOfCheckout: try replay("checkout", bench, seed, logging)
        case .refusalOfLinks, .refusalToWait, .quarantine:
            let plan = FaultPlan()
            twin(nil).attach(to: plan)
            // The scene is made whole first, and in another process.
            try plan.run { () throws(any Error) in try flips(bench, seed) }
        case .refusalToReplace:
            let plan = FaultPlan()
            twin(nil).attach(to: plan)
            try plan.run { () throws(any Error) in try Hunts.plantedObject(bench) }
        case .storeLocks, .workspaceLock:
            var crew = try BuilderCrew(bench.root, builders: 4, variants: 3)
            crew.twin = { twin(nil) }
            for round in 0..<60 {
                var random = Seeded(seed, round)
                try crew.disturb(&random)
                try crew.recover()
            }
        case .changeTime: try Hunts.quietEdit(bench) { twin(nil) }
        case .busyMark, .readOnlyObjects, .clearing, .writeErrors, .shortWrites, .atomicReplacement:
            for name in ["build", "lock-edited", "build-restore"] {
                var rehearsal = try Rehearsal(scenario(name), bench)
                rehearsal.bench.twin = { twin(nil) }
                try points(rehearsal, removal)
            }
        }
    }

    /// Some points of a scenario in which every process lacks a protection.
    private static func points(_ rehearsal: Rehearsal, _ removal: DoorRemoval) throws {
        let modes: [PointMode] = removal == .busyMark || removal == .atomicReplacement ? [.before, .after] : [.once]
        for mode in modes {
            let count = try rehearsal.calls(mode.counting)
            for call in 1...(count + 2) {
                let end = try rehearsal.strike(PlannedFault(mode.fault(at: call, seed: 1), at: call, counting: mode.counting))
                try rehearsal.checkWreck(end)
                try rehearsal.recover("\(end)")
            }
        }
    }

    private static func hunt(_ safeguard: Safeguard, _ bench: Bench, _ seed: UInt64, _ remove: () -> Void) throws {
        switch safeguard {
        case .objectDigest, .recordDigest, .cacheDigest:
            let scene = try FlipScene(bench)
            remove()
            for number in 0..<6000 {
                var random = Seeded(seed, number)
                _ = try scene.strike(&random)
            }
        case .receivedDigest: try Hunts.damagedRemote(bench, remove)
        case .recordsLast:
            let rehearsal = try Rehearsal(scenario("build"), bench)
            remove()
            let recording = try Recording(rehearsal)
            for cut in 0..<recording.log.entries.count {
                var random = Seeded(seed, cut)
                try recording.check(cut, &random)
            }
        case .settling:
            try Hunts.editInOneTick(bench, remove)
        case .writers: try Hunts.mappedEdit(bench, remove)
        case .lostBatches: try Hunts.lostBatch(bench, remove)
        }
    }
}

/// Situations that a protection is there for, each short.
enum Hunts {
    /// Something lies in an object's place although nothing did when the object was put: it must not be lost.
    static func plantedObject(_ bench: Bench) throws {
        try bench.clear()
        try Files.makeDirectories(bench.root)
        let store = try DirectoryStore.open(bench.store)
        let bytes = Array("an object\n".utf8)
        let digest = try store.put(bytes)
        let planted = Array("what somebody else has left there\n".utf8)
        let place = bench.store.appending("objects").appending(String(digest.hex.prefix(2))).appending(String(digest.hex.dropFirst(2)))
        try Files.makeDirectories(place.parent)
        try Files.write(planted, to: place)
        try store.flush()
        guard try store.read(digest) == bytes else { throw Finding("the object is not there") }
        let folder = bench.store.appending("quarantine")
        for entry in try Files.list(folder) where try Files.read(folder.appending(entry.name)) == planted { return }
        throw Finding("what lay in the object's place is lost")
    }

    /// Bytes change while size and mtime stay: it must show.
    static func quietEdit(_ bench: Bench, _ twin: @escaping () -> DoorTwin) throws {
        var bench = bench
        try bench.clear()
        try Situation.fresh(bench)
        bench.twin = twin
        try Situation.run(bench, "lock")
        let path = bench.work.appending("data/rows.csv")
        // Behind the tick of the clock that stamps files.
        Clock.sleep(nanoseconds: 100_000_000)
        try Situation.run(bench, "lock")
        var status = stat()
        guard stat(path.description, &status) == 0 else { throw Finding("the data is gone") }
        try overwrite(path, "9")
        let times = [status.st_atim, status.st_mtim]
        guard utimensat(AT_FDCWD, path.description, times, 0) == 0 else { throw Finding("times cannot be set") }
        try Situation.run(bench, "lock")
        let pinned = String(decoding: try Files.read(bench.work.appending("mlops.lock")), as: UTF8.self)
        guard pinned.contains(Digest.of(try Files.read(path)).hex) else { throw Finding("the lock pins what is there no more") }
    }

    /// Changes a byte where it lies.
    private static func overwrite(_ path: HostPath, _ byte: String) throws {
        let file = Glibc.open(path.description, O_WRONLY)
        guard file >= 0, pwrite(file, byte, 1, 8) == 1 else { throw Finding("'\(path)' cannot be written") }
        close(file)
    }

    /// Bytes change again and again, within a tick of the clock: each time it must show.
    static func editInOneTick(_ bench: Bench, _ remove: () -> Void) throws {
        try bench.clear()
        try Situation.fresh(bench)
        let store = try DirectoryStore.open(bench.store)
        let cache = try SignatureCache.load(bench.root.appending("signatures"))
        let path = bench.work.appending("data/rows.csv")
        remove()
        let plan = FaultPlan()
        CoarseClock().attach(to: plan)
        for round in 0..<100 {
            try overwrite(path, String(round % 10))
            let found = try plan.run { () throws(ImportError) in try store.importData(path, keep: false, signatures: cache) }
            guard found.digest == Digest.of(try Files.read(path)) else { throw Finding("edit \(round) did not show") }
        }
    }

    /// What lies mapped changes without a stamp: it must show in the end.
    static func mappedEdit(_ bench: Bench, _ remove: () -> Void) throws {
        try bench.clear()
        try Situation.fresh(bench)
        let store = try DirectoryStore.open(bench.store)
        let cache = try SignatureCache.load(bench.root.appending("signatures"))
        let path = bench.work.appending("data/rows.csv")
        let file = Glibc.open(path.description, O_RDWR)
        let pages = mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
        guard file >= 0, let pages, pages != MAP_FAILED else { throw Finding("'\(path)' cannot be mapped") }
        remove()
        pages.storeBytes(of: UInt8(ascii: "1"), toByteOffset: 8, as: UInt8.self)
        do throws(ImportError) {
            _ = try store.importData(path, keep: false, signatures: cache)
        } catch {
            guard case .openForWriting = error else { throw error }
        }
        pages.storeBytes(of: UInt8(ascii: "2"), toByteOffset: 8, as: UInt8.self)
        munmap(pages, 4096)
        close(file)
        let found = try store.importData(path, keep: false, signatures: cache)
        guard found.digest == Digest.of(try Files.read(path)) else { throw Finding("what was stored into a mapping did not show") }
    }

    /// A remote gives other bytes than were asked for: they must not be kept.
    static func damagedRemote(_ bench: Bench, _ remove: () -> Void) throws {
        try bench.clear()
        try Situation.emptyStore(bench)
        let data = Digest.of(try Files.read(bench.work.appending("data/rows.csv")))
        var isStruck = false
        for entry in try Files.list(bench.remote.appending("cas")) where String(decoding: entry.name, as: UTF8.self) == data.hex {
            let place = bench.remote.appending("cas").appending(entry.name)
            var bytes = try Files.read(place)
            bytes[bytes.count / 2] ^= 1
            try Files.removeFile(place)
            try Files.write(bytes, to: place)
            isStruck = true
        }
        guard isStruck else { preconditionFailure("the data lies in the remote") }
        remove()
        let end = bench.run(["pull"])
        try Invariants.store(bench.store)
        if end.isDone { throw Finding("what was damaged was taken: \(end)") }
    }

    /// What could not be synced is not durable, however often one asks.
    static func lostBatch(_ bench: Bench, _ remove: () -> Void) throws {
        try bench.clear()
        try Files.makeDirectories(bench.root)
        let store = try DirectoryStore.open(bench.store)
        try store.put([1, 2, 3])
        remove()
        do {
            try FaultPlan(.failOnce(EIO), at: 1, counting: .sync).run { () throws(StoreError) in try store.flush() }
            throw Finding("a failed sync was not told")
        } catch is StoreError {}
        do {
            try store.flush()
        } catch {
            return
        }
        throw Finding("what was lost is said to be durable")
    }
}
