import CFaultBench
import CPlatform
import Commands
import Glibc
import Platform

/// What a child process is to do: to be mlbuild with these words, in a place, beside a fault.
struct Order {
    var words: [String]
    var directory: HostPath
    var variables: [(name: String, value: String)] = []
    var plan: PlannedFault?
    /// Which calls are counted when there is no fault.
    var counting: FaultPlan.Operations = .persistent
    var twin: DoorTwin?
    /// The child is killed after so many seconds: it is stuck.
    var seconds: UInt32 = 30
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

    func wait() -> ChildEnd {
        var status: Int32 = 0
        while waitpid(identifier, &status, 0) == -1, errno == EINTR {}
        return end(status)
    }

    /// How it ended; nil while it runs.
    func poll() -> ChildEnd? {
        var status: Int32 = 0
        return waitpid(identifier, &status, WNOHANG) == identifier ? end(status) : nil
    }

    private func end(_ status: Int32) -> ChildEnd {
        let calls = Int(shared.pointee)
        munmap(shared, 4096)
        var text = [UInt8](repeating: 0, count: 1 << 16)
        let count = text.withUnsafeMutableBytes { pread(output, $0.baseAddress!, $0.count, 0) }
        close(output)
        let signal = status & 0x7F
        return ChildEnd(
            how: signal != 0 ? .signalled(signal) : .exited((status >> 8) & 0xFF),
            text: String(decoding: text.prefix(max(0, count)), as: UTF8.self), calls: calls)
    }

    static func run(_ order: Order) -> ChildEnd { start(order).wait() }

    /// Takes what children left behind when they were killed; how many there were after half a second.
    static func strays() -> Int {
        for _ in 0..<50 {
            var status: Int32 = 0
            let result = waitpid(-1, &status, WNOHANG)
            if result == -1 { return 0 }
            if result == 0 { usleep(10_000) }
        }
        return 1
    }
}
