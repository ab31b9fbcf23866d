import Glibc
import Platform

/// The ways in which one call goes wrong.
enum PointMode: String, CaseIterable {
    case once, ever, interrupted, before, after, torn, short, unread, unreadable

    var counting: FaultPlan.Operations {
        switch self {
        case .once, .ever, .before, .after: .persistent
        // What a signal may interrupt.
        case .interrupted: [.open, .openForReading, .lock, .sync, .write, .read]
        case .torn: .write
        case .short: [.read, .write]
        case .unread, .unreadable: [.openForReading, .read]
        }
    }

    /// Errors take turns, so that each call meets several over the seeds.
    func fault(at call: Int, seed: UInt64) -> FaultPlan.Fault {
        let turn = Int(truncatingIfNeeded: UInt64(bitPattern: Int64(call)) &+ seed)
        func one(of codes: [Int32]) -> Int32 { codes[turn % codes.count] }
        return switch self {
        case .once: .failOnce(one(of: [EIO, ENOSPC, EMFILE, EDQUOT, EACCES, ENOMEM, EROFS, EPERM]))
        case .ever: .failEver(one(of: [ENOSPC, EIO, EMFILE, EROFS, EDQUOT]))
        case .interrupted: .failOnce(EINTR)
        case .before: .killBefore
        case .after: .killAfter
        case .torn: .tear
        case .short: .shorten
        case .unread: .failOnce(one(of: [EIO, EMFILE, ENOMEM, EACCES]))
        case .unreadable: .failEver(one(of: [EIO, EMFILE]))
        }
    }

    var kills: Bool { self == .before || self == .after || self == .torn }
}

/// Every call of every scenario goes wrong in every way.
struct Points: Campaign {
    static let name = "points"
    let options: BenchOptions

    func run(_ worker: Worker) throws {
        for scenario in Scenario.all where options.scenario == nil || options.scenario == scenario.name {
            let rehearsal = try worker.attempt("points \(scenario.name)") { try Rehearsal(scenario, worker.bench) }
            guard let rehearsal else { continue }
            for mode in PointMode.allCases where options.mode == nil || options.mode == mode.rawValue {
                let count = try rehearsal.calls(mode.counting)
                // Threads and clocks make the number differ a little.
                for call in 1...max(1, count + 3) {
                    if let point = options.point {
                        if point != call { continue }
                    } else if !scenario.isStruck(call, seed: options.seed) {
                        continue
                    }
                    guard worker.takes(call / scenario.every), worker.isWanted() else { continue }
                    let line = "points --scenario \(scenario.name) --mode \(mode.rawValue) --seed \(options.seed) --point \(call)"
                    worker.count("\(scenario.name)/\(mode.rawValue)")
                    _ = try worker.attempt(line) {
                        let end = try rehearsal.strike(
                            PlannedFault(mode.fault(at: call, seed: options.seed), at: call, counting: mode.counting))
                        if options.point != nil { Terminal.write("\(end)\n", to: .error) }
                        try rehearsal.checkWreck(end)
                        try rehearsal.recover("\(end)")
                    }
                }
            }
        }
    }
}
