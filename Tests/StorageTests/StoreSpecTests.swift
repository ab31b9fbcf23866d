import Canonical
import Platform
import Storage
import TestSupport
import Testing

/// The examples of `Specs/store.md` are what the code writes and reads.
@Suite struct StoreSpecTests {
    let folder: TemporaryFolder
    let spec: String

    init() throws {
        folder = try TemporaryFolder(inMemory: true)
        spec = String(decoding: try Files.read(Places.repository().appending("Specs/store.md")), as: UTF8.self)
    }

    /// The content of the block that is marked with `name`.
    func example(_ name: String) throws -> String {
        let lines = spec.split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex(of: "```" + name))
        let end = try #require(lines[(start + 1)...].firstIndex(of: "```"))
        return lines[(start + 1)..<end].map { $0 + "\n" }.joined()
    }

    @Test func `the format file is as written`() throws {
        _ = try DirectoryStore.open(folder.appending("store"))
        #expect(try folder.read("store/format") == example("format"))
    }

    @Test func `the tree is as written`() throws {
        try folder.write("one\n", to: "data/a.txt")
        try folder.write("#!/bin/sh\n", to: "data/run.sh")
        try Files.setPermissions(folder.appending("data/run.sh"), 0o755)
        try Files.makeDirectories(folder.appending("data/empty"))
        try Files.makeSymbolicLink(folder.appending("data/latest"), to: Array("a.txt".utf8))
        let store = try DirectoryStore.open(folder.appending("store"))
        let tree = try store.importData(folder.appending("data"))
        let hex = try store.read(tree.digest).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(hex == (try example("tree").filter { $0 != "\n" }))
        #expect(spec.contains("Its digest is `\(tree.digest)`"))
    }

    @Test func `the record is as written, and is read from its place`() throws {
        let text = Array(try example("record").utf8)
        let key = CanonicalJSON.digest(["kind": "split", "seed": 42])
        let record = try #require(ActionRecord.decode(text, key: key))
        #expect(record.output("train") == StoredObject(file: Array("one\n".utf8)))
        #expect(record.facts == ["level": "none"])
        #expect(record.encode() == text)

        let store = try DirectoryStore.open(folder.appending("store"))
        try store.put(Array("one\n".utf8))
        #expect(try store.publish(record).word == "stored")
        #expect(try Array(folder.read("store/actions/\(key.hex.prefix(2))/\(key.hex.dropFirst(2))").utf8) == text)
    }

    @Test func `the layout is as written`() throws {
        let store = try DirectoryStore.open(folder.appending("store"))
        _ = try store.publish(ActionRecord(document: [], outputs: [("o", try store.put(file: [1]))]))
        for name in try Files.list(store.root).map({ String(decoding: $0.name, as: UTF8.self) }) {
            #expect(spec.contains("| `\(name)"), "the layout names '\(name)'")
        }
    }

    @Test func `the note about what was fetched is as written`() throws {
        let store = try DirectoryStore.open(folder.appending("store"))
        let digest = Digest.of(Array("one\n".utf8))
        try store.note(fetched: digest, as: "six-1.16.0-py2.py3-none-any.whl")
        let place = store.root.appending("fetched").appending(digest.hex.prefix(2).utf8).appending(digest.hex.dropFirst(2).utf8)
        #expect(String(decoding: try Files.read(place), as: UTF8.self) == (try example("fetched")))
    }

    @Test func `the state of a download is as written`() throws {
        let store = try DirectoryStore.open(folder.appending("store"))
        let name = Digest.of([1])
        let partial = try PartialDownload(name, in: store)
        try partial.begin(.tag("\"v1\""))
        try Array("one\n".utf8).withRawBytes { (raw) throws(StoreError) in try partial.append(raw) }
        try partial.note()
        let state = try Files.read(store.root.appending("partial/\(name.hex).state"))
        #expect(String(decoding: state, as: UTF8.self) == (try example("download")))
    }

    @Test func `the proof is as written`() throws {
        let store = try DirectoryStore.open(folder.appending("store"))
        let key = CanonicalJSON.digest(["kind": "split", "seed": 42])
        try store.record(proof: ["level": 1], of: key)
        let place = store.root.appending("proofs").appending(key.hex.prefix(2).utf8).appending(key.hex.dropFirst(2).utf8)
        #expect(String(decoding: try Files.read(place), as: UTF8.self) == (try example("proof")))
    }
}
