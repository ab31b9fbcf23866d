import Canonical
import Locking
import Platform
import Storage
import TestSupport
import Testing

@testable import Environments

/// Real wheels of scikit-learn and what it needs, from the index that pip is configured for.
private enum RealWheels {
    /// Why there are none; nil when an index answers.
    static let problem: Comment? = {
        guard EnvironmentBench.hasBubblewrap else { return "bubblewrap is not installed" }
        do {
            let folder = try TemporaryFolder()
            let outcome = try download(["threadpoolctl==3.5.0"], into: folder.path)
            return outcome.status == 0 ? nil : "pip can download nothing: no package index answers"
        } catch {
            return "pip cannot be run: \(error)"
        }
    }()

    static func download(_ requirements: [String], into folder: HostPath) throws(SystemError) -> ProcessRunner.Outcome {
        let options = ["--quiet", "--only-binary", ":all:", "--retries", "0", "--timeout", "10", "--dest", folder.description]
        return try ProcessRunner.run(["python3", "-m", "pip", "download"] + options + requirements)
    }
}

struct ScikitLearnTests {
    @Test(.enabled(if: RealWheels.problem == nil, RealWheels.problem ?? ""))
    func `an environment with scikit-learn is the same each time and runs alone`() throws {
        let folder = try TemporaryFolder()
        let outcome = try RealWheels.download(["scikit-learn==1.5.2", "numpy==1.26.4", "scipy==1.13.1"], into: folder.path)
        try #require(outcome.status == 0, "\(outcome.errorText)")
        var trees: [StoredObject] = []
        for _ in 0..<2 {
            let bench = try EnvironmentBench()
            var wheels: [WheelFile] = []
            for entry in try Files.list(folder.path) {
                let object = try bench.store.put(file: folder.path.appending(entry.name))
                wheels.append(WheelFile(fileName: String(decoding: entry.name, as: UTF8.self), digest: object.digest, size: object.size))
            }
            let shell = try ProgramPinning.pin(tool: "sh", store: bench.store)
            let tools = try ProgramPinning.pin(tool: "coreutils", store: bench.store)
            let python = try ProgramPinning.pin(interpreterAt: HostPath("python3"), store: bench.store)
            let libraries = try ProgramPinning.libraries(for: wheels, programs: [shell, tools, python], store: bench.store)
            let lock = bench.lockfile(
                python: ("python-3", python), tools: [("coreutils", tools), ("sh", shell)], wheels: wheels, libraries: libraries)
            let tree = try bench.assemble(lock)
            trees.append(tree)
            if trees.count == 1 {
                let script = "import ssl, sqlite3, numpy, scipy.linalg, sklearn.ensemble; print(sklearn.__version__, numpy.ones(3).sum())"
                let imports = try bench.run(["python", "-c", script], in: tree)
                #expect(imports.outputText == "1.5.2 3.0\n", "\(imports.errorText)")
                let command = try bench.run(["f2py", "-v"], in: tree)
                #expect(command.outputText == "1.26.4\n", "\(command.errorText)")
            }
        }
        #expect(trees[0] == trees[1])
    }
}
