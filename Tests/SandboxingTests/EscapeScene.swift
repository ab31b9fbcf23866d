import Platform
import Sandboxing
import Synchronization
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// A folder of its own with a root, inputs, a work folder, and canaries outside: where one attack takes place.
final class EscapeScene {
    let folder: TemporaryFolder
    let root: HostPath
    let inputs: HostPath
    let work: HostPath
    let outside: HostPath
    /// The probe as the host has it.
    let program: HostPath
    private let host: SandboxHost
    let variant: EscapeVariant
    private var helpers: [ChildProcess] = []
    private var values: [String: String] = [:]

    /// Whether there are sandboxes at all here.
    static let support = SandboxSupport.probe()
    /// Why the suites are skipped.
    static var reason: Comment {
        guard case .unavailable(let reason, _) = support else { return "sandboxes are available" }
        return "no sandboxes here: \(reason)"
    }
    private static let numbers = Atomic<Int>(0)
    private static let ordinaryHost = Result { try SandboxHost.start() }
    private static let disturbedHost = Result { try Disturbance.start() }

    init(_ variant: EscapeVariant = .ordinary, isDisturbed: Bool = false) throws {
        self.variant = variant
        folder = try TemporaryFolder()
        root = folder.appending("root")
        inputs = folder.appending("inputs")
        work = folder.appending("work")
        outside = folder.appending("outside")
        program = root.appending("usr/bin/probe")
        host = try (isDisturbed ? Self.disturbedHost : Self.ordinaryHost).get()
        let places = variant == .layered ? [] : ["work"]
        for name in ["dev", "proc", "tmp", "home", "env", "usr/bin", "usr/lib"] + places {
            try Files.makeDirectories(root.appending(name))
        }
        try Files.copy(from: try Places.products().appending("SandboxProbe"), to: program, mode: 0o755)
        try folder.write("library\n", to: "root/usr/lib/library.txt")
        try folder.write("tool\n", to: "root/env/tool.txt")
        try folder.write("input\n", to: "inputs/input.txt")
        try folder.write("member\n", to: "inputs/folder/member.txt")
        try folder.write("canary outside\n", to: "outside/canary.txt")
        try Files.makeDirectories(work)
        let canary = outside.appending("canary.txt")
        try Files.makeSymbolicLink(work.appending("seeded-link"), to: canary.bytes)
        try Files.makeSymbolicLink(
            work.appending("seeded-climb"), to: Array(String(repeating: "../", count: 24).utf8) + canary.bytes.dropFirst())
    }

    deinit {
        // The helpers end with their standard input.
        for helper in helpers { _ = try? helper.finish() }
    }

    // MARK: Words

    /// The words of a line, for a probe that is inside or outside.
    func words(_ line: String, isInside: Bool) throws -> [String] {
        try line.split(separator: " ").map { word in
            var text = String(word)
            if text == "''" { text = "" }
            while let open = text.firstIndex(of: "{"), let close = text[open...].firstIndex(of: "}") {
                let value = try value(String(text[text.index(after: open)..<close]), isInside: isInside)
                text.replaceSubrange(open...close, with: value)
            }
            return text
        }
    }

    private func value(_ name: String, isInside: Bool) throws -> String {
        switch name {
        case "canary": return outside.appending("canary.txt").description
        case "outside": return outside.description
        case "work": return isInside ? "/work" : work.description
        case "root": return isInside ? "" : root.description
        case "probe": return isInside ? "/usr/bin/probe" : program.description
        default: break
        }
        if values[name] == nil { try find(name) }
        return try #require(values[name], "no value for {\(name)}")
    }

