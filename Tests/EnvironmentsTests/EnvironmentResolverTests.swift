import Canonical
import Diagnostics
import Locking
import Manifests
import Platform
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Environments

/// With the pip of this machine and wheels in a folder; no network.
@Suite(.enabled(if: TestPython.isThere, TestPython.reason)) struct EnvironmentResolverTests {
    private let folder: TemporaryFolder
    private let store: DirectoryStore
    private var root: HostPath { folder.path.appending("workspace") }
    private var wheels: HostPath { folder.path.appending("wheels") }

    init() throws {
        folder = try TemporaryFolder()
        store = try DirectoryStore.open(folder.path.appending("store"))
        try Files.makeDirectories(folder.path.appending("workspace"))
        try Files.makeDirectories(folder.path.appending("wheels"))
    }

    private func offer(_ wheel: TestWheel) throws {
        try Files.write(wheel.bytes, to: wheels.appending(wheel.fileName))
    }

    private func manifest(_ python: String, tools: String = "[]", _ place: SourceLocation = #_sourceLocation) throws -> Manifest {
        let text = """
            {"version": 1, "name": "w", "environment": {"python": \(python), "tools": \(tools)},
             "stages": {"show": {"run": ["python", "-V"], "outputs": {"text": "out.txt"}}}}
            """
        let result = ManifestReader.read(SourceText(name: "mlops.json", text: text))
        return try #require(result.value, "\(result.diagnostics.map(\.message))", sourceLocation: place)
    }

    private func requirements(_ list: String...) throws -> Manifest {
        let texts = list.map { "\"\($0)\"" }.joined(separator: ", ")
        return try manifest("{\"version\": \"\(TestPython.version)\", \"requirements\": [\(texts)]}")
    }

    private func resolve(
        _ manifest: Manifest, _ previous: Lockfile = Lockfile(), scope: ResolveScope = .everything, index: String? = nil,
        says: @escaping @Sendable (String) -> Void = { _ in }
    ) throws -> Diagnosed<EnvironmentResolution> {
        var variables = ["PIP_FIND_LINKS": "", "PIP_RETRIES": "0", "PIP_NO_CACHE_DIR": "1", "PIP_CONFIG_FILE": "/dev/null"]
        if let index {
            variables["PIP_INDEX_URL"] = index
        } else {
            variables["PIP_NO_INDEX"] = "1"
            variables["PIP_FIND_LINKS"] = wheels.description
        }
        return try EnvironmentResolver.resolve(
            manifest, previous: previous, root: root, store: store, scope: scope,
            machine: ResolvingSurroundings(variables: variables, pinning: QuickPinning()), progress: says)
    }

    private func locked(_ manifest: Manifest, _ previous: Lockfile = Lockfile(), scope: ResolveScope = .everything) throws -> Lockfile {
        let result = try resolve(manifest, previous, scope: scope)
        return try #require(result.value?.lockfile, "\(result.diagnostics.map { ($0.message, $0.notes.map(\.message)) })")
    }

    private func problem(_ result: Diagnosed<EnvironmentResolution>, _ place: SourceLocation = #_sourceLocation) throws -> Diagnostic {
        #expect(result.value == nil, sourceLocation: place)
        #expect(result.diagnostics.count == 1, sourceLocation: place)
        return try #require(result.diagnostics.first, sourceLocation: place)
    }

    /// The text that a diagnostic points at.
    private func target(_ diagnostic: Diagnostic, in manifest: Manifest) -> String? {
        diagnostic.location?.span.map { String(decoding: manifest.source.bytes[$0.lower..<$0.upper], as: UTF8.self) }
    }

    @Test func `what cannot be put together is refused when it is pinned, where a manifest asks for it`() throws {
        try offer(TestWheel("alpha", "1.0"))
        for (name, text) in [("beta", "one"), ("gamma", "two")] {
            let wheel = SmallWheel(project: name, files: [("shared/data.txt", text), ("\(name).py", "")])
            try Files.write(wheel.bytes, to: wheels.appending(wheel.fileName))
        }
        let asking = try requirements("alpha", "beta", "gamma")
        let clash = try problem(try resolve(asking))
        #expect(clash.code == "environment/clash")
        let path = "env/lib/python\(TestPython.version)/site-packages/shared/data.txt"
        #expect(
            clash.message == "'beta-1.0-py3-none-any.whl' and 'gamma-1.0-py3-none-any.whl' bring different content for '\(path)'")
        #expect(target(clash, in: asking) == "\"beta\"")
        // Nothing of it was pinned, and one of the two goes well.
        let first = try locked(requirements("alpha", "gamma"))
        #expect(first.wheels.map(\.name) == ["alpha-1.0-py3-none-any.whl", "gamma-1.0-py3-none-any.whl"])

        let over = SmallWheel(project: "delta", files: [("delta-1.0.data/data/lib/python\(TestPython.version)/os.py", "mine")])
        try Files.write(over.bytes, to: wheels.appending(over.fileName))
        let program = try problem(try resolve(requirements("delta"), first))
        let python = try #require(first.pin(environment: "default")?.python)
        #expect(
            program.message == "'\(python)' and 'delta-1.0-py3-none-any.whl' bring different content for "
                + "'env/lib/python\(TestPython.version)/os.py'")
        #expect(program.code == "environment/clash")
    }

    @Test func `requirements are pinned with what they need, by file name and digest, and lie in the store`() throws {
        let base = TestWheel("alpha", "1.2")
        let user = TestWheel("beta", "2.0", requires: ["alpha>=1"])
        try offer(base)
        try offer(user)
        let said = Mutex<[String]>([])
        let result = try resolve(requirements("beta"), says: { line in said.withLock { $0.append(line) } })
        let resolution = try #require(result.value)
        let pin = try #require(resolution.lockfile.pin(environment: "default"))
        #expect(pin.wheels == [base.fileName, user.fileName])
        #expect(resolution.lockfile.pin(wheel: base.fileName) == WheelPin(digest: base.digest, size: base.bytes.count))
        #expect(try store.read(user.digest) == user.bytes)
        #expect(pin.python?.hasPrefix("python-\(TestPython.version).") == true)
        #expect(pin.tools == ["coreutils", "sh"])
        #expect(pin.platform == EnvironmentPlatform.here)
        #expect(resolution.lockfile.dangling(pin).isEmpty)
        #expect(EnvironmentResolver.outdated(try requirements("beta"), resolution.lockfile, root: root).isEmpty)
        #expect(EnvironmentResolver.outdated(try requirements("alpha"), resolution.lockfile, root: root) == ["default"])
        #expect(said.withLock { $0 }.first == "resolving 1 requirement for environment default")
        #expect(
            resolution.changes == [
                "environment 'default' is new: Python \(pin.python?.dropFirst("python-".count) ?? ""), 2 packages, 2 tools"
            ])
        #expect(resolution.details.contains("wheel '\(base.fileName)' is new: \(base.digest) (\(base.bytes.count) bytes)"))
        let text = String(decoding: resolution.lockfile.encode(), as: UTF8.self)
        #expect(!text.contains("://"))
        #expect(LockfileReader.read(SourceText(name: "mlops.lock", text: text)).value == resolution.lockfile)
    }

    @Test func `what is pinned is kept without asking anybody`() throws {
        try offer(TestWheel("alpha", "1.0"))
        let manifest = try requirements("alpha")
        let first = try locked(manifest)
        try offer(TestWheel("alpha", "1.1"))
        let said = Mutex<[String]>([])
        // Neither an index nor a folder answers.
        let result = try resolve(manifest, first, index: "http://127.0.0.1:1/simple", says: { line in said.withLock { $0.append(line) } })
        #expect(result.value?.lockfile == first)
        #expect(result.value?.changes == [])
        #expect(said.withLock { $0 }.isEmpty)
    }

    @Test func `another requirement leaves the others where they are`() throws {
        try offer(TestWheel("alpha", "1.0"))
        try offer(TestWheel("beta", "1.0"))
        let first = try locked(requirements("alpha", "beta"))
        for name in ["alpha", "beta", "gamma"] { try offer(TestWheel(name, "2.0", requires: name == "gamma" ? ["beta"] : [])) }
        let second = try #require(try resolve(requirements("alpha", "beta", "gamma"), first).value)
        #expect(
            second.lockfile.wheels.map(\.name) == ["alpha-1.0-py3-none-any.whl", "beta-1.0-py3-none-any.whl", "gamma-2.0-py3-none-any.whl"])
        // Only what stands in the way moves.
        let third = try #require(try resolve(requirements("alpha", "beta>1", "gamma"), second.lockfile).value)
        #expect(
            third.lockfile.wheels.map(\.name) == ["alpha-1.0-py3-none-any.whl", "beta-2.0-py3-none-any.whl", "gamma-2.0-py3-none-any.whl"])
        #expect(third.changes == ["environment 'default' changed: beta 1.0 -> 2.0"])
        #expect(third.details.contains("wheel of 'beta' changed: it was 1.0, it is 2.0"))
        let fourth = try #require(try resolve(requirements("alpha"), third.lockfile).value)
        #expect(fourth.changes == ["environment 'default' changed: 2 packages gone"])
        #expect(
            try resolve(requirements("alpha>0"), fourth.lockfile).value?.changes == [
                "environment 'default' is asked for in other words, and stays as it is"
            ])
    }

    @Test func `what another package needs moves the version that stands in its way, and no other`() throws {
        try offer(TestWheel("alpha", "1.0"))
        try offer(TestWheel("beta", "1.0"))
        let first = try locked(requirements("alpha", "beta"))
        try offer(TestWheel("alpha", "2.0"))
        try offer(TestWheel("beta", "2.0"))
        try offer(TestWheel("gamma", "1.0", requires: ["beta>=2"]))
        let second = try locked(requirements("alpha", "beta", "gamma"), first)
        #expect(second.wheels.map(\.name) == ["alpha-1.0-py3-none-any.whl", "beta-2.0-py3-none-any.whl", "gamma-1.0-py3-none-any.whl"])
    }

    @Test(arguments: ["alpha", "Alpha", "default"]) func `an update renews what it names`(name: String) throws {
        try offer(TestWheel("alpha", "1.0"))
        try offer(TestWheel("beta", "1.0"))
        let manifest = try requirements("alpha", "beta")
        let first = try locked(manifest)
        try offer(TestWheel("alpha", "2.0"))
        try offer(TestWheel("beta", "2.0"))
        #expect(
            EnvironmentResolver.updatable(manifest, first).filter { !$0.hasPrefix("python-") } == [
                "alpha", "beta", "coreutils", "default", "sh",
            ])
        let second = try locked(manifest, first, scope: .named([name]))
        let beta = name == "default" ? "2.0" : "1.0"
        #expect(second.wheels.map(\.name) == ["alpha-2.0-py3-none-any.whl", "beta-\(beta)-py3-none-any.whl"])
    }

    @Test func `a build pins what has no pin, and changes none`() throws {
        try offer(TestWheel("alpha", "1.0"))
        let first = try locked(requirements("alpha"), scope: .unpinned)
        #expect(first.wheels.count == 1)
        #expect(try locked(requirements("alpha", "beta"), first, scope: .unpinned) == first)
    }

    @Test func `environments that no command uses any more go, with their wheels and programs`() throws {
        try offer(TestWheel("alpha", "1.0"))
        let first = try locked(requirements("alpha"))
        let bare = try manifest("{\"version\": \"\(TestPython.version)\"}")
        let second = try locked(bare, first)
        #expect(second.wheels.isEmpty)
        #expect(second.pin(environment: "default")?.wheels == [])
        let text = "{\"version\": 1, \"name\": \"w\", \"stages\": {}}"
        let empty = try #require(ManifestReader.read(SourceText(name: "mlops.json", text: text)).value)
        let third = try #require(try resolve(empty, second).value)
        #expect(third.lockfile == Lockfile())
        #expect(third.changes.contains("environment 'default' is gone: no command uses it any more"))
    }

    @Test func `other bytes under a pinned name are refused with both digests, and accepted when asked`() throws {
        let good = TestWheel("alpha", "1.0")
        try offer(good)
        let first = try locked(requirements("alpha"))
        let bad = TestWheel("alpha", "1.0", content: "import os")
        try offer(bad)
        try offer(TestWheel("beta", "1.0"))
        let manifest = try requirements("alpha", "beta")
        let found = try problem(try resolve(manifest, first))
        #expect(found.code == "environment/hash-mismatch")
        #expect(found.message == "the index gives other bytes for 'alpha-1.0-py3-none-any.whl' than those that are pinned")
        #expect(found.notes.map(\.message).prefix(2) == ["expected \(good.digest)", "got      \(bad.digest)"])
        let accepted = try locked(manifest, first, scope: .named(["alpha"]))
        #expect(accepted.pin(wheel: good.fileName)?.digest == bad.digest)
    }

    @Test func `another file of a version that is pinned changes nothing, unless it is for another Python`() throws {
        let pure = TestWheel("alpha", "1.0")
        try offer(pure)
        try offer(TestWheel("beta", "1.0"))
        let first = try locked(requirements("alpha"))
        let special = TestWheel("alpha", "1.0", tags: "\(TestPython.tag)-none-any")
        try offer(special)
        let second = try locked(requirements("alpha", "beta"), first)
        #expect(second.wheels.map(\.name) == [pure.fileName, "beta-1.0-py3-none-any.whl"])

        let pin = try #require(first.pin(environment: "default"))
        let python = try #require(pin.python)
        let older = EnvironmentPin(
            request: pin.request, platform: pin.platform, python: "python-3.1.5", tools: pin.tools, wheels: pin.wheels, libraries: nil)
        let program = try #require(first.pin(program: python))
        let moved = first.replacing(
            environments: [.init("default", older)], programs: first.programs + [.init("python-3.1.5", program)], wheels: first.wheels)
        let third = try locked(requirements("alpha", "beta"), moved)
        #expect(third.wheels.map(\.name) == ["beta-1.0-py3-none-any.whl", special.fileName].sorted())
        #expect(third.pin(environment: "default")?.python == python)
    }

    @Test func `a wheel that the store lacks is fetched again by name and hash`() throws {
        let wheel = TestWheel("alpha", "1.0", requires: ["beta"])
        try offer(wheel)
        try offer(TestWheel("beta", "1.0"))
        let manifest = try requirements("alpha")
        let lockfile = try locked(manifest)
        let place = store.root.appending("objects").appending(String(wheel.digest.hex.prefix(2))).appending(
            String(wheel.digest.hex.dropFirst(2)))
        try Files.removeFile(place)
        let said = Mutex<[String]>([])
        let result = try resolve(manifest, lockfile, scope: .unpinned, says: { line in said.withLock { $0.append(line) } })
        #expect(result.value?.lockfile == lockfile)
        #expect(try store.read(wheel.digest) == wheel.bytes)
        #expect(said.withLock { $0 } == ["fetching alpha-1.0-py3-none-any.whl"])

        try Files.removeFile(place)
        let other = TestWheel("alpha", "1.0", content: "other")
        try offer(other)
        let found = try problem(try resolve(manifest, lockfile))
        #expect(found.code == "environment/hash-mismatch")
        #expect(found.notes.map(\.message).prefix(2) == ["expected \(wheel.digest)", "got      \(other.digest)"])

        try Files.removeFile(wheels.appending(wheel.fileName))
        let gone = try problem(try resolve(manifest, lockfile))
        #expect(gone.code == "environment/wheel-missing")
        let offline = try problem(try resolve(manifest, lockfile, index: "http://127.0.0.1:1/simple"))
        #expect(offline.code == "environment/no-index")
    }

    @Test func `a package that nobody knows is named where it is asked for`() throws {
        let manifest = try requirements("alpha", "betta")
        try offer(TestWheel("alpha", "1.0"))
        let found = try problem(try resolve(manifest))
        #expect(found.code == "environment/unknown-package")
        #expect(found.message == "no index that is asked has a package 'betta'")
        #expect(target(found, in: manifest) == "\"betta\"")
    }

    @Test func `a version that is not there is named with those that are`() throws {
        let manifest = try requirements("alpha==9")
        try offer(TestWheel("alpha", "1.0"))
        try offer(TestWheel("alpha", "1.5"))
        let found = try problem(try resolve(manifest))
        #expect(found.code == "environment/no-version")
        #expect(found.message.hasPrefix("there is no version for Python \(TestPython.version)"))
        #expect(found.notes.map(\.message) == ["versions that there are: 1.0, 1.5"])
        #expect(target(found, in: manifest) == "\"alpha==9\"")
    }

    @Test func `a package without a wheel for this Python is told from one that is not there`() throws {
        try offer(TestWheel("alpha", "1.0", tags: "cp27-cp27m-win32"))
        let tags = try problem(try resolve(requirements("alpha")))
        #expect(tags.code == "environment/no-wheel")
        #expect(tags.message.hasSuffix("its wheels are for other Pythons or machines"))
        try Files.write([], to: wheels.appending("beta-1.0.tar.gz"))
        let sources = try problem(try resolve(requirements("beta==1.0")))
        #expect(sources.code == "environment/no-wheel")
        #expect(sources.message.hasSuffix("there are only source archives"))
        try Files.write([], to: wheels.appending("sklearn-0.0.tar.gz"))
        let wrong = try problem(try resolve(requirements("sklearn==0.0")))
        let meant = "'sklearn' is the name of a module; the package that has it is 'scikit-learn'"
        #expect(wrong.notes.first?.message == meant)
        let unknown = try problem(try resolve(requirements("PIL")))
        #expect(unknown.notes.first?.message == "'PIL' is the name of a module; the package that has it is 'pillow'")
    }

    @Test func `requirements that contradict one another are told with pip's reasons`() throws {
        try offer(TestWheel("alpha", "1.0"))
        try offer(TestWheel("alpha", "2.0"))
        try offer(TestWheel("beta", "1.0", requires: ["alpha<2"]))
        let found = try problem(try resolve(requirements("alpha>=2", "beta")))
        #expect(found.code == "environment/conflict")
        #expect(found.notes.contains { $0.message == "beta 1.0 depends on alpha<2" })
    }

    @Test func `an interpreter that is not there is named with those that are`() throws {
        let manifest = try manifest("{\"version\": \"3.99\"}")
        let found = try problem(try resolve(manifest))
        #expect(found.code == "environment/no-interpreter")
        #expect(found.message == "there is no Python 3.99 on this machine")
        #expect(found.notes.first?.message.contains(TestPython.version) == true)
        #expect(target(found, in: manifest) == "\"3.99\"")
    }

    @Test func `a tool that is not there is named at its place`() throws {
        let manifest = try manifest("{\"version\": \"\(TestPython.version)\"}", tools: "[\"no-such-program\"]")
        let found = try problem(try resolve(manifest))
        #expect(found.code == "environment/no-tool")
        #expect(target(found, in: manifest) == "\"no-such-program\"")
    }

    // MARK: Files of requirements

    private func fromFile(_ name: String = "requirements.txt") throws -> Manifest {
        try manifest("{\"version\": \"\(TestPython.version)\", \"requirementsFile\": \"\(name)\"}")
    }

    @Test func `a file of requirements is read with what it includes, and its change is one of the request`() throws {
        try offer(TestWheel("alpha", "1.0"))
        try offer(TestWheel("alpha", "2.0"))
        try offer(TestWheel("beta", "1.0"))
        try folder.write("-r more/base.txt\nbeta # the user\n", to: "workspace/requirements.txt")
        try folder.write("-c limits.txt\nalpha\n", to: "workspace/more/base.txt")
        try folder.write("alpha<2\n", to: "workspace/more/limits.txt")
        let manifest = try fromFile()
        let first = try locked(manifest)
        #expect(first.wheels.map(\.name) == ["alpha-1.0-py3-none-any.whl", "beta-1.0-py3-none-any.whl"])
        #expect(EnvironmentResolver.outdated(manifest, first, root: root).isEmpty)
        try folder.write("alpha>=2\n", to: "workspace/more/limits.txt")
        #expect(EnvironmentResolver.outdated(manifest, first, root: root) == ["default"])
        #expect(try locked(manifest, first).wheels.map(\.name) == ["alpha-2.0-py3-none-any.whl", "beta-1.0-py3-none-any.whl"])
    }

    @Test func `links may lead to files of requirements, but not out of the workspace`() throws {
        try offer(TestWheel("alpha", "1.0"))
        let outside = try folder.write("alpha\n", to: "outside/secret.txt")
        func link(_ name: String, to target: String) throws {
            try Files.makeSymbolicLink(root.appending(name), to: Array(target.utf8))
        }
        try folder.write("alpha\n", to: "workspace/more/base.txt")
        try link("requirements.txt", to: "more/base.txt")
        #expect(try locked(fromFile()).wheels.map(\.name) == ["alpha-1.0-py3-none-any.whl"])

        let real = try Files.resolved(outside)
        try link("leads-out.txt", to: "../outside/secret.txt")
        try Files.makeSymbolicLink(root.appending("folder"), to: folder.path.appending("outside").bytes)
        for name in ["leads-out.txt", "folder/secret.txt"] {
            let asking = try fromFile(name)
            let found = try problem(try resolve(asking))
            #expect(found.code == "lock/escaping-link")
            #expect(found.message == "the link '\(name)' leads out of the workspace, to '\(real)'")
            #expect(found.notes.map(\.message) == ["copy the file there, or let the link lead to a place inside"])
            #expect(target(found, in: asking) == "\"\(name)\"")
        }
        try folder.write("\n-r leads-out.txt\n", to: "workspace/nested.txt")
        let nested = try problem(try resolve(try fromFile("nested.txt")))
        #expect(nested.code == "lock/escaping-link")
        #expect(nested.message.hasPrefix("line 2 of 'nested.txt' cannot be locked: the link 'leads-out.txt' leads out"))
        try folder.write("lock-version = '1.0'\npackages = []\n", to: "outside/pylock.toml")
        try link("pylock.toml", to: "../outside/pylock.toml")
        #expect(try problem(try resolve(try fromFile("pylock.toml"))).code == "lock/escaping-link")
        try link("dangling.txt", to: "../outside/nothing.txt")
        #expect(try problem(try resolve(try fromFile("dangling.txt"))).code == "environment/no-requirements")
        try link("pylock.loop.toml", to: "pylock.loop.toml")
        #expect(try problem(try resolve(try fromFile("pylock.loop.toml"))).code == "environment/bad-requirements")
    }

    @Test func `hashes in a file are honoured`() throws {
        let wheel = TestWheel("alpha", "1.0")
        try offer(wheel)
        let manifest = try fromFile()
        try folder.write("alpha==1.0 \\\n    --hash=sha256:\(wheel.digest.hex)\n", to: "workspace/requirements.txt")
        #expect(try locked(manifest).wheels.map(\.name) == [wheel.fileName])
        let wrong = Digest.of([1])
        try folder.write("alpha==1.0 --hash=sha256:\(wrong.hex)\n", to: "workspace/requirements.txt")
        let found = try problem(try resolve(manifest))
        #expect(found.code == "environment/hash-mismatch")
        #expect(found.notes.map(\.message).prefix(2) == ["expected \(wrong.hex)", "got      \(wheel.digest.hex)"])
        try folder.write("--require-hashes\nalpha==1.0\n", to: "workspace/requirements.txt")
        #expect(try problem(try resolve(manifest)).code == "environment/no-hash")
    }

    @Test func `lines that no lock can hold are refused with their number`() throws {
        let manifest = try fromFile()
        try folder.write("alpha\n-e .\n", to: "workspace/requirements.txt")
        let found = try problem(try resolve(manifest))
        #expect(found.code == "environment/bad-requirements")
        #expect(found.message.hasPrefix("line 2 of 'requirements.txt' cannot be locked: an editable install"))
        #expect(target(found, in: manifest) == "\"requirements.txt\"")
        try Files.removeFile(root.appending("requirements.txt"))
        #expect(try problem(try resolve(manifest)).code == "environment/no-requirements")
        #expect(EnvironmentResolver.outdated(manifest, Lockfile(), root: root) == ["default"])
    }

    @Test func `a lock of PEP 751 is taken at its versions and hashes`() throws {
        let wheel = TestWheel("alpha", "1.0", requires: ["unlisted"])
        try offer(wheel)
        try offer(TestWheel("alpha", "2.0"))
        let text = """
            lock-version = "1.0"
            created-by = "hand"
            [[packages]]
            name = "alpha"
            version = "1.0"
            [[packages.wheels]]
            name = "\(wheel.fileName)"
            hashes = {sha256 = "\(wheel.digest.hex)"}
            [[packages]]
            name = "beta"
            version = "3.0"
            marker = "sys_platform == 'win32'"
            [[packages.wheels]]
            name = "beta-3.0-py3-none-any.whl"
            hashes = {sha256 = "\(wheel.digest.hex)"}
            """
        try folder.write(text, to: "workspace/pylock.toml")
        let manifest = try fromFile("pylock.toml")
        #expect(try locked(manifest).wheels.map(\.name) == [wheel.fileName])
        for (bad, reason) in [
            ("lock-version = ", "Invalid value"), ("created-by = 'x'", "it has no 'lock-version'"),
            ("lock-version = '2.0'\npackages = []", "it has lock-version 2.0, and this mlbuild reads 1"),
            ("lock-version = '1.0'\n[[packages]]\nname = 'a'\nversion = '1'\n", "package 'a' has no wheels"),
            ("lock-version = '1.0'\n[[packages]]\nname = 'a'\nvcs = {type = 'git'}\n", "package 'a' comes from sources"),
        ] {
            try folder.write(bad, to: "workspace/pylock.toml")
            let found = try problem(try resolve(manifest))
            #expect(found.code == "environment/bad-requirements")
            #expect(found.message.contains(reason), "\(found.message)")
        }
    }

    // MARK: An index

    @Test func `wheels come from an index as from a folder, and its troubles are told apart`() throws {
        let wheel = TestWheel("alpha", "1.0")
        let index = try PythonIndex(
            [wheel, TestWheel("beta", "1.0", tags: "cp27-cp27m-win32")], sources: ["gamma-1.0.tar.gz", "alpha-2.0.tar.gz"],
            in: folder.path.appending("index"))
        defer { index.stop() }
        let result = try resolve(requirements("alpha"), index: index.address)
        #expect(result.value?.lockfile.wheels.map(\.name) == [wheel.fileName])
        #expect(try problem(try resolve(requirements("delta"), index: index.address)).code == "environment/unknown-package")
        #expect(try problem(try resolve(requirements("alpha==3.0"), index: index.address)).code == "environment/no-version")
        let sources = try problem(try resolve(requirements("alpha==2.0"), index: index.address))
        #expect(sources.message.hasSuffix("there are only source archives"))
        #expect(try problem(try resolve(requirements("beta"), index: index.address)).message.hasSuffix("for other Pythons or machines"))
        #expect(try problem(try resolve(requirements("gamma"), index: index.address)).code == "environment/no-wheel")
    }

    @Test func `an index that does not answer is no unknown package, and passwords are not shown`() throws {
        let manifest = try requirements("alpha")
        let found = try problem(try resolve(manifest, index: "http://someone:swordfish@127.0.0.1:1/simple"))
        #expect(found.code == "environment/no-index")
        #expect(found.message == "no package index can be reached: the connection is refused")
        let texts = [found.message] + found.notes.map(\.message)
        #expect(!texts.contains { $0.contains("swordfish") })
    }
}
