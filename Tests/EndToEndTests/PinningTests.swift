import Platform
import TestSupport
import Testing

/// Locking that is stopped, that has no room, or that meets what cannot go together.
@Suite struct PinningTests {
    private static let terminate: Int32 = 15
    private static let interrupt: Int32 = 2
    private static let kill: Int32 = 9

    /// The Python that answers first, such as `3.11`; nil when none does or it has no pip.
    private static let python: String? = {
        let question = "import sys, pip; print('%d.%d' % sys.version_info[:2])"
        guard let outcome = try? ProcessRunner.run(["python3", "-c", question]), outcome.status == 0 else { return nil }
        return String(outcome.outputText.prefix { $0 != "\n" })
    }()

    /// A workspace whose one stage has these packages.
    private static func bench(_ requirements: [String]) throws -> Workbench {
        let bench = try Workbench()
        let list = requirements.map { "\"\($0)\"" }.joined(separator: ", ")
        try bench.write(
            #"""
            { "version": 1, "name": "pinning", "environment": { "python": { "version": "\#(python ?? "")", "requirements": [\#(list)] } },
              "stages": { "show": { "run": ["python", "-c", "import alpha; open('out.txt', 'w').write('made')"], "outputs": { "out": "out.txt" } } } }

            """#, to: "mlops.json")
        return bench
    }

    /// Makes wheels `NAME-1.0` in a folder: each has a module of its name, and `shared.txt` with its own name in it if asked for.
    private static func wheels(_ names: [String], sharing: Bool = false, in folder: HostPath) throws {
        let script = """
            import sys, zipfile
            for name in sys.argv[3:]:
                info = name + '-1.0.dist-info/'
                with zipfile.ZipFile(f'{sys.argv[1]}/{name}-1.0-py3-none-any.whl', 'w') as wheel:
                    wheel.writestr(name + '.py', '')
                    if sys.argv[2] == 'True': wheel.writestr('shared.txt', name)
                    wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
                    wheel.writestr(info + 'METADATA', f'Metadata-Version: 2.1\\nName: {name}\\nVersion: 1.0\\n')
                    wheel.writestr(info + 'RECORD', '')
            """
        try Files.makeDirectories(folder)
        let arguments = ["python3", "-c", script, folder.description, sharing ? "True" : "False"] + names
        let made = try ProcessRunner.run(arguments)
        try #require(made.status == 0, "\(made.errorText)")
    }

    private static func offering(_ folder: HostPath) -> [String: String] {
        ["PIP_CONFIG_FILE": "/dev/null", "PIP_NO_CACHE_DIR": "1", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": folder.description]
    }

    // MARK: Stopping

    /// An index that takes calls and never answers.
    private final class SilentIndex {
        private let process: ChildProcess
        private let folder: HostPath
        let address: String

        init(in folder: HostPath) throws {
            self.folder = folder
            let script = """
                import os, socket, sys
                server = socket.socket()
                server.bind(('127.0.0.1', 0))
                server.listen(16)
                def say(name, text):
                    with open(name + '.new', 'w') as file: file.write(text)
                    os.rename(name + '.new', name)
                say('port', str(server.getsockname()[1]))
                calls = []
                while True:
                    calls.append(server.accept())
                    say('calls', str(len(calls)))
                """
            try Files.makeDirectories(folder)
            process = try ProcessRunner.start(["python3", "-c", script], directory: folder)
            address = "http://127.0.0.1:\(try Self.wait(folder.appending("port")) { _ in true })/simple"
        }

        /// Comes back when it has been called so often.
        func waitForCalls(_ count: Int) throws { _ = try Self.wait(folder.appending("calls")) { (Int($0) ?? 0) >= count } }

        private static func wait(_ file: HostPath, _ isEnough: (String) -> Bool) throws -> String {
            for _ in 0..<3000 {
                if let bytes = try Files.readIfPresent(file) {
                    let text = String(decoding: bytes, as: UTF8.self)
                    if isEnough(text) { return text }
                }
                Clock.sleep(nanoseconds: 10_000_000)
            }
            throw SystemError(operation: "wait for", path: file.description, code: 110)
        }

        func stop() {
            try? process.send(9)
            _ = try? process.finish()
        }
    }

    /// Whether a process has `text` among its variables.
    private static func isRunning(with text: String) throws -> Bool {
        for entry in try Files.list(HostPath("/proc")) where entry.name.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) {
            let place = HostPath("/proc").appending(entry.name).appending("environ")
            if let bytes = try? Files.read(place), String(decoding: bytes, as: UTF8.self).contains(text) { return true }
        }
        return false
    }

    private static func hasEnded(with text: String) throws -> Bool {
        for _ in 0..<300 {
            if try !isRunning(with: text) { return true }
            Clock.sleep(nanoseconds: 10_000_000)
        }
        return false
    }

    @Test(.enabled("there is no python3 with pip") { python != nil })
    func `a signal ends pip that waits for an index, a kill does so too, and nothing is left`() throws {
        let bench = try Self.bench(["alpha"])
        let index = try SilentIndex(in: bench.folder.appending("index"))
        defer { index.stop() }
        let variables = ["PIP_CONFIG_FILE": "/dev/null", "PIP_NO_CACHE_DIR": "1", "PIP_INDEX_URL": index.address]
        for (number, (signal, status)) in [(Self.interrupt, Int32(130)), (Self.terminate, 143), (Self.kill, 137)].enumerated() {
            let locking = try bench.start(["lock"], environment: variables)
            try index.waitForCalls(number + 1)
            let asked = Clock.monotonic()
            try locking.send(signal)
            let ending = Ending(try locking.finish())
            #expect(ending.status == status, "\(ending)")
            // Much less, but other work may hold up the machine.
            #expect(Clock.monotonic() - asked < 5_000_000_000)
            #expect(try Self.hasEnded(with: index.address), "\(signal)")
            #expect(try Files.status(bench.path("mlops.lock")) == nil)
            if signal != Self.kill { #expect(try bench.temporaries() == []) }
        }
        // What pip left when it was killed lies where the next one clears up.
        let own = try ProcessRunner.run(["find", "\(bench.cache.appending("tmp"))", "-type", "d", "-name", "pip-*"])
        #expect(own.status == 0 && !own.output.isEmpty)
        #expect(try bench.run("status").status != 4)
        #expect(try bench.temporaries() == [])
    }

    @Test(arguments: [(interrupt, Int32(130)), (terminate, Int32(143))])
    func `a signal ends the reading of data that is huge`(signal: Int32, status: Int32) throws {
        for keep in ["reference", "copy"] {
            let bench = try Workbench()
            try bench.write(
                #"""
                { "version": 1, "name": "huge", "data": { "big": { "path": "big.bin", "keep": "\#(keep)" } } }

                """#, to: "mlops.json")
            func grow(_ size: String) throws {
                try #require(ProcessRunner.run(["truncate", "-s", size, "\(bench.path("big.bin"))"]).status == 0)
            }
            try grow("1000")
            try #require(bench.run("lock").status == 0)
            let lock = try bench.read("mlops.lock")
            try grow("1T")
            let locking = try bench.start(["lock"])
            Clock.sleep(nanoseconds: 300_000_000)
            let asked = Clock.monotonic()
            try locking.send(signal)
            let ending = Ending(try locking.finish())
            #expect(ending.status == status, "\(keep): \(ending)")
            #expect(Clock.monotonic() - asked < 5_000_000_000)
            #expect(try bench.temporaries() == [], "\(keep)")
            #expect(try bench.read("mlops.lock") == lock)
        }
    }

    @Test(arguments: [(interrupt, Int32(130)), (terminate, Int32(143))])
    func `a signal ends a build that reads data that is huge`(signal: Int32, status: Int32) throws {
        let bench = try Workbench()
        try bench.write(
            #"""
            { "version": 1, "name": "huge", "data": { "big": { "path": "big.csv" } },
              "stages": { "parts": { "uses": "split", "inputs": { "table": "data.big" } } } }

            """#, to: "mlops.json")
        try bench.write("a,b\n1,2\n", to: "big.csv")
        let locked = try bench.run("lock")
        try #require(locked.status == 0, "\(locked)")
        try #require(ProcessRunner.run(["truncate", "-s", "1T", "\(bench.path("big.csv"))"]).status == 0)
        let building = try bench.start(["build"])
        Clock.sleep(nanoseconds: 300_000_000)
        let asked = Clock.monotonic()
        try building.send(signal)
        let ending = Ending(try building.finish())
        #expect(ending.status == status, "\(ending)")
        #expect(!ending.words.contains("error"), "\(ending)")
        #expect(Clock.monotonic() - asked < 5_000_000_000)
        #expect(try bench.temporaries() == [])
    }

    // MARK: Room

    /// Words that make the store a file system of 1 MiB, for the program behind them alone.
    private static let small = [
        "unshare", "-rm", "sh", "-c", "mkdir -p \"$MLBUILD_CACHE\" && mount -t tmpfs -o size=1m none \"$MLBUILD_CACHE\" && exec \"$@\"",
        "sh",
    ]

    private static let hasSmall: Bool = {
        guard let folder = try? TemporaryFolder() else { return false }
        let variables = ["MLBUILD_CACHE": folder.appending("cache").description, "PATH": Host.environment("PATH") ?? "/usr/bin:/bin"]
        return (try? ProcessRunner.run(small + ["true"], environment: variables))?.status == 0
    }()

    private static func commands() throws -> Workbench {
        let bench = try Workbench()
        try bench.write(
            #"{ "version": 1, "name": "room", "stages": { "s": { "run": "echo 1 > ${outputs.o}", "outputs": { "o": "o.txt" } } } }"#,
            to: "mlops.json")
        return bench
    }

    @Test(.enabled("a small file system is not to be had here") { hasSmall })
    func `a disk that is full while programs are pinned is told as that`() throws {
        let bench = try Self.commands()
        let full = try bench.run("lock", wrapper: Self.small)
        #expect(full.status == 4, "\(full)")
        #expect(full.words.contains("'\(bench.cache)/"), "\(full)")
        #expect(full.words.contains("no space left on device"), "\(full)")
        #expect(full.words.contains("MLBUILD_CACHE names another folder for the store"), "\(full)")
        #expect(try Files.status(bench.path("mlops.lock")) == nil)
    }

    @Test func `a limit on the size of files that programs meet is told as that`() throws {
        let bench = try Self.commands()
        let refused = try bench.run("lock", wrapper: ["sh", "-c", "ulimit -f 30; exec \"$@\"", "sh"])
        #expect(refused.status == 4, "\(refused)")
        #expect(refused.words.contains("'\(bench.cache)/") && refused.words.contains("file too large"), "\(refused)")
        #expect(try Files.status(bench.path("mlops.lock")) == nil)
        #expect(try bench.temporaries() == [])
    }

    // MARK: What goes together

    @Test(.enabled("there is no python3 with pip") { python != nil })
    func `wheels that clash are refused by lock, with the path and both names`() throws {
        let bench = try Self.bench(["alpha", "beta"])
        let folder = bench.folder.appending("wheels")
        try Self.wheels(["alpha", "beta"], sharing: true, in: folder)
        let refused = try bench.run("lock", environment: Self.offering(folder))
        #expect(refused.status == 1, "\(refused)")
        let path = "env/lib/python\(Self.python ?? "")/site-packages/shared.txt"
        let words = "'alpha-1.0-py3-none-any.whl' and 'beta-1.0-py3-none-any.whl' bring different content for '\(path)'"
        #expect(refused.words.contains(words) && refused.words.contains("[environment/clash]"), "\(refused)")
        #expect(try Files.status(bench.path("mlops.lock")) == nil)
        #expect(try bench.temporaries() == [])
    }

    @Test(
        .enabled("there is no python3 with pip, or no sandbox") { python != nil && SandboxesHere.areToBeHad })
    func `a build that lacks a pinned wheel names lock, and lock brings it`() throws {
        let bench = try Self.bench(["alpha"])
        let folder = bench.folder.appending("wheels")
        try Self.wheels(["alpha"], in: folder)
        let locked = try bench.run("lock", environment: Self.offering(folder))
        try #require(locked.status == 0, "\(locked)")
        let lock = try bench.read("mlops.lock")
        let wheel = try Files.read(folder.appending("alpha-1.0-py3-none-any.whl"))
        // A colleague who has the programs, but neither the wheel nor what was made of it.
        try bench.forget(wheel)
        try Files.removeTree(bench.cache.appending("actions"))
        try Files.makeDirectories(bench.cache.appending("actions"))
        let stopped = try bench.run("build", environment: Self.offering(folder))
        #expect(stopped.status != 0, "\(stopped)")
        #expect(stopped.words.contains("'alpha-1.0-py3-none-any.whl' is not in the store"), "\(stopped)")
        #expect(stopped.words.contains("'mlbuild lock' brings it back from here"), "\(stopped)")
        let again = try bench.run("lock", environment: Self.offering(folder))
        #expect(again.status == 0, "\(again)")
        #expect(try bench.read("mlops.lock") == lock)
        let built = try bench.run("build")
        #expect(built.status == 0, "\(built)")
        #expect(try bench.read("out.txt") == "made")
    }
}
