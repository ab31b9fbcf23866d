import Canonical
import Locking
import Platform
import Storage
import TestSupport
import Testing

@testable import Environments

/// A store in a folder of its own, and environments in it.
struct EnvironmentBench {
    let folder: TemporaryFolder
    let store: DirectoryStore

    init() throws {
        folder = try TemporaryFolder()
        store = try DirectoryStore.open(folder.appending("store"))
    }

    /// A lockfile with one environment, `default`, of these pins.
    func lockfile(
        python: (String, ProgramPin)? = nil, tools: [(String, ProgramPin)], wheels: [WheelFile] = [], libraries: DataPin? = nil,
        platform: String = EnvironmentPlatform.here
    ) -> Lockfile {
        let environment = EnvironmentPin(
            request: Digest.of([1]), platform: platform, python: python?.0, tools: tools.map(\.0), wheels: wheels.map(\.fileName),
            libraries: libraries)
        let programs = tools + (python.map { [$0] } ?? [])
        return Lockfile(
            environments: [Lockfile.Entry("default", environment)], programs: programs.map { Lockfile.Entry($0.0, $0.1) },
            wheels: wheels.map { Lockfile.Entry($0.fileName, WheelPin(digest: $0.digest, size: $0.size)) })
    }

    func assemble(_ lockfile: Lockfile) throws(EnvironmentError) -> StoredObject {
        guard let pin = lockfile.pin(environment: "default") else { preconditionFailure("the lockfile has an environment") }
        return try EnvironmentTree.assemble(pin, lockfile, store: store)
    }

    /// Puts the tree into a folder and runs a command in it, with nothing else to be seen.
    func run(_ arguments: [String], in tree: StoredObject) throws -> ProcessRunner.Outcome {
        let root = folder.appending("root-\(tree.digest.hex)")
        if try Files.status(root) == nil { try store.materialise(tree, at: root) }
        return try ProcessRunner.run(
            [
                "bwrap", "--unshare-all", "--clearenv", "--ro-bind", root.description, "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs",
                "/tmp",
            ]
                + ["--setenv", "PATH", "/env/bin:/usr/bin:/bin", "--setenv", "LC_ALL", "C.UTF-8", "--setenv", "TZ", "UTC", "--"] + arguments
        )
    }

    static var hasBubblewrap: Bool {
        let outcome = try? ProcessRunner.run(["bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"])
        return outcome?.status == 0
    }
}

struct EnvironmentTreeTests {
    @Test(.enabled(if: EnvironmentBench.hasBubblewrap, "bubblewrap is not installed"))
    func `shell, tools and interpreter run in the assembled tree alone`() throws {
        let bench = try EnvironmentBench()
        let shell = try ProgramPinning.pin(tool: "sh", store: bench.store)
        let tools = try ProgramPinning.pin(tool: "coreutils", store: bench.store)
        let python = try ProgramPinning.pin(interpreterAt: HostPath("/usr/bin/python3"), store: bench.store)
        let tree = try bench.assemble(bench.lockfile(python: ("python-3", python), tools: [("coreutils", tools), ("sh", shell)]))

        let listing = try bench.run(["sh", "-c", "ls / | sort | tr '\\n' ' '"], in: tree)
        #expect(listing.outputText == "bin dev env etc home lib lib64 proc tmp usr work ", "\(listing.errorText)")
        let script = "import ssl, sqlite3, ctypes, lzma, sys, pwd, os; print(sys.prefix, pwd.getpwuid(1000).pw_name, os.getcwd())"
        let imports = try bench.run(["python", "-c", script], in: tree)
        #expect(imports.outputText == "/env mlbuild /\n", "\(imports.errorText)")
    }
}
