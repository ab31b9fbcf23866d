import Canonical
import Diagnostics
import Locking
import Manifests
import Platform
import Storage
import Synchronization
import Testing

@testable import Running

/// The times of a file as they were, put back after an edit, which only its ctime gives away.
private func restoringTimes(of path: HostPath, _ body: () throws -> Void) throws {
    let reference = path.parent.appending("reference")
    _ = try ProcessRunner.run(["touch", "-r", path.description, reference.description])
    try body()
    _ = try ProcessRunner.run(["touch", "-r", reference.description, path.description])
    try Files.removeFile(reference)
}

private func overwrite(_ path: HostPath, _ text: String) throws {
    // In place: the inode stays.
    _ = try ProcessRunner.run(["/bin/sh", "-c", "printf '%s' \"$1\" > \"$2\"", "sh", text, path.description])
}

@Test func `right after a build there is nothing to do`() throws {
    let fixture = try Fixture()
    #expect(fixture.check() == .noIndex)
    try fixture.build()
    #expect(fixture.check() == .nothingToDo(stages: 3))
    #expect(fixture.check(["train"]) == .nothingToDo(stages: 3))
    #expect(fixture.check(["tain"]) == .notCovered)
}

@Test func `another store, and a store that was made anew, are looked at`() throws {
    let fixture = try Fixture()
    try fixture.build()
    let other = fixture.cache.parent.appending("other")
    _ = try DirectoryStore.open(other)
    #expect(NoOpIndex.check(root: fixture.root, store: other, targets: []) == .notCovered)
    try Files.removeTree(fixture.cache)
    _ = try fixture.store()
    #expect(fixture.check() == .notCovered)
}

@Test(arguments: [
    ("mlops.json", "{}"), ("mlops.lock", "{}"), ("data/rows.csv", "x,y\n1,a\n2,c\n"), ("build/split/train.csv", "x"),
    ("build/train/model/model.json", "x"),
])
func `any changed file is a reason to look`(path: String, text: String) throws {
    let fixture = try Fixture()
    try fixture.build()
    try overwrite(fixture.path(path), text)
    #expect(fixture.check() == .changed(path: path))
}

@Test func `an edit of the same size with its time set back is seen by the index and by the build`() throws {
    let fixture = try Fixture()
    try fixture.build()
    let path = fixture.path("data/rows.csv")
    try restoringTimes(of: path) { try overwrite(path, "x,y\n1,a\n2,c\n") }
    #expect(try Files.status(path)?.size == 12)
    #expect(fixture.check() == .changed(path: "data/rows.csv"))
    #expect(try fixture.build().failures.map(\.code) == ["build/data-differs"])
}

