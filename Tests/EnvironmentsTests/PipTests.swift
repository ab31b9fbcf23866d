import Locking
import Platform
import Storage
import TestSupport
import Testing

@testable import Environments

/// Interpreters without a pip of their own: a real one behind a script that keeps things from it.
@Suite(.enabled(if: TestPython.isThere, TestPython.reason)) struct PipTests {
    private let folder: TemporaryFolder
    private let real: FoundInterpreter

    init() throws {
        folder = try TemporaryFolder()
        real = try #require(TestPython.interpreter)
    }

    /// The real interpreter without its packages, and without what `keeps` names in its arguments.
    private func bare(keeping keeps: String = "no-such-word") throws -> FoundInterpreter {
        let path = folder.appending("bare-python")
        let text = "#!/bin/sh\ncase \"$*\" in *\(keeps)*) exit 9;; esac\nexec '\(real.executable)' -I -S \"$@\"\n"
        try Files.write(Array(text.utf8), to: path, mode: 0o755)
        return FoundInterpreter(version: real.version, executable: path)
    }

    private var variables: [String: String] {
        [
            "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": folder.appending("offer").description, "PIP_CONFIG_FILE": "/dev/null",
            "PIP_NO_CACHE_DIR": "1",
        ]
    }

    private func expectDownload(with pip: Pip) throws {
        let wheel = TestWheel("alpha", "1.0")
        try folder.write(wheel.bytes, to: "offer/\(wheel.fileName)")
        let run = try pip.download(Pip.Order(requirements: ["alpha"]), root: folder.path, work: folder.appending("work"))
        #expect(run.status == 0, "\(run.errors)")
        #expect(try Files.list(run.wheels).map { String(decoding: $0.name, as: UTF8.self) } == [wheel.fileName])
    }

    private var nothing: InterpreterSearch { InterpreterSearch { $0 == "HOME" ? folder.path.description : nil } }

    @Test func `the pip that comes for virtual environments stands in for one that is not installed`() throws {
        let interpreter = try bare()
        let bundled = try ProcessRunner.run([real.executable.description, "-I", "-S", "-c", "import ensurepip; print(ensurepip.version())"])
        // Some systems take it out of their Python.
        guard bundled.status == 0 else { return }
        let pip = try #require(Pip.find(for: interpreter, search: nothing, work: folder.appending("work"), variables: variables))
        try expectDownload(with: pip)
    }

    @Test func `another interpreter's pip stands in where there is none`() throws {
        let interpreter = try bare(keeping: "ensurepip")
        let search = InterpreterSearch { name in
            switch name {
            case "PATH": real.executable.parent.description
            case "HOME": folder.path.description
            default: nil
            }
        }
        let pip = try #require(Pip.find(for: interpreter, search: search, work: folder.appending("work"), variables: variables))
        try expectDownload(with: pip)
    }

    @Test func `without any pip there is none`() throws {
        let interpreter = try bare(keeping: "pip")
        #expect(Pip.find(for: interpreter, search: nothing, work: folder.appending("work"), variables: variables) == nil)
    }

    @Test func `a module of the workspace is no part of pip`() throws {
        try folder.write("raise SystemExit('imported from the workspace')\n", to: "pip.py")
        try folder.write("raise SystemExit('imported from the workspace')\n", to: "json.py")
        let pip = try #require(Pip.find(for: real, search: nothing, work: folder.appending("work"), variables: variables))
        try expectDownload(with: pip)
    }

    @Test func `wheels for another Python are fetched by their tags`() throws {
        let wheel = TestWheel("alpha", "1.0", tags: "cp36-abi3-manylinux_2_5_x86_64.manylinux1_x86_64")
        let pure = TestWheel("beta", "1.0")
        try folder.write(wheel.bytes, to: "offer/\(wheel.fileName)")
        try folder.write(pure.bytes, to: "offer/\(pure.fileName)")
        let pip = try #require(Pip.find(for: real, search: nothing, work: folder.appending("work"), variables: variables))
        let store = try DirectoryStore.open(folder.appending("store"))
        let resolution = WheelResolution(
            pip: pip, root: folder.path, work: folder.appending("work"), store: store, mask: SecretText(), kept: [], fitting: [])
        let pins = [wheel, pure].map { Lockfile.Entry($0.fileName, WheelPin(digest: $0.digest, size: $0.bytes.count)) }
        try resolution.fetch(pins, options: [], python: "3.6")
        #expect(try store.read(wheel.digest) == wheel.bytes)
        #expect(try store.read(pure.digest) == pure.bytes)
    }
}
