import Canonical
import Platform
import Storage
import Synchronization
import TestSupport
import Testing

/// Trees as folders in the store, and files of objects to be shown.
@Suite struct ViewTests {
    let folder: TemporaryFolder
    let store: DirectoryStore

    init() throws {
        folder = try TemporaryFolder(inMemory: true)
        store = try DirectoryStore.open(folder.appending("store"))
    }

    /// A tree with everything that a tree can hold.
    func wholeTree() throws -> StoredObject {
        try folder.write("print(1)\n", to: "data/lib/module.py")
        try folder.write("", to: "data/lib/__init__.py")
        try folder.write("", to: "data/lib/below/__init__.py")
        try folder.write("#!/bin/sh\n", to: "data/bin/run")
        try Files.setPermissions(folder.appending("data/bin/run"), 0o755)
        try Files.makeDirectories(folder.appending("data/empty"))
        try Files.makeSymbolicLink(folder.appending("data/bin/again"), to: Array("run".utf8))
        try Files.write([1], to: folder.appending("data").appending([0xFF, 0x0A]))
        return try store.importData(folder.appending("data"))
    }

    func path(_ digest: Digest) -> HostPath {
        store.root.appending("objects").appending(digest.hex.prefix(2).utf8).appending(digest.hex.dropFirst(2).utf8)
    }

    /// A second process's store: nothing is remembered.
    func afresh() throws -> DirectoryStore { try DirectoryStore.open(store.root) }

    var quarantineCount: Int { get throws { try Files.list(store.root.appending("quarantine")).count } }

    @Test(arguments: [true, false])
    func `a view has all of its tree: names, executable bits, links and empty folders, with one time`(_ isFlushed: Bool) throws {
        let tree = try wholeTree()
        if isFlushed { try store.flush() }
        let view = try store.view(of: tree.digest)
        #expect(try store.importData(view, keep: false) == tree)
        #expect(try Files.linkTarget(view.appending("bin/again")) == Array("run".utf8))
        #expect(try Files.status(view.appending("bin/run"))?.mode == 0o555)
        #expect(try Files.status(view.appending("lib/module.py"))?.mode == 0o444)
        for name in ["", "bin", "bin/run", "bin/again", "lib/module.py", "empty", "lib/below"] {
            let seconds = try Files.status(view.appending(name), followLinks: false).map { $0.signature.modified / 1_000_000_000 }
            #expect(seconds == 315_532_800, "\(name)")
        }
        #expect(try store.view(of: tree.digest) == view)
        try store.flush()
        #expect(try afresh().view(of: tree.digest) == view)
        #expect(try quarantineCount == 0)
        #expect(store.quarantined == [])
    }

    @Test func `plain files are the objects' own, executable ones copies`() throws {
        let tree = try wholeTree()
        try store.flush()
        let view = try store.view(of: tree.digest)
        let object = path(Digest.of(Array("print(1)\n".utf8)))
        #expect(try Files.status(object)?.signature.inode == Files.status(view.appending("lib/module.py"))?.signature.inode)
        #expect(try Files.status(view.appending("bin/run"))?.hardLinks == 1)
        #expect(try Files.status(path(Digest.of(Array("#!/bin/sh\n".utf8))))?.mode == 0o444)
    }

    @Test func `what was put and not flushed can be seen, and stays right when it is flushed`() throws {
        let tree = try store.put(files: [("a", [1]), ("b/c", [2])])
        let view = try store.view(of: tree.digest)
        try store.flush()
        try store.verify(tree)
        #expect(try afresh().importData(view, keep: false) == tree)
        #expect(try Files.status(path(Digest.of([1])))?.hardLinks == 2)
    }

    @Test func `a view that is there is not read again`() throws {
        var files: [(path: String, bytes: [UInt8])] = []
        for number in 0..<30 { files.append(("f\(number)", Array("\(number)".utf8))) }
        let tree = try store.put(files: files)
        try store.flush()
        let view = try store.view(of: tree.digest)
        // Until nothing in it is as young as the clock's tick.
        Clock.sleep(nanoseconds: 60_000_000)
        _ = try afresh().view(of: tree.digest)
        let plan = FaultPlan(counting: [.openForReading, .read, .write, .makeDirectory])
        let found = try plan.run { () throws(StoreError) in
            let other = try DirectoryStore.open(store.root)
            return try other.view(of: tree.digest)
        }
        #expect(found == view)
        #expect(plan.count < 25, "the format and the index are read, and no file of the view")
    }

    enum Damage: String, CaseIterable {
        case added, removed, changed, changedUnderItsTime = "changed under its time", executable, relinked, swapped, folderForFile, gone
    }

    @Test(arguments: Damage.allCases)
    func `a view that somebody altered is found, kept in quarantine, and made anew`(_ damage: Damage) throws {
        let tree = try wholeTree()
        try store.flush()
        let view = try store.view(of: tree.digest)
        Clock.sleep(nanoseconds: 60_000_000)
        _ = try afresh().view(of: tree.digest)
        let copy = view.appending("bin/run")
        let time: Int64 = 315_532_800
        switch damage {
        case .added: try Files.write([1], to: view.appending("lib/extra"))
        case .removed: try Files.removeFile(view.appending("lib/module.py"))
        case .changed: try Files.write([1], to: copy, mode: 0o555)
        case .changedUnderItsTime:
            let bytes = try Files.read(copy)
            try Files.write([UInt8](repeating: 7, count: bytes.count), to: copy)
            try Files.setPermissions(copy, 0o555)
            try Files.setTimes(copy, time)
            try Files.setTimes(copy.parent, time)
        case .executable: try Files.setPermissions(copy, 0o755)
        case .relinked:
            try Files.removeFile(view.appending("bin/again"))
            try Files.makeSymbolicLink(view.appending("bin/again"), to: Array("/etc/passwd".utf8))
        case .swapped: _ = try Files.exchange(view.appending("lib"), view.appending("empty"))
        case .folderForFile:
            try Files.removeFile(view.appending("lib/module.py"))
            try Files.makeDirectory(view.appending("lib/module.py"))
        case .gone: try Files.removeTree(view)
        }
        let other = try afresh()
        #expect(try other.view(of: tree.digest) == view)
        #expect(try other.importData(view, keep: false) == tree)
        #expect(try quarantineCount == (damage == .gone ? 0 : 1))
        try other.verify(tree)
    }