@Test func `edits within one tick of the file system's clock are never missed`() throws {
    let fixture = try Fixture()
    try fixture.build()
    let path = fixture.path("build/split/test.csv")
    let right = try fixture.read("build/split/test.csv")
    let wrong = String(right.reversed())
    for _ in 0..<40 {
        // As fast as it goes after the build: written over in place, the same length.
        try fixture.build()
        try Files.write(Array(wrong.utf8), to: path)
        if fixture.check() == .nothingToDo(stages: 3) { #expect(try fixture.read("build/split/test.csv") == right) }
        try fixture.build()
        #expect(try fixture.read("build/split/test.csv") == right)
    }
}

@Test func `an output that somebody writes to is put back as it should be`() throws {
    let fixture = try Fixture()
    try fixture.build()
    let path = fixture.path("build/split/test.csv")
    let right = try fixture.read("build/split/test.csv")
    let other = try Descriptor.creating(fixture.path("copy"), mode: 0o644)
    try other.write(Array("x,y\n".utf8))
    try Files.rename(fixture.path("copy"), to: path)
    #expect(try fixture.build().failures.isEmpty)
    #expect(try fixture.read("build/split/test.csv") == right)
    // It is still open, and reaches nothing.
    try other.write(Array("3,c\n".utf8))
    #expect(try fixture.read("build/split/test.csv") == right)
}

@Test func `signatures that have not settled are not trusted`() throws {
    let path = RelativePath("a")!
    let object = StoredObject(file: [1])
    let now: Int64 = 1_000_000_000_123_456_789
    func signed(_ changed: Int64) -> SignedPaths {
        SignedPaths(path.text.utf8, StatSignature(device: 1, inode: 2, size: 3, modified: 0, changed: changed))
    }
    #expect(!signed(now).isSettled(asOf: now))
    #expect(!signed(now - 1_000_000).isSettled(asOf: now))
    #expect(signed(now - 100_000_000).isSettled(asOf: now))
    #expect(!signed(now + 1_000_000_000).isSettled(asOf: now))
    #expect(signed(now).isSettled(asOf: signed(now).settled))
    let racy = Content(path: path, object: object, signed: signed(now), isSettled: false)
    #expect(ContentMemory([racy])[path] == nil)
}

@Test func `no flipped bit and no cut of the index is believed`() throws {
    let fixture = try Fixture()
    try fixture.build()
    let index = StateFolder(root: fixture.root).index
    let bytes = try Files.read(index)
    for offset in bytes.indices {
        for bit in [0, 3, 7] {
            var damaged = bytes
            damaged[offset] ^= 1 << bit
            damaged.withUnsafeBytes { #expect(NoOpIndexView($0) == nil, "bit \(bit) of byte \(offset)") }
        }
    }
    for count in 0..<bytes.count {
        Array(bytes[..<count]).withUnsafeBytes { #expect(NoOpIndexView($0) == nil, "cut to \(count)") }
    }
    (bytes + [0]).withUnsafeBytes { #expect(NoOpIndexView($0) == nil) }
    var damaged = bytes
    damaged[bytes.count / 2] ^= 1
    try Files.write(damaged, to: index)
    #expect(fixture.check() == .noIndex)
    #expect(try fixture.build().outcomes == ["split: upToDate", "train: upToDate", "evaluate: upToDate"])
    #expect(fixture.check() == .nothingToDo(stages: 3))
}

@Test func `an index whose parts do not fit together is refused without a trap`() throws {
    let fixture = try Fixture()
    try fixture.build()
    let bytes = try Files.read(StateFolder(root: fixture.root).index)
    // Every integer of the header, with a checksum that is right again.
    for field in 0..<6 {
        for value in [0, 1, 2, 0x7FFF_FFFF, 0xFFFF_FFFF] as [UInt32] {
            var forged = bytes
            for byte in 0..<4 { forged[40 + 4 * field + byte] = UInt8(truncatingIfNeeded: value >> UInt32(8 * byte)) }
            forged.replaceSubrange(8..<40, with: Digest.of(Array(forged[40...])).bytes)
            if forged == bytes { continue }
            try Files.write(forged, to: StateFolder(root: fixture.root).index)
            // The flags and the number of stages alone leave a sound index.
            if field != 1 && field != 3 { #expect(fixture.check() != .nothingToDo(stages: 3), "field \(field) value \(value)") }
            _ = fixture.check(["train"])
        }
    }
}

@Test(arguments: ["contents", "outputs", "signatures", "index", "journal"])
func `damaged state costs time and nothing else`(name: String) throws {
    let fixture = try Fixture()
    let first = try fixture.build()
    let file = fixture.path(".mlbuild/" + name)
    let garbage: [[UInt8]] = [[], [0], Array("{".utf8), [UInt8](repeating: 0xFF, count: 5000)]
    for bytes in garbage {
        try Files.removeTree(file)
        if name == "journal" {
            try Files.makeDirectories(file)
            try Files.write(bytes, to: file.appending("2026-01-01T00-00-00.000000000Z-1.jsonl"))
        } else {
            try Files.write(bytes, to: file)
        }
        try fixture.write("stray", to: "build/split/stray")
        let report = try fixture.build { $0.force = name == "journal" }
        #expect(report.status == .done)
        #expect(report.digests == first.digests)
    }
}

@Test func `every byte of the contents file is guarded`() throws {
    let fixture = try Fixture()
    try fixture.build()
    let bytes = try Files.read(StateFolder(root: fixture.root).contents)
    #expect(ContentMemory.decode(bytes) != nil)
    for offset in bytes.indices {
        var damaged = bytes
        damaged[offset] ^= 0x10
        #expect(ContentMemory.decode(damaged) == nil, "byte \(offset)")
    }
}

@Test func `rehash finds what signatures hide`() throws {
    let fixture = try Fixture()
    try fixture.build()
    // As a file system would that loses the change: the memory says that the edited file is what it was.
    let path = RelativePath("build/split/test.csv")!
    let folder = StateFolder(root: fixture.root)
    let known = try #require(ContentMemory.load(folder)[path])
    try fixture.write("edited", to: path.text)
    let status = try #require(try Files.status(fixture.path(path.text)))
    let forged = Content(path: path, object: known.object, signed: SignedPaths(path.text.utf8, status.signature), isSettled: true)
    try ContentMemory.load(folder).updated(with: ContentMemory([forged])).store(in: folder)
    #expect(try fixture.build()["split"]?.outcome == .upToDate)
    let report = try fixture.build { $0.rehash = true }
    #expect(report["split"]?.outcome.name == "restored")
    #expect(try fixture.read(path.text) != "edited")
}

@Test func `every way to change a folder changes its signatures or its digest`() throws {
    let edits: [(Fixture) throws -> Void] = [
        { try overwrite($0.path("model/deep/weights.bin"), "1") }, { try $0.write("new", to: "model/deep/more") },
        { try Files.makeDirectories($0.path("model/empty")) }, { try $0.remove("model/model.json") },
        { try Files.makeSymbolicLink($0.path("model/link"), to: Array("model.json".utf8)) },
        { try Files.setPermissions($0.path("model/model.json"), 0o755) },
        { try Files.rename($0.path("model/model.json"), to: $0.path("model/deep/model.json")) },
    ]
    for edit in edits {
        let fixture = try Fixture()
        try fixture.write("{}", to: "model/model.json")
        try fixture.write("0", to: "model/deep/weights.bin")
        let path = RelativePath("model")!
        let reader = WorkspaceReader(try fixture.workspace(), memory: ContentMemory(), signatures: SignatureCache(), began: .max)
        guard case .content(let before) = try reader.read(path) else { throw Fixture.Problem("a folder") }
        #expect(before.object.files == 2)
        #expect(before.signed.count == 4)
        try edit(fixture)
        guard case .content(let after) = try reader.read(path) else { throw Fixture.Problem("a folder") }
        #expect(after.signed != before.signed)
        #expect(after.object != before.object)
    }
}

@Test func `a file that changes while it is read is read again, and given up in the end`() throws {
    let fixture = try Fixture()
    let reader = WorkspaceReader(try fixture.workspace(), memory: ContentMemory(), signatures: SignatureCache(), began: .max)
    let path = RelativePath("data/rows.csv")!
    let place = fixture.path(path.text)
    let stop = Mutex(false)
    let wrong = Mutex(0)
    Threads.run(2) { thread in
        if thread == 1 {
            var number = 0
            while !stop.withLock({ $0 }) {
                number += 1
                // Of one length, so that only the content and the times change.
                try? Files.write(Array((String(number % 10) + String(repeating: String(number % 10), count: 100_000)).utf8), to: place)
            }
            return
        }
        for _ in 0..<200 {
            guard case .content(let content)? = try? reader.read(path), let bytes = try? Files.read(place) else { continue }
            // Whatever lies there now, what was read was one of the whole files.
            let isWhole = (0...9).contains { content.object.digest == Digest.of(Array(String(repeating: String($0), count: 100_001).utf8)) }
            let isFirst = content.object.size == 12
            if !isWhole && !isFirst || bytes.isEmpty { wrong.withLock { $0 += 1 } }
        }
        stop.withLock { $0 = true }
    }
    #expect(wrong.withLock { $0 } == 0)
}
