import Canonical
import Diagnostics
import Platform
import Signing
import Storage
import TestSupport
import Testing

@testable import Remotes

@Suite struct ResultShelfTests {
    private static let hasProgram = (try? ProcessRunner.run(["ssh-keygen", "-?"])) != nil

    /// Two machines with a store each, a folder between them, and a key of each.
    private final class Pair {
        let folder: TemporaryFolder
        let shelf: HostPath
        let ours: DirectoryStore
        let theirs: DirectoryStore
        let program: SSHKeygen

        init() throws {
            folder = try TemporaryFolder()
            shelf = folder.appending("shelf")
            try Files.makeDirectories(shelf)
            try Files.makeDirectories(folder.appending("keys"))
            ours = try DirectoryStore.open(folder.appending("ours"))
            theirs = try DirectoryStore.open(folder.appending("theirs"))
            program = SSHKeygen(in: folder.appending("keys"))
        }

        func key(_ name: String) throws -> SSHKeygen.Key {
            let path = folder.appending("keys").appending(name)
            let made = try ProcessRunner.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path.description])
            try #require(made.status == 0, "\(made.errorText)")
            return try program.key(at: path)
        }

        func list(_ keys: [SSHKeygen.Key]) throws -> SignerList {
            var text: [UInt8] = []
            for (index, key) in keys.enumerated() { text = SignerList.adding(key.publicKey, of: "signer\(index)", to: text) }
            return try #require(SignerList.read(SourceText(name: "signers", bytes: text)).value)
        }

        func shelf(_ store: DirectoryStore) -> ResultShelf {
            ResultShelf(store, at: FolderRemote(shelf), retry: Fixtures.retry(), lanes: 4, program: program)
        }

        /// A result in our store: a file and a tree.
        func record(_ seed: Int, outputs texts: [String] = ["model", "log"]) throws -> ActionRecord {
            let tree = try ours.put(files: texts.map { (path: "a/\($0)", bytes: Array("\($0) of \(seed)\n".utf8)) })
            let file = try ours.put(file: Array("metrics \(texts) \(seed)".utf8))
            let record = ActionRecord(
                document: ["kind": "split", "seed": .integer(seed)], outputs: [("metrics", file), ("model", tree)],
                facts: ["level": "namespaces"])
            try ours.flush()
            return record
        }

        func file(of record: ActionRecord, _ key: SSHKeygen.Key) -> HostPath {
            shelf.appending(ResultShelf.place(record.key, signer: key.publicKey).path)
        }

        func refusals(_ key: Digest, _ list: SignerList) throws -> [String] {
            switch try shelf(theirs).result(key, by: list) {
            case .nothing(let refused): return refused
            case .result:
                Issue.record("a result was taken")
                return []
            }
        }
    }

    @Test(.enabled(if: hasProgram, "there is no ssh-keygen"))
    func `a result that somebody trusted has signed is had with its outputs`() throws {
        let pair = try Pair()
        let key = try pair.key("ci")
        let list = try pair.list([try pair.key("other"), key])
        let records = try (0..<5).map { try pair.record($0) }
        let sent = try pair.shelf(pair.ours).send(records, signing: key)
        #expect(sent.keys == records.map(\.key) && sent.contradicted == [] && sent.transfer.failures == [])
        let again = try pair.shelf(pair.ours).send(records, signing: key)
        #expect(again.keys == [] && again.transfer.objects == 0 && again.transfer.bytes == 0 && again.transfer.asked == 5)

        let shelf = pair.shelf(pair.theirs)
        for record in records {
            guard case .result(let found, let signer) = try shelf.result(record.key, by: list) else {
                Issue.record("there is no result")
                continue
            }
            #expect(found.encode() == record.encode() && signer.names == "signer1")
            for output in found.outputs { try pair.theirs.verify(output.object) }
        }
        #expect(try pair.refusals(Digest.of([1]), list) == [])
        #expect(try pair.refusals(records[0].key, SignerList()) == [])
        #expect(try pair.refusals(records[0].key, try pair.list([try pair.key("third")])) == [])
    }

    @Test(.enabled(if: hasProgram, "there is no ssh-keygen"))
    func `what lies in a result's place and is another is refused before anything is fetched`() throws {
        let pair = try Pair()
        let (key, stranger) = (try pair.key("ci"), try pair.key("stranger"))
        let list = try pair.list([key])
        let (first, second) = (try pair.record(1), try pair.record(2))
        _ = try pair.shelf(pair.ours).send([first, second], signing: key)
        _ = try pair.shelf(pair.ours).send([first], signing: stranger)
        let place = pair.file(of: first, key)
        let good = try Files.read(place)

        func refused(_ bytes: [UInt8]) throws -> [String] {
            try Files.removeFile(place)
            try Files.write(bytes, to: place)
            return try pair.refusals(first.key, list)
        }
        #expect(try refused(Files.read(pair.file(of: second, key))) == ["signer0 has signed a result of something else"])
        #expect(try refused(Files.read(pair.file(of: first, stranger))) == ["what lies in the place of a result of signer0 is none"])
        #expect(try refused([]).count == 1)
        #expect(try refused(Array(good.dropLast(5))).count == 1)
        #expect(try refused(Array("{}".utf8)).count == 1)
        // Every part of the envelope: signature, payload, type.
        for index in stride(from: 0, to: good.count, by: 37) {
            var bad = good
            bad[index] ^= 1
            #expect(try refused(bad).count == 1, "byte \(index)")
        }
        let other = try pair.record(1, outputs: ["something", "else"])
        let forged = try pair.program.sign(other.statement, type: ResultShelf.payloadType, with: stranger)
        let relabelled = Envelope(
            payloadType: forged.payloadType, payload: forged.payload, keyIdentifier: key.publicKey.fingerprint, signature: forged.signature)
        #expect(try refused(relabelled.encode()).first?.hasPrefix("the signature of signer0 does not hold") == true)
        #expect(try pair.theirs.missing(in: first.outputs[1].object) == [first.outputs[1].object.digest], "nothing was fetched")
        try Files.removeFile(place)
        try Files.write(good, to: place)
        guard case .result = try pair.shelf(pair.theirs).result(first.key, by: list) else {
            Issue.record("the right one is not taken")
            return
        }
    }

    @Test(.enabled(if: hasProgram, "there is no ssh-keygen"))
    func `a result whose outputs are not there or not as it says is refused`() throws {
        let pair = try Pair()
        let key = try pair.key("ci")
        let list = try pair.list([key])
        let record = try pair.record(1)
        let absent = ActionRecord(
            document: ["kind": "split", "seed": 7],
            outputs: [("metrics", StoredObject(kind: .file, digest: Digest.of([7]), size: 1, files: 1))])
        let metrics = record.outputs[0].object
        let larger = ActionRecord(
            document: ["kind": "split", "seed": 8],
            outputs: [("metrics", StoredObject(kind: .file, digest: metrics.digest, size: metrics.size + 1, files: 1))])
        let tree = record.outputs[1].object
        let fewer = ActionRecord(
            document: ["kind": "split", "seed": 9],
            outputs: [("model", StoredObject(kind: .tree, digest: tree.digest, size: tree.size, files: tree.files - 1))])
        _ = try pair.shelf(pair.ours).send([record], signing: key)
        for (lie, reason) in [(absent, "lacks an output"), (larger, "is not of the size"), (fewer, "is not of the size")] {
            let envelope = try pair.program.sign(lie.statement, type: ResultShelf.payloadType, with: key)
            try Files.write(envelope.encode(), to: pair.file(of: lie, key))
            let refused = try pair.refusals(lie.key, list)
            #expect(refused.count == 1 && refused[0].contains(reason), "\(refused)")
        }
    }

    @Test(.enabled(if: hasProgram, "there is no ssh-keygen"))
    func `another result of one key under our own signature is told and stays as it lies`() throws {
        let pair = try Pair()
        let key = try pair.key("ci")
        let record = try pair.record(1)
        _ = try pair.shelf(pair.ours).send([record], signing: key)
        let before = try Files.read(pair.file(of: record, key))
        let other = try pair.record(1, outputs: ["other"])
        #expect(other.key == record.key)
        let sent = try pair.shelf(pair.ours).send([other], signing: key)
        #expect(sent.contradicted == [record.key] && sent.keys == [])
        #expect(try Files.read(pair.file(of: record, key)) == before)
    }

    @Test(.enabled(if: hasProgram, "there is no ssh-keygen"))
    func `a result is not sent without its outputs`() throws {
        let pair = try Pair()
        let key = try pair.key("ci")
        let record = ActionRecord(
            document: ["kind": "split"], outputs: [("metrics", StoredObject(kind: .file, digest: Digest.of([7]), size: 1, files: 1))])
        #expect(throws: ResultShelf.Failure.self) { try pair.shelf(pair.ours).send([record], signing: key) }
        #expect(try Files.status(pair.file(of: record, key)) == nil)
    }
}
