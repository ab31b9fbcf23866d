import Canonical
import Platform
import Storage
import TestSupport
import Testing

@testable import Remotes

/// How small objects lie together on a remote, and what a push and a pull make of it.
@Suite struct PackTests {
    private static func store(_ folder: TemporaryFolder, _ name: String) throws -> DirectoryStore {
        try DirectoryStore.open(folder.appending(name))
    }

    private static func entry(_ name: String, _ size: Int) -> TreeEntry {
        TreeEntry(name: Array(name.utf8), content: .file(Digest.of(Array("content of \(name)".utf8)), size: size, isExecutable: false))
    }

    @Test func `the pack is as written in the specification`() throws {
        let spec = String(decoding: try Files.read(Places.repository().appending("Specs/remotes.md")), as: UTF8.self)
        let lines = spec.split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex(of: "```pack"))
        let end = try #require(lines[(start + 1)...].firstIndex(of: "```"))
        let folder = try TemporaryFolder()
        try folder.write("one\n", to: "data/a.txt")
        try folder.write("#!/bin/sh\n", to: "data/run.sh")
        try Files.setPermissions(folder.appending("data/run.sh"), 0o755)
        try Files.makeDirectories(folder.appending("data/empty"))
        try Files.makeSymbolicLink(folder.appending("data/latest"), to: Array("a.txt".utf8))
        let store = try Self.store(folder, "store")
        let tree = try store.importData(folder.appending("data"))
        let layout = TreeLayout(try store.tree(tree.digest))
        let group = try #require(layout.groups.first)
        #expect(layout.groups.count == 1 && spec.contains("`packs/\(group.key.hex)`"))
        let draft = try PackDraft(group, store)
        let bytes = try draft.bytes(store)
        #expect(bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == lines[(start + 1)..<end].joined())
        #expect(draft.size == bytes.count)
        let pack = try bytes.withRawBytes { (raw) throws(Pack.Malformed) in try Pack(raw) }
        #expect(pack.members.map { $0.range?.count } == [4, 16, 10])
    }

    @Test func `groups hold every small object once, in order, within their limits`() throws {
        for size in [0, 100, 4096, 200_000, 1 << 20] {
            let entries = (0..<20_000).map { Self.entry("file-\($0)", size) }
            let layout = TreeLayout(Tree(entries))
            let members = layout.groups.flatMap(\.members)
            #expect(
                members.map(\.digest)
                    == Tree(entries).entries.map { if case .file(let digest, _, _) = $0.content { digest } else { Digest.of([]) } })
            for group in layout.groups {
                #expect(group.weight <= TreeLayout.mostWeight && group.members.count <= TreeLayout.mostMembers)
            }
            let average = layout.groups.reduce(0) { $0 + $1.weight } / layout.groups.count
            #expect(size < 4096 || (700_000...1_500_000).contains(average), "\(size): \(average)")
        }
        #expect(TreeLayout(Tree([Self.entry("large", (1 << 20) + 1)])).groups.isEmpty)
        #expect(TreeLayout(Tree([Self.entry("large", (1 << 20) + 1)])).files.count == 1)
    }

    @Test func `a change moves the ends of groups nowhere else`() throws {
        let entries = (0..<30_000).map { Self.entry("file-\($0)", 4096) }
        let before = Set(TreeLayout(Tree(entries)).groups.map(\.key))
        #expect((90...180).contains(before.count))
        for place in stride(from: 0, to: 30_000, by: 997) {
            var changed = entries
            changed[place] = Self.entry("file-\(place)", 5000)
            changed.append(Self.entry("new-\(place)", 3000))
            changed.remove(at: (place + 11) % 30_000)
            let after = Set(TreeLayout(Tree(changed)).groups.map(\.key))
            #expect(after.subtracting(before).count <= 9, "\(place)")
        }
    }

    @Test(arguments: [true, false]) func `a tree of every kind goes there and back`(isFolder: Bool) throws {
        let folder = try TemporaryFolder()
        let (ours, theirs) = (try Self.store(folder, "ours"), try Self.store(folder, "theirs"))
        let tree = try Fixtures.varied(ours)
        let keeping = KeepingServer()
        try ServerDouble.serve({ request, _ in keeping.reply(request) }) { server throws in
            let remote: any Remote = isFolder ? FolderRemote(folder.path) : Fixtures.web(server)
            let sent = try Push(ours, to: remote).run([tree])
            #expect(sent.objects < 30 && sent.bytes > 6_000_000 && sent.bytes < 8_500_000)
            #expect(try Push(ours, to: remote).run([tree]) == TransferReport(objects: 0, bytes: 0, asked: 1))
            let fetched = try Pull(theirs, from: remote).run([tree])
            #expect(fetched.objects == sent.objects && fetched.bytes == sent.bytes && fetched.failures == [])
            #expect(try Pull(theirs, from: remote).run([tree]).objects == 0)
        }
        try theirs.verify(tree)
        #expect(try theirs.missing(in: tree) == [])
    }

    @Test func `a push after one change sends what changed and asks along its way`() throws {
        let folder = try TemporaryFolder()
        let store = try Self.store(folder, "store")
        let (first, second) = (try Fixtures.varied(store, changed: "one"), try Fixtures.varied(store, changed: "two"))
        let remote = FolderRemote(folder.path)
        let all = try Push(store, to: remote).run([first])
        let report = try Push(store, to: remote).run([second])
        // The pack with the file, its folder, the root.
        #expect(report.objects == 3 && report.bytes < all.bytes / 2)
        #expect(report.asked < 16)
    }

    @Test func `a tree is put after everything that it names`() throws {
        let folder = try TemporaryFolder()
        let store = try Self.store(folder, "store")
        let tree = try Fixtures.varied(store)
        let keeping = KeepingServer()
        let late = Mutexed<[String]>([])
        let trees = Mutexed(0)
        try ServerDouble.serve({ request, _ in
            if request.method == "PUT", request.target.contains("/trees/"), let tree = try? Tree.decode(request.body) {
                trees.change { $0 += 1 }
                let layout = TreeLayout(tree)
                let places =
                    layout.groups.map { RemotePlace(.pack, $0.key) } + layout.files.map { RemotePlace(.object, $0.digest) }
                    + layout.trees.map { RemotePlace(.tree, $0) }
                for place in places where keeping.objects["/cache/\(place.path)"] == nil { late.change { $0.append(place.path) } }
            }
            return keeping.reply(request)
        }) { server throws in _ = try Push(store, to: Fixtures.web(server)).run([tree]) }
        #expect(late.get() == [] && trees.get() >= 3)
    }

    @Test(arguments: [true, false]) func `of a pack only what is missing is fetched, whether the server knows ranges or not`(
        knowsRanges: Bool
    ) throws {
        let folder = try TemporaryFolder()
        let (ours, theirs) = (try Self.store(folder, "ours"), try Self.store(folder, "theirs"))
        let tree = try Fixtures.varied(ours)
        let keeping = KeepingServer(KeepingServer.Kind(knowsRanges: knowsRanges))
        try ServerDouble.serve({ request, _ in keeping.reply(request) }) { server throws in
            _ = try Push(ours, to: Fixtures.web(server)).run([tree])
            _ = try Pull(theirs, from: Fixtures.web(server)).run([tree])
            for seed in [3, 4, 400] {
                let hex = Digest.of(Fixtures.noise(8192 + seed, seed: UInt64(seed))).hex
                try Files.removeFile(folder.appending("theirs/objects/\(hex.prefix(2))/\(hex.dropFirst(2))"))
            }
            let report = try Pull(theirs, from: Fixtures.web(server)).run([tree])
            #expect((1...3).contains(report.objects) && report.failures == [] && report.bytes < 200_000)
        }
        try theirs.verify(tree)
    }

    @Test func `a pull goes on past packs that are missing, damaged or swapped, and names them`() throws {
        let folder = try TemporaryFolder()
        let ours = try Self.store(folder, "ours")
        let tree = try Fixtures.varied(ours)
        let remote = FolderRemote(folder.path)
        let sent = try Push(ours, to: remote).run([tree])
        let packs = folder.appending("packs")
        let names = try Files.list(packs).map { String(decoding: $0.name, as: UTF8.self) }
        try #require(names.count > 5)
        func replace(_ name: String, _ bytes: [UInt8]) throws {
            try Files.removeFile(packs.appending(name))
            try Files.write(bytes, to: packs.appending(name))
        }
        let bytes = try names.map { try Files.read(packs.appending($0)) }
        try Files.removeFile(packs.appending(names[0]))
        try replace(names[1], bytes[2])
        try replace(names[2], bytes[1])
        var flipped = bytes[3]
        flipped[flipped.count - 1] ^= 1
        try replace(names[3], flipped)
        try replace(names[4], Array(bytes[4].dropLast()))
        let theirs = try Self.store(folder, "theirs")
        let report = try Pull(theirs, from: remote).run([tree])
        #expect(report.failures.count == 5)
        for name in names[0..<5] { #expect(report.failures.contains { $0.description.contains("pack sha256:\(name)") }, "\(name)") }
        #expect(try theirs.missing(in: tree).isEmpty == false)
        for (name, bytes) in zip(names, bytes) where try Files.status(packs.appending(name)) != nil { try replace(name, bytes) }
        try Files.write(bytes[0], to: packs.appending(names[0]))
        let rest = try Pull(theirs, from: remote).run([tree])
        #expect(rest.failures == [] && rest.objects >= 4 && rest.objects < sent.objects)
        try theirs.verify(tree)
    }

    @Test func `a head that lies is refused before anything is made of it`() throws {
        func head(_ count: UInt64, _ lengths: [UInt64], magic: String = "mlbpack1") -> [UInt8] {
            var bytes = Array(magic.utf8)
            Pack.append(count, to: &bytes)
            for length in lengths {
                bytes += Digest.of([1]).bytes
                Pack.append(length, to: &bytes)
            }
            return bytes
        }
        func read(_ bytes: [UInt8]) -> String? {
            do throws(Pack.Malformed) {
                _ = try bytes.withRawBytes { (raw) throws(Pack.Malformed) in try Pack(raw) }
                return nil
            } catch {
                return error.reason
            }
        }
        #expect(read(head(1, [3]) + [1, 2, 3]) == nil)
        #expect(read(head(1, [UInt64.max])) == nil)
        #expect(read([]) != nil && read(head(0, [], magic: "mlbpack2")) != nil)
        for count in [2, 1_000_000_000, UInt64(1) << 63, UInt64.max, UInt64.max / 40] {
            #expect(read(head(count, [3]) + [1, 2, 3]) != nil)
        }
        for length in [2, 4, 5 << 20, UInt64(1) << 62, UInt64.max - 1] { #expect(read(head(1, [length]) + [1, 2, 3]) != nil) }
        #expect(read(head(3, [4 << 20, 4 << 20, 4 << 20])) != nil)
    }

    @Test func `an answer with a part has to be the part that was asked for`() throws {
        let request = HTTPRequest(.get, "/", headers: HTTPRequest.field(10..<20), limit: 1000, range: 10..<20)
        #expect(request.headers == [SignatureV4.Pair("range", "bytes=10-19")])
        func given(_ status: Int, _ field: String?, _ body: [UInt8], _ request: HTTPRequest = request) throws -> [UInt8]? {
            let text = "HTTP/1.1 \(status) X\r\n" + (field.map { "Content-Range: \($0)\r\n" } ?? "")
            guard var intake = try BodyIntake(request, try HTTPHead.parse(Array(text.utf8.dropLast(2))[...])) else { return nil }
            var result: [UInt8] = []
            for byte in body {
                try [byte].withRawBytes { (raw) throws(RemoteError) in
                    try intake.take(raw) { (piece) throws(RemoteError) in result += piece }
                }
            }
            try intake.finish()
            return result
        }
        let ten = [UInt8](10..<20)
        for total in ["20", "1000", "*"] { #expect(try given(206, "bytes 10-19/\(total)", ten) == ten) }
        #expect(try given(200, nil, [UInt8](0..<200)) == ten)
        #expect(try given(206, "bytes 10-19/20", ten, HTTPRequest(.get, "/", limit: 10)) == nil)
        for field in [
            nil, "bytes 0-9/20", "bytes 10-18/20", "bytes 10-20/30", "bytes 10-19/19", "bytes 10-19", "10-19/20", "bytes 10-19/-1",
        ] {
            #expect(throws: RemoteError.self, "\(field ?? "")") { try given(206, field, ten) }
        }
        #expect(throws: RemoteError.self) { try given(206, "bytes 10-19/20", ten + [0]) }
        #expect(throws: RemoteError.self) { try given(206, "bytes 10-19/20", ten.dropLast()) }
        #expect(throws: RemoteError.self) { try given(200, nil, [UInt8](0..<19)) }
        #expect(throws: RemoteError.self) { try given(200, nil, [UInt8](repeating: 0, count: 1001)) }
    }
}
