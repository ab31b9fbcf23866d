import Canonical
import Diagnostics
import Platform
import Storage
import TestSupport
import Testing

@testable import Locking

/// What `git merge` makes of lockfiles, with the git of this machine.
@Suite struct MergeTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try git("init", "-q", "-b", "main")
        try git("config", "user.name", "nobody")
        try git("config", "user.email", "nobody@localhost")
        try git("config", "commit.gpgsign", "false")
    }

    @discardableResult
    private func git(_ arguments: String..., expecting status: Int32? = 0) throws -> Int32 {
        let outcome = try ProcessRunner.run(
            ["git"] + arguments,
            environment: [
                "PATH": Host.environment("PATH") ?? "/usr/bin:/bin", "HOME": folder.path.description, "GIT_CONFIG_NOSYSTEM": "1",
                "LC_ALL": "C",
            ], directory: folder.path)
        if let status { #expect(outcome.status == status, "git \(arguments.joined(separator: " ")): \(outcome.errorText)") }
        return outcome.status
    }

    private func commit(_ lockfile: Lockfile) throws {
        try folder.write(lockfile.encode(), to: Lockfile.fileName)
        try git("add", Lockfile.fileName)
        try git("commit", "-q", "-m", "Lock")
    }

    private func read() throws -> SourceText {
        SourceText(name: Lockfile.fileName, bytes: try Files.read(folder.appending(Lockfile.fileName)))
    }

    /// Merges `theirs` into `ours`, both made from `base`; gives the status of `git merge`.
    private func merge(base: Lockfile, ours: Lockfile, theirs: Lockfile, style: String = "merge") throws -> Int32 {
        try commit(base)
        try git("checkout", "-q", "-b", "theirs")
        try commit(theirs)
        try git("checkout", "-q", "main")
        try commit(ours)
        return try git("-c", "merge.conflictStyle=\(style)", "merge", "-q", "--no-edit", "theirs", expecting: nil)
    }

    private static func pin(_ content: String) -> DataPin {
        DataPin(digest: Digest.of(Array(content.utf8)), kind: .file, size: content.utf8.count, files: 1)
    }

    private static func lockfile(_ data: [String: String], results: [String: String] = [:]) -> Lockfile {
        Lockfile(
            data: data.map { .init($0.key, pin($0.value)) },
            results: results.map { name, content in
                .init(name, ResultPin(key: pin(content + " key").digest, outputs: [.init(name: "model", object: pin(content))]))
            })
    }

    private static let base = lockfile(["a": "1", "b": "1", "c": "1"], results: ["p": "1", "q": "1"])

    @Test func `neighbours that change on two branches merge without a conflict`() throws {
        let status = try merge(
            base: Self.base, ours: Self.lockfile(["a": "2", "b": "1", "c": "2"], results: ["p": "2", "q": "1"]),
            theirs: Self.lockfile(["a": "1", "b": "2", "c": "1"], results: ["p": "1", "q": "2"]))
        #expect(status == 0)
        let result = LockfileReader.read(try read())
        #expect(result.diagnostics.isEmpty)
        #expect(result.value == Self.lockfile(["a": "2", "b": "2", "c": "2"], results: ["p": "2", "q": "2"]))
    }

    @Test func `the last pin and the first result merge without a conflict`() throws {
        let status = try merge(
            base: Self.base, ours: Self.lockfile(["a": "1", "b": "1", "c": "2"], results: ["p": "1", "q": "1"]),
            theirs: Self.lockfile(["a": "1", "b": "1", "c": "1"], results: ["p": "2", "q": "1"]))
        #expect(status == 0)
        #expect(LockfileReader.read(try read()).value == Self.lockfile(["a": "1", "b": "1", "c": "2"], results: ["p": "2", "q": "1"]))
    }

    @Test func `entries added and removed in different places merge without a conflict`() throws {
        let status = try merge(
            base: Self.base, ours: Self.lockfile(["a": "1", "aa": "new", "b": "1", "c": "1"], results: ["p": "1", "q": "1"]),
            theirs: Self.lockfile(["a": "1", "b": "1", "d": "new"], results: ["q": "1", "z": "new"]))
        #expect(status == 0)
        let result = LockfileReader.read(try read())
        #expect(result.diagnostics.isEmpty)
        #expect(result.value == Self.lockfile(["a": "1", "aa": "new", "b": "1", "d": "new"], results: ["q": "1", "z": "new"]))
    }

    @Test(arguments: ["merge", "diff3", "zdiff3"])
    func `one entry changed on both branches is a conflict, and the others are recovered`(style: String) throws {
        let status = try merge(
            base: Self.base, ours: Self.lockfile(["a": "1", "b": "mine", "c": "1"], results: ["p": "mine", "q": "1"]),
            theirs: Self.lockfile(["a": "1", "b": "yours", "c": "2"], results: ["p": "yours", "q": "1"]), style: style)
        #expect(status == 1)
        let source = try read()
        let result = LockfileReader.read(source)
        #expect(result.value == nil)
        #expect(result.diagnostics.map(\.code) == ["lock/conflict"])
        #expect(result.diagnostics.map(\.message) == ["the lockfile holds 2 unresolved merge conflicts"])
        #expect(LockfileReader.recover(source) == Self.lockfile(["a": "1", "c": "2"], results: ["q": "1"]))
    }

    @Test(arguments: ["merge", "diff3", "zdiff3"])
    func `different entries added at one place are a conflict, and the others are recovered`(style: String) throws {
        let status = try merge(
            base: Self.base, ours: Self.lockfile(["a": "1", "b": "1", "c": "1", "d": "mine"], results: ["p": "1", "q": "1"]),
            theirs: Self.lockfile(["a": "1", "b": "1", "c": "1", "e": "yours"], results: ["p": "1", "q": "1"]), style: style)
        #expect(status == 1)
        let source = try read()
        #expect(LockfileReader.read(source).diagnostics.map(\.code) == ["lock/conflict"])
        #expect(LockfileReader.recover(source) == Self.base)
    }

    @Test func `an entry added directly behind a changed one is a conflict that recovers`() throws {
        let status = try merge(
            base: Self.base, ours: Self.lockfile(["a": "2", "b": "1", "c": "1"], results: ["p": "1", "q": "1"]),
            theirs: Self.lockfile(["a": "1", "ab": "new", "b": "1", "c": "1"], results: ["p": "1", "q": "1"]))
        #expect(status == 1)
        #expect(LockfileReader.recover(try read()) == Self.lockfile(["b": "1", "c": "1"], results: ["p": "1", "q": "1"]))
    }

    /// An environment of the program `sh` and one wheel of `version`.
    private static func environment(_ name: String, wheel version: String) -> Lockfile {
        let wheel = "\(name)-\(version)-py3-none-any.whl"
        let tree = DataPin(digest: pin("sh").digest, kind: .tree, size: 1, files: 1)
        return Lockfile(
            environments: [
                .init(
                    name,
                    EnvironmentPin(
                        request: pin(version).digest, platform: "linux-x86_64", python: nil, tools: ["sh"], wheels: [wheel], libraries: nil)
                )
            ], programs: [.init("sh", ProgramPin(tree: tree, origin: []))],
            wheels: [.init(wheel, WheelPin(digest: pin(wheel).digest, size: 1))])
    }

    private static func together(_ first: Lockfile, _ second: Lockfile) -> Lockfile {
        Lockfile(
            environments: first.environments + second.environments, programs: first.programs, wheels: first.wheels + second.wheels)
    }

    private static func three(_ a: String, _ m: String, _ z: String) -> Lockfile {
        together(together(environment("a", wheel: a), environment("m", wheel: m)), environment("z", wheel: z))
    }

    @Test func `two environments that change on two branches merge without a conflict`() throws {
        let status = try merge(base: Self.three("1", "1", "1"), ours: Self.three("2", "1", "1"), theirs: Self.three("1", "1", "2"))
        #expect(status == 0)
        let result = LockfileReader.read(try read())
        #expect(result.diagnostics.isEmpty)
        #expect(result.value == Self.three("2", "1", "2"))
    }

    @Test func `wheels that change as neighbours are a conflict, and what stands on others is recovered`() throws {
        let status = try merge(base: Self.three("1", "1", "1"), ours: Self.three("2", "1", "1"), theirs: Self.three("1", "2", "1"))
        #expect(status == 1)
        #expect(LockfileReader.recover(try read()) == Self.environment("z", wheel: "1"))
    }

    @Test func `one environment that changes on both branches is a conflict, and the other is recovered`() throws {
        let other = Self.environment("z", wheel: "1")
        let status = try merge(
            base: Self.together(Self.environment("a", wheel: "1"), other), ours: Self.together(Self.environment("a", wheel: "2"), other),
            theirs: Self.together(Self.environment("a", wheel: "3"), other))
        #expect(status == 1)
        #expect(LockfileReader.recover(try read()) == other)
    }
}
