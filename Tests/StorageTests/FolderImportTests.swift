import Canonical
import Platform
import Storage
import TestSupport
import Testing

/// Folders of which most did not change since they were last imported.
@Suite struct FolderImportTests {
    let folder: TemporaryFolder
    let store: DirectoryStore
    let data: HostPath
    let cacheFile: HostPath

    init() throws {
        folder = try TemporaryFolder()
        store = try DirectoryStore.open(folder.appending("store"))
        data = folder.appending("data")
        cacheFile = folder.appending("state/signatures")
        try Files.makeDirectories(cacheFile.parent)
        for index in 0..<30 { try folder.write("\(index)", to: "data/d\(index % 3)/deep/f\(index)") }
        try folder.write("top", to: "data/top")
        try Files.makeDirectories(data.appending("empty"))
        try settle()
    }

    /// Waits until whatever was written before is old enough to be trusted.
    func settle() throws {
        let now = try Files.stampTime(in: folder.path)
        while try Files.stampTime(in: folder.path) < now + 45_000_000 { Clock.sleep(nanoseconds: 5_000_000) }
    }

    /// The import by a cache that was written to its file and read back, and the files that it read.
    func importing(keep: Bool = true, _ rules: IgnoreRules = .none) throws -> (object: StoredObject, reads: Int) {
        let cache = try SignatureCache.load(cacheFile)
        let plan = FaultPlan(counting: [.read])
        let object = try plan.run { () throws(ImportError) in
            try store.importData(data, keep: keep, signatures: cache, ignoring: rules)
        }
        try store.flush()
        try cache.save()
        return (object, plan.count)
    }

    /// The import by nothing but the bytes.
    func fresh(_ rules: IgnoreRules = .none) throws -> StoredObject {
        try store.importData(data, keep: false, ignoring: rules)
    }

    @Test func `the tree is what its entries encode to, and names what lies there`() throws {
        try Files.makeSymbolicLink(data.appending("latest"), to: Array("d1/deep".utf8))
        try folder.write("#!/bin/sh\n", to: "data/run.sh")
        try Files.setPermissions(data.appending("run.sh"), 0o755)
        let object = try importing().object
        #expect(try object == fresh())
        #expect(object.files == 32)
        let tree = try store.tree(object.digest)
        #expect(tree.encode() == (try store.read(object.digest)))
        #expect(tree.entries.map { String(decoding: $0.name, as: UTF8.self) } == ["d0", "d1", "d2", "empty", "latest", "run.sh", "top"])
        #expect(tree.entries[5].content == .file(Digest.of(Array("#!/bin/sh\n".utf8)), size: 10, isExecutable: true))
        try store.verify(object)
    }

    @Test func `nothing is read when nothing changed, and one file when one did`() throws {
        let first = try importing()
        #expect(first.reads >= 31)
        #expect(try importing().reads == 0)
        #expect(try importing().object == first.object)
        try folder.write("other", to: "data/d1/deep/f4")
        try settle()
        let second = try importing()
        #expect(second.reads <= 2)
        #expect(try second.object == fresh() && second.object != first.object)
        #expect(try importing().reads == 0)
        try store.verify(second.object)
    }

    @Test func `names that come, go or change their kind are noticed`() throws {
        _ = try importing()
        let changes: [() throws -> Void] = [
            { try folder.write("new", to: "data/d0/deep/f00") },
            { try Files.removeFile(data.appending("d1/deep/f1")) },
            { try Files.rename(data.appending("d2/deep/f2"), to: data.appending("d2/deep/f3")) },
            { try Files.removeTree(data.appending("d2/deep")) },
            { try folder.write("now a file", to: "data/d2/deep") },
            { try Files.removeDirectory(data.appending("empty")) },
            { try Files.setPermissions(data.appending("top"), 0o755) },
            { try Files.makeSymbolicLink(data.appending("link"), to: Array("top".utf8)) },
            {
                try Files.removeFile(data.appending("link"))
                try Files.makeSymbolicLink(data.appending("link"), to: Array("d0".utf8))
            },
        ]
        var seen: Set<Digest> = []
        for change in changes {
            try change()
            let object = try importing().object
            #expect(try object == fresh())
            #expect(seen.insert(object.digest).inserted)
            // The first import learns that the folder has settled.
            try settle()
            #expect(try importing().object == object)
            #expect(try importing().reads == 0)
            try store.verify(object)
        }
    }

