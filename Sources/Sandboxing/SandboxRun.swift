internal import CSandbox
internal import Platform

/// One sandbox from its request to its end, as the calling thread sees it.
struct SandboxRun {
    private var handle: sandbox_handle
    private let plan: SandboxPlan
    private var message = sandbox_message()
    private var error: SandboxError?
    private var status: Int32?
    private var leftProcesses: [String] = []
    private var draws = (count: 0, bytes: 0)
    private var accesses = AccessList()
    private var written = 0
    private var droppedLog = 0
    /// The number of a mount whose file was replaced since it was opened; then nothing was run.
    private(set) var movedFile: Int?

    init(handle: sandbox_handle, plan: SandboxPlan) {
        self.handle = handle
        self.plan = plan
    }

    mutating func close() { sandbox_handle_close(&handle) }

    /// Waits until every process is dead. What was asked to be ended early is killed; it is waited for all the same.
    mutating func finish(
        log: (UnsafeRawBufferPointer) -> Void, isCancelled: @Sendable () -> Bool
    ) throws(SandboxError) -> SandboxOutcome {
        let end = plan.limits.seconds.map { Clock.monotonic() + Int64(clamping: $0) * 1_000_000_000 }
        var early: SandboxOutcome.Termination?
        var isDead = false
        while !isDead {
            var patience: Int64 = 50_000_000
            if early == nil {
                if isCancelled() { early = .cancelled }
                if let end {
                    let left = end - Clock.monotonic()
                    if left <= 0, early == nil { early = .timedOut }
                    patience = min(patience, max(left, 0))
                }
            }
            // Again and again: at first there may be nothing to kill yet. The report is there when the command ended by itself
            // at the last moment.
            if early != nil, status == nil { sandbox_kill(&handle) }
            let ready = sandbox_wait(&handle, Int32(clamping: (patience + 999_999) / 1_000_000))
            if ready < 0 { throw .setUp(step: "wait for the sandbox", code: -ready) }
            if ready & Int32(SANDBOX_READY_OUTPUT.rawValue) != 0 { drainLog(into: log, atMost: 16) }
            if ready & Int32(SANDBOX_READY_CHANNEL.rawValue) != 0 { isDead = try receiveAll(early: early) }
            if ready & Int32(SANDBOX_READY_DEAD.rawValue) != 0 { isDead = true }
        }
        // What was written before the end is still there.
        drainLog(into: log, atMost: .max)
        _ = try receiveAll(early: early)
        if let error { throw error }
        return SandboxOutcome(
            termination: try termination(early), leftProcesses: leftProcesses, draws: draws, droppedLog: droppedLog,
            accesses: accesses.all)
    }

    private func termination(_ early: SandboxOutcome.Termination?) throws(SandboxError) -> SandboxOutcome.Termination {
        if let status { return status & 0x7f == 0 ? .exited(status >> 8 & 0xff) : .signalled(status & 0x7f) }
        if let early { return early }
        // Somebody killed the first process of the sandbox, or the kernel did for want of memory.
        return .signalled(9)
    }

    /// Takes what has come; true when nothing more can come and nothing is there to wait for.
    private mutating func receiveAll(early: SandboxOutcome.Termination?) throws(SandboxError) -> Bool {
        while true {
            let length = sandbox_receive(&handle, &message)
            if length == -11 { return false }
            if length < 0 {
                // The channel is closed when the first process is gone, but the others may still be dying.
                sandbox_close_channel(&handle)
                return handle.process < 0
            }
            take(length)
            // For tests only: what is left behind lives on, and nobody waits for it.
            if status != nil, !plan.protections.contains(.deadAfterwards) { return true }
        }
    }

    private mutating func take(_ length: Int) {
        switch sandbox_message_kind(rawValue: message.kind) {
        case SANDBOX_STARTED: break
        case SANDBOX_NO_NAMESPACES: fail(SandboxSupport.refusal(of: message.code))
        case SANDBOX_NOT_SET_UP: fail(SandboxSupport.refusal(of: text(length), code: message.code))
        case SANDBOX_FILE_MOVED: movedFile = Int(message.code)
        case SANDBOX_NO_PROGRAM: fail(.noProgram(plan.arguments[0], code: message.code))
        case SANDBOX_ACCESS: accesses.add(kind: message.code, path: text(length))
        case SANDBOX_ENDED:
            status = message.code
            draws = (Int(clamping: message.draws), Int(clamping: message.drawn_bytes))
            leftProcesses = text(length).split(separator: "\0").map(String.init)
        default: fail(.setUp(step: "understand the sandbox", code: 71))
        }
    }

    /// The first thing that went wrong counts; the rest follows from it.
    private mutating func fail(_ error: SandboxError) {
        if self.error == nil { self.error = error }
    }

    private mutating func text(_ length: Int) -> String {
        withUnsafeBytes(of: &message.text) { String(decoding: $0.prefix(length), as: UTF8.self) }
    }

    private mutating func drainLog(into log: (UnsafeRawBufferPointer) -> Void, atMost rounds: Int) {
        withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 16) { buffer in
            for _ in 0..<rounds {
                if handle.output < 0 { return }
                let count = sandbox_read(&handle, buffer.baseAddress!, buffer.count)
                if count == -11 { return }
                if count <= 0 { return sandbox_close_output(&handle) }
                let taken = min(count, (plan.limits.log ?? .max) - written)
                written += taken
                droppedLog += count - taken
                if taken > 0 { log(UnsafeRawBufferPointer(rebasing: buffer[..<taken])) }
            }
        }
    }
}

/// Accesses in the order of first asking, each once.
struct AccessList {
    /// More than any honest program asks for; a hostile one does not fill our memory.
    static let limit = 1 << 18
    private(set) var all: [SandboxOutcome.Access] = []
    private var seen: Set<SandboxOutcome.Access> = []

    mutating func add(kind: Int32, path: String) {
        guard all.count < Self.limit else { return }
        let kinds: [SandboxOutcome.Access.Kind] = [.open, .write, .look, .execute]
        guard kinds.indices.contains(Int(kind)) else { return }
        let access = SandboxOutcome.Access(kind: kinds[Int(kind)], path: Self.normalized(path))
        if seen.insert(access).inserted { all.append(access) }
    }

    /// An absolute path without `.`, `..` and empty parts, by its text alone.
    static func normalized(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") {
            if part == ".." { _ = parts.popLast() } else if part != "." { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}
