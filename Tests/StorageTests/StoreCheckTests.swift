import Canonical
import Platform
import TestSupport
import Testing

@testable import Storage

/// The check of a whole store, and what is said of workspaces and quarantine.
@Suite struct StoreCheckTests {
    let folder: TemporaryFolder
    let store: DirectoryStore
    let data: StoredObject

    init() throws {
        folder = try TemporaryFolder(inMemory: true)
        store = try DirectoryStore.open(folder.appending("store"))
        for number in 0..<40 { try folder.write("file \(number)\n", to: "data/\(number % 4)/\(number)") }
        data = try store.importData(folder.appending("data"))
        _ = try store.publish(ActionRecord(document: ["kind": "test"], outputs: [("all", data)]))
    }

    private func damage(_ path: HostPath) throws {
        var bytes = try Files.read(path)
        bytes[bytes.count / 2] ^= 1
        try Files.write(bytes, to: path, mode: 0o444)
    }

    @Test func `a sound store has nothing to find`() throws {
        let findings = try store.checkAll()
        #expect(findings.damage.isEmpty && findings.strangers == 0)
        #expect(findings.checked.count == 40 + 5 + 1)
        #expect(try store.missingParts(of: data).isEmpty)
    }

    @Test func `every damaged object, record, proof and index is found, named and in quarantine`() throws {
        try store.record(proof: ["level": 1], of: CanonicalJSON.digest(["kind": "test"]))
        _ = try store.view(of: data.digest)
        let objects = try StoreCensus(of: store.objects).digests
        for digest in objects { try damage(store.objectPath(digest)) }
        let key = CanonicalJSON.digest(["kind": "test"])
        try damage(store.recordPath(key))
        try damage(DirectoryStore.place(key, in: store.root.appending("proofs")))
        try damage(store.root.appending("views").appending(data.digest.hex + ".index"))
        let findings = try DirectoryStore.open(store.root).checkAll()
        #expect(findings.damage.count { $0.kind == .object } == objects.count)
        #expect(findings.damage.filter { $0.kind == .object }.map(\.digest) == objects)
        for kind in [StoreFindings.Damage.Kind.record, .proof, .view] { #expect(findings.damage.count { $0.kind == kind } == 1) }
        for damage in findings.damage { #expect(try damage.path.flatMap { try Files.status($0) } != nil) }
        let again = try DirectoryStore.open(store.root).checkAll()
        #expect(again.damage.isEmpty && again.checked.count == 0)
    }

    @Test func `what a folder lacks is told, and comes back from where it lies`() throws {
        let lost = Digest.of(Array("file 7\n".utf8))
        try damage(store.objectPath(lost))
        let next = try DirectoryStore.open(store.root)
        #expect(try next.checkAll().damage.map(\.digest) == [lost])
        #expect(try next.missingParts(of: data) == [MissingPart(digest: lost, kind: .file, size: 7)])
        #expect(try next.missingParts(of: data, treesOnly: true).isEmpty)
        #expect(try next.hasQuarantined(lost))
        #expect(try next.importData(folder.appending("data")) == data)
        try next.flush()
        #expect(try next.missingParts(of: data).isEmpty)
        #expect(try next.checkAll().damage.isEmpty)
    }

    @Test func `quarantine gives up only what the store has a sound copy of`() throws {
        let (lost, healed) = (Digest.of(Array("file 7\n".utf8)), Digest.of(Array("file 8\n".utf8)))
        for digest in [lost, healed] { try damage(store.objectPath(digest)) }
        let next = try DirectoryStore.open(store.root)
        _ = try next.checkAll()
        try next.put(Array("file 8\n".utf8))
        try next.flush()
        let report = try next.clearQuarantine()
        #expect(report.removed.count == 1 && report.left.count == 1)
        #expect(try next.hasQuarantined(lost) && !next.hasQuarantined(healed))
    }

    @Test func `a workspace is known with what its lock names, until it is forgotten`() throws {
        let place = HostPath("/some/where")
        let lock = Array("{ \"x\": \"\(data.digest)\" }".utf8)
        try store.register(place, lock: lock, isNew: false)
        #expect(try store.workspaces().map { [$0.path: $0.needed] } == [[place: [data.digest]]])
        // A known one is not written again, unless its lock is.
        try store.register(place, lock: [], isNew: false)
        #expect(try store.workspaces()[0].needed == [data.digest])
        try store.note(seen: [Digest.of([1])], of: place)
        #expect(try store.workspaces()[0].needed == [data.digest, Digest.of([1])])
        #expect(try store.forget(place))
        #expect(try !store.forget(place))
        #expect(try store.workspaces() == [])
    }

    @Test func `a register that is damaged is refused, and never taken for an empty one`() throws {
        try store.register(HostPath("/some/where"), lock: [], isNew: true)
        let folder = store.root.appending(WorkspaceRegister.folderName)
        let name = try #require(try Files.list(folder).map(\.name).first { $0.count == 64 })
        try damage(folder.appending(name))
        #expect(throws: StoreError.self) { try store.workspaces() }
    }

    @Test func `digests are found in any text`() {
        let (one, two) = (Digest.of([1]), Digest.of([2]))
        let text = "sha256:\(one.hex.dropLast())x <<<<\"\(one)\"sha256:sha256:\(two.hex),sha256:12"
        #expect(DigestScan.digests(in: Array(text.utf8)) == [one, two])
        #expect(DigestScan.digests(in: Array("sha256:".utf8)).isEmpty)
    }
}
