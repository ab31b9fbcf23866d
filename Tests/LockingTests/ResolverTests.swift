import Canonical
import Diagnostics
import Manifests
import Platform
import Storage
import TestSupport
import Testing

@testable import Locking

@Suite struct ResolverTests {
    private let folder: TemporaryFolder
    private let store: DirectoryStore
    private var root: HostPath { folder.path.appending("workspace") }

    init() throws {
        folder = try TemporaryFolder()
        store = try DirectoryStore.open(folder.path.appending("store"))
        try Files.makeDirectories(folder.path.appending("workspace"))
    }

    private func write(_ text: String, _ name: String) throws {
        try folder.write(text, to: "workspace/" + name)
    }

    private func manifest(_ data: String, stages: String = "{}", _ place: SourceLocation = #_sourceLocation) throws -> Manifest {
        let text = "{\"version\": 1, \"name\": \"w\", \"data\": \(data), \"stages\": \(stages)}"
        let result = ManifestReader.read(SourceText(name: "mlops.json", text: text))
        return try #require(result.value, "\(result.diagnostics.map(\.message))", sourceLocation: place)
    }

    private func resolve(
        _ manifest: Manifest, previous: Lockfile? = nil, update: Set<String> = [], signatures: SignatureCache? = nil
    ) throws -> Diagnosed<Resolution> {
        try Resolver.resolve(manifest, previous: previous, root: root, store: store, update: update, signatures: signatures)
    }

    private static let rows = DataPin(digest: Digest.of(Array("a,b\n1,2\n".utf8)), kind: .file, size: 8, files: 1)

    @Test func `a file is pinned at its content, and is in the store`() throws {
        try write("a,b\n1,2\n", "rows.csv")
        let resolution = try #require(try resolve(manifest("{\"rows\": {\"path\": \"rows.csv\"}}")).value)
        #expect(resolution.lockfile == Lockfile(data: [.init("rows", Self.rows)]))
        #expect(resolution.changes == [LockChange(name: "rows", before: nil, after: Self.rows)])
        #expect(resolution.changes.map(\.description) == ["data 'rows' is new: \(Self.rows.digest) (8 bytes)"])
        #expect(try store.read(Self.rows.digest) == Array("a,b\n1,2\n".utf8))
    }

    @Test func `a folder is pinned as a tree`() throws {
        try write("1", "photos/cat/1.png")
        try write("22", "photos/dog/2.png")
        let resolution = try #require(try resolve(manifest("{\"photos\": {\"path\": \"photos\"}}")).value)
        let pin = try #require(resolution.lockfile.pin(data: "photos"))
        #expect(pin.kind == .tree)
        #expect(pin.size == 3)
        #expect(pin.files == 2)
        #expect(try store.files(of: pin.digest).map(\.path) == ["cat/1.png", "dog/2.png"])
        #expect(resolution.changes.map(\.description) == ["data 'photos' is new: \(pin.digest) (2 files, 3 bytes)"])
    }

