import Canonical
import Glibc
import Platform

/// Many builders on one store at a time, with collections that remove whatever they may, while some are stopped for a moment, and one of
/// them for as long as a whole collection takes. A lease is a lock that its process holds, so it has no time after which it would end.
struct Crowd: Campaign {
    static let name = "crowd"
    let options: BenchOptions

    private static let builders = 16
    private static let variants = 3

    func run(_ worker: Worker) throws {
        // The crowd is one: the other workers have nothing to do.
        guard worker.number == 0 else { return }
        let crew = try worker.attempt("crowd", { try BuilderCrew(worker.bench.root, builders: Self.builders, variants: Self.variants) })
        guard let crew else { return }
        for round in 0..<(options.count ?? 10) where worker.isWanted() {
            if let point = options.point, point != round { continue }
            var random = Seeded(options.seed, round)
            _ = try worker.attempt("crowd --seed \(options.seed) --point \(round)") {
                try crew.disturb(&random)
                let numbers = try crew.crowd(&random)
                worker.count("builds", Self.builders)
                worker.count("of which collections beside them", numbers.collections)
                worker.count("of which stops and goes on", numbers.stops)
                worker.count("of which stops for a whole collection", numbers.longStops)
                try crew.check()
                try crew.recover()
            }
        }
    }
}

extension BuilderCrew {
    /// Who takes longer is stuck, in nanoseconds; a stop of others is no excuse.
    private static let patience: Int64 = 30_000_000_000
    /// The most that one look at all counts for, in nanoseconds: while the whole machine stands still nobody is stuck.
    private static let longestLook: Int64 = 1_000_000_000

    /// All build at the same time, each to its end, while collections come and go and some are stopped for a moment.
    func crowd(_ random: inout Seeded) throws -> (collections: Int, stops: Int, longStops: Int) {
        var running: [(bench: Bench, child: Child)] = []
        for bench in benches {
            var order = bench.order(Bool.random(using: &random) ? ["package"] : ["build", "--json"])
            order.seconds = 0
            running.append((bench, Child.start(order, isLeader: true)))
        }
        var collections = 0
        var stops = 0
        var collector: (child: Child, waited: Int64)?
        var stopped: [(process: Int32, until: Int64)] = []
        // Stopped in the middle of its work, until a collection that began after that has ended.
        var frozen: (process: Int32, sinceCollection: Int)?
        var longStops = 0
        var waited: Int64 = 0
        var last = Clock.monotonic()
        while !running.isEmpty || collector != nil {
            let now = Clock.monotonic()
            let look = min(now - last, Self.longestLook)
            last = now
            waited += look
            collector?.waited += look
            if collector == nil, !running.isEmpty {
                var order = benches[0].order(["cache", "gc", "--grace", "0s"])
                order.seconds = 0
                collector = (Child.start(order, isLeader: true), 0)
            }
            if frozen == nil, longStops < 2, collections > 0, let victim = running.randomElement(using: &random),
                !stopped.contains(where: { $0.process == victim.child.identifier })
            {
                kill(-victim.child.identifier, SIGSTOP)
                frozen = (victim.child.identifier, collections)
            }
            if stopped.count < 3, let victim = running.randomElement(using: &random), victim.child.identifier != frozen?.process {
                kill(-victim.child.identifier, SIGSTOP)
                stopped.append((victim.child.identifier, now + Int64.random(in: 1_000_000...60_000_000, using: &random)))
                stops += 1
            }
            for victim in stopped where victim.until <= now { kill(-victim.process, SIGCONT) }
            stopped.removeAll { $0.until <= now }
            usleep(3_000)
            var rest: [(bench: Bench, child: Child)] = []
            for (bench, child) in running {
                guard let end = child.poll() else {
                    if waited > Self.patience { throw child.stuck(in: "\(bench.place)") }
                    rest.append((bench, child))
                    continue
                }
                stopped.removeAll { $0.process == child.identifier }
                if frozen?.process == child.identifier { frozen = nil }
                guard end.isDone else { throw Finding("in \(bench.place): \(end)") }
            }
            running = rest
            if let (child, waited) = collector {
                if let end = child.poll() {
                    collector = nil
                    collections += 1
                    guard end.isDone else { throw Finding("the collection: \(end)") }
                    // The one that was at work when it was stopped, and another.
                    if let current = frozen, collections >= current.sinceCollection + 2 {
                        kill(-current.process, SIGCONT)
                        frozen = nil
                        longStops += 1
                    }
                } else if waited > Self.patience {
                    throw child.stuck(in: "the collection")
                }
            }
        }
        if try Child.strays() > 0 { throw Finding("a process is left") }
        return (collections, stops, longStops)
    }
}

extension Child {
    /// Ends a child that takes too long, with what its threads wait for in the kernel, as far as this user is told.
    fileprivate func stuck(in place: String) -> Finding {
        let tasks = HostPath("/proc/\(identifier)/task")
        var lines: [String] = []
        for entry in (try? Files.list(tasks)) ?? [] {
            for file in ["wchan", "syscall", "stack"] {
                guard let bytes = try? Files.read(tasks.appending(entry.name).appending(file)) else { continue }
                lines.append("\(file): \(String(decoding: bytes, as: UTF8.self).split(separator: "\n").joined(separator: " < "))")
            }
        }
        kill(-identifier, SIGKILL)
        return Finding("in \(place): stuck at \(lines.joined(separator: "; ")); \(wait())")
    }
}
