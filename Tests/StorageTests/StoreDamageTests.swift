import Canonical
import Platform
import Storage
import TestSupport
import Testing

/// Bits that flip, files that are cut, and things that are no files: found, moved away, healed, never given out.
@Suite struct StoreDamageTests {
    let folder: TemporaryFolder
    let store: DirectoryStore

    init() throws {
        folder = try TemporaryFolder(inMemory: true)
        store = try DirectoryStore.open(folder.appending("store"))
    }

    func path(_ digest: Digest, in kind: String = "objects") -> HostPath {
        store.root.appending(kind).appending(digest.hex.prefix(2).utf8).appending(digest.hex.dropFirst(2).utf8)
    }

    /// Every single-bit change, and every cut.
    func damages(of bytes: [UInt8]) -> [[UInt8]] {
        var result: [[UInt8]] = []
        for index in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[index] ^= 1 << UInt8(bit)
                result.append(damaged)
            }
        }
        for count in bytes.indices { result.append(Array(bytes[..<count])) }
        return result + [bytes + [0], [UInt8](repeating: 0, count: bytes.count)]
    }

    func expectHealing(of digest: Digest, bytes: [UInt8], damaged: [UInt8]) throws {
        try Files.write(damaged, to: path(digest))
        let before = store.quarantined.count
        #expect {
            try store.read(digest)
        } throws: { error in
            guard case StoreError.corrupt(digest, quarantined: .some(let place)) = error else { return false }
            return try Files.read(place) == damaged
        }
        #expect(store.quarantined.count == before + 1)
        #expect(throws: StoreError.missing(digest)) { try store.read(digest) }
        try store.put(bytes)
        try store.flush()
        #expect(try store.read(digest) == bytes)
    }

    @Test func `every flipped bit and every cut of an object is found, kept in quarantine, and healed`() throws {
        let bytes = Array("sepal,petal\n5.1,1.4\n".utf8)
        let digest = try store.put(bytes)
        try store.flush()
        for damaged in damages(of: bytes) {
            try expectHealing(of: digest, bytes: bytes, damaged: damaged)
        }
    }

    @Test func `every flipped bit and every cut of a tree is found`() throws {
        let tree = try store.put(files: [("a", [1]), ("b/c", [2])])
        let bytes = try store.read(tree.digest)
        try store.flush()
        for damaged in damages(of: bytes) {
            try Files.write(damaged, to: path(tree.digest))
            #expect(throws: StoreError.self) { try store.materialise(tree, at: folder.appending("out")) }
            #expect(try Files.list(folder.path).map(\.name) == [Array("store".utf8)])
        }
        try store.put(bytes)
        try store.flush()
        try store.materialise(tree, at: folder.appending("out"))
    }

    @Test func `every flipped bit and every cut of a record is found, and the action can be recorded again`() throws {
        let record = ActionRecord(
            document: ["kind": "split", "seed": 1], outputs: [("train", try store.put(file: [1, 2]))], facts: ["level": "none"])
        _ = try store.publish(record)
        let bytes = try Files.read(path(record.key, in: "actions"))
        for (index, damaged) in damages(of: bytes).enumerated() {
            try Files.write(damaged, to: path(record.key, in: "actions"))
            #expect(try store.record(for: record.key) == nil)
            if index % 100 == 0 { #expect(try store.publish(record).word == "stored") }
        }
        #expect(try Files.list(store.root.appending("quarantine")).count == damages(of: bytes).count)
        #expect(store.quarantined.allSatisfy { $0.isRecord && $0.digest == record.key })
    }

    @Test func `a record under another key is not believed`() throws {
        let record = ActionRecord(document: ["seed": 1], outputs: [])
        _ = try store.publish(record)
        let other = Digest.of([9])
        try Files.makeDirectories(path(other, in: "actions").parent)
        try Files.write(Files.read(path(record.key, in: "actions")), to: path(other, in: "actions"))
        #expect(try store.record(for: other) == nil)
        #expect(store.quarantined.map(\.digest) == [other])
    }

    @Test func `every flipped bit of the format file is healed and taken for no later version`() throws {
        let digest = try store.put([5])
        try store.flush()
        let file = store.root.appending("format")
        let bytes = try Files.read(file)
        for damaged in damages(of: bytes) {
            try Files.write(damaged, to: file)
            let next = try DirectoryStore.open(store.root)
            #expect(try next.read(digest) == [5])
            #expect(try Files.read(file) == bytes)
        }
    }

    @Test func `a store of a later format is refused and left alone`() throws {
        let line = Array("mlbuild store 2\n".utf8)
        let bytes = line + Array("\(Digest.of(line))\n".utf8)
        try Files.write(bytes, to: store.root.appending("format"))
        #expect(throws: StoreError.newerFormat(2)) { try DirectoryStore.open(store.root) }
        #expect(try Files.read(store.root.appending("format")) == bytes)
    }

    @Test(arguments: ["folder", "full folder", "link", "dangling link", "link to the right bytes", "fifo"])
    func `something that is no file in an object's place is moved away and healed`(_ what: String) throws {
        let digest = try store.put([1, 2, 3])
        try store.flush()
        let place = path(digest)
        try Files.removeFile(place)
        switch what {
        case "folder": try Files.makeDirectory(place)
        case "full folder":
            try Files.makeDirectories(place.appending("a"))
            try Files.write([1], to: place.appending("a/b"))
        case "link": try Files.makeSymbolicLink(place, to: Array("/etc/passwd".utf8))
        case "dangling link": try Files.makeSymbolicLink(place, to: Array("nowhere".utf8))
        case "link to the right bytes":
            try folder.write([1, 2, 3], to: "right")
            try Files.makeSymbolicLink(place, to: folder.appending("right").bytes)
        default: #expect(try ProcessRunner.run(["mkfifo", "\(place)"]).status == 0)
        }
        let next = try DirectoryStore.open(store.root)
        #expect(try next.contains(digest) == false)
        #expect(throws: StoreError.self) { try next.read(digest) }
        #expect(throws: StoreError.missing(digest)) { try next.read(digest) }
        try next.put([1, 2, 3])
        try next.flush()
        #expect(try next.read(digest) == [1, 2, 3])
        #expect(try Files.list(store.root.appending("quarantine")).count == 1)
    }

    @Test func `an object that is put again is healed without being read first`() throws {
        let digest = try store.put([1, 2, 3])
        try store.flush()
        try Files.write([9], to: path(digest))
        #expect(try store.put([1, 2, 3]) == digest)
        try store.flush()
        #expect(try store.read(digest) == [1, 2, 3])
        #expect(store.quarantined.count == 1)
    }

    @Test func `a corrupt object that comes in place between put and flush is moved away`() throws {
        let digest = try store.put([1, 2, 3])
        try Files.makeDirectories(path(digest).parent)
        try Files.write([9], to: path(digest))
        try store.flush()
        #expect(try Files.read(path(digest)) == [1, 2, 3])
        #expect(store.quarantined.count == 1)
    }

    @Test func `a file where a folder of the store should be is moved away`() throws {
        let digest = try store.put([4])
        try Files.write([], to: path(digest).parent)
        try store.flush()
        #expect(try DirectoryStore.open(store.root).read(digest) == [4])
    }

    @Test func `folders of the store that vanish are made again`() throws {
        for name in ["objects", "actions", "quarantine", "leases", "tmp"] {
            let next = try DirectoryStore.open(store.root)
            try Files.removeTree(store.root.appending(name))
            let object = try next.put(file: Array(name.utf8))
            try next.flush()
            #expect(try next.publish(ActionRecord(document: .string(name), outputs: [("o", object)])).word == "stored")
            #expect(try next.read(object.digest) == Array(name.utf8))
        }
    }

    @Test func `a missing file of a tree is named`() throws {
        let tree = try store.put(files: [("a", [1]), ("b/c", [2])])
        try store.flush()
        #expect(try store.missing(in: tree) == [])
        let lost = Digest.of([2])
        try Files.removeFile(path(lost))
        #expect(try store.missing(in: tree) == [lost])
        #expect(throws: StoreError.missing(lost)) { try store.verify(tree) }
        #expect(throws: StoreError.missing(lost)) { try store.materialise(tree, at: folder.appending("out")) }
    }

    @Test func `an object that is no tree is not taken for one`() throws {
        let file = try store.put(file: Array("plain".utf8))
        let claimed = StoredObject(kind: .tree, digest: file.digest, size: 5, files: 1)
        #expect(throws: StoreError.self) { try store.materialise(claimed, at: folder.appending("out")) }
        #expect(try store.read(file.digest) == Array("plain".utf8))
    }
}
