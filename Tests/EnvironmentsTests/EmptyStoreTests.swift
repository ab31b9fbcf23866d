import Canonical
import Diagnostics
import Locking
import Manifests
import Platform
import Storage
import TestSupport
import Testing

@testable import Environments

/// A machine whose programs are what a test says; a name that it does not know is not there.
private struct MadeUpPinning: Pinning {
    var builds: [String: String] = ["sh": "sh 1", "coreutils": "coreutils 9.1", "jq": "jq 1.6"]
    var library: String? = "libgomp 12"

    func tree(_ name: String, _ text: String, _ store: DirectoryStore) throws(PinningError) -> DataPin {
        do throws(StoreError) {
            let file = try store.put(Array(text.utf8))
            let entry = TreeEntry(name: Array(name.utf8), content: .file(file, size: text.utf8.count, isExecutable: true))
            let digest = try store.put(Tree([entry]).encode())
            return DataPin(digest: digest, kind: .tree, size: text.utf8.count, files: 1)
        } catch {
            throw .store(error)
        }
    }

    func pin(interpreter: FoundInterpreter, store: DirectoryStore) throws(PinningError) -> ProgramPin {
        try pin(tool: interpreter.name, store: store)
    }

    func pin(tool: String, store: DirectoryStore) throws(PinningError) -> ProgramPin {
        guard let build = builds[tool] else { throw .notFound(tool, searched: ["/bin"]) }
        return ProgramPin(tree: try tree(tool, build, store), origin: [build])
    }

    func libraries(for wheels: [WheelFile], programs: [ProgramPin], store: DirectoryStore) throws(PinningError) -> DataPin? {
        guard let library else { return nil }
        return try tree("library", library, store)
    }
}

/// A lock that came from elsewhere, and a store that lacks what it pins.
@Suite struct EmptyStoreTests {
    private let folder: TemporaryFolder
    private let first: DirectoryStore
    private let second: DirectoryStore

    init() throws {
        folder = try TemporaryFolder()
        first = try DirectoryStore.open(folder.path.appending("first"))
        second = try DirectoryStore.open(folder.path.appending("second"))
    }

    private func manifest(tools: String = "[]", _ place: SourceLocation = #_sourceLocation) throws -> Manifest {
        let text = """
            {"version": 1, "name": "w", "environment": {"tools": \(tools)},
             "stages": {"show": {"run": ["sh", "-c", "true"], "outputs": {"text": "out.txt"}}}}
            """
        return try #require(ManifestReader.read(SourceText(name: "mlops.json", text: text)).value, sourceLocation: place)
    }

    private func resolve(
        _ manifest: Manifest, _ previous: Lockfile = Lockfile(), in store: DirectoryStore, _ pinning: any Pinning,
        scope: ResolveScope = .everything
    ) throws -> Diagnosed<EnvironmentResolution> {
        try EnvironmentResolver.resolve(
            manifest, previous: previous, root: folder.path, store: store, scope: scope,
            machine: ResolvingSurroundings(pinning: pinning), progress: { _ in })
    }

    private func remove(_ digest: Digest, from store: DirectoryStore) throws {
        let path = store.root.appending("objects").appending(String(digest.hex.prefix(2))).appending(String(digest.hex.dropFirst(2)))
        try Files.removeFile(path)
    }

    /// The lock of an environment with a tool and with libraries, made in the first store.
    private func locked(_ manifest: Manifest) throws -> Lockfile {
        let lockfile = try #require(try resolve(manifest, in: first, MadeUpPinning()).value?.lockfile)
        let pin = try #require(lockfile.pin(environment: "default"))
        let whole = EnvironmentPin(
            request: pin.request, platform: pin.platform, python: nil, tools: pin.tools, wheels: [],
            libraries: try MadeUpPinning().tree("library", "libgomp 12", first))
        try first.flush()
        return lockfile.replacing(environments: [.init("default", whole)], programs: lockfile.programs, wheels: [])
    }

    @Test func `programs of this machine complete an empty store, and the same environment comes of it`() throws {
        let manifest = try manifest()
        let lockfile = try #require(try resolve(manifest, in: first, MachinePinning()).value?.lockfile)
        let pin = try #require(lockfile.pin(environment: "default"))
        let tree = try EnvironmentTree.assemble(pin, lockfile, store: first)
        #expect(throws: EnvironmentError.missing(pin: "coreutils")) { try EnvironmentTree.assemble(pin, lockfile, store: second) }
        let again = try resolve(manifest, lockfile, in: second, MachinePinning())
        #expect(again.value?.lockfile == lockfile)
        #expect(again.value?.changes == [])
        #expect(again.value?.details == [])
        #expect(try EnvironmentTree.assemble(pin, lockfile, store: second) == tree)
        #expect(try second.missing(in: tree).isEmpty)
    }

