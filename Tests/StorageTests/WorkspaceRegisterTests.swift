import Canonical
import Platform
import TestSupport
import Testing

@testable import Storage

/// Which workspaces the store knows, and when it forgets one.
@Suite struct WorkspaceRegisterTests {
    let folder: TemporaryFolder
    let store: DirectoryStore
    let workspace: HostPath
    private static let hour: Int64 = 3_600_000_000_000
    private static let lock = Array("{\"digest\": \"\(Digest.of([1]))\"}".utf8)

    init() throws {
        folder = try TemporaryFolder()
        store = try DirectoryStore.open(folder.appending("store"))
        workspace = folder.appending("deep/work")
        try folder.write("{}", to: "deep/work/mlops.json")
        try store.register(workspace, lock: Self.lock, isNew: true)
    }

    private func only() throws -> RegisteredWorkspace {
        let all = try store.workspaces()
        #expect(all.count == 1)
        return try #require(all.first)
    }

    @Test func `a workspace whose folder is gone is deleted, also with the folders above`() throws {
        #expect(try !only().isDeleted())
        try Files.removeTree(workspace)
        #expect(try only().isDeleted())
        try Files.removeTree(folder.appending("deep"))
        #expect(try only().isDeleted())
        #expect(try only().needed == [Digest.of([1])])
    }

    @Test func `a folder without a workspace may be where a disk is mounted, so nothing is deleted`() throws {
        try Files.removeFile(workspace.appending("mlops.json"))
        #expect(try !only().isDeleted())
    }

    @Test func `a workspace on a file system that is not there is not deleted`() throws {
        let disk = try TemporaryFolder(inMemory: true)
        let away = disk.appending("w")
        try Files.makeDirectories(away)
        try #require(try Files.fileSystem(of: away) != Files.fileSystem(of: folder.path), "skipped: all of it is one file system")
        try store.register(away, lock: Self.lock, isNew: true)
        let entry = try #require(try store.workspaces().first { $0.path == away })
        try Files.removeTree(away)
        #expect(try entry.isDeleted())
        // The same path, remembered from another disk.
        let moved = RegisteredWorkspace(
            path: away, needed: entry.needed, fileSystem: try Files.fileSystem(of: folder.path), deletedSince: nil)
        #expect(try !moved.isDeleted())
        let unknown = RegisteredWorkspace(path: away, needed: entry.needed, fileSystem: nil, deletedSince: nil)
        #expect(try !unknown.isDeleted())
    }

    @Test func `it is forgotten when it was seen to be deleted twice, the grace apart`() throws {
        try Files.removeTree(workspace)
        #expect(try !store.letGo(only(), grace: 0))
        #expect(try only().deletedSince != nil)
        #expect(try !store.letGo(only(), grace: Self.hour))
        Clock.sleep(nanoseconds: 50_000_000)
        #expect(try store.letGo(only(), grace: 0))
        #expect(try store.workspaces() == [])
        #expect(try Files.list(store.root.appending("workspaces")).isEmpty)
    }

    @Test func `one that is made anew counts from the beginning`() throws {
        try Files.removeTree(workspace)
        #expect(try !store.letGo(only(), grace: 0))
        try folder.write("{}", to: "deep/work/mlops.json")
        try store.register(workspace, lock: Self.lock, isNew: true)
        #expect(try only().deletedSince == nil)
        try Files.removeTree(workspace)
        #expect(try !store.letGo(only(), grace: 0))
    }

    @Test func `one that comes back while it is forgotten is written down again`() throws {
        try Files.removeTree(workspace)
        #expect(try !store.letGo(only(), grace: 0))
        Clock.sleep(nanoseconds: 50_000_000)
        let entry = try only()
        try folder.write("{}", to: "deep/work/mlops.json")
        #expect(try !store.letGo(entry, grace: 0))
        #expect(try only().needed == [Digest.of([1])])
    }
}
