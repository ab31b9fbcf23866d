import Canonical
import Locking
import Manifests
import Planning
import Platform
import Storage
import Testing

@testable import Running

/// The file of an object or record in the store.
private func place(_ fixture: Fixture, _ folder: String, _ digest: Digest) -> HostPath {
    fixture.cache.appending(folder).appending(String(digest.hex.prefix(2))).appending(String(digest.hex.dropFirst(2)))
}

private func flip(_ path: HostPath, at offset: Int) throws {
    var bytes = try Files.read(path)
    bytes[offset] ^= 1
    try Files.removeFile(path)
    try Files.write(bytes, to: path, mode: 0o444)
}

@Test func `a deleted output object is a miss`() throws {
    let fixture = try Fixture()
    let first = try fixture.build()
    let object = try #require(first["split"]?.outputs.first { $0.name == "train" }?.object)
    try Files.removeFile(place(fixture, "objects", object.digest))
    let report = try fixture.build()
    #expect(report.ran == ["split: output 'train' is missing from the store"])
    #expect(report.digests == first.digests)
    #expect(try fixture.store().contains(object.digest))
}

@Test func `a damaged output object is found, put aside, and healed by running the stage`() throws {
    let fixture = try Fixture()
    let first = try fixture.build()
    let object = try #require(first["train"]?.outputs.first { $0.name == "log" }?.object)
    try flip(place(fixture, "objects", object.digest), at: 3)
    let report = try fixture.build()
    #expect(report.ran == ["train: output 'log' was damaged in the store"])
    #expect(report.digests == first.digests)
    #expect(try fixture.store().read(object.digest).count == object.size)
    #expect(try Files.list(fixture.cache.appending("quarantine")).count == 1)
}

@Test func `a file deep in a tree is verified too`() throws {
    let fixture = try Fixture()
    let first = try fixture.build()
    let model = try #require(first["train"]?.outputs.first { $0.name == "model" }?.object)
    let store = try fixture.store()
    guard case .tree(let parts, _, _) = try store.tree(model.digest).entries.last?.content,
        case .file(let weights, _, _) = try store.tree(parts).entries[0].content
    else { throw Fixture.Problem("a folder in a folder") }
    try flip(place(fixture, "objects", weights), at: 0)
    let report = try fixture.build()
    #expect(report.ran == ["train: output 'model' was damaged in the store"])
    #expect(report.digests == first.digests)
}

@Test func `every byte of a record is guarded, and a damaged one is healed`() throws {
    let fixture = try Fixture(
        """
        { "version": 1, "name": "demo", "data": { "rows": { "path": "rows.csv" } },
          "stages": { "split": { "uses": "split", "inputs": { "table": "data.rows" } } } }
        """, files: ["rows.csv": "x\n1\n"])
    let first = try fixture.build()
    let key = try #require(first["split"]?.key?.digest)
    let record = place(fixture, "actions", key)
    let count = try Files.read(record).count
    for offset in stride(from: 0, to: count, by: 97) + [count - 1] {
        try flip(record, at: offset)
        let report = try fixture.build()
        #expect(report.ran == ["split: its record in the store was damaged"], "at byte \(offset)")
        #expect(report.digests == first.digests)
        #expect(try fixture.store().record(for: key) != nil)
    }
}

@Test func `an emptied store is filled again with the same bytes`() throws {
    let fixture = try Fixture()
    let first = try fixture.build()
    let lock = try Files.read(fixture.path(Lockfile.fileName))
    try Files.removeTree(fixture.cache)
    #expect(fixture.check() == .notCovered)
    let report = try fixture.build()
    #expect(report.ran == ["split: not in the store", "train: not in the store", "evaluate: not in the store"])
    #expect(report.digests == first.digests)
    #expect(try Files.read(fixture.path(Lockfile.fileName)) == lock)
}

@Test func `data that the store lost is taken from the workspace again`() throws {
    let fixture = try Fixture()
    try fixture.build()
    let pin = try #require(try fixture.lockfile().pin(data: "rows"))
    try flip(place(fixture, "objects", pin.digest), at: 0)
    #expect(try fixture.build(["split"]) { $0.force = true }.ran == ["split: asked for with --force"])
    #expect(try fixture.store().read(pin.digest) == Array("x,y\n1,a\n2,b\n".utf8))
}

@Test func `two workspaces share results`() throws {
    let first = try Fixture()
    try first.build()
    let second = try Fixture()
    let report = try second.build(store: try first.store())
    #expect(report.outcomes == ["split: restored", "train: restored", "evaluate: restored"])
    #expect(second.performer.calls.isEmpty)
    #expect(try second.lockfile() == first.lockfile())
}
