import Diagnostics
import Locking
import Manifests
import Platform
import Storage
import TestSupport
import Testing

@testable import Environments

/// Whether the package index that pip is configured for gives wheels.
private enum RealIndex {
    static let isReachable: Bool = {
        guard let interpreter = TestPython.interpreter, let folder = try? TemporaryFolder() else { return false }
        let outcome = try? ProcessRunner.run(
            [
                interpreter.executable.description, "-I", "-m", "pip", "--retries", "0", "--timeout", "10", "download", "-q", "--no-deps",
                "--only-binary", ":all:", "-d", folder.path.description, "six==1.16.0",
            ], directory: folder.path)
        return outcome?.status == 0
    }()
}

/// With the package index that pip is configured for, where it can be reached; the other suites need no network.
@Suite(.enabled(if: RealIndex.isReachable, "skipped: no package index can be reached")) struct RealIndexTests {
    private let folder: TemporaryFolder
    private let store: DirectoryStore

    init() throws {
        folder = try TemporaryFolder()
        store = try DirectoryStore.open(folder.path.appending("store"))
    }

    private func resolve(_ requirements: String..., previous: Lockfile = Lockfile()) throws -> Diagnosed<EnvironmentResolution> {
        let list = requirements.map { "\"\($0)\"" }.joined(separator: ", ")
        let text = """
            {"version": 1, "name": "w", "environment": {"python": {"version": "\(TestPython.version)", "requirements": [\(list)]}},
             "stages": {"show": {"run": ["python", "-V"], "outputs": {"text": "out.txt"}}}}
            """
        let manifest = try #require(ManifestReader.read(SourceText(name: "mlops.json", text: text)).value)
        return try EnvironmentResolver.resolve(
            manifest, previous: previous, root: folder.path, store: store, scope: .everything, progress: { _ in })
    }

    @Test func `numpy is locked with the interpreter, and the environment is put together from the store alone`() throws {
        let result = try resolve("numpy")
        let lockfile = try #require(result.value?.lockfile, "\(result.diagnostics)")
        let pin = try #require(lockfile.pin(environment: "default"))
        #expect(pin.wheels.count == 1)
        let name = try #require(pin.wheels.first.flatMap { WheelName($0) })
        #expect(name.project == "numpy")
        #expect(name.pythons.contains(TestPython.tag))
        #expect(!String(decoding: lockfile.encode(), as: UTF8.self).contains("://"))
        let tree = try EnvironmentTree.assemble(pin, lockfile, store: store)
        let files = try store.files(of: tree.digest).map(\.path)
        #expect(files.contains("env/lib/python\(TestPython.version)/site-packages/numpy/__init__.py"))
        #expect(try resolve("numpy", previous: lockfile).value?.lockfile == lockfile)
    }

    @Test func `a package that the index does not know is told`() throws {
        let result = try resolve("surely-nobody-named-a-package-like-this")
        #expect(result.diagnostics.map(\.code) == ["environment/unknown-package"])
    }

    @Test func `a version with sources only is told`() throws {
        let result = try resolve("pyperclip==1.8.2")
        #expect(result.diagnostics.map(\.code) == ["environment/no-wheel"])
        #expect(result.diagnostics.first?.message.hasSuffix("there are only source archives") == true)
    }

    @Test func `requirements that contradict one another are told`() throws {
        let result = try resolve("requests==2.31.0", "urllib3==1.20")
        #expect(result.diagnostics.map(\.code) == ["environment/conflict"])
        #expect(result.diagnostics.first?.notes.contains { $0.message == "requests 2.31.0 depends on urllib3<3 and >=1.21.1" } == true)
    }
}
