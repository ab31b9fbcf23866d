import Canonical
import Platform
import Storage
import TestSupport
import Testing

@testable import Commands

private let hasGit = (try? ProcessRunner.run(["git", "--version"]).status) == 0

/// What older versions of a lock keep from being collected: those that Git can still give.
@Suite(.enabled(if: hasGit, "there is no git")) struct GitRootTests {
    let folder: TemporaryFolder
    let store: DirectoryStore
    let workspace: HostPath

    init() throws {
        folder = try TemporaryFolder()
        store = try DirectoryStore.open(folder.appending("store"))
        workspace = folder.appending("w")
        try folder.write("{}", to: "w/mlops.json")
        try git("init", "-q", "-b", "main")
    }

    private func git(_ arguments: String...) throws {
        let outcome = try ProcessRunner.run(
            ["git", "-C", workspace.description, "-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false"] + arguments)
        guard outcome.status == 0 else { throw Problem(text: outcome.errorText) }
    }

    private struct Problem: Error { let text: String }

    /// What the lock with this number names.
    private func digest(_ number: Int) -> Digest { Digest.of(Array("version \(number)".utf8)) }

    private func write(_ number: Int) throws {
        let pin = "{\"digest\": \"\(digest(number))\", \"files\": 1, \"kind\": \"file\", \"size\": 9}"
        let text = "{\n\"pins\": {\n\"data/x\":\n  \(pin),\n\"version\": 1\n},\n\"results\": {\n\"version\": 1\n}\n}\n"
        try folder.write(text, to: "w/mlops.lock")
        try store.register(workspace, lock: Array(text.utf8), isNew: false)
    }

    private func commit(_ number: Int) throws {
        try write(number)
        try git("add", "-A")
        try git("commit", "-q", "-m", "\(number)")
    }

    private func needed() throws -> Set<Digest>? { WorkspaceNeeds(store, notes: false).digests() }

    @Test func `every lock that Git can still give is needed: of commits, branches, tags, stashes, dropped commits and the index`() throws {
        try commit(1)
        try commit(2)
        try git("checkout", "-q", "-b", "side", "HEAD~1")
        try commit(3)
        try git("checkout", "-q", "--detach", "main")
        try commit(4)
        try git("tag", "kept")
        try git("checkout", "-q", "main")
        for number in [5, 6, 7] {
            try write(number)
            try git("stash", "-q")
        }
        try commit(8)
        try git("commit", "-q", "--amend", "--allow-empty", "-m", "other words")
        try git("reset", "-q", "--hard", "HEAD~1")
        try write(9)
        try git("add", "mlops.lock")
        try write(10)
        let expected = Set((1...10).map(digest))
        #expect(try needed() == expected)
        // A merge that takes neither side's lock.
        try git("reset", "-q", "--hard")
        try git("merge", "-q", "-s", "ours", "--no-edit", "side")
        #expect(try needed()?.isSuperset(of: (1...8).map(digest)) == true)
        // What Git itself cannot give back any more is not needed.
        try git("stash", "clear")
        try git("reflog", "expire", "--expire=now", "--expire-unreachable=now", "--all")
        try git("gc", "-q", "--prune=now")
        #expect(try needed() == Set([1, 2, 3, 4].map(digest)))
    }

    @Test func `a workspace that is gone keeps what it was last seen with, until it is forgotten`() throws {
        try commit(1)
        try commit(2)
        // As a collection does: what it sees is written down.
        #expect(WorkspaceNeeds(store, notes: true).digests() == [digest(1), digest(2)])
        try Files.removeTree(workspace)
        #expect(try needed() == [digest(1), digest(2)])
        #expect(try store.forget(workspace))
        #expect(try needed() == [])
    }

    @Test func `a workspace whose Git cannot say what it has stops the collection, and says which`() throws {
        try commit(1)
        try commit(2)
        let object = try store.put(file: Array("version 1".utf8)).digest
        let stray = try store.put(file: Array("nobody's".utf8)).digest
        try store.flush()
        try Files.write(Array("nonsense\n".utf8), to: workspace.appending(".git/HEAD"))
        Clock.sleep(nanoseconds: 50_000_000)
        let needs = WorkspaceNeeds(store, notes: true)
        var order = CollectionOrder()
        order.grace = 0
        order.takesImported = true
        #expect(throws: CollectionError.self) { try StoreCollection.run(store, order, roots: needs.digests) }
        #expect(needs.failure?.message?.contains("\(workspace)") == true)
        #expect(try store.contains(object) && store.contains(stray))
    }

    @Test func `a lock that cannot be read stops the collection`() throws {
        try commit(1)
        try folder.write("{ \"pins\": ", to: "w/mlops.lock")
        let needs = WorkspaceNeeds(store, notes: true)
        #expect(needs.digests() == nil)
        #expect(needs.failure?.message?.contains("cannot be read") == true)
    }
}
