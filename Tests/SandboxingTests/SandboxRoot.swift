#if canImport(Glibc)
    import Glibc
#endif
import Platform
import TestSupport

@testable import Sandboxing

/// A root folder made of programs of this machine and the libraries they need, as an environment's tree would be.
final class SandboxRoot: Sendable {
    static let programs = [
        "sh", "cat", "chmod", "cp", "date", "dd", "env", "false", "head", "hostname", "id", "ln", "ls", "mkdir", "mkfifo", "mv", "nproc",
        "od", "readlink", "rm", "seq", "setsid", "sleep", "sort", "stat", "test", "touch", "tr", "true", "uname", "wc",
    ]

    /// One for all tests of the process, removed when it ends.
    static let shared: Result<SandboxRoot, any Error> = Result {
        let root = try SandboxRoot()
        atexit { try? Files.removeTree(SandboxRoot.shared.get().path) }
        return root
    }

    let folder: TemporaryFolder
    var path: HostPath { folder.path }
    /// The folder of Python's own library, where Python is there.
    let pythonLibrary: HostPath?

    private init() throws {
        folder = try TemporaryFolder()
        for name in ["dev", "proc", "tmp", "home", "work", "etc", "usr/bin", "usr/lib", "usr/lib64", "usr/sbin", "data"] {
            try Files.makeDirectories(folder.appending(name))
        }
        for name in ["bin", "lib", "lib64", "sbin"] {
            try Files.makeSymbolicLink(folder.appending(name), to: Array("usr/\(name)".utf8))
        }
        try folder.write("mlbuild:x:1000:1000::/home:/bin/sh\n", to: "etc/passwd")
        try folder.write("mlbuild:x:1000:\n", to: "etc/group")
        for program in Self.programs { try Self.add("/usr/bin/\(program)", to: folder) }
        pythonLibrary = try Self.addPython(to: folder)
    }

    /// Copies a program with the libraries that the loader names for it.
    static func add(_ program: String, to folder: TemporaryFolder) throws {
        guard try Files.status(HostPath(program)) != nil else { return }
        try Files.copy(from: HostPath(program), to: folder.appending(String(program.dropFirst())), mode: 0o755)
        try addLibraries(of: program, to: folder)
    }

    private static func addLibraries(of file: String, to folder: TemporaryFolder) throws {
        for line in try ProcessRunner.run(["/usr/bin/ldd", file]).outputText.split(separator: "\n") {
            // "NAME => PATH (ADDRESS)" or "PATH (ADDRESS)"
            guard let source = line.split(whereSeparator: \.isWhitespace).first(where: { $0.hasPrefix("/") }).map(String.init) else {
                continue
            }
            let target = folder.appending(String((source.hasPrefix("/usr/") ? source : "/usr" + source).dropFirst()))
            if try Files.status(target) != nil { continue }
            try Files.makeDirectories(target.parent)
            try Files.copy(from: HostPath(source), to: target, mode: 0o755)
        }
    }

    private static func addPython(to folder: TemporaryFolder) throws -> HostPath? {
        let python = HostPath("/usr/bin/python3")
        guard try Files.status(python) != nil else { return nil }
        let real = try Files.resolved(python)
        let library = HostPath("/usr/lib").appending(real.lastComponent)
        guard try Files.status(library) != nil else { return nil }
        try add(real.description, to: folder)
        try Files.makeSymbolicLink(folder.appending("usr/bin/python3"), to: real.lastComponent)
        try Files.makeDirectories(folder.appending("usr/lib").appending(real.lastComponent))
        // What its library loads in turn.
        for module in try Files.list(library.appending("lib-dynload")) {
            let name = String(decoding: module.name, as: UTF8.self)
            guard name.hasPrefix("_hashlib") || name.hasPrefix("_ctypes.") else { continue }
            try addLibraries(of: "\(library)/lib-dynload/\(name)", to: folder)
        }
        return library
    }
}

/// One sandbox host, root and work folder, and what a test says beyond that.
struct Sandbox {
    let host: SandboxHost
    let root: SandboxRoot
    let work: TemporaryFolder

    static let support = SandboxSupport.probe()
    static var isAvailable: Bool { support == .available }
    static var hasPython: Bool { (try? SandboxRoot.shared.get().pythonLibrary) != nil }

    struct Ended {
        let outcome: SandboxOutcome
        let log: String
    }

    init() throws {
        host = try SandboxHost.start()
        root = try SandboxRoot.shared.get()
        work = try TemporaryFolder()
    }

    func plan(_ arguments: [String], _ change: (inout SandboxPlan) -> Void = { _ in }) -> SandboxPlan {
        var plan = SandboxPlan(
            root: root.path, work: work.path, arguments: arguments,
            variables: [("PATH", "/usr/bin:/bin"), ("HOME", "/home"), ("LC_ALL", "C.UTF-8")],
            entropy: .derived(key: [UInt8](0..<32)))
        if let library = root.pythonLibrary { plan.mounts.append(.init(.folder(library), at: library)) }
        change(&plan)
        return plan
    }

    func run(_ arguments: [String], _ change: (inout SandboxPlan) -> Void = { _ in }) throws -> Ended {
        var log: [UInt8] = []
        let outcome = try host.run(plan(arguments, change), log: { log += $0 })
        return Ended(outcome: outcome, log: String(decoding: log, as: UTF8.self))
    }

    func shell(_ line: String, _ change: (inout SandboxPlan) -> Void = { _ in }) throws -> Ended {
        try run(["/bin/sh", "-euc", line], change)
    }
}
