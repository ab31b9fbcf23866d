import Canonical
import Platform
import Storage
import TestSupport
import Testing

@testable import Remotes

/// ``Push`` and ``Pull`` against each kind of remote.
@Suite struct TransferTests {
    /// A store that holds nothing, in a folder of its own.
    private static func store(_ folder: TemporaryFolder, _ name: String) throws -> DirectoryStore {
        try DirectoryStore.open(folder.appending(name))
    }

    @Test func `what is pushed to a folder is pulled from it, and a second push sends nothing`() throws {
        let folder = try TemporaryFolder()
        let remote = FolderRemote(folder.appending("shelf"))
        try Files.makeDirectories(folder.appending("shelf"))
        let ours = try Self.store(folder, "ours")
        let objects = try Fixtures.filled(ours)
        let sent = try Push(ours, to: remote).run(objects)
        // A pack with all that is small, the larger file, and the tree itself.
        #expect(sent.objects == 3)
        #expect(try Push(ours, to: remote).run(objects) == TransferReport(objects: 0, bytes: 0, asked: 2))
        let theirs = try Self.store(folder, "theirs")
        let fetched = try Pull(theirs, from: remote).run(objects)
        #expect(fetched.objects == 3 && fetched.bytes == sent.bytes && fetched.failures == [])
        for object in objects {
            #expect(try theirs.missing(in: object) == [])
            try theirs.verify(object)
        }
        #expect(try Pull(theirs, from: remote).run(objects).objects == 0)
        #expect(try folder.everything().filter { $0.contains(".mlbuild-") } == [])
        let names = try folder.everything().filter { $0.hasPrefix("shelf/") }
        #expect(names.map { $0.split(separator: "/")[1] } == ["cas", "packs", "trees"] && names.allSatisfy { $0.hasPrefix("shelf/") })
    }

    @Test(arguments: [(true, false), (false, false), (true, true), (false, true)])
    func `what is pushed to a server is pulled from it`(knowsConditions: Bool, isBucket: Bool) throws {
        let folder = try TemporaryFolder()
        let ours = try Self.store(folder, "ours")
        let objects = try Fixtures.filled(ours)
        let theirs = try Self.store(folder, "theirs")
        let keeping = KeepingServer(KeepingServer.Kind(knowsConditions: knowsConditions, isBucket: isBucket))
        let requests = try ServerDouble.serve({ request, _ in keeping.reply(request) }) { server throws in
            let remote: any Remote = isBucket ? Fixtures.bucket(server) : Fixtures.web(server)
            let sent = try Push(ours, to: remote).run(objects)
            #expect(sent.objects == 3)
            let before = server.requests.count
            #expect(try Push(ours, to: remote).run(objects).objects == 0)
            #expect(server.requests.count == before + 2)
            #expect(try Pull(theirs, from: remote).run(objects).objects == 3)
            return server.requests
        }
        for object in objects { try theirs.verify(object) }
        #expect(keeping.refusals == [])
        let prefix = isBucket ? "/models/penguins/" : "/cache/"
        #expect(keeping.objects.keys.allSatisfy { $0.hasPrefix(prefix) })
        for (path, bytes) in keeping.objects where !path.contains("/packs/") { #expect(path.hasSuffix("/" + Digest.of(bytes).hex)) }
        // A server that does not know conditions is asked for them only until it has said so.
        let refused = requests.filter { $0.method == "PUT" && $0.headers["if-none-match"] != nil }.count
        #expect(knowsConditions ? refused == 3 : (1...3).contains(refused))
    }

    @Test func `large objects go to a bucket in parts, and a failed upload leaves none behind`() throws {
        let folder = try TemporaryFolder()
        let ours = try Self.store(folder, "ours")
        let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        let object = try ours.put(file: bytes)
        try ours.flush()
        let sizes = BucketSession.Sizes(whole: 100_000, part: 131_072)
        let keeping = KeepingServer(KeepingServer.Kind(isBucket: true))
        let failing = Mutexed(0)
        let theirs = try Self.store(folder, "theirs")
        try ServerDouble.serve({ request, _ in
            // Each part fails once.
            if request.target.contains("partNumber=3"),
                failing.change({
                    $0 += 1; return $0
                }) == 1
            {
                return .status(503)
            }
            return keeping.reply(request)
        }) { server throws in
            let remote = Fixtures.bucket(server, sizes: sizes)
            #expect(try Push(ours, to: remote).run([object]).objects == 1)
            #expect(try Pull(theirs, from: remote).run([object]).objects == 1)
            #expect(server.requests.filter { $0.method == "PUT" }.count == 9)
        }
        #expect(keeping.refusals == [] && keeping.openUploads == 0)
        #expect(try theirs.read(object.digest) == bytes)
        let refusing = KeepingServer(KeepingServer.Kind(isBucket: true))
        try ServerDouble.serve({ request, _ in
            request.target.contains("partNumber=5") ? .status(403, "<Error><Code>AccessDenied</Code></Error>") : refusing.reply(request)
        }) { server throws in
            #expect(throws: RemoteError.answered(403, .accessDenied)) {
                try Push(ours, to: Fixtures.bucket(server, sizes: sizes)).run([object])
            }
        }
        #expect(refusing.openUploads == 0 && refusing.objects.isEmpty)
    }