    @Test func `an edit of the same size with the times set back is noticed in a folder`() throws {
        _ = try importing()
        let outcome = try ProcessRunner.run(["sh", "-c", "cp -p top keep; printf pot > top; touch -r keep top; rm keep"], directory: data)
        #expect(outcome.status == 0)
        #expect(try importing().object == fresh())
    }

    @Test func `of many edits within a tick none is missed in a folder`() throws {
        for round in 0..<50 {
            try Files.write(Array("\(1000 + round)".utf8), to: data.appending("d0/deep/f0"))
            #expect(try importing(keep: false).object == fresh())
        }
    }

    @Test func `what left the store is kept again, by way of quarantine or by hand`() throws {
        let object = try importing().object
        func place(_ digest: Digest) -> HostPath {
            folder.appending("store/objects/\(digest.hex.prefix(2))/\(digest.hex.dropFirst(2))")
        }
        // A damaged file goes to quarantine when it is used.
        let top = Digest.of(Array("top".utf8))
        try Files.setPermissions(place(top), 0o644)
        try Files.write(Array("pot".utf8), to: place(top))
        #expect(throws: StoreError.self) { try DirectoryStore.open(folder.appending("store")).verify(object) }
        try settle()
        #expect(try importing().object == object)
        try store.verify(object)
        // Somebody takes all objects away.
        try Files.removeTree(folder.appending("store/objects"))
        let again = try DirectoryStore.open(folder.appending("store"))
        #expect(try again.importData(data, signatures: SignatureCache.load(cacheFile)) == object)
        try again.flush()
        try again.verify(object)
    }

    @Test func `what was only pinned is read when it is to be kept`() throws {
        let pinned = try importing(keep: false).object
        #expect(try store.contains(pinned.digest) == false)
        #expect(try importing().object == pinned)
        try store.verify(pinned)
        // Another store knows nothing of it.
        let other = try DirectoryStore.open(folder.appending("other"))
        #expect(try other.importData(data, signatures: SignatureCache.load(cacheFile)) == pinned)
        try other.flush()
        try other.verify(pinned)
    }

    @Test func `one folder by two sets of rules is read once, and what is left out may come and go`() throws {
        try folder.write("x", to: "data/d0/deep/x.tmp")
        try settle()
        let rules = IgnoreRules(["*.tmp"])
        let (all, less) = (try importing().object, try importing(rules).object)
        #expect(all.files == less.files + 1)
        for _ in 0..<2 {
            #expect(try importing().reads == 0)
            #expect(try importing(rules).reads == 0)
        }
        for edit in 0..<3 {
            if edit < 2 {
                try folder.write("\(edit)", to: "data/d0/deep/x.tmp")
            } else {
                try Files.removeFile(data.appending("d0/deep/x.tmp"))
            }
            try settle()
            let again = try importing(rules)
            #expect(again.object == less && again.reads == 0)
        }
    }

    @Test func `where a pattern begins depends on where the data does`() throws {
        try folder.write("1", to: "data/d0/cache/x")
        try folder.write("2", to: "data/cache/x")
        try settle()
        let rules = IgnoreRules(["/cache/x"])
        let cache = try SignatureCache.load(cacheFile)
        for _ in 0..<2 {
            for path in [data, data.appending("d0")] {
                let found = try store.importData(path, signatures: cache, ignoring: rules)
                #expect(try found == store.importData(path, ignoring: rules))
            }
        }
    }

    @Test func `a look names everything with its signature, and a change shows in it`() throws {
        try Files.makeSymbolicLink(data.appending("latest"), to: Array("top".utf8))
        let cache = SignatureCache()
        func look() throws -> DataLook {
            try store.survey(
                data, keeping: .nothing, signatures: cache, ignoring: IgnoreRules(["d2"]), label: Array("here".utf8))
        }
        let first = try look()
        let names = first.paths.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        #expect(Array(names.prefix(3)) == ["here", "here/latest", "here/top"])
        #expect(names.count == 28 && first.signatures.count == names.count * 40)
        var packed = PackedPaths()
        for name in names { packed.append(Array("data".utf8) + name.utf8.dropFirst(4)) }
        #expect(try Files.signatures(of: packed, relativeTo: folder.path) == first.signatures)
        #expect(try look().signatures == first.signatures)
        try folder.write("other", to: "data/top")
        #expect(try look().signatures != first.signatures)
    }

