import CFaultBench
import Canonical
import Glibc
import Platform

/// Power cuts on real file systems in files: what waits in memory is dropped while a command runs, or right after it ended well.
struct Power: Campaign {
    static let name = "power"
    let options: BenchOptions

    private static let scenarios = [
        "lock", "lock-edited", "lock-one", "build", "build-restore", "build-changed", "package", "checkout", "push", "pull",
    ]

    func run(_ worker: Worker) throws {
        guard geteuid() == 0, bench_own_mounts() == 0 else { return worker.count("of which skipped: not root") }
        var random = Seeded(options.seed, -1 - worker.number)
        let count = options.count ?? 90
        for (place, kind) in FileSystemImage.Kind.allCases.enumerated() where options.mode == nil || options.mode == kind.rawValue {
            let folder = worker.bench.root.appending("disk\(place)")
            guard let disk = try FileSystemImage(kind, in: folder) else {
                worker.count("of which skipped: no \(kind.rawValue)")
                continue
            }
            defer { disk.end() }
            var rehearsals: [(Rehearsal, length: Int64)] = []
            for name in Self.scenarios where options.scenario == nil || options.scenario == name {
                guard let scenario = Scenario.named(name) else { continue }
                let rehearsal = try worker.attempt("power \(name)") {
                    try Rehearsal(scenario, Bench(root: disk.mount.appending("bench")))
                }
                guard let rehearsal else { continue }
                let start = Clock.monotonic()
                _ = try rehearsal.calls(.persistent)
                rehearsals.append((rehearsal, Clock.monotonic() - start))
            }
            for number in 0..<(count / FileSystemImage.Kind.allCases.count) {
                guard worker.takes(number), worker.isWanted(), let (rehearsal, length) = rehearsals.randomElement(using: &random) else {
                    continue
                }
                let line = "power --mode \(kind.rawValue) --scenario \(rehearsal.scenario.name) --seed \(options.seed)"
                _ = try worker.attempt(line) {
                    let isLate = try cut(disk, rehearsal, length, &random)
                    worker.count("\(kind.rawValue), \(isLate ? "after a good end" : "before the end")")
                }
            }
        }
    }

    /// One cut; whether the command had ended well.
    private func cut(_ disk: FileSystemImage, _ rehearsal: Rehearsal, _ length: Int64, _ random: inout Seeded) throws -> Bool {
        try rehearsal.bench.lay(rehearsal.image)
        try disk.sync()
        let child = Child.start(rehearsal.bench.order(rehearsal.scenario.words), isLeader: true)
        var end: ChildEnd?
        if Int.random(in: 0..<3, using: &random) == 0 {
            end = child.wait()
        } else {
            Clock.sleep(nanoseconds: Int64.random(in: 0...length, using: &random))
            end = child.poll()
        }
        // Somebody else's sync takes along what the file system remembers of ours: names, but not bytes.
        if Bool.random(using: &random) { try disk.syncSomethingElse() }
        try disk.cutPower()
        if end == nil {
            kill(-child.identifier, SIGKILL)
            end = child.wait()
            // Cut off, it may have ended well or badly in its last moments: nothing follows from that.
            end = nil
        }
        _ = try Child.strays()
        try disk.mountAgain()
        let isDone = end?.isDone == true
        let context = isDone ? "a cut after it ended well" : "a cut before it ended"
        do {
            try rehearsal.checkAfterCut(isDone: isDone)
        } catch {
            throw Finding("\(context): \(error)")
        }
        try rehearsal.recover(context, allowingLitter: true)
        return isDone
    }
}

/// A file system in a file, mounted for this process alone.
final class FileSystemImage {
    enum Kind: String, CaseIterable {
        case ordered = "ext4 ordered"
        case writeback = "ext4 writeback"
        case xfs

        var make: [String] {
            switch self {
            case .ordered, .writeback: ["mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0"]
            case .xfs: ["mkfs.xfs", "-q", "-f"]
            }
        }

        var options: String {
            switch self {
            case .ordered: "loop,data=ordered"
            case .writeback: "loop,data=writeback"
            case .xfs: "loop"
            }
        }

        /// xfs takes no less than 300 MiB; the file has holes.
        var size: Int { self == .xfs ? 320 << 20 : 64 << 20 }
    }

    let mount: HostPath
    private let kind: Kind
    private let file: HostPath

    /// Nil where there is no program to make one, or no way to mount it.
    init?(_ kind: Kind, in folder: HostPath) throws {
        self.kind = kind
        mount = folder.appending("mount")
        file = folder.appending("image")
        try Files.makeDirectories(mount)
        try Files.write([], to: file)
        guard truncate(file.description, off_t(kind.size)) == 0 else { throw Finding("'\(file)' cannot be made") }
        guard let made = try? ProcessRunner.run(kind.make + [file.description]), made.status == 0 else { return nil }
        guard (try? mountAgain(first: true)) != nil else { return nil }
    }

    func mountAgain(first: Bool = false) throws {
        if !first { try run(["umount", mount.description]) }
        try run(["mount", "-t", kind == .xfs ? "xfs" : "ext4", "-o", kind.options, file.description, mount.description])
    }

    private func run(_ words: [String]) throws {
        let outcome = try ProcessRunner.run(words)
        guard outcome.status == 0 else { throw Finding("\(words.joined(separator: " ")): \(outcome.errorText)") }
    }

    func end() { _ = try? ProcessRunner.run(["umount", mount.description]) }

    func sync() throws { try Descriptor.folder(mount).syncFileSystem() }

    func syncSomethingElse() throws {
        let path = mount.appending("something-else")
        try Files.removeFileIfPresent(path)
        let file = try Descriptor.creating(path)
        try file.write([1, 2, 3])
        try file.sync()
    }

    func cutPower() throws {
        let folder = Glibc.open(mount.description, O_RDONLY | O_DIRECTORY)
        defer { close(folder) }
        let result = bench_cut_power(folder)
        guard result == 0 else { throw Finding("the power cannot be cut: error \(-result)") }
    }
}
