internal import Canonical
internal import Locking
internal import Manifests
internal import Planning
internal import Platform
internal import Running
internal import Sandboxing
internal import Storage

/// What one variation changes about the sandbox of a command; what the manifest itself says is never changed.
// SPEC: determinism.md#variations
struct CommandRunVariation: Sendable {
    private let kind: Variation
    private let work: CommandWork
    private let isControl: Bool
    /// A folder that lives as long as the run.
    private var temporary: HostPath?
    /// What a reader of the result should know about the trial.
    private(set) var facts: [JSONMember] = []

    init(_ kind: Variation, of work: CommandWork, isControl: Bool = false) {
        self.kind = kind
        self.work = work
        self.isControl = isControl
    }

    /// What a difference means: a sandbox holds everything but the time and the order of files.
    var weight: VariationWeight {
        switch kind {
        case .again, .time, .fileOrder: .decisive
        case .threads, .hashSeed, .addresses, .timeZone, .locale, .user, .path, .processIds: work.isolation == .none ? .decisive : .held
        case .kernels: .classed
        }
    }

    /// Whether a run can be made in which only the effect is missing.
    var hasControl: Bool { kind == .time || kind == .kernels }

    /// Another number of threads than `count`, at most twice as many.
    static func otherCount(of count: Int) -> Int { count <= 1 ? 2 : count / 2 }

    // MARK: Whether it says anything

    /// Why the variation could not change anything; nil when it can.
    func obstacle(_ action: Action) -> String? {
        if work.isolation == .none, ![.again, .threads, .hashSeed, .timeZone, .locale, .kernels].contains(kind) {
            return "without a sandbox nothing else can be made to differ"
        }
        switch kind {
        case .again, .user, .path, .time, .processIds: return nil
        case .addresses: return work.addresses == .random ? "'addresses' is \"random\" anyway" : nil
        case .fileOrder:
            let mayHoldFolder = action.inputs.contains { input in
                switch input.source {
                case .pinned(_, let pin): pin.kind == .tree
                case .output, .file: true
                }
            }
            return mayHoldFolder ? nil : "no input is a folder"
        case .threads, .hashSeed, .timeZone, .locale, .kernels:
            let changed = changes()
            if kind == .threads { return nil }
            return changed.isEmpty ? "the manifest says these variables itself" : nil
        }
    }

    // MARK: Variables

    /// The variables that have another value, but for those that the manifest says.
    func changes() -> [(name: String, value: String)] {
        let wanted: [(name: String, value: String)]
        switch kind {
        case .again, .addresses, .path, .fileOrder, .processIds, .time: wanted = []
        case .hashSeed: wanted = [("PYTHONHASHSEED", "1")]
        case .timeZone: wanted = [("TZ", "XYZ-11:30")]
        case .locale: wanted = [("LC_ALL", "C")]
        case .user: wanted = [("HOME", "/tmp"), ("LOGNAME", Self.userName), ("USER", Self.userName)]
        case .threads:
            let other = DeterminismProfile.variables(threads: Self.otherCount(of: work.threads), platform: work.platform, wheels: wheels)
            wanted = other.filter { one in work.variables.contains { $0.name == one.name && $0.value != one.value } }
        case .kernels: wanted = kernels.map { one in (one.name, padded(one)) }
        }
        return wanted.filter { one in !work.ownVariables.contains { $0.name.utf8.elementsEqual(one.name.utf8) } }
    }

    private var wheels: [WheelName] { work.wheels.compactMap { WheelName($0.name) } }

    /// The varied value, or for a control the one of the profile, as long as the longer of the two: a longer text moves what lies in memory.
    private func padded(_ varied: (name: String, value: String)) -> String {
        guard let own = work.variables.first(where: { $0.name == varied.name })?.value else { return varied.value }
        let value = isControl ? own : varied.value
        let missing = max(own.utf8.count, varied.value.utf8.count) - value.utf8.count
        guard missing > 0 else { return value }
        // Each of these passes over what it does not know.
        switch varied.name {
        case "NPY_DISABLE_CPU_FEATURES": return value + String(repeating: " ", count: missing)
        case "GLIBC_TUNABLES": return value + "," + String(repeating: "x", count: missing - 1)
        default: return value
        }
    }

    /// The switches of the numeric libraries, set as for a processor with fewer instructions.
    private var kernels: [(name: String, value: String)] {
        let lower: String? =
            if work.platform.hasSuffix("-v4") || work.platform.hasSuffix("-v3") {
                work.platform.dropLast(3) + "-v2"
            } else if work.platform.hasSuffix("-v2") {
                work.platform.dropLast(3) + "-v1"
            } else {
                nil
            }
        guard let lower else {
            return work.platform.hasSuffix("-aarch64") ? [("OPENBLAS_CORETYPE", "CORTEXA57")] : []
        }
        var changed = DeterminismProfile.variables(threads: work.threads, platform: lower, wheels: wheels).filter { one in
            work.variables.contains { $0.name == one.name && $0.value != one.value }
        }
        // The profile hides from NumPy what not every processor of the class has; one of a lower class lacks more.
        if let numpy = work.variables.first(where: { $0.name == "NPY_DISABLE_CPU_FEATURES" }) {
            changed.append((numpy.name, numpy.value + (numpy.value.contains("X86_V4") ? " X86_V3" : " AVX2 FMA3")))
        }
        return changed
    }

