import Canonical
import Platform
import Storage
import TestSupport
import Testing

/// What differs between two versions of data, and the way back.
@Suite struct DataChangeTests {
    let folder: TemporaryFolder
    let store: DirectoryStore

    init() throws {
        folder = try TemporaryFolder(inMemory: true)
        store = try DirectoryStore.open(folder.appending("store"))
    }

    private var data: HostPath { folder.appending("data") }

    private func lock() throws -> StoredObject {
        let object = try store.importData(data)
        try store.flush()
        return object
    }

    private func changes(_ pinned: StoredObject) throws -> [DataChange] {
        try store.changes(from: pinned, to: data, signatures: nil)
    }

    /// `M a`, `A b/c`, `D empty/`
    private func words(_ changes: [DataChange]) -> [String] {
        changes.map { change in
            let letter = change.before == nil ? "A" : change.after == nil ? "D" : "M"
            let end = (change.after ?? change.before) == .emptyFolder ? "/" : ""
            return "\(letter) \(String(decoding: change.path, as: UTF8.self))\(end)"
        }
    }

    /// A folder with files, a link, an executable and an empty folder.
    private func fill() throws -> StoredObject {
        for (name, text) in [("a", "1"), ("b/c", "2"), ("b/d/e", "3"), ("f", "4"), ("same/deep/g", "5")] {
            try folder.write(text, to: "data/" + name)
        }
        try Files.makeDirectories(data.appending("empty"))
        try Files.makeSymbolicLink(data.appending("link"), to: Array("a".utf8))
        try Files.setPermissions(data.appending("f"), 0o755)
        return try lock()
    }

    @Test func `nothing changed is no change, and equal folders are not opened`() throws {
        let pinned = try fill()
        #expect(try changes(pinned) == [])
        #expect(try store.changes(from: pinned, to: pinned) == [])
    }

    @Test func `every kind of change is named by its path`() throws {
        let pinned = try fill()
        try folder.write("new", to: "data/a")
        try Files.removeFile(data.appending("b/c"))
        try folder.write("x", to: "data/b/d/new")
        try Files.setPermissions(data.appending("f"), 0o644)
        try folder.write("y", to: "data/empty/h")
        try Files.removeFile(data.appending("link"))
        try Files.makeSymbolicLink(data.appending("link"), to: Array("f".utf8))
        let found = try changes(pinned)
        #expect(words(found) == ["M a", "D b/c", "A b/d/new", "D empty/", "A empty/h", "M f", "M link"])
        let later = try lock()
        #expect(try store.changes(from: pinned, to: later) == found)
    }

    @Test func `a file where a folder was, and a folder where a file was`() throws {
        let pinned = try fill()
        try Files.removeTree(data.appending("b"))
        try folder.write("file now", to: "data/b")
        try Files.removeFile(data.appending("a"))
        try folder.write("inside", to: "data/a/inside")
        _ = try lock()
        let found = try changes(pinned)
        #expect(words(found) == ["D a", "A a/inside", "A b", "D b/c", "D b/d/e"])
        try store.undo(found, at: data)
        #expect(try store.importData(data) == pinned)
    }

    @Test func `data that is one file is compared by content, and data that is gone is all removed`() throws {
        try folder.write("x,y\n1,2\n", to: "data")
        let pinned = try lock()
        #expect(try changes(pinned) == [])
        try folder.write("x,y\n1,3\n", to: "data")
        #expect(words(try changes(pinned)) == ["M "])
        try Files.removeFile(data)
        let gone = try changes(pinned)
        #expect(words(gone) == ["D "])
        try store.undo(gone, at: data)
        #expect(try Files.read(data) == Array("x,y\n1,2\n".utf8))
    }

