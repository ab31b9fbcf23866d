import CFaultBench
import CPlatform
import Commands
import Glibc
import Platform
import Remotes

/// What a child process is to do: to be mlbuild with these words, in a place, beside a fault.
struct Order {
    var words: [String]
    var directory: HostPath
    var variables: [(name: String, value: String)] = []
    var plan: PlannedFault?
    /// Which calls are counted when there is no fault.
    var counting: FaultPlan.Operations = .persistent
    var twin: DoorTwin?
    /// The child is killed after so many seconds, as it is stuck; 0 when somebody else looks after it.
    var seconds: UInt32 = 30
    /// Whether it gives up on a server after half a second where it would wait for a minute.
    var isHasty = false
    /// No file grows beyond so many bytes: what would be the end of the disk.
    var longestFile: Int?
}

/// A fault at one call.
struct PlannedFault: Hashable {
    let fault: FaultPlan.Fault
    let call: Int
    let counting: FaultPlan.Operations

    init(_ fault: FaultPlan.Fault, at call: Int, counting: FaultPlan.Operations = .persistent) {
        self.fault = fault
        self.call = call
        self.counting = counting
    }

    static func == (left: PlannedFault, right: PlannedFault) -> Bool {
        left.fault == right.fault && left.call == right.call && left.counting.rawValue == right.counting.rawValue
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(fault)
        hasher.combine(call)
    }
}

/// How a child ended.
struct ChildEnd: CustomStringConvertible {
    enum How: Hashable {
        case exited(Int32)
        case signalled(Int32)
    }

    let how: How
    /// All that it said, results and complaints.
    let text: String
    /// Calls that its plan counted; 0 for one that was killed.
    let calls: Int
    /// The most memory that it had, in bytes.
    let memory: Int

    var isDone: Bool { how == .exited(0) }
    var wasKilled: Bool { how == .signalled(SIGKILL) }
    /// The alarm rang.
    var isStuck: Bool { how == .signalled(SIGALRM) }

    var description: String {
        // What decides is said last.
        let words = text.count > 700 ? "... " + text.suffix(700) : text
        switch how {
        case .exited(let status): return "status \(status): \(words)"
        case .signalled(let signal): return "signal \(signal): \(words)"
        }
    }
}

/// A child that runs: a copy of this process, so that it starts in a millisecond. This process must have one thread only.
struct Child {
    let identifier: Int32
    private let output: Int32
    private let shared: UnsafeMutablePointer<Int64>

    /// The page that the child's count goes to when it ends in order.
    nonisolated(unsafe) private static var count: UnsafeMutablePointer<Int64>?
    nonisolated(unsafe) private static var plan: FaultPlan?