    // MARK: The sandbox

    private static let userName = "somebody"
    private static let clockFolder = "/home/.faketime"

    mutating func apply(to plan: inout SandboxPlan, view: SandboxView) throws(SystemError) {
        plan.variables = Self.overriding(plan.variables, with: changes())
        switch kind {
        case .again, .hashSeed, .timeZone, .locale, .kernels: return
        case .threads: plan.threads = Self.otherCount(of: work.threads)
        case .addresses: plan.hasFixedAddresses = false
        case .processIds: plan.processIdentifier = 20_000
        case .user:
            plan.userName = Self.userName
            plan.userIdentifier = 4242
            plan.hostName = "elsewhere"
        case .path:
            plan.workFolder = "/elsewhere/deep"
            plan.mounts = view.mounts(at: plan.workFolder)
        case .time: try changeTime(&plan)
        case .fileOrder: try changeFileOrder(&plan, view)
        }
    }

    /// The variables with some of them replaced, in the same order; new ones come last.
    static func overriding(
        _ variables: [(name: String, value: String)], with changes: [(name: String, value: String)]
    ) -> [(name: String, value: String)] {
        var result = variables
        for change in changes {
            if let index = result.firstIndex(where: { $0.name.utf8.elementsEqual(change.name.utf8) }) {
                result[index].value = change.value
            } else {
                result.append(change)
            }
        }
        return result
    }

    /// Another time: with the library that fakes it where there is one that fits, else a second later.
    private mutating func changeTime(_ plan: inout SandboxPlan) throws(SystemError) {
        guard let libraries = Self.clockLibraries(fitting: plan.root) else {
            Clock.sleep(nanoseconds: 1_100_000_000)
            facts.append(JSONMember("time", "one second later: no 'libfaketime' is here that fits the environment"))
            return
        }
        var places: [String] = []
        for (index, library) in libraries.enumerated() {
            places.append("\(Self.clockFolder)/\(index).so")
            plan.mounts.append(SandboxPlan.Mount(.file(try Descriptor.reading(library).shared()), at: places[index]))
        }
        plan.variables = Self.overriding(
            plan.variables,
            with: [
                ("FAKETIME", isControl ? "+800d" : "+400d"), ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
                ("LD_PRELOAD", places.joined(separator: ":")),
            ])
        facts.append(JSONMember("time", "400 days later"))
    }

    /// The library that fakes time, after those it needs that the root lacks; nil where the root has another C library than this machine.
    private static func clockLibraries(fitting root: HostPath) -> [HostPath]? {
        let places = HostPath("/usr/lib")
        #if arch(x86_64)
            let prefix = "x86_64-"
        #else
            let prefix = "aarch64-"
        #endif
        // Whatever cannot be read is as good as absent: then time goes on by itself.
        guard let folders = try? Files.list(places) else { return nil }
        for folder in folders where folder.name.starts(with: prefix.utf8) {
            let here = places.appending(folder.name)
            let inside = root.appending("usr/lib").appending(folder.name)
            let library = here.appending("faketime/libfaketime.so.1")
            guard (try? Files.status(library))?.kind == .regular, let own = try? Files.read(here.appending("libc.so.6")),
                let other = try? Files.read(inside.appending("libc.so.6")), own == other
            else { continue }
            let mathematics = here.appending("libm.so.6")
            return (try? Files.status(inside.appending("libm.so.6"))) == nil ? [mathematics, library] : [library]
        }
        return nil
    }

    /// Input folders as copies whose entries were made in the reverse order, in memory, where that order shows.
    private mutating func changeFileOrder(_ plan: inout SandboxPlan, _ view: SandboxView) throws(SystemError) {
        let memory = HostPath("/dev/shm")
        try Self.removeLeftovers(in: memory)
        let folder = memory.appending(Self.orderPrefix + Host.uniqueText())
        try Files.makeDirectory(folder, mode: 0o700)
        temporary = folder
        for (index, input) in view.inputs.enumerated() {
            guard case .folder(let source) = input.shown else { continue }
            let copy = folder.appending(String(index))
            try FolderCopy.copy(source, to: copy, reversed: true)
            plan.mounts[index] = SandboxPlan.Mount(.folder(copy), at: plan.mounts[index].path)
        }
    }

    private static let orderPrefix = "mlbuild-order-"

    /// Removes what processes that were killed have left in memory.
    private static func removeLeftovers(in memory: HostPath) throws(SystemError) {
        for entry in try Files.list(memory) where entry.name.starts(with: orderPrefix.utf8) {
            let rest = entry.name.dropFirst(orderPrefix.utf8.count)
            guard Host.isUniqueText(rest), let process = rest.split(separator: UInt8(ascii: "-")).first else { continue }
            if try Files.status(HostPath("/proc").appending(process)) == nil { try Files.removeTree(memory.appending(entry.name)) }
        }
    }

    /// Takes away what was made for the run.
    func end() {
        // What cannot be removed now is removed by the next one.
        if let temporary { try? Files.removeTree(temporary) }
    }
}