    @Test func `changed data is accepted and told with both digests`() throws {
        try write("a,b\n1,2\n", "rows.csv")
        let manifest = try manifest("{\"rows\": {\"path\": \"rows.csv\"}}")
        let first = try #require(try resolve(manifest).value?.lockfile)
        try write("a,b\n1,3\n", "rows.csv")
        let second = try #require(try resolve(manifest, previous: first).value)
        let changed = DataPin(digest: Digest.of(Array("a,b\n1,3\n".utf8)), kind: .file, size: 8, files: 1)
        #expect(second.lockfile.pin(data: "rows") == changed)
        #expect(second.changes == [LockChange(name: "rows", before: Self.rows, after: changed)])
        #expect(
            second.changes.map(\.description) == [
                "data 'rows' changed: it was \(Self.rows.digest) (8 bytes), it is \(changed.digest) (8 bytes)"
            ])
        // The old version is still there to be restored.
        #expect(try store.read(Self.rows.digest) == Array("a,b\n1,2\n".utf8))
    }

    @Test func `nothing changes when nothing changed`() throws {
        try write("a,b\n1,2\n", "rows.csv")
        let manifest = try manifest("{\"rows\": {\"path\": \"rows.csv\"}}")
        let first = try #require(try resolve(manifest).value?.lockfile)
        let second = try #require(try resolve(manifest, previous: first).value)
        #expect(second.changes.isEmpty)
        #expect(second.lockfile.encode() == first.encode())
    }

    @Test func `entries come and go with the manifest, and so do results of stages`() throws {
        try write("a,b\n1,2\n", "rows.csv")
        let result = ResultPin(key: Self.rows.digest, outputs: [.init(name: "train", object: Self.rows)])
        let previous = Lockfile(data: [.init("old", Self.rows)], results: [.init("gone", result), .init("split", result)])
        let manifest = try manifest(
            "{\"rows\": {\"path\": \"rows.csv\"}}", stages: "{\"split\": {\"uses\": \"split\", \"inputs\": {\"table\": \"data.rows\"}}}")
        let resolution = try #require(try resolve(manifest, previous: previous).value)
        #expect(resolution.lockfile == Lockfile(data: [.init("rows", Self.rows)], results: [.init("split", result)]))
        #expect(resolution.changes.map(\.name) == ["old", "rows"])
        #expect(resolution.changes.first?.description == "data 'old' is gone from the manifest: it was \(Self.rows.digest) (8 bytes)")
    }

    @Test func `data that is only referred to is pinned and not kept`() throws {
        try write("a,b\n1,2\n", "rows.csv")
        let resolution = try #require(try resolve(manifest("{\"rows\": {\"path\": \"rows.csv\", \"keep\": \"reference\"}}")).value)
        #expect(resolution.lockfile.pin(data: "rows") == DataPin(Self.rows.object, isReference: true))
        #expect(try !store.contains(Self.rows.digest))
    }

    @Test func `of a folder that is only referred to the trees are kept`() throws {
        try write("1", "scans/a/1")
        try write("2", "scans/2")
        let cache = SignatureCache()
        let manifest = try manifest("{\"scans\": {\"path\": \"scans\", \"keep\": \"reference\"}}")
        for _ in 0..<2 {
            let pin = try #require(try resolve(manifest, signatures: cache).value?.lockfile.pin(data: "scans"))
            let tree = try store.tree(pin.digest)
            #expect(tree.entries.map { String(decoding: $0.name, as: UTF8.self) } == ["2", "a"])
            guard case .tree(let inner, _, _) = tree.entries[1].content else {
                Issue.record("a folder is a tree")
                return
            }
            #expect(try store.tree(inner).entries.count == 1)
            #expect(try !store.contains(Digest.of(Array("1".utf8))))
        }
        // Kept as copies from now on, everything is there.
        let copies = try self.manifest("{\"scans\": {\"path\": \"scans\"}}")
        let resolution = try #require(try resolve(copies, previous: resolve(manifest).value?.lockfile, signatures: cache).value)
        #expect(resolution.changes.first?.description.contains(", as a reference), it is ") == true)
        try store.verify(try #require(resolution.lockfile.pin(data: "scans")).object)
    }

    @Test func `what is left out is no part of the pin, and its rules are`() throws {
        try write("1", "scans/a/1")
        let plain = "{\"scans\": {\"path\": \"scans\"}}"
        let first = try #require(try resolve(manifest(plain)).value?.lockfile)
        try write("x", "scans/a/x.tmp")
        try write("y", "scans/cache/y")
        let rules = "{\"scans\": {\"path\": \"scans\", \"ignore\": [\"cache/\", \"*.tmp\"]}}"
        let second = try #require(try resolve(manifest(rules), previous: first).value)
        let pin = try #require(second.lockfile.pin(data: "scans"))
        #expect(pin.digest == first.pin(data: "scans")?.digest)
        #expect(pin.ignore == ["*.tmp", "cache/"])
        #expect(second.changes.first?.description.hasSuffix("(1 file, 1 byte, without '*.tmp', 'cache/')") == true)
        let text = SourceText(name: Lockfile.fileName, bytes: second.lockfile.encode())
        #expect(LockfileReader.read(text).diagnostics.isEmpty)
        #expect(LockfileReader.read(text).value == second.lockfile)
        // In another order they are the same rules.
        let same = "{\"scans\": {\"path\": \"scans\", \"ignore\": [\"*.tmp\", \"cache/\"]}}"
        #expect(try resolve(manifest(same), previous: second.lockfile).value?.changes == [])
    }

    @Test func `rules for a folder do not stand at a file, nor leave nothing`() throws {
        try write("1", "rows.csv")
        try write("1", "scans/1.tmp")
        let file = try resolve(manifest("{\"rows\": {\"path\": \"rows.csv\", \"ignore\": [\"*.tmp\"]}}"))
        #expect(file.value == nil && file.diagnostics.map(\.code) == ["lock/ignore-for-file"])
        let folder = try resolve(manifest("{\"scans\": {\"path\": \"scans\", \"ignore\": [\"*.tmp\"]}}"))
        #expect(folder.diagnostics.map(\.message) == ["the folder 'scans' of data 'scans' holds no file but what 'ignore' leaves out"])
    }

    @Test func `checking tells the same and puts nothing into the store`() throws {
        try write("a,b\n1,2\n", "rows.csv")
        let manifest = try manifest("{\"rows\": {\"path\": \"rows.csv\"}}")
        let checked = try Resolver.check(manifest, previous: nil, root: root, store: store, signatures: nil)
        #expect(try !store.contains(Self.rows.digest))
        #expect(checked.value == (try resolve(manifest).value))
        let again = try Resolver.check(manifest, previous: checked.value?.lockfile, root: root, store: store, signatures: nil)
        #expect(again.value?.changes.isEmpty == true)
    }

    @Test func `with --update signatures are not trusted, and names are checked`() throws {
        try write("a,b\n1,2\n", "rows.csv")
        let manifest = try manifest("{\"rows\": {\"path\": \"rows.csv\"}}")
        // A cache learns what it is asked for; one that is not trusted is not asked.
        let trusted = SignatureCache()
        #expect(try resolve(manifest, signatures: trusted).value?.lockfile.pin(data: "rows") == Self.rows)
        #expect(trusted.count == 1)
        let distrusted = SignatureCache()
        #expect(try resolve(manifest, update: ["rows"], signatures: distrusted).value?.lockfile.pin(data: "rows") == Self.rows)
        #expect(distrusted.count == 0)
        let result = try resolve(manifest, update: ["row", "q"])
        #expect(result.value == nil)
        #expect(result.diagnostics.map(\.code) == ["lock/unknown-data", "lock/unknown-data"])
        #expect(result.diagnostics.map(\.message) == ["no data is named 'q'", "no data is named 'row'"])
        #expect(result.diagnostics.map { $0.notes.map(\.message) } == [[], ["did you mean 'rows'?"]])
    }

    /// Two entries pinned at `1`, whose files then say `2`, and a third without a pin.
    private func changed() throws -> (manifest: Manifest, first: Lockfile) {
        try write("1", "a.csv")
        try write("1", "b.csv")
        let first = try #require(try resolve(manifest("{\"a\": {\"path\": \"a.csv\"}, \"b\": {\"path\": \"b.csv\"}}")).value?.lockfile)
        try write("2", "a.csv")
        try write("2", "b.csv")
        try write("2", "new.csv")
        let manifest = try manifest(
            "{\"a\": {\"path\": \"a.csv\"}, \"b\": {\"path\": \"b.csv\"}, \"new\": {\"path\": \"new.csv\"}}")
        return (manifest, first)
    }

    @Test func `with --update other pins stay, and entries without one are pinned`() throws {
        let (manifest, first) = try changed()
        let resolution = try #require(try resolve(manifest, previous: first, update: ["a"]).value)
        #expect(resolution.changes.map(\.name) == ["a", "new"])
        #expect(resolution.lockfile.pin(data: "a")?.digest == Digest.of(Array("2".utf8)))
        #expect(resolution.lockfile.pin(data: "b") == first.pin(data: "b"))
        #expect(resolution.lockfile.pin(data: "new")?.digest == Digest.of(Array("2".utf8)))
    }

    @Test func `with --update nothing looks at the files of other entries`() throws {
        let (manifest, first) = try changed()
        try Files.removeFile(root.appending("b.csv"))
        let resolution = try #require(try resolve(manifest, previous: first, update: ["a"]).value)
        #expect(resolution.lockfile.pin(data: "b") == first.pin(data: "b"))
        #expect(try resolve(manifest, previous: first).diagnostics.map(\.code) == ["lock/data-missing"])
    }

    @Test func `entries without a pin can be pinned alone`() throws {
        let (manifest, first) = try changed()
        let signatures = SignatureCache()
        let result = try Resolver.resolve(
            manifest, previous: first, root: root, store: store, scope: .unpinned, signatures: signatures)
        let resolution = try #require(result.value)
        #expect(resolution.changes.map(\.name) == ["new"])
        #expect(signatures.count == 1)
        #expect(resolution.lockfile.pin(data: "a") == first.pin(data: "a"))
        let all = try Resolver.resolve(manifest, previous: nil, root: root, store: store, scope: .unpinned, signatures: nil)
        #expect(all.value == (try resolve(manifest).value))
    }

    @Test func `a check has the scope of what it stands for`() throws {
        let (manifest, first) = try changed()
        let checked = try Resolver.check(manifest, previous: first, root: root, store: store, scope: .named(["a"]), signatures: nil)
        #expect(checked.value?.changes.map(\.name) == ["a", "new"])
    }

    /// Resolves data entries of which one has a marker in front of its path, and expects one error there.
    private func expect(
        _ code: String, _ message: String, in marked: String, _ place: SourceLocation = #_sourceLocation
    ) throws {
        let marker = Array("1️⃣".utf8)
        let bytes = Array("{\"version\": 1, \"name\": \"w\", \"data\": \(marked), \"stages\": {}}".utf8)
        let offset = try #require(bytes.indices.first { bytes[$0...].starts(with: marker) }, sourceLocation: place)
        let source = SourceText(name: "mlops.json", bytes: Array(bytes[..<offset] + bytes[(offset + marker.count)...]))
        let manifest = try #require(ManifestReader.read(source).value, sourceLocation: place)
        let result = try resolve(manifest)
        #expect(result.value == nil, sourceLocation: place)
        #expect(result.diagnostics.map(\.code) == [code], sourceLocation: place)
        #expect(result.diagnostics.map(\.message) == [message], sourceLocation: place)
        #expect(result.diagnostics.first?.location?.source == "mlops.json", sourceLocation: place)
        #expect(result.diagnostics.first?.location?.span?.lower == offset, sourceLocation: place)
    }

    @Test func `data that is not there is an error at its path`() throws {
        try write("a,b\n1,2\n", "rows.csv")
        try expect(
            "lock/data-missing", "nothing is at 'data/rows.csv' for data 'rows'",
            in: "{\"good\": {\"path\": \"rows.csv\"}, \"rows\": {\"path\": 1️⃣\"data/rows.csv\"}}")
    }

    @Test func `data from elsewhere that nobody fetches is an error at its address`() throws {
        try expect(
            "lock/unpinned-source", "data 'rows' has a 'url' that is not pinned yet",
            in: "{\"rows\": {\"url\": 1️⃣\"https://data.example.com/rows.csv\"}}")
    }

    @Test func `a folder without files is an error at its path`() throws {
        try Files.makeDirectories(root.appending("photos/cat"))
        try expect("lock/empty-folder", "the folder 'photos' of data 'photos' holds no file", in: "{\"photos\": {\"path\": 1️⃣\"photos\"}}")
    }

    @Test func `a folder where a file belongs is an error at its path`() throws {
        try write("1", "rows.csv/part")
        try expect(
            "lock/folder-for-file", "'rows.csv' of data 'rows' is a folder, and 'csv' is the format of a file",
            in: "{\"rows\": {\"path\": 1️⃣\"rows.csv\"}}")
    }

    @Test func `links out of the data, and to nothing, are errors at its path`() throws {
        try write("1", "photos/1.png")
        try Files.makeSymbolicLink(root.appending("photos/out"), to: Array("../rows.csv".utf8))
        try write("1", "rows.csv")
        try expect(
            "lock/escaping-link", "the link 'photos/out' in data 'photos' leads out of it, to '../rows.csv'",
            in: "{\"photos\": {\"path\": 1️⃣\"photos\"}}")
        try Files.removeFile(root.appending("photos/out"))
        try Files.makeSymbolicLink(root.appending("photos/out"), to: Array("2.png".utf8))
        try expect(
            "lock/dangling-link", "the link 'photos/out' in data 'photos' leads to '2.png', where nothing is",
            in: "{\"photos\": {\"path\": 1️⃣\"photos\"}}")
    }

    @Test func `a fifo is an error at its path`() throws {
        try Files.makeDirectories(root)
        #expect(try ProcessRunner.run(["mkfifo", root.appending("rows.csv").description]).status == 0)
        try expect(
            "lock/unsupported-file", "'rows.csv' in data 'rows' is a fifo; data is made of files, folders and links",
            in: "{\"rows\": {\"path\": 1️⃣\"rows.csv\"}}")
    }

    @Test func `a path through a file leads to nothing`() throws {
        try write("1", "data")
        try expect(
            "lock/data-missing", "nothing is at 'data/rows.csv' for data 'rows'",
            in: "{\"rows\": {\"path\": 1️⃣\"data/rows.csv\"}}")
    }

    @Test func `what the system refuses is an error at its path`() throws {
        // A link that leads to itself cannot be followed, whoever asks.
        try Files.makeSymbolicLink(root.appending("rows.csv"), to: Array("rows.csv".utf8))
        let result = try resolve(manifest("{\"rows\": {\"path\": \"rows.csv\"}}"))
        #expect(result.value == nil)
        #expect(result.diagnostics.map(\.code) == ["lock/unreadable-data"])
        #expect(result.diagnostics.first?.message.hasPrefix("'rows.csv' in data 'rows' cannot be read: ") == true)
    }

    @Test func `every entry that cannot be pinned is reported, and the lock stays unwritten`() throws {
        let data = """
            {"a": {"path": "a.csv"}, "b": {"url": "https://data.example.com/b.csv"}, "c": {"path": "c"}}
            """
        let result = try resolve(manifest(data), update: ["d"])
        #expect(result.value == nil)
        #expect(result.diagnostics.map(\.code) == ["lock/unknown-data", "lock/data-missing", "lock/unpinned-source", "lock/data-missing"])
    }

    @Test func `a conflict is resolved by what is there`() throws {
        try write("a,b\n1,2\n", "rows.csv")
        try write("1", "other.csv")
        let manifest = try manifest("{\"rows\": {\"path\": \"rows.csv\"}, \"other\": {\"path\": \"other.csv\"}}")
        let clean = try #require(try resolve(manifest).value?.lockfile)
        let lines = String(decoding: clean.encode(), as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        let value = try #require(lines.firstIndex { $0.contains(Self.rows.digest.description) })
        var conflicted = lines.map(String.init)
        let other = conflicted[value].replacing("8", with: "9")
        conflicted.replaceSubrange(value...value, with: ["<<<<<<< HEAD", conflicted[value], "=======", other, ">>>>>>> branch"])
        let source = SourceText(name: "mlops.lock", text: conflicted.joined(separator: "\n"))
        #expect(LockfileReader.read(source).diagnostics.map(\.code) == ["lock/conflict"])
        let resolution = try #require(try resolve(manifest, previous: LockfileReader.recover(source)).value)
        #expect(resolution.lockfile.encode() == clean.encode())
        #expect(resolution.changes.map(\.name) == ["rows"])
    }

    @Test func `what is pinned is there for every process that looks into the store`() throws {
        try write("a,b\n1,2\n", "rows.csv")
        _ = try resolve(manifest("{\"rows\": {\"path\": \"rows.csv\"}}"))
        let other = try DirectoryStore.open(folder.path.appending("store"))
        #expect(try other.read(Self.rows.digest) == Array("a,b\n1,2\n".utf8))
    }

    @Test(arguments: [1, 1 << 20]) func `a store that cannot take the data is no problem of the manifest`(lines: Int) throws {
        let text = String(repeating: "a,b\n1,2\n", count: lines)
        try write(text, "rows.csv")
        let manifest = try manifest("{\"rows\": {\"path\": \"rows.csv\"}}")
        let noSpace: Int32 = 28
        let calls = FaultPlan()
        _ = try calls.run { try resolve(manifest) }
        #expect(calls.count > 0)
        for call in 1...calls.count {
            let folder = try TemporaryFolder()
            let store = try DirectoryStore.open(folder.path)
            let plan = FaultPlan(.failEver(noSpace), at: call)
            let outcome = plan.run {
                Result { () throws(LockingError) in
                    try Resolver.resolve(manifest, previous: nil, root: root, store: store, signatures: nil)
                }
            }
            switch outcome {
            case .success(let result):
                // Only tidying up may fail without a word: what the pin names is there.
                let pin = try #require(result.value?.lockfile.pin(data: "rows"), "call \(call)")
                #expect(try store.read(pin.digest) == Array(text.utf8))
            case .failure(.store(.refused(let refusal))): #expect(refusal.code == noSpace)
            case .failure(let error): Issue.record("call \(call): \(error)")
            }
        }
    }
}
