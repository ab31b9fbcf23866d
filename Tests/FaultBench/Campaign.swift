import CFaultBench
import Glibc
import Platform

/// What the command line asks for.
struct BenchOptions {
    var seed: UInt64 = 1
    /// How many cases; what that is depends on the campaign.
    var count: Int?
    var point: Int?
    var scenario: String?
    var mode: String?
    /// Processes that work at a time.
    var jobs = 4
    /// Only each so many-th case, for a slice of a campaign.
    var stride = 1
    var report: HostPath?
    /// What runs is ended after so many seconds.
    var seconds: Int?
}

/// One way to look for faults; its cases are shared by several workers.
protocol Campaign {
    static var name: String { get }
    init(options: BenchOptions)
    /// Runs the cases that the worker takes.
    func run(_ worker: Worker) throws
}

/// A process that runs some of a campaign's cases, each in its own place.
final class Worker {
    let number: Int
    let bench: Bench
    private let options: BenchOptions
    private let channel: Int32
    private let deadline: Int64?
    private var failures = 0
    /// A page that the harness sees too: what the worker is at, should it die.
    let page: UnsafeMutablePointer<UInt8>

    /// A worker does not go on after so many findings.
    private static let enough = 25

    init(number: Int, bench: Bench, options: BenchOptions, channel: Int32, page: UnsafeMutablePointer<UInt8>) {
        self.number = number
        self.bench = bench
        self.options = options
        self.channel = channel
        self.page = page
        deadline = options.seconds.map { Clock.monotonic() + Int64($0) * 1_000_000_000 }
    }

    /// Whether the case is this worker's.
    func takes(_ number: Int) -> Bool {
        if options.point != nil { return self.number == 0 }
        guard options.stride <= 1 || (number + Int(options.seed)) % options.stride == 0 else { return false }
        return number / max(1, options.stride) % options.jobs == self.number
    }

    /// Whether there is time for another case.
    func isWanted() -> Bool {
        if failures >= Self.enough { return false }
        return deadline.map { Clock.monotonic() < $0 } ?? true
    }

    func count(_ what: String, _ number: Int = 1) { say("count\t\(what)\t\(number)") }

    /// Tells what was found, as one line.
    func fail(_ text: String) {
        failures += 1
        say("fail\t" + text.split(separator: "\n").joined(separator: " | ").prefix(3000))
    }

    /// Runs one case; what it throws is a finding, told with the words that repeat it.
    func attempt<Result>(_ line: String, _ body: () throws -> Result) throws -> Result? {
        let words = Array(line.utf8.prefix(4000))
        for (index, byte) in words.enumerated() { page[index] = byte }
        page[words.count] = 0
        do {
            return try body()
        } catch {
            fail("FaultBench \(line): \(error)")
            return nil
        }
    }

    private func say(_ line: String) {
        var rest = Array((line + "\n").utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(channel, $0.baseAddress!, $0.count) }
            if count <= 0 { return }
            rest = rest.dropFirst(count)
        }
    }
}

/// What a campaign came to.
struct Tally {
    var counts: [String: Int] = [:]
    var failures: [String] = []

    var cases: Int { counts.filter { !$0.key.hasPrefix("of which ") }.values.reduce(0, +) }

    /// Runs a campaign in so many processes, and shows findings as they come.
    static func of(_ campaign: any Campaign, _ options: BenchOptions) throws -> Tally {
        let folder = try Bench.folder()
        try Files.makeDirectories(folder)
        // What is left of a case belongs to somebody who may have no permission to remove it otherwise.
        defer { try? Files.removeTree(folder) }
        var channels: [Int32] = []
        var workers: [(process: pid_t, page: UnsafeMutablePointer<UInt8>)] = []
        for number in 0..<options.jobs {
            var ends: [Int32] = [0, 0]
            precondition(pipe(&ends) == 0, "a pipe can be made")
            let memory = mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)
            guard let memory, memory != MAP_FAILED else { preconditionFailure("there is memory for a page") }
            let page = memory.bindMemory(to: UInt8.self, capacity: 4096)
            let process = fork()
            precondition(process >= 0, "a worker can be started")
            if process == 0 {
                close(ends[0])
                bench_die_with_parent()
                bench_adopt_orphans()
                let worker = Worker(
                    number: number, bench: Bench(root: folder.appending("w\(number)")), options: options, channel: ends[1], page: page)
                do {
                    try campaign.run(worker)
                } catch {
                    worker.fail("\(error)")
                }
                exit(0)
            }
            close(ends[1])
            channels.append(ends[0])
            workers.append((process, page))
        }
        var tally = Tally()
        tally.read(channels)
        for worker in workers {
            var status: Int32 = 0
            waitpid(worker.process, &status, 0)
            if status != 0 { tally.take("fail\tFaultBench \(String(cString: worker.page)): the bench itself ended with \(status)") }
        }
        return tally
    }

    private mutating func read(_ channels: [Int32]) {
        var rests = channels.map { _ in [UInt8]() }
        var open = channels
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while open.contains(where: { $0 >= 0 }) {
            var waiting = open.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            _ = poll(&waiting, nfds_t(waiting.count), -1)
            for index in open.indices where waiting[index].revents != 0 {
                let count = Glibc.read(open[index], &buffer, buffer.count)
                if count <= 0 {
                    close(open[index])
                    open[index] = -1
                    continue
                }
                rests[index] += buffer[..<count]
                while let end = rests[index].firstIndex(of: UInt8(ascii: "\n")) {
                    take(String(decoding: rests[index][..<end], as: UTF8.self))
                    rests[index].removeSubrange(...end)
                }
            }
        }
    }

    private mutating func take(_ line: String) {
        let parts = line.split(separator: "\t", maxSplits: 2).map(String.init)
        if parts.count == 3, parts[0] == "count", let number = Int(parts[2]) {
            counts[parts[1], default: 0] += number
        } else if parts.count >= 2 {
            failures.append(parts[1...].joined(separator: "\t"))
            Terminal.write("found: \(parts[1...].joined(separator: "\t"))\n", to: .error)
        }
    }
}