    /// - Parameter isLeader: whether the child leads a process group, so that all of it can be killed at once.
    static func start(_ order: Order, isLeader: Bool = false) -> Child {
        let page = mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)
        guard let page, page != MAP_FAILED else { preconditionFailure("there is memory for a page") }
        let shared = page.bindMemory(to: Int64.self, capacity: 1)
        let output = bench_memory_file()
        precondition(output >= 0, "there is memory for what a child says")
        let identifier = fork()
        precondition(identifier >= 0, "a child can be started")
        if identifier == 0 { become(order, output, shared, isLeader) }
        if isLeader { setpgid(identifier, identifier) }
        return Child(identifier: identifier, output: output, shared: shared)
    }

    private static func become(_ order: Order, _ output: Int32, _ shared: UnsafeMutablePointer<Int64>, _ isLeader: Bool) -> Never {
        if isLeader { setpgid(0, 0) }
        // Whoever holds the harness's end in a loop is not to leave its children behind.
        bench_die_with_parent()
        dup2(output, 1)
        dup2(output, 2)
        close(output)
        let nothing = Glibc.open("/dev/null", O_RDONLY)
        dup2(nothing, 0)
        close(nothing)
        clearenv()
        for (name, value) in order.variables { setenv(name, value, 1) }
        precondition(order.directory.bytes.withUnsafeBytes { chdir(String(decoding: $0, as: UTF8.self)) } == 0, "the folder is there")
        alarm(order.seconds)
        if order.isHasty { becomeHasty() }
        if let longest = order.longestFile {
            var limit = rlimit(rlim_cur: rlim_t(longest), rlim_max: rlim_t(longest))
            precondition(setrlimit(__rlimit_resource_t(1), &limit) == 0, "files can be limited")
            signal(SIGXFSZ, SIG_IGN)
        }
        let plan: FaultPlan
        if let planned = order.plan {
            plan = FaultPlan(planned.fault, at: planned.call, counting: planned.counting)
        } else {
            plan = FaultPlan(counting: order.counting)
        }
        order.twin?.attach(to: plan)
        Self.plan = plan
        count = shared
        atexit { if let plan = Child.plan { Child.count?.pointee = Int64(plan.count) } }
        return plan.run { CommandLineTool.run(order.words) }
    }

    private static func becomeHasty() {
        var patience = Patience()
        patience.connecting = 3_000_000_000
        patience.silence = 500_000_000
        patience.window = 500_000_000
        patience.bytesInWindow = 1000
        patience.becomeThatOfProcess()
        var policy = Retry.Policy()
        policy.attempts = 3
        policy.firstWait = 1_000_000
        policy.longestWait = 4_000_000
        policy.longestRequestedWait = 20_000_000
        policy.becomeThatOfProcess()
    }

    func wait() -> ChildEnd {
        var status: Int32 = 0
        var usage = rusage()
        while wait4(identifier, &status, 0, &usage) == -1, errno == EINTR {}
        return end(status, usage)
    }

    /// How it ended; nil while it runs.
    func poll() -> ChildEnd? {
        var status: Int32 = 0
        var usage = rusage()
        return wait4(identifier, &status, WNOHANG, &usage) == identifier ? end(status, usage) : nil
    }

    private func end(_ status: Int32, _ usage: rusage) -> ChildEnd {
        let calls = Int(shared.pointee)
        munmap(shared, 4096)
        var text = [UInt8](repeating: 0, count: 1 << 16)
        let count = text.withUnsafeMutableBytes { pread(output, $0.baseAddress!, $0.count, 0) }
        close(output)
        let signal = status & 0x7F
        return ChildEnd(
            how: signal != 0 ? .signalled(signal) : .exited((status >> 8) & 0xFF),
            text: String(decoding: text.prefix(max(0, count)), as: UTF8.self), calls: calls, memory: usage.ru_maxrss << 10)
    }

    static func run(_ order: Order) -> ChildEnd { start(order).wait() }

    /// Takes what children left behind when they were killed; how many there were after half a second, beside those that are known.
    static func strays(besides known: Set<Int32> = []) throws(SystemError) -> Int {
        for _ in 0..<50 {
            if !known.isEmpty {
                if try offspring().subtracting(known).allSatisfy({ waitpid($0, nil, WNOHANG) != 0 }) { return 0 }
                usleep(10_000)
                continue
            }
            var status: Int32 = 0
            let result = waitpid(-1, &status, WNOHANG)
            if result == -1 { return 0 }
            if result == 0 { usleep(10_000) }
        }
        return 1
    }

    /// The processes whose parent this one is.
    private static func offspring() throws(SystemError) -> Set<Int32> {
        var found: Set<Int32> = []
        for entry in try Files.list(HostPath("/proc")) {
            guard let number = Int32(String(decoding: entry.name, as: UTF8.self)) else { continue }
            // Gone meanwhile, most likely.
            guard let bytes = try? Files.read(HostPath("/proc/\(number)/stat")) else { continue }
            // `12 (name) S 34`: a name may hold anything.
            guard let end = bytes.lastIndex(of: UInt8(ascii: ")")) else { continue }
            let words = String(decoding: bytes[bytes.index(after: end)...], as: UTF8.self).split(separator: " ")
            if words.count > 1, Int32(words[1]) == getpid() { found.insert(number) }
        }
        return found
    }
}