    /// Starts what gives the value, or asks for it.
    private func find(_ name: String) throws {
        switch name {
        case "number", "name", "abstract":
            // Names and keys that no other run of the tests uses at the same time.
            let count = Self.numbers.add(1, ordering: .relaxed).newValue
            values["number"] = String(0x10_0000 + Int(Host.processIdentifier) * 1000 % 0x3fff_0000 + count)
            values["name"] = "/mlbuild-probe-\(Host.processIdentifier)-\(count)"
            if values["abstract"] == nil { values["abstract"] = "mlbuild-probe-\(Host.processIdentifier)-\(count)" }
        case "port":
            values["port"] = String(20000 + Self.numbers.add(1, ordering: .relaxed).newValue % 10000)
        case "tcp4", "udp4", "tcp6", "udp6", "socket", "server":
            try find("abstract")
            let socket = folder.appending("outside/socket")
            values["socket"] = socket.description
            values["server"] = values["abstract"]
            let told = try startHelper(["serve", "{file}", try #require(values["abstract"]), socket.description])
            for (name, port) in zip(["tcp4", "udp4", "tcp6", "udp6"], told) { values[name] = port }
        case "process", "address":
            let told = try startHelper(["sleep-on", "{file}", "canary-on-the-command-line"])
            for (name, value) in zip(["process", "address"], told) { values[name] = value }
        case "handle":
            let told = try ProcessRunner.run([program.description, "make-handle", outside.appending("canary.txt").description])
            values["handle"] = told.status == 0 ? String(told.outputText.prefix { $0 != "\n" }) : "0:0:"
        default: break
        }
    }

    /// Starts a helper and waits for what it has to tell.
    private func startHelper(_ words: [String]) throws -> [String] {
        let file = folder.appending("told-\(helpers.count)")
        helpers.append(try ProcessRunner.start([program.description] + words.map { $0 == "{file}" ? file.description : $0 }))
        for _ in 0..<500 {
            if let bytes = try Files.readIfPresent(file) {
                return String(decoding: bytes, as: UTF8.self).split { $0 == " " || $0 == "\n" }.map(String.init)
            }
            Clock.sleep(nanoseconds: 10_000_000)
        }
        throw Silent(words: words)
    }

    /// A helper did not come up.
    struct Silent: Error {
        let words: [String]
    }

    // MARK: Running

    /// The plan of the tests: two inputs, one variable, everything protected.
    func plan(_ line: String, change: (inout SandboxPlan) -> Void = { _ in }) throws -> SandboxPlan {
        var plan = SandboxPlan(
            root: root, work: work, arguments: [], variables: [(name: "PATH", value: "/usr/bin")],
            entropy: .derived(key: [UInt8](repeating: 7, count: 32)))
        plan.mounts = [
            SandboxPlan.Mount(.file(try Descriptor.reading(inputs.appending("input.txt")).shared()), at: "/work/input.txt"),
            SandboxPlan.Mount(.folder(inputs.appending("folder")), at: "/work/folder"),
        ]
        plan.limits.seconds = 30
        variant.apply(to: &plan)
        change(&plan)
        let isHere = plan.protections.contains(.ownRoot)
        plan.arguments = [isHere ? "/usr/bin/probe" : program.description] + (try words(line, isInside: true))
        return plan
    }

    /// How a run in a sandbox ended, and what it said.
    func run(_ plan: SandboxPlan) throws -> (outcome: SandboxOutcome, log: [UInt8]) {
        let begin = Clock.monotonic()
        while true {
            var log: [UInt8] = []
            do throws(SandboxError) {
                let outcome = try host.run(
                    plan, log: { log += $0 }, isCancelled: { Clock.monotonic() - begin > 60_000_000_000 })
                return (outcome, log)
            } catch {
                // A child that another test has just forked still holds the copy of the probe open, as it was when it was written.
                guard case .noProgram(_, 26) = error, Clock.monotonic() - begin < 5_000_000_000 else { throw error }
                Clock.sleep(nanoseconds: 20_000_000)
            }
        }
    }

    func verdict(inside plan: SandboxPlan, sign: EscapeProbe.Sign = .status) throws -> EscapeVerdict {
        let (outcome, log) = try run(plan)
        let text = String(decoding: log.prefix(300), as: UTF8.self).trimmingNewline
        if case .output(let bound) = sign {
            return log.count > bound ? .worked("\(log.count) bytes came") : .denied("\(log.count) bytes came")
        }
        switch outcome.termination {
        case .exited(let status): return EscapeVerdict(status: status, text: text)
        case .signalled(let signal): return .denied("signal \(signal) \(text)")
        case .timedOut: return .denied("the time was up")
        case .cancelled: return .broken("it never ended")
        }
    }

    func verdict(outside line: String) throws -> EscapeVerdict {
        // What is mounted inside lies in the work folder itself outside.
        try Files.write(Array("input\n".utf8), to: work.appending("input.txt"))
        try Files.makeDirectories(work.appending("folder"))
        try Files.write(Array("member\n".utf8), to: work.appending("folder/member.txt"))
        let ending = try ProcessRunner.run([program.description] + words(line, isInside: false), directory: work)
        return EscapeVerdict(status: ending.status, text: ending.outputText.trimmingNewline)
    }

    /// Everything that an attack must not change: kinds, modes, times and contents.
    func untouched() throws -> [String: String] {
        var result: [String: String] = [:]
        for name in try folder.everything() where !name.hasPrefix("work") && !name.hasPrefix("told-") {
            let path = folder.appending(name)
            guard let status = try Files.status(path, followLinks: false) else { continue }
            var text = "\(status.kind) \(status.mode) \(status.size) \(status.signature.modified) \(status.hardLinks)"
            if status.kind == .regular, status.size < 4096 { text += try folder.read(name) }
            result[name] = text
        }
        return result
    }
}

extension String {
    /// Without the newline at its end.
    var trimmingNewline: String { hasSuffix("\n") ? String(dropLast()) : self }
}

/// A thread in an unusual state from which the spawner of sandboxes is started.
enum Disturbance {
    static func start() throws -> SandboxHost {
        let result = Mutex<Result<SandboxHost, any Error>?>(nil)
        // Left open for everybody who does not close it.
        let folder = try TemporaryFolder()
        let file = open(try folder.write("canary left open\n", to: "canary.txt").description, O_RDONLY)
        defer { close(file) }
        // Of the whole process, and harmless to the other tests: a signal that nobody sends, and the size of core files.
        let handler = signal(SIGUSR2, SIG_IGN)
        var limit = rlimit()
        let coreFiles = __rlimit_resource_t(4)
        getrlimit(coreFiles, &limit)
        var small = rlimit(rlim_cur: min(4096, limit.rlim_max), rlim_max: limit.rlim_max)
        setrlimit(coreFiles, &small)
        defer {
            signal(SIGUSR2, handler)
            setrlimit(coreFiles, &limit)
        }
        Threads.run(1) { _ in
            // Of this thread alone, once it has a file mask and folder of its own.
            var blocked = sigset_t()
            sigemptyset(&blocked)
            sigaddset(&blocked, SIGUSR1)
            pthread_sigmask(SIG_BLOCK, &blocked, nil)
            // The headers show the call to some compilers only; 0x200 is CLONE_FS.
            typealias Unshare = @convention(c) (Int32) -> Int32
            guard let symbol = dlsym(nil, "unshare"), unsafeBitCast(symbol, to: Unshare.self)(0x200) == 0 else {
                result.withLock { $0 = .failure(SystemError(operation: "leave the shared file mask", path: nil, code: errno)) }
                return
            }
            umask(0o077)
            result.withLock { $0 = Result { try SandboxHost.start() } }
        }
        return try #require(result.withLock { $0 }).get()
    }
}