    @Test func `undoing brings back content, bits, links and empty folders, and removes what was added`() throws {
        let pinned = try fill()
        try folder.write("new", to: "data/a")
        try Files.removeTree(data.appending("b"))
        try folder.write("x", to: "data/added/deep/down")
        try Files.makeDirectories(data.appending("added/void"))
        try Files.removeDirectory(data.appending("empty"))
        try Files.removeFile(data.appending("link"))
        try Files.setPermissions(data.appending("f"), 0o644)
        _ = try lock()
        try store.undo(changes(pinned), at: data)
        #expect(try store.importData(data) == pinned)
        #expect(try Files.status(data.appending("added")) == nil)
    }

    @Test func `what is saved nowhere is named and kept, and nothing else is touched`() throws {
        let pinned = try fill()
        try folder.write("precious", to: "data/a")
        try folder.write("also", to: "data/b/mine")
        try Files.removeFile(data.appending("f"))
        let before = try store.importData(data, keep: false)
        let found = try changes(pinned)
        #expect {
            try store.undo(found, at: data)
        } throws: { error in
            guard case RestoreError.unsaved(let paths) = error else { return false }
            return paths.map { String(decoding: $0, as: UTF8.self) } == ["a", "b/mine"]
        }
        #expect(try store.importData(data, keep: false) == before)
    }

    @Test func `a damaged copy in the store saves nothing`() throws {
        let pinned = try fill()
        try folder.write("precious", to: "data/a")
        _ = try lock()
        let digest = Digest.of(Array("precious".utf8))
        let hex = digest.hex
        let place = folder.appending("store/objects/\(hex.prefix(2))/\(hex.dropFirst(2))")
        try Files.setPermissions(place, 0o644)
        try Files.write(Array("preciouS".utf8), to: place)
        let again = try DirectoryStore.open(folder.appending("store"))
        let found = try again.changes(from: pinned, to: data, signatures: nil)
        #expect(throws: RestoreError.self) { try again.undo(found, at: data) }
        #expect(try Files.read(data.appending("a")) == Array("precious".utf8))
    }

    @Test func `what the store lacks is named, and nothing is touched`() throws {
        let pinned = try fill()
        let hex = Digest.of(Array("1".utf8)).hex
        try Files.removeFile(folder.appending("store/objects/\(hex.prefix(2))/\(hex.dropFirst(2))"))
        try Files.removeFile(data.appending("a"))
        try Files.removeFile(data.appending("f"))
        let again = try DirectoryStore.open(folder.appending("store"))
        let found = try again.changes(from: pinned, to: data, signatures: nil)
        #expect {
            try again.undo(found, at: data)
        } throws: { error in
            guard case RestoreError.missing(let paths) = error else { return false }
            return paths == [Array("a".utf8)]
        }
        #expect(try Files.status(data.appending("f")) == nil)
    }

    @Test func `what changes after it was compared is left alone`() throws {
        let pinned = try fill()
        try folder.write("new", to: "data/a")
        _ = try lock()
        let found = try changes(pinned)
        try folder.write("newer", to: "data/a")
        #expect(throws: RestoreError.self) { try store.undo(found, at: data) }
        #expect(try Files.read(data.appending("a")) == Array("newer".utf8))
    }

    @Test func `what looks as it did is not read to be compared`() throws {
        let signatures = try SignatureCache.load(folder.appending("signatures"))
        _ = try fill()
        Clock.sleep(nanoseconds: 100_000_000)
        let pinned = try store.importData(data, signatures: signatures)
        func opened(_ signatures: SignatureCache?) throws -> (changes: [DataChange], files: Int) {
            let plan = FaultPlan(counting: [.openForReading])
            let found = try plan.run { () throws(ImportError) in try store.changes(from: pinned, to: data, signatures: signatures) }
            return (found, plan.count)
        }
        let unchanged = try opened(signatures)
        #expect(unchanged.changes == [])
        try Files.write(Array("new".utf8), into: data.appending("b/c"))
        let changed = try opened(signatures)
        #expect(words(changed.changes) == ["M b/c"])
        #expect(changed.files == unchanged.files + 1, "only the changed file is opened")
        let anew = try opened(nil)
        #expect(anew.changes == changed.changes)
        #expect(anew.files >= unchanged.files + 5, "without a memory all five files are opened")
    }

    @Test func `data behind a link stays behind it`() throws {
        try folder.write("1", to: "elsewhere/table")
        try Files.makeSymbolicLink(data, to: Array("elsewhere/table".utf8))
        let pinned = try lock()
        try folder.write("2", to: "elsewhere/table")
        _ = try lock()
        try store.undo(changes(pinned), at: data)
        #expect(try Files.status(data, followLinks: false)?.kind == .symbolicLink)
        #expect(try Files.read(folder.appending("elsewhere/table")) == Array("1".utf8))
    }

    @Test func `names that are no text are compared by their bytes`() throws {
        try Files.makeDirectories(data)
        try Files.write([1], to: data.appending([0x66, 0xFF]))
        let pinned = try lock()
        try Files.write([2], to: data.appending([0x66, 0xFF]))
        #expect(try changes(pinned).map(\.path) == [[0x66, 0xFF]])
    }

    /// Whatever was done to a folder, undoing it gives the pinned digest.
    @Test(arguments: 0..<40) func `random edits are undone`(_ seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let names = ["a", "b", "c/d", "c/e", "c/f/g", "h/i", "h/j/k"]
        func scramble() throws {
            for name in names {
                let path = data.appending(name)
                // A name may be in the way of another by now.
                switch random.next() % 5 {
                case 0: _ = try? Files.removeTree(path)
                case 1: _ = try? folder.write("\(random.next() % 4)", to: "data/" + name)
                case 2:
                    _ = try? Files.removeTree(path)
                    _ = try? Files.makeDirectories(path)
                case 3:
                    _ = try? Files.removeTree(path.parent)
                    _ = try? folder.write("parent", to: "data/" + name.prefix { $0 != "/" })
                default: break
                }
            }
            try Files.makeDirectories(data)
        }
        try scramble()
        let pinned = try lock()
        try scramble()
        let later = try lock()
        let found = try changes(pinned)
        #expect(found == (try store.changes(from: pinned, to: later)))
        #expect(found.isEmpty == (pinned == later))
        try store.undo(found, at: data)
        #expect(try store.importData(data, keep: false) == pinned)
    }

    @Test func `what is left out is neither told nor touched`() throws {
        let rules = IgnoreRules(["*.tmp", "cache/"])
        let pinned = try fill()
        func changes() throws -> [DataChange] { try store.changes(from: pinned, to: data, signatures: nil, ignoring: rules) }
        for name in ["b/x.tmp", "cache/y", "b/d/cache/z"] { try folder.write("mine", to: "data/" + name) }
        #expect(try changes() == [])
        try Files.removeFile(data.appending("b/c"))
        try Files.removeFile(data.appending("b/d/e"))
        try folder.write("6", to: "data/new/n")
        _ = try lock()
        try store.undo(changes(), at: data)
        #expect(try changes() == [])
        for name in ["b/x.tmp", "cache/y", "b/d/cache/z"] { #expect(try Files.read(data.appending(name)) == Array("mine".utf8)) }
    }

    @Test func `a folder that is to go stays whole while something left out lies in it`() throws {
        let rules = IgnoreRules(["*.tmp"])
        let pinned = try fill()
        try folder.write("mine", to: "data/more/x.tmp")
        try Files.removeFile(data.appending("a"))
        try folder.write("mine", to: "data/a/x.tmp")
        let found = try store.changes(from: pinned, to: data, signatures: nil, ignoring: rules)
        #expect(words(found) == ["M a/", "A more/"])
        #expect {
            try store.undo(found, at: data)
        } throws: { error in
            guard case RestoreError.occupied(let paths) = error else { return false }
            return paths == [Array("a".utf8), Array("more".utf8)]
        }
        #expect(try Files.read(data.appending("a/x.tmp")) == Array("mine".utf8))
    }
}

private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
