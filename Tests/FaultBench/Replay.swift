import CFaultBench
import Canonical
import Glibc
import Platform

/// Power cuts at every moment of every scenario, by replaying what the door saw up to there on a model of a disk.
struct Replay: Campaign {
    static let name = "replay"
    let options: BenchOptions

    func run(_ worker: Worker) throws {
        for scenario in Scenario.all where options.scenario == nil || options.scenario == scenario.name {
            let rehearsal = try worker.attempt("replay \(scenario.name)") { try Rehearsal(scenario, worker.bench) }
            guard let rehearsal else { continue }
            let recording = try worker.attempt("replay \(scenario.name)") { try Recording(rehearsal) }
            guard let recording else { continue }
            // At the end it has to be durable: more often.
            let cuts = Array(0...recording.log.entries.count) + [Int](repeating: recording.log.entries.count, count: 12)
            for (case_, cut) in cuts.enumerated() {
                if let point = options.point {
                    if point != case_ { continue }
                } else if !scenario.isStruck(case_, seed: options.seed) {
                    continue
                }
                guard worker.takes(case_ / scenario.every), worker.isWanted() else { continue }
                worker.count(scenario.name)
                _ = try worker.attempt("replay --scenario \(scenario.name) --seed \(options.seed) --point \(case_)") {
                    var random = Seeded(options.seed, case_)
                    try recording.check(cut, &random)
                }
            }
        }
    }
}

/// One undisturbed run of a scenario with all that its door saw.
struct Recording {
    let rehearsal: Rehearsal
    let log: DoorLog
    private let disk: Disk

    /// - Parameter twin: made for the file that takes the log; it may leave out calls that protect.
    init(_ rehearsal: Rehearsal, twin: (Int32) -> LoggingTwin = { LoggingTwin(to: $0) }) throws {
        self.rehearsal = rehearsal
        try rehearsal.bench.lay(rehearsal.image)
        if rehearsal.scenario.collects { Clock.sleep(nanoseconds: 30_000_000) }
        disk = try Disk(rehearsal.image, at: rehearsal.bench.root)
        let file = bench_memory_file()
        precondition(file >= 0 && fcntl(file, F_SETFL, O_APPEND) == 0, "there is memory for a log")
        defer { close(file) }
        var order = rehearsal.bench.order(rehearsal.scenario.words)
        order.twin = twin(file)
        let end = Child.run(order)
        guard end.isDone else { throw Finding("\(rehearsal.scenario.name) while it is watched: \(end)") }
        log = DoorLog(file)
    }

    /// Cuts the power after so many changes, and looks at what is there then.
    func check(_ cut: Int, _ random: inout Seeded) throws {
        var disk = disk
        for entry in log.entries.prefix(cut) { disk.apply(entry) }
        try rehearsal.bench.lay(disk.cut(&random))
        let isDone = cut == log.entries.count
        let context = isDone ? "a cut after it ended well" : "a cut after \(cut) of \(log.entries.count) changes"
        do {
            try rehearsal.checkAfterCut(isDone: isDone)
        } catch {
            throw Finding("\(context): \(error)")
        }
        try rehearsal.recover(context, allowingLitter: true)
    }
}
