import Canonical
import Glibc
import Platform
import Storage

/// Damage to single files of a store and of a workspace's state: found or harmless, healed where there is a source, never served.
struct Flips: Campaign {
    static let name = "flips"
    let options: BenchOptions

    /// A case that takes longer is stuck.
    private static let patience: UInt32 = 20

    func run(_ worker: Worker) throws {
        guard let scene = try worker.attempt("flips", { try FlipScene(worker.bench) }) else { return }
        for number in 0..<(options.count ?? 2000) {
            if let point = options.point, point != number { continue }
            guard worker.takes(number), worker.isWanted() else { continue }
            _ = try worker.attempt("flips --seed \(options.seed) --point \(number)") {
                var random = Seeded(options.seed, number)
                alarm(Self.patience)
                defer { alarm(0) }
                guard let (target, damage) = try scene.strike(&random) else { return worker.count("of which without effect") }
                worker.count("\(target): \(damage)")
            }
        }
    }
}

/// A store with everything in it that a store may hold, and a workspace that uses it.
final class FlipScene {
    private enum Target: String {
        case object, record, proof, format, view, viewIndex = "view index", signatures, state, lock
    }

    private let bench: Bench
    private let outside: HostPath
    private let objects: [(digest: Digest, place: HostPath, bytes: [UInt8])]
    private let records: [(key: Digest, place: HostPath, bytes: [UInt8])]
    private let tree: Digest
    private let viewFiles: [HostPath]
    private let viewImage: [String: Digest]
    private let cacheFile: HostPath
    private let data: StoredObject
    private let golden: [String: Digest]
    private let lock: [UInt8]

    init(_ bench: Bench) throws {
        self.bench = bench
        outside = bench.root.appending("elsewhere")
        try bench.clear()
        try Situation.built(bench)
        let store = try DirectoryStore.open(bench.store)
        tree = try store.put(files: [("a.txt", Array("one\n".utf8)), ("below/b.txt", Array("two\n".utf8)), ("c", [1, 2, 3])]).digest
        let view = try store.view(of: tree)
        viewImage = try FolderImage(of: view).digests { _ in true }
        viewFiles = viewImage.keys.sorted().map { view.appending($0) }
        objects = try Invariants.named(bench.store.appending("objects")).map { hex, _, place in
            (Digest(hex: hex) ?? Digest.of([]), place, try Files.read(place))
        }
        records = try Invariants.named(bench.store.appending("actions")).map { hex, _, place in
            (Digest(hex: hex) ?? Digest.of([]), place, try Files.read(place))
        }
        for record in records { try store.record(proof: ["level": 1], of: record.key) }
        cacheFile = bench.root.appending("signatures")
        Clock.sleep(nanoseconds: 60_000_000)
        let cache = try SignatureCache.load(cacheFile)
        data = try store.importData(bench.work.appending("data"), keep: true, signatures: cache)
        try store.flush()
        try cache.save()
        // Once more, so that the state knows everything.
        try Situation.run(bench, "build")
        golden = try FolderImage(of: bench.work).digests { !$0.hasPrefix(".mlbuild/") }
        lock = try Files.read(bench.work.appending("mlops.lock"))
    }

    /// One case: what was struck, and how; nil when that changed nothing.
    func strike(_ random: inout Seeded) throws -> (String, Damage)? {
        let damage = Damage.draw(&random)
        let target: Target =
            switch Int.random(in: 0..<1000, using: &random) {
            case 0..<450: .object
            case 450..<680: .record
            case 680..<740: .proof
            case 740..<770: .format
            case 770..<820: .view
            case 820..<870: .viewIndex
            case 870..<950: .signatures
            case 950..<985: .state
            default: .lock
            }
        let isStruck =
            switch target {
            case .object: try strikeObject(damage, &random)
            case .record: try strikeRecord(damage, &random)
            case .proof: try strikeProof(damage, &random)
            case .format: try strikeFormat(damage, &random)
            case .view, .viewIndex: try strikeView(damage, isIndex: target == .viewIndex, &random)
            case .signatures: try strikeSignatures(damage, &random)
            case .state: try strikeState(damage, &random)
            case .lock: try strikeLock(damage, &random)
            }
        return isStruck ? (target.rawValue, damage) : nil
    }

    private func open() throws -> DirectoryStore { try DirectoryStore.open(bench.store) }