    @Test func `a part that the store has lost comes back, of a program as of libraries`() throws {
        let manifest = try manifest(tools: #"["jq"]"#)
        let lockfile = try locked(manifest)
        let lost = ["jq 1.6", "libgomp 12"].map { Digest.of(Array($0.utf8)) }
        for digest in lost { try remove(digest, from: first) }
        #expect(try resolve(manifest, lockfile, in: first, MadeUpPinning(), scope: .unpinned).value?.lockfile == lockfile)
        for digest in lost { #expect(try first.contains(digest)) }
    }

    @Test func `a tool of another version is told with both, and with the ways out`() throws {
        let manifest = try manifest(tools: #"["jq"]"#)
        let lockfile = try locked(manifest)
        var other = MadeUpPinning()
        other.builds["jq"] = "jq 1.7"
        let result = try resolve(manifest, lockfile, in: second, other)
        #expect(result.value == nil)
        let found = try #require(result.diagnostics.first)
        #expect(result.diagnostics.count == 1)
        #expect(found.code == "environment/program-missing")
        #expect(found.message == "program 'jq' is pinned, and neither the store nor this machine has it as it is pinned")
        let pinned = try #require(lockfile.pin(program: "jq")).tree.digest
        let here = try other.pin(tool: "jq", store: second).tree.digest
        #expect(
            found.notes.map(\.message) == [
                "pinned: jq 1.6 (\(pinned))", "here:   jq 1.7 (\(here))", "install what is pinned and run 'mlbuild lock'",
                "or copy the store of a machine that has it",
                "or 'mlbuild lock --update jq' pins what is here: stages run anew, and results may change",
            ])
        other.builds["jq"] = nil
        #expect(try resolve(manifest, lockfile, in: second, other).diagnostics.first?.notes.dropFirst().first?.message == "here:   none")
    }

    @Test func `libraries of another version are told by the environment's name`() throws {
        let manifest = try manifest(tools: #"["jq"]"#)
        let lockfile = try locked(manifest)
        var other = MadeUpPinning()
        other.library = nil
        let found = try #require(try resolve(manifest, lockfile, in: second, other).diagnostics.first)
        #expect(found.message.hasPrefix("the libraries of environment 'default' are pinned, and neither the store nor this machine"))
        #expect(found.notes.map(\.message).contains("here:   none"))
        #expect(found.notes.last?.message.hasPrefix("or 'mlbuild lock --update default'") == true)
    }

    @Test func `an interpreter of another version is told with both versions`() throws {
        let pinned = ProgramPin(tree: DataPin(digest: Digest.of([1]), kind: .tree, size: 1, files: 1), origin: ["python 3.11.7"])
        let found = [
            FoundInterpreter(version: "3.10.2", executable: HostPath("/usr/bin/python3.10")),
            FoundInterpreter(version: "3.11.9", executable: HostPath("/usr/bin/python3.11")),
        ]
        let near = EnvironmentProblem.otherInterpreter("python-3.11.7", pinned: pinned, here: nil, found: found, wanted: "3.11", at: nil)
        #expect(near.message == "Python 3.11.7 is pinned, the store lacks it, and this machine has 3.11.9")
        #expect(near.notes.map(\.message).contains("install Python 3.11.7 and run 'mlbuild lock'"))
        #expect(near.notes.last?.message.hasPrefix("or 'mlbuild lock --update python-3.11.7' pins what is here") == true)
        // No update can help where the manifest itself asks for what is not there.
        let exact = EnvironmentProblem.otherInterpreter("python-3.11.7", pinned: pinned, here: nil, found: found, wanted: "3.11.7", at: nil)
        #expect(exact.message == "Python 3.11.7 is pinned, and neither the store nor this machine has it")
        #expect(exact.notes.last?.message.hasPrefix("or ask for a version that is here") == true)
        let same = ProgramPin(tree: DataPin(digest: Digest.of([2]), kind: .tree, size: 1, files: 1), origin: ["python 3.11.7"])
        let own = FoundInterpreter(version: "3.11.7", executable: HostPath("/opt/python3.11"))
        let build = EnvironmentProblem.otherInterpreter(
            "python-3.11.7", pinned: pinned, here: (own, same), found: [own], wanted: "3.11", at: nil)
        #expect(build.message == "Python 3.11.7 is pinned, the store lacks it, and this machine's 3.11.7 is another build")
        #expect(build.notes.map(\.message).prefix(2) == ["pinned: \(Digest.of([1]))", "here:   /opt/python3.11, \(Digest.of([2]))"])
    }
}
