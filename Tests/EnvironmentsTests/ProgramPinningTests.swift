import Canonical
import Locking
import Platform
import Storage
import TestSupport
import Testing

@testable import Environments

struct ProgramPinningTests {
    private let folder: TemporaryFolder
    private let store: DirectoryStore

    init() throws {
        folder = try TemporaryFolder()
        store = try DirectoryStore.open(folder.appending("store"))
    }

    private func search(_ folders: String...) -> ProgramSearch {
        ProgramSearch(path: (folders.map { folder.appending($0).description } + ["/usr/bin", "/bin"]).joined(separator: ":"))
    }

    private func script(_ text: String, to name: String) throws {
        try Files.setPermissions(try folder.write(text, to: name), 0o755)
    }

    private func paths(_ pin: ProgramPin) throws -> [String] {
        try TreePath.files(of: pin.tree.object, store).map { String(decoding: $0.path, as: UTF8.self) }.sorted()
    }

    @Test func `a program that is nowhere is an error that lists the folders`() throws {
        let search = ProgramSearch(path: "/usr/bin:relative:/bin")
        #expect(throws: PinningError.notFound("no-such-tool", searched: ["/usr/bin", "/bin"])) {
            try ProgramPinning.pin(tool: "no-such-tool", store: store, search: search)
        }
        #expect(throws: PinningError.notFound("../bin/sh", searched: ["/usr/bin", "/bin"])) {
            try ProgramPinning.pin(tool: "../bin/sh", store: store, search: search)
        }
    }

    @Test func `a stand-in of a version manager is passed over, and named when there is nothing else`() throws {
        try script("#!/bin/sh\nexec manager exec \"$0\"\n", to: "manager/shims/odd-tool")
        let shim = folder.appending("manager/shims/odd-tool").description
        #expect(throws: PinningError.shim("odd-tool", path: shim)) {
            try ProgramPinning.pin(tool: "odd-tool", store: store, search: search("manager/shims"))
        }
        try script("#!/bin/sh\necho real\n", to: "bin/odd-tool")
        let pin = try ProgramPinning.pin(tool: "odd-tool", store: store, search: search("manager/shims", "bin"))
        #expect(try paths(pin) == ["usr/bin/odd-tool"])
    }

    @Test func `a script brings its interpreter along, found through env too`() throws {
        try script("#!/bin/bash\necho one\n", to: "bin/plain")
        try script("#!/usr/bin/env bash\necho two\n", to: "bin/looked-up")
        let search = search("bin")
        for name in ["plain", "looked-up"] {
            let pin = try ProgramPinning.pin(tool: name, store: store, search: search)
            let paths = try paths(pin)
            #expect(paths.contains("usr/bin/bash") && paths.contains("usr/bin/\(name)"), "\(paths)")
            #expect(paths.contains { $0.contains("libc.so") })
            // The script is no package's.
            #expect(pin.origin.isEmpty)
        }
    }

    @Test func `a script that nothing can run is an error that quotes its line`() throws {
        try script("#!/opt/no/such/interpreter -x\n", to: "bin/odd")
        let path = folder.appending("bin/odd").description
        #expect(throws: PinningError.noInterpreter(path, line: "#!/opt/no/such/interpreter -x")) {
            try ProgramPinning.pin(tool: "odd", store: store, search: search("bin"))
        }
        try script("#!/usr/bin/env python3\n", to: "bin/odd")
        let reason = "it is a Python script; name its package in 'requirements' instead"
        try script("#!/bin/sh\n", to: "bin/python3")
        #expect(throws: PinningError.notProgram(path, reason: reason)) {
            try ProgramPinning.pin(tool: "odd", store: store, search: search("bin"))
        }
    }

    @Test func `an interpreter of Python is no tool`() throws {
        try Files.copy(from: HostPath("/bin/sh"), to: folder.appending("python3.9"), mode: 0o755)
        #expect(throws: PinningError.self) { try ProgramPinning.pin(tool: "python3.9", store: store, search: search("")) }
    }

    @Test func `scripts that run each other come to an end`() throws {
        try script("#!\(folder.appending("bin/second"))\n", to: "bin/first")
        try script("#!\(folder.appending("bin/first"))\n", to: "bin/second")
        #expect(throws: PinningError.self) { try ProgramPinning.pin(tool: "first", store: store, search: search("bin")) }
    }

    @Test func `a file that is no program is refused`() throws {
        try script("just text", to: "bin/odd")
        let path = folder.appending("bin/odd").description
        #expect(throws: PinningError.notProgram(path, reason: "it is no ELF file")) {
            try ProgramPinning.pin(tool: "odd", store: store, search: search("bin"))
        }
    }

    @Test func `the same files give the same pin in another store`() throws {
        let other = try DirectoryStore.open(folder.appending("other"))
        for tool in ["sh", "coreutils"] {
            let first = try ProgramPinning.pin(tool: tool, store: store)
            let second = try ProgramPinning.pin(tool: tool, store: other)
            #expect(first == second)
            #expect(first.tree.files > 2)
        }
    }

    @Test(.enabled(if: (try? Files.status(HostPath("/usr/bin/dpkg-query"))) != nil, "this system has no dpkg"))
    func `the origin is the packages of all files with their versions`() throws {
        let pin = try ProgramPinning.pin(tool: "sh", store: store)
        let library = try ProcessRunner.run(["dpkg-query", "-W", "-f=${Package} ${Version}", "libc6"]).outputText
        #expect(pin.origin.contains(library), "\(pin.origin)")
        #expect(pin.origin.count == 2)
    }

    @Test func `an interpreter that does not answer is an error that says what it said`() throws {
        try script("#!/bin/sh\necho 'broken beyond repair' >&2\nexit 3\n", to: "bin/python3.99")
        let path = folder.appending("bin/python3.99")
        #expect(throws: PinningError.silentInterpreter(path.description, reason: "broken beyond repair")) {
            try ProgramPinning.pin(interpreterAt: path, store: store)
        }
        try script("#!/bin/sh\necho hello\n", to: "bin/python3.99")
        #expect(throws: PinningError.silentInterpreter(path.description, reason: "its answer is no JSON")) {
            try ProgramPinning.pin(interpreterAt: path, store: store)
        }
    }

    @Test func `what people and other systems need stays out of an environment`() {
        for (path, isNeeded) in [
            ("usr/lib/git-core/git-add", true), ("usr/share/git-core/templates/description", true), ("usr/share/doc/git/README", false),
            ("usr/share/man/man1/git.1.gz", false), ("etc/bash_completion.d/git-prompt", false), ("etc/bash.bashrc", true),
            ("usr/share/locale/de/LC_MESSAGES/git.mo", false), ("usr/bin/scalar", false), ("var/lib/git", false),
            ("usr/lib/systemd/system/x.service", false), ("usr/lib/x/__pycache__/y.pyc", false),
        ] {
            #expect(PackageContent.isNeeded(Array(path.utf8)) == isNeeded, "\(path)")
        }
    }

    @Test func `answers of the package manager are read whatever is in them`() {
        let text = """
            diversion by dash from: /bin/sh
            libc6:amd64: /lib/x86_64-linux-gnu/libc.so.6
            one, two:amd64: /usr/share/common file
            no path here
            """
        let owners = PackageDatabase.read(search: Array(text.utf8))
        #expect(
            owners == [
                HostPath("/lib/x86_64-linux-gnu/libc.so.6"): ["libc6:amd64"], HostPath("/usr/share/common file"): ["one", "two:amd64"],
            ])
    }
}
