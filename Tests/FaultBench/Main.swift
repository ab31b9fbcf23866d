import Glibc
import Platform

/// The fault bench: runs mlbuild's own code in child processes, and lets go wrong what can go wrong.
@main
enum Main {
    static var campaigns: [any Campaign.Type] {
        [Points.self, Replay.self, Kills.self, Flips.self, Protections.self, Power.self, Crowd.self, Pairs.self, Hostile.self]
    }

    static func main() throws {
        var words = Array(CommandLine.arguments.dropFirst())
        if words.first == "report" {
            let path = words.count > 1 ? HostPath(words[1]) : HostPath(#filePath).parent.appending("report.json")
            return Terminal.write(try Report.read(path).table, to: .output)
        }
        guard let name = words.first, let kind = campaigns.first(where: { $0.name == name }) else {
            Terminal.write(
                "usage: FaultBench \(campaigns.map { $0.name }.joined(separator: "|"))|report [FLAGS]; see its README\n", to: .error)
            exit(2)
        }
        words.removeFirst()
        let options = try read(words)
        let began = Clock.monotonic()
        let tally = try Tally.of(kind.init(options: options), options)
        let seconds = Double(Clock.monotonic() - began) / 1e9
        for (what, count) in tally.counts.sorted(by: { $0.key < $1.key }) { print("\(what): \(count)") }
        print("\(name): \(tally.cases) cases, \(tally.failures.count) findings, seed \(options.seed), \((seconds * 10).rounded() / 10) s")
        if tally.counts.isEmpty, tally.failures.isEmpty {
            Terminal.write("there is no such case\n", to: .error)
            exit(2)
        }
        if let path = options.report {
            var report = try Report.read(path)
            report.add(tally, of: name, seed: options.seed)
            try report.write(to: path)
        }
        exit(tally.failures.isEmpty ? 0 : 1)
    }

    private static func read(_ words: [String]) throws -> BenchOptions {
        var options = BenchOptions()
        var index = 0
        while index + 1 < words.count {
            let value = words[index + 1]
            switch words[index] {
            case "--seed": options.seed = UInt64(value) ?? 1
            case "--count": options.count = Int(value)
            case "--point": options.point = Int(value)
            case "--scenario": options.scenario = value
            case "--mode": options.mode = value
            case "--jobs": options.jobs = max(1, Int(value) ?? 1)
            case "--stride": options.stride = max(1, Int(value) ?? 1)
            case "--seconds": options.seconds = Int(value)
            case "--report": options.report = HostPath(value)
            default: throw Finding("unknown flag '\(words[index])'")
            }
            index += 2
        }
        guard index == words.count else { throw Finding("'\(words[index])' has no value") }
        return options
    }
}