    @Test func `trees alone can be kept, and everything later`() throws {
        let cache = try SignatureCache.load(cacheFile)
        let object = try store.survey(data, keeping: .trees, signatures: cache, label: nil).object
        #expect(try store.tree(object.digest).entries.count == 5)
        #expect(try !store.contains(Digest.of(Array("top".utf8))))
        _ = try store.survey(data, keeping: .everything, signatures: cache, label: nil)
        try store.flush()
        try store.verify(object)
    }

    @Test func `contents that are not kept are read where they lie, if they are the right ones`() throws {
        let object = try store.survey(data, keeping: .trees, signatures: nil, label: nil).object
        let digest = Digest.of(Array("top".utf8))
        #expect(throws: StoreError.missing(digest)) { try store.read(digest) }
        #expect(try store.size(of: digest) == nil)
        try store.borrow(object, from: data)
        #expect(try store.read(digest) == Array("top".utf8))
        #expect(try store.size(of: digest) == 3)
        #expect(try !store.contains(digest))
        try folder.write("pot", to: "data/top")
        #expect(throws: StoreError.missing(digest)) { try store.read(digest) }
        try Files.removeFile(data.appending("top"))
        #expect(throws: StoreError.missing(digest)) { try store.read(digest) }
        #expect(try store.size(of: digest) == nil)
        #expect(store.quarantined.isEmpty)
    }

    @Test func `rules leave names out, and other rules are other data`() throws {
        try folder.write("x", to: "data/d0/a.tmp")
        try folder.write("x", to: "data/cache/b")
        try folder.write("x", to: "data/d1/cache/c")
        let rules = IgnoreRules(["*.tmp", "cache/"])
        let whole = try importing()
        let less = try importing(rules)
        #expect(whole.object.files == 34 && less.object.files == 31)
        #expect(try less.object == fresh(rules))
        #expect(try importing().object == whole.object)
        #expect(try importing(IgnoreRules(["/cache"])).object.files == 33)
    }

    @Test(arguments: [
        ("*.tmp", "a.tmp", true), ("*.tmp", "d/a.tmp", true), ("*.tmp", "a.tmpx", false), ("/a", "a", true), ("/a", "d/a", false),
        ("d/a", "d/a", true), ("d/a", "e/d/a", false), ("**/d/a", "e/d/a", true), ("d/**", "d/e/a", true), ("d/**", "d", false),
        ("d/**/a", "d/a", true), ("d/**/a", "d/e/f/a", true), ("?b", "ab", true), ("?b", "aab", false), ("a*b*c", "axxbyyc", true),
        ("a*b*c", "axxbyy", false), ("d/*", "d/a", true), ("d/*", "d/e/a", false),
    ])
    func `patterns mean what they mean to Git`(_ pattern: String, _ path: String, _ leavesOut: Bool) {
        let names = path.utf8.split(separator: UInt8(ascii: "/")).map { Array($0) }
        #expect(IgnoreRules([pattern]).leavesOut(names, isFolder: false) == leavesOut)
        #expect(!IgnoreRules([pattern + "/"]).leavesOut(names, isFolder: false))
        #expect(IgnoreRules([pattern + "/"]).leavesOut(names, isFolder: true) == leavesOut)
    }

    @Test func `progress ends at all files and bytes, and knows the time left`() throws {
        let told = ImportProgress(files: 50, allFiles: 100, bytes: 1000, allBytes: 4000, seconds: 1)
        #expect(told.secondsLeft == 3)
        #expect(ImportProgress(files: 50, allFiles: 100, bytes: 0, allBytes: nil, seconds: 2).secondsLeft == 2)
        #expect(ImportProgress(files: 1, allFiles: 100, bytes: 9, allBytes: 90, seconds: 0.1).secondsLeft == nil)
    }
}