    /// What was found damaged lies in quarantine, and nothing else does; then it is empty again.
    private func expectQuarantine(_ damage: Damage, _ what: String) throws {
        let folder = bench.store.appending("quarantine")
        let count = try Files.list(folder).count
        guard count == (damage == .gone ? 0 : 1) else { throw Finding("\(what), \(damage): \(count) things are in quarantine") }
        for entry in try Files.list(folder) { try Files.removeTree(folder.appending(entry.name)) }
    }

    private func strikeObject(_ damage: Damage, _ random: inout Seeded) throws -> Bool {
        guard let object = objects.randomElement(using: &random), let other = objects.randomElement(using: &random) else { return false }
        guard try damage.strike(object.place, other: other.bytes, outside: outside, &random) else { return false }
        let what = "object \(object.digest)"
        let store = try open()
        switch Int.random(in: 0..<4, using: &random) {
        case 0:
            do {
                _ = try store.read(object.digest)
                throw Finding("\(what), \(damage): it was read")
            } catch let error as StoreError {
                try expect(error, damage, what)
            }
        case 1:
            let place = bench.root.appending("brought")
            do {
                try store.materialise(StoredObject(file: object.bytes), at: place)
                throw Finding("\(what), \(damage): it was materialised")
            } catch let error as StoreError {
                try expect(error, damage, what)
            }
            guard try Files.status(place, followLinks: false) == nil else {
                throw Finding("\(what), \(damage): something was materialised")
            }
        case 2:
            do {
                _ = try store.open(file: object.digest)
                throw Finding("\(what), \(damage): it was shown")
            } catch let error as StoreError {
                try expect(error, damage, what)
            }
        default: break
        }
        guard try store.put(object.bytes) == object.digest else { throw Finding("\(what): it has another digest") }
        try store.flush()
        guard try store.read(object.digest) == object.bytes, try Files.read(object.place, followLinks: false) == object.bytes else {
            throw Finding("\(what), \(damage): it is not healed")
        }
        guard try Files.status(object.place, followLinks: false)?.mode == 0o444 else { throw Finding("\(what): it can be written to") }
        try expectQuarantine(damage, what)
        return true
    }

    private func expect(_ error: StoreError, _ damage: Damage, _ what: String) throws {
        switch error {
        case .missing where damage == .gone: return
        case .corrupt(_, quarantined: .some) where damage != .gone: return
        default: throw Finding("\(what), \(damage): \(error)")
        }
    }

    private func strikeRecord(_ damage: Damage, _ random: inout Seeded) throws -> Bool {
        guard let chosen = records.randomElement(using: &random), let other = records.randomElement(using: &random),
            let sound = ActionRecord.decode(chosen.bytes, key: chosen.key)
        else { return false }
        guard try damage.strike(chosen.place, other: other.bytes, outside: outside, &random) else { return false }
        let what = "record \(chosen.key)"
        let store = try open()
        if Bool.random(using: &random), try store.record(for: chosen.key) != nil { throw Finding("\(what), \(damage): it was believed") }
        guard case .stored = try store.publish(sound) else { throw Finding("\(what), \(damage): it is not healed") }
        guard try Files.read(chosen.place, followLinks: false) == chosen.bytes else { throw Finding("\(what), \(damage): it is another") }
        try expectQuarantine(damage, what)
        return true
    }

    private func strikeProof(_ damage: Damage, _ random: inout Seeded) throws -> Bool {
        guard let chosen = records.randomElement(using: &random), let other = records.randomElement(using: &random) else { return false }
        func place(_ key: Digest) -> HostPath {
            bench.store.appending("proofs").appending(String(key.hex.prefix(2))).appending(String(key.hex.dropFirst(2)))
        }
        let bytes = try Files.read(place(other.key))
        guard try damage.strike(place(chosen.key), other: bytes, outside: outside, &random) else { return false }
        let store = try open()
        if let proof = try store.proof(of: chosen.key) { throw Finding("proof of \(chosen.key), \(damage): \(proof) was believed") }
        try store.record(proof: ["level": 1], of: chosen.key)
        guard try store.proof(of: chosen.key) != nil else { throw Finding("proof of \(chosen.key), \(damage): it is not healed") }
        for entry in try Files.list(bench.store.appending("quarantine")) {
            try Files.removeTree(bench.store.appending("quarantine").appending(entry.name))
        }
        return true
    }

    private func strikeFormat(_ damage: Damage, _ random: inout Seeded) throws -> Bool {
        let place = bench.store.appending("format")
        let sound = try Files.read(place)
        guard try damage.strike(place, other: records[0].bytes, outside: outside, &random) else { return false }
        let store = try open()
        let object = objects[0]
        guard try store.read(object.digest) == object.bytes else { throw Finding("format, \(damage): the store is not the same") }
        guard try Files.read(place) == sound else { throw Finding("format, \(damage): it is not healed") }
        try Damage.mend(place, sound, mode: 0o444)
        for entry in try Files.list(bench.store.appending("quarantine")) {
            try Files.removeTree(bench.store.appending("quarantine").appending(entry.name))
        }
        return true
    }

