import Platform
import Storage
import TestSupport
import Testing

/// A store is made where somebody says, and somebody may say the wrong place.
@Suite struct ForeignFolderTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func `a store is not made among other files, and touches none of them`() throws {
        try Files.makeDirectories(folder.appending("tmp").appending("precious"))
        try folder.write("x", to: "tmp/precious/file")
        try folder.write("y", to: "thesis.txt")
        let before = try folder.everything()
        #expect(throws: StoreError.self) { try DirectoryStore.open(folder.path) }
        #expect(try folder.everything() == before)
    }

    @Test func `what bears no name of ours stays, in the folders of a store as well`() throws {
        _ = try DirectoryStore.open(folder.path)
        try Files.makeDirectories(folder.appending("tmp").appending("precious"))
        try folder.write("x", to: "tmp/precious/file")
        try folder.write("y", to: "leases/document")
        _ = try DirectoryStore.open(folder.path)
        #expect(try folder.read("tmp/precious/file") == "x")
        #expect(try folder.read("leases/document") == "y")
    }

    @Test func `a link in the place of a store's folder is not followed when clearing up`() throws {
        let other = try TemporaryFolder()
        try Files.makeDirectories(other.appending("1-2-abc"))
        try other.write("x", to: "1-2-abc/file")
        _ = try DirectoryStore.open(folder.path)
        try Files.removeTree(folder.appending("tmp"))
        try Files.makeSymbolicLink(folder.appending("tmp"), to: other.path.bytes)
        _ = try? DirectoryStore.open(folder.path)
        #expect(try other.read("1-2-abc/file") == "x")
    }

    @Test func `only names that mlbuild makes are temporaries`() throws {
        for name in [".mlbuild-backup", ".mlbuild-1-2-UPPER", ".mlbuild-1-2", ".mlbuild-1-2-a-b", ".mlbuild--2-a"] {
            try folder.write("x", to: name)
        }
        try folder.write("x", to: Files.temporaryName())
        #expect(try Files.removeTemporaries(in: folder.path) == 1)
        #expect(try Files.list(folder.path).count == 5)
    }
}