    @Test func `a view through which an object was altered is not shown, and heals with the object`() throws {
        let tree = try store.put(files: [("a", [1, 2, 3])])
        try store.flush()
        let view = try store.view(of: tree.digest)
        let file = view.appending("a")
        try Files.setPermissions(file, 0o644)
        // In place: the object's own bytes.
        #expect(try ProcessRunner.run(["dd", "of=\(file)", "conv=notrunc"], input: [9, 9, 9]).status == 0)
        let other = try afresh()
        #expect(throws: StoreError.self) { try other.view(of: tree.digest) }
        #expect(other.quarantined.map(\.digest) == [Digest.of([1, 2, 3])])
        try other.put([1, 2, 3])
        #expect(try other.view(of: tree.digest) == view)
        #expect(try Files.read(file) == [1, 2, 3])
    }

    @Test func `a damaged index costs reading and nothing else`() throws {
        let tree = try wholeTree()
        try store.flush()
        _ = try store.view(of: tree.digest)
        let index = store.root.appending("views/\(tree.digest.hex).index")
        let bytes = try Files.read(index)
        for damaged in [[], [0], Array(bytes.dropLast()), bytes + [0], Array(bytes.reversed())] {
            try Files.write(damaged, to: index)
            _ = try afresh().view(of: tree.digest)
            #expect(try quarantineCount == 0)
            #expect(try Files.read(index).count == bytes.count)
        }
        try Files.removeFile(index)
        try Files.makeDirectory(index)
        _ = try afresh().view(of: tree.digest)
    }

    @Test func `processes and threads that make the same view at the same time all get it`() throws {
        var files: [(path: String, bytes: [UInt8])] = []
        for number in 0..<300 { files.append(("d\(number % 7)/f\(number)", Array("\(number % 40)".utf8))) }
        let tree = try store.put(files: files)
        try store.flush()
        let stores = try (0..<4).map { _ in try afresh() }
        let wrong = Mutex(0)
        Threads.run(8) { index in
            do {
                _ = try stores[index / 2].view(of: tree.digest)
            } catch {
                wrong.withLock { $0 += 1 }
            }
        }
        #expect(wrong.withLock { $0 } == 0)
        #expect(try quarantineCount == 0)
        #expect(try store.importData(store.view(of: tree.digest), keep: false) == tree)
        try store.verify(tree)
    }

    @Test func `a missing or damaged object of the tree is named, and nothing half-made is left`() throws {
        let tree = try store.put(files: [("a", [1]), ("b", [2])])
        try store.flush()
        try Files.removeFile(path(Digest.of([2])))
        #expect(throws: StoreError.missing(Digest.of([2]))) { try store.view(of: tree.digest) }
        try Files.write([3], to: path(Digest.of([2])))
        #expect(throws: StoreError.self) { try store.view(of: tree.digest) }
        #expect(throws: StoreError.self) { try store.view(of: Digest.of([1])) }
        #expect(try Files.list(store.root.appending("views")).isEmpty)
        try store.put([2])
        #expect(try store.importData(store.view(of: tree.digest), keep: false) == tree)
    }

    @Test func `an object's file can be opened while it is pending, in place, and never when it is damaged`() throws {
        func bytes(_ file: OpenFile) throws -> [UInt8] { try Files.read(HostPath("/proc/self/fd/\(file.number)")) }
        let digest = try store.put([1, 2, 3])
        #expect(try bytes(store.open(file: digest)) == [1, 2, 3])
        try store.flush()
        let open = try store.open(file: digest)
        #expect(try bytes(open) == [1, 2, 3])
        #expect(try Files.status(path(digest))?.signature.modified == 315_532_800 * 1_000_000_000)
        #expect(try store.read(digest) == [1, 2, 3])
        try Files.write([9], to: path(digest))
        #expect(throws: StoreError.self) { try store.open(file: digest) }
        #expect(throws: StoreError.missing(digest)) { try store.open(file: digest) }
        // What was opened before is the file of then.
        #expect(try bytes(open) == [1, 2, 3])
    }

    @Test func `a work folder is empty, writable, on the store's file system, and goes with the store`() throws {
        var folders: [HostPath] = []
        do {
            let other = try afresh()
            for _ in 0..<3 { folders.append(try other.workFolder()) }
            #expect(Set(folders).count == 3)
            for folder in folders {
                #expect(try Files.list(folder).isEmpty)
                #expect(try Files.status(folder)?.mode == 0o755)
            }
            try Files.makeDirectories(folders[0].appending("a/b"))
            try Files.setPermissions(folders[0].appending("a"), 0)
            try other.removeWorkFolder(folders[0])
            #expect(try Files.status(folders[0]) == nil)
            try Files.write([1], to: folders[1].appending("left"))
        }
        for folder in folders { #expect(try Files.status(folder) == nil) }
    }
}
