import Platform
import TestSupport
import Testing

@testable import Environments

/// With programs that only say that they are interpreters, of versions that no machine has.
@Suite struct InterpreterSearchTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @discardableResult
    private func make(_ version: String, at name: String, implementation: String = "cpython", level: String = "final") throws -> HostPath {
        let path = folder.appending(name)
        try Files.makeDirectories(path.parent)
        try Files.write(
            Array("#!/bin/sh\necho \(version)\necho \(implementation)\necho \(level)\necho \(path)\n".utf8), to: path, mode: 0o755)
        return try Files.resolved(path)
    }

    private func search(_ path: String..., variables: [String: String] = [:]) -> InterpreterSearch {
        let path = path.map { folder.appending($0).description }.joined(separator: ":")
        let home = folder.path.description
        return InterpreterSearch { name in
            switch name {
            case "PATH": path
            case "HOME": home
            default: variables[name]
            }
        }
    }

    @Test func `the newest that answers is taken, wherever it lies`() throws {
        try make("3.91.2", at: "bin/python3.91")
        let newest = try make("3.91.10", at: ".pyenv/versions/3.91.10/bin/python3")
        try make("3.910.0", at: "bin/python3")
        try make("3.90.9", at: ".local/share/uv/python/cpython-3.90.9-linux-x86_64-gnu/bin/python3")
        let found = try search("bin").find(version: "3.91")
        #expect(found == FoundInterpreter(version: "3.91.10", executable: newest))
        #expect(found.name == "python-3.91.10")
        #expect(try search("bin").find(version: "3.91.2").version == "3.91.2")
        #expect(try search("bin").find(version: "3.90").version == "3.90.9")
        #expect(try search("bin").find(version: "3.91", preferring: "3.91.2").version == "3.91.2")
        #expect(try search("bin").find(version: "3.91", preferring: "3.91.5").version == "3.91.10")
    }

    @Test func `of equal ones the first on PATH is taken, and links count as what they lead to`() throws {
        let first = try make("3.91.2", at: "one/python3.91")
        try make("3.91.2", at: "two/python3.91")
        try Files.makeDirectories(folder.appending("zero"))
        try Files.makeSymbolicLink(folder.appending("zero/python"), to: Array("../one/python3.91".utf8))
        #expect(try search("zero", "one", "two").find(version: "3.91").executable == first)
    }

    @Test func `what is no released CPython, or does not answer, is passed over`() throws {
        try make("3.91.0", at: "bin/python3.91", implementation: "pypy")
        try make("3.91.0", at: "more/python3.91", level: "candidate")
        try folder.write("#!/bin/sh\nexit 3\n", to: "broken/python3.91")
        try Files.setPermissions(folder.appending("broken/python3.91"), 0o755)
        try make("3.91.0", at: "shims/python3.91")
        try make("3.91.0", at: "other/python3.91-config")
        #expect(throws: InterpreterError.self) {
            try search("bin", "more", "broken", "shims", "other", "nowhere").find(version: "3.91")
        }
    }

    @Test func `what there is instead is told`() throws {
        let place = try make("3.90.1", at: "bin/python3.90")
        let error = #expect(throws: InterpreterError.self) { try search("bin").find(version: "3.91") }
        #expect(error?.description == "there is no Python 3.91 on this machine")
        #expect(error?.remark.contains("3.90.1 (\(place))") == true)
        // The one of this machine's own folders may be there too.
        #expect(error?.remark.hasPrefix("found: ") == true)
    }

    @Test func `the folders of version managers may lie elsewhere`() throws {
        try make("3.91.1", at: "a/versions/mine/bin/python3")
        try make("3.92.1", at: "b/cpython-3.92.1-x/bin/python3")
        let search = search(
            "bin", variables: ["PYENV_ROOT": folder.appending("a").description, "UV_PYTHON_INSTALL_DIR": folder.appending("b").description])
        #expect(try search.find(version: "3.91").version == "3.91.1")
        #expect(try search.find(version: "3.92").version == "3.92.1")
    }

    @Test func `a real interpreter says who it is, through a virtual environment too`() throws {
        guard let real = TestPython.interpreter else { return }
        let outcome = try ProcessRunner.run(
            [real.executable.description, "-I", "-m", "venv", "--without-pip", folder.appending("venv").description])
        guard outcome.status == 0 else { return }
        let found = try #require(InterpreterSearch.ask(folder.appending("venv/bin/python")))
        #expect(found == real)
    }
}
