import Canonical
import Glibc
import Platform

/// Builders that share a store, killed at random with all that they started.
struct Kills: Campaign {
    static let name = "kills"
    let options: BenchOptions

    private static let builders = 4
    private static let variants = 3

    func run(_ worker: Worker) throws {
        guard
            let crew = try worker.attempt("kills", { try BuilderCrew(worker.bench.root, builders: Self.builders, variants: Self.variants) })
        else { return }
        let rounds = max(1, (options.count ?? 400) / Self.builders)
        for round in 0..<rounds {
            if let point = options.point, point != round { continue }
            guard worker.takes(round), worker.isWanted() else { continue }
            var random = Seeded(options.seed, round)
            _ = try worker.attempt("kills --seed \(options.seed) --point \(round)") {
                try crew.disturb(&random)
                let killed = try crew.killAll(&random)
                worker.count("killed", killed)
                worker.count("ended before", Self.builders - killed)
                try crew.check()
                try crew.recover()
            }
        }
    }
}

/// Some builders with their workspaces, one store, and what each of them is to come to.
struct BuilderCrew {
    private(set) var benches: [Bench]
    private let root: HostPath
    /// What stands beside the door of every child.
    var twin: (() -> DoorTwin)? {
        didSet { for index in benches.indices { benches[index].twin = twin } }
    }
    /// By variant: what a workspace holds in the end.
    private let golden: [[String: Digest]]
    private let chosen: Chosen
    /// How long an undisturbed round takes, in nanoseconds.
    private let length: Int64

    /// Which variant each builder is at.
    private final class Chosen {
        var variants: [Int]
        init(_ variants: [Int]) { self.variants = variants }
    }

    init(_ root: HostPath, builders: Int, variants: Int) throws {
        self.root = root
        try Files.removeTree(root)
        // Each builder has a workspace of its own, but the last shares that of the one before.
        benches = (0..<builders).map { Bench(root: root, place: "work\($0 == builders - 1 && builders > 2 ? builders - 2 : $0)") }
        var golden: [[String: Digest]] = []
        for variant in 0..<variants {
            let bench = Bench(root: root.appending("golden\(variant)"))
            try Situation.fresh(bench)
            try Self.choose(variant, bench)
            try Situation.run(bench, "package")
            golden.append(try Self.contents(bench))
            try bench.clear()
        }
        self.golden = golden
        chosen = Chosen(Array(repeating: 0, count: builders))
        for bench in benches {
            if try Files.status(bench.work) == nil { try Situation.fresh(bench) }
        }
        try Files.makeDirectories(root.appending("remote"))
        for bench in benches.dropLast() { try Situation.run(bench, "remote", "add", "origin", "file://\(bench.remote)") }
        let start = Clock.monotonic()
        for child in benches.map({ Child.start($0.order(["package"])) }) { _ = child.wait() }
        length = Clock.monotonic() - start
    }

    private static func choose(_ variant: Int, _ bench: Bench) throws {
        let text = Situation.manifest.split(separator: "\"strength\": 1.0", omittingEmptySubsequences: false)
        try bench.write(text.joined(separator: "\"strength\": \(variant + 1).0"), to: "\(bench.place)/mlops.json")
    }

    private static func contents(_ bench: Bench) throws -> [String: Digest] {
        try FolderImage(of: bench.work).digests { !$0.hasPrefix(".mlbuild/") }
    }

    /// Makes something to do: another variant, outputs that are gone, now and then a store that is gone.
    func disturb(_ random: inout Seeded) throws {
        if Int.random(in: 0..<8, using: &random) == 0 { try Files.removeTree(root.appending("cache")) }
        for (index, bench) in benches.enumerated() {
            let variant = Int.random(in: 0..<golden.count, using: &random)
            if index > 0, bench.place == benches[index - 1].place {
                chosen.variants[index] = chosen.variants[index - 1]
                continue
            }
            chosen.variants[index] = variant
            try Self.choose(variant, bench)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: for name in ["build/split", "build/train/model", "build/evaluate"] { try Files.removeTree(bench.work.appending(name)) }
            case 1: for name in ["build/split", "mlops.lock", ".mlbuild/index"] { try Files.removeTree(bench.work.appending(name)) }
            case 2: try Files.removeTree(bench.work.appending("dist"))
            default: break
            }
        }
    }

    private static let works = [["package"], ["package"], ["build"], ["build", "--force"], ["lock"], ["push"], ["data", "checkout"]]

    /// Starts all, and kills each at some moment; how many had not ended by themselves.
    func killAll(_ random: inout Seeded) throws -> Int {
        let start = Clock.monotonic()
        var victims: [(child: Child, moment: Int64)] = []
        for bench in benches {
            let words = Self.works.randomElement(using: &random) ?? ["build"]
            // Most have little to do: many kills come early.
            let latest = Bool.random(using: &random) ? length / 8 : length * 3 / 4
            let moment = Int64.random(in: 0...latest, using: &random)
            victims.append((Child.start(bench.order(words), isLeader: true), start + moment))
        }
        var killed = 0
        for (child, moment) in victims.sorted(by: { $0.moment < $1.moment }) {
            Clock.sleep(nanoseconds: moment - Clock.monotonic())
            kill(-child.identifier, SIGKILL)
            let end = child.wait()
            if end.wasKilled { killed += 1 }
            switch end.how {
            // A lock that somebody else changed meanwhile, or that is not there yet, is a problem that is told.
            case .exited(0), .exited(1), .exited(4), .signalled(SIGKILL): break
            default: throw Finding("it ended with \(end)")
            }
        }
        if try Child.strays() > 0 { throw Finding("a process is left") }
        return killed
    }

    /// What must hold before anybody clears up.
    func check() throws {
        try Invariants.store(root.appending("cache"))
        for bench in benches {
            let now = try FolderImage(of: bench.work).digests { _ in true }
            for name in ["notes.txt", "data/rows.csv", "data/files/a.txt", "data/files/deep/er/c.txt", "build/train/kept.txt"] {
                guard now[name] == golden[0][name] else { throw Finding("'\(bench.place)/\(name)' is not as the user left it") }
            }
        }
    }

    /// All build to the end, at the same time, and have what they should.
    func recover() throws {
        for (bench, end) in benches.map({ ($0, Child.start($0.order(["package"]))) }).map({ ($0.0, $0.1.wait()) }) {
            guard end.isDone else { throw Finding("then again, in \(bench.place): \(end)") }
        }
        try Invariants.store(root.appending("cache"))
        for (index, bench) in benches.enumerated() {
            let (now, expected) = (try Self.contents(bench), golden[chosen.variants[index]])
            guard now == expected else {
                let paths = Set(now.keys).union(expected.keys).filter { now[$0] != expected[$0] }.sorted()
                throw Finding("then again: \(bench.place) differs: \(paths.prefix(4).joined(separator: ", "))")
            }
            let further = bench.run(["build", "--json"])
            guard Situation.isUpToDate(further) else { throw Finding("then twice again, in \(bench.place): \(further)") }
            let closing = bench.run(["lock"])
            guard closing.isDone else { throw Finding("then lock, in \(bench.place): \(closing)") }
            try Invariants.nothingTemporary(bench, except: [".mlbuild-notes"])
        }
    }
}