    private func strikeView(_ damage: Damage, isIndex: Bool, _ random: inout Seeded) throws -> Bool {
        let index = bench.store.appending("views").appending(tree.hex + ".index")
        guard let file = isIndex ? index : viewFiles.randomElement(using: &random) else { return false }
        let sound = try Files.read(file)
        guard try damage.strike(file, other: objects[0].bytes, outside: outside, &random) else { return false }
        let what = isIndex ? "view index" : "view"
        let store = try open()
        let view = try store.view(of: tree)
        guard try FolderImage(of: view).digests({ _ in true }) == viewImage else { throw Finding("\(what), \(damage): it was shown") }
        if isIndex, damage != .folder, damage != .fifo, try Files.read(index) != sound { _ = try open().view(of: tree) }
        for entry in try Files.list(bench.store.appending("quarantine")) {
            try Files.removeTree(bench.store.appending("quarantine").appending(entry.name))
        }
        if isIndex { try Damage.mend(index, Files.status(index)?.kind == .regular ? Files.read(index) : sound, mode: 0o644) }
        return true
    }

    private func strikeSignatures(_ damage: Damage, _ random: inout Seeded) throws -> Bool {
        let sound = try Files.read(cacheFile)
        guard try damage.strike(cacheFile, other: objects[0].bytes, outside: outside, &random) else { return false }
        let cache = try SignatureCache.load(cacheFile)
        let found = try open().importData(bench.work.appending("data"), keep: false, signatures: cache)
        guard found == data else { throw Finding("signatures, \(damage): data is \(found.digest)") }
        try Damage.mend(cacheFile, sound, mode: 0o644)
        return true
    }

    private func strikeState(_ damage: Damage, _ random: inout Seeded) throws -> Bool {
        let folder = bench.work.appending(".mlbuild")
        let names = ["index", "contents", "signatures", "outputs", "lock", ".gitignore"]
        guard let name = names.randomElement(using: &random), try Files.status(folder.appending(name))?.kind == .regular else {
            return false
        }
        let place = folder.appending(name)
        let sound = try Files.read(place)
        guard try damage.strike(place, other: objects[0].bytes, outside: outside, &random) else { return false }
        if Bool.random(using: &random) { try Files.removeTree(bench.work.appending("build/split")) }
        let end = bench.run(["build", "--json"])
        guard end.isDone || (end.how == .exited(4) && end.text.contains("'\(place)'") && damage.isNoFile) else {
            throw Finding("state \(name), \(damage): \(end)")
        }
        if !end.isDone || name == ".gitignore" || name == "lock" { try Damage.mend(place, sound, mode: 0o644) }
        return try expectGolden("state \(name), \(damage)")
    }

    private func expectGolden(_ what: String) throws -> Bool {
        let again = bench.run(["build", "--json"])
        guard again.isDone else { throw Finding("\(what), then again: \(again)") }
        let now = try FolderImage(of: bench.work).digests { !$0.hasPrefix(".mlbuild/") }
        guard now == golden else {
            throw Finding("\(what): \(Set(now.keys).union(golden.keys).filter { now[$0] != golden[$0] }.sorted()) differ")
        }
        return true
    }

    private func strikeLock(_ damage: Damage, _ random: inout Seeded) throws -> Bool {
        let place = bench.work.appending("mlops.lock")
        guard try damage.strike(place, other: objects[0].bytes, outside: outside, &random) else { return false }
        let end = bench.run(["build", "--json"])
        switch end.how {
        case .exited(0): break
        case .exited(1), .exited(4), .exited(5):
            guard end.text.contains("error: ") else { throw Finding("lock, \(damage): \(end)") }
        default: throw Finding("lock, \(damage): \(end)")
        }
        // Whatever it says, nothing else takes the place of the right outputs.
        let now = try FolderImage(of: bench.work).digests { $0.hasPrefix("build/") }
        guard now == golden.filter({ $0.key.hasPrefix("build/") }) else { throw Finding("lock, \(damage): other outputs are there") }
        try Damage.mend(place, lock, mode: 0o644)
        return try expectGolden("lock, \(damage)")
    }
}

extension Damage {
    fileprivate var isNoFile: Bool { self == .folder || self == .linkElsewhere || self == .danglingLink || self == .fifo }
}
