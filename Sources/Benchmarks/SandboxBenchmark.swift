import Platform
import Sandboxing

/// What a sandbox costs beside a plain process and beside bubblewrap, in one run.
enum SandboxBenchmark {
    private static let rounds = 300
    private static let binds = 40

    static func run() throws {
        guard case .available = SandboxSupport.probe() else {
            print("skipped: \(SandboxSupport.probe())")
            return
        }
        try withFolder("sandbox") { folder in
            let scene = try Scene(folder)
            let host = try SandboxHost.start()
            var contenders: [(name: String, body: () throws -> Void)] = []
            let program = scene.root.appending("usr/bin/true").description
            contenders.append(("posix_spawn of true", { try plain([program]) }))
            for (name, plan) in scene.plans {
                contenders.append((name, { try expectSuccess(try host.run(plan).termination) }))
            }
            if Measurement.isInstalled("bwrap") {
                let arguments = scene.bubblewrap
                contenders.append(("bwrap --unshare-all, \(binds) binds", { try plain(arguments) }))
            } else {
                print("bwrap --unshare-all: skipped, bubblewrap is not installed")
            }
            var seconds = [[Double]](repeating: [], count: contenders.count)
            for round in -20..<rounds {
                for (index, contender) in contenders.enumerated() {
                    let start = Clock.monotonic()
                    try contender.body()
                    let end = Clock.monotonic()
                    if round >= 0 { seconds[index].append(Double(end - start) / 1e9) }
                }
            }
            let samples = zip(contenders, seconds).map { Sample(name: $0.name, seconds: $1) }
            print("| | median ms | min ms | over plain, median | over plain, min | to bwrap |")
            print("|---|---|---|---|---|---|")
            for sample in samples {
                let (median, minimum) = (sample.median - samples[0].median, sample.minimum - samples[0].minimum)
                let last = Measurement.isInstalled("bwrap") ? Measurement.text(sample.median / samples[samples.count - 1].median) : "-"
                let figures = [sample.median, sample.minimum, median, minimum].map { Measurement.text($0 * 1e3) }
                print("| \(sample.name) | \(figures.joined(separator: " | ")) | \(last) |")
            }
        }
    }

    private static func plain(_ arguments: [String]) throws {
        let outcome = try ProcessRunner.run(arguments, environment: [:])
        guard outcome.status == 0 else { throw Measurement.Failed(command: arguments, status: outcome.status, said: outcome.errorText) }
    }

    private static func expectSuccess(_ termination: SandboxOutcome.Termination) throws {
        guard termination == .exited(0) else {
            throw Measurement.Failed(command: ["true"], status: 1, said: "\(termination)")
        }
    }

    /// A root with `true` in it, a work folder, and files to be shown.
    private struct Scene {
        let root: HostPath
        let work: HostPath
        let files: [HostPath]
        let mounts: [SandboxPlan.Mount]

        init(_ folder: HostPath) throws {
            root = folder.appending("root")
            work = folder.appending("work")
            for name in ["dev", "proc", "tmp", "home", "work", "etc", "usr/bin"] { try Files.makeDirectories(root.appending(name)) }
            try Files.makeDirectories(work)
            let program = HostPath("/usr/bin/true")
            try Files.copy(from: program, to: root.appending("usr/bin/true"), mode: 0o755)
            for line in try ProcessRunner.run(["ldd", program.description]).outputText.split(separator: "\n") {
                guard let library = line.split(whereSeparator: \.isWhitespace).first(where: { $0.hasPrefix("/") }) else { continue }
                let target = root.appending(String(library.dropFirst()))
                try Files.makeDirectories(target.parent)
                try Files.copy(from: HostPath(String(library)), to: target, mode: 0o755)
            }
            files = try (0..<binds).map { index in
                let file = folder.appending("inputs").appending("file\(index)")
                try Files.makeDirectories(file.parent)
                try Files.write(Array("input \(index)\n".utf8), to: file)
                return file
            }
            mounts = try files.enumerated().map { index, file in
                SandboxPlan.Mount(.file(try Descriptor.reading(file).shared()), at: "/work/in/file\(index)")
            }
        }

        var plans: [(String, SandboxPlan)] {
            let key = [UInt8](repeating: 7, count: 32)
            var plan = SandboxPlan(root: root, work: work, arguments: ["/usr/bin/true"], variables: [("PATH", "/usr/bin")], entropy: .host)
            plan.protections.remove(.callFilter)
            let bare = plan
            plan.mounts = mounts
            let bound = plan
            plan.protections.insert(.callFilter)
            plan.entropy = .derived(key: key)
            return [
                ("ours, no binds, no filter", bare), ("ours, \(binds) binds, no filter", bound),
                ("ours, \(binds) binds, filter and entropy", plan),
            ]
        }

        var bubblewrap: [String] {
            var arguments = ["bwrap", "--unshare-all", "--ro-bind", root.description, "/", "--proc", "/proc", "--dev", "/dev"]
            arguments += ["--tmpfs", "/tmp", "--tmpfs", "/home", "--bind", work.description, "/work"]
            for (index, file) in files.enumerated() { arguments += ["--ro-bind", file.description, "/work/in/file\(index)"] }
            return arguments + ["/usr/bin/true"]
        }
    }
}
