import Glibc
import Platform

/// A fault in a run, another in the run that recovers from it; then a run without a fault has to put everything right.
struct Pairs: Campaign {
    static let name = "pairs"
    let options: BenchOptions

    private static let modes: [PointMode] = [.before, .after, .torn, .once, .ever, .unread]

    func run(_ worker: Worker) throws {
        let scenarios = Scenario.all.filter { options.scenario == nil || options.scenario == $0.name }
        let count = (options.count ?? 400) / max(1, scenarios.count) + 1
        for scenario in scenarios {
            let rehearsal = try worker.attempt("pairs \(scenario.name)") { try Rehearsal(scenario, worker.bench) }
            guard let rehearsal else { continue }
            var calls: [PointMode: Int] = [:]
            for mode in Self.modes { calls[mode] = try rehearsal.calls(mode.counting) }
            for number in 0..<count {
                if let point = options.point, point != number { continue }
                guard worker.takes(number), worker.isWanted() else { continue }
                var random = Seeded(options.seed, number)
                worker.count(scenario.name)
                _ = try worker.attempt("pairs --scenario \(scenario.name) --seed \(options.seed) --point \(number)") {
                    var context = ""
                    for part in 0..<2 {
                        let mode = Self.modes.randomElement(using: &random) ?? .before
                        let call = Int.random(in: 1...max(1, calls[mode] ?? 1), using: &random)
                        let fault = PlannedFault(mode.fault(at: call, seed: options.seed), at: call, counting: mode.counting)
                        let end = try rehearsal.strike(fault, layingOut: part == 0)
                        context += "\(mode.rawValue) at \(call): \(end); "
                        do {
                            try rehearsal.checkWreck(end)
                        } catch {
                            throw Finding("\(context): \(error)")
                        }
                    }
                    try rehearsal.recover(context)
                }
            }
        }
    }
}