    @Test(arguments: [0, 1, 2]) func `what is damaged here never arrives there, and is put aside`(kind: Int) throws {
        let folder = try TemporaryFolder()
        let store = try Self.store(folder, "store")
        let bytes = [UInt8](repeating: 5, count: 3_000_000)
        let object = try store.put(file: bytes)
        try store.flush()
        let hex = object.digest.hex
        let file = folder.appending("store/objects/\(hex.prefix(2))/\(hex.dropFirst(2))")
        var damaged = bytes
        damaged[1_500_000] ^= 1
        try Files.removeFile(file)
        try Files.write(damaged, to: file)
        let reopened = try Self.store(folder, "store")
        let keeping = KeepingServer(KeepingServer.Kind(isBucket: kind == 2))
        try ServerDouble.serve({ request, _ in keeping.reply(request) }) { server throws in
            let remotes: [any Remote] = [FolderRemote(folder.path), Fixtures.web(server), Fixtures.bucket(server)]
            let remote = remotes[kind]
            let error = #expect(throws: RemoteError.self) { try Push(reopened, to: remote).run([object]) }
            guard case .store(.corrupt(object.digest, _)) = error else {
                Issue.record("\(error as Any)")
                return
            }
        }
        #expect(keeping.objects.isEmpty)
        #expect(try Files.status(folder.appending("cas/\(hex)")) == nil)
        #expect(try Files.list(folder.appending("store/quarantine")).count == 1)
    }

    @Test func `an object that was cut to nothing is not sent as nothing`() throws {
        let folder = try TemporaryFolder()
        let store = try Self.store(folder, "store")
        let object = try store.put(file: [1, 2, 3])
        let empty = try store.put(file: [])
        try store.flush()
        let hex = object.digest.hex
        let file = folder.appending("store/objects/\(hex.prefix(2))/\(hex.dropFirst(2))")
        try Files.removeFile(file)
        try Files.write([], to: file)
        let reopened = try Self.store(folder, "store")
        let keeping = KeepingServer()
        try ServerDouble.serve({ request, _ in keeping.reply(request) }) { server throws in
            let remote = Fixtures.web(server)
            let report = try Push(reopened, to: remote).run([empty])
            #expect(report.objects == 1)
            #expect(throws: RemoteError.self) { try Push(reopened, to: remote).run([object]) }
        }
        #expect(keeping.objects == ["/cache/cas/\(empty.digest.hex)": []])
    }

    @Test func `what is not here cannot be pushed`() throws {
        let folder = try TemporaryFolder()
        let object = StoredObject(file: [1, 2, 3])
        #expect(throws: RemoteError.store(.missing(object.digest))) {
            try Push(try Self.store(folder, "store"), to: FolderRemote(folder.path)).run([object])
        }
    }

    @Test func `a folder that is not there is not made`() throws {
        let folder = try TemporaryFolder()
        let store = try Self.store(folder, "store")
        let object = try store.put(file: [1])
        try store.flush()
        let error = #expect(throws: RemoteError.self) { try Push(store, to: FolderRemote(folder.appending("unmounted"))).run([object]) }
        guard case .place = error else {
            Issue.record("\(error as Any)")
            return
        }
        #expect(try Files.status(folder.appending("unmounted")) == nil)
    }

    @Test func `a damaged tree of the store is fetched anew`() throws {
        let folder = try TemporaryFolder()
        let ours = try Self.store(folder, "ours")
        let objects = try Fixtures.filled(ours)
        let remote = FolderRemote(folder.path)
        _ = try Push(ours, to: remote).run(objects)
        let hex = objects[0].digest.hex
        let place = folder.appending("ours/objects/\(hex.prefix(2))/\(hex.dropFirst(2))")
        try Files.removeFile(place)
        try Files.write([1, 2, 3], to: place)
        let store = try Self.store(folder, "ours")
        #expect(try Pull(store, from: remote).run(objects).objects == 1)
        for object in objects { try store.verify(object) }
    }
}
