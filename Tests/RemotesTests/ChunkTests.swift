import Canonical
import Platform
import Storage
import TestSupport
import Testing

@testable import Remotes

/// How large objects lie on a remote, and what a push and a pull make of it.
@Suite struct ChunkTests {
    private static func store(_ folder: TemporaryFolder, _ name: String) throws -> DirectoryStore {
        try DirectoryStore.open(folder.appending(name))
    }

    private static let large = Fixtures.noise(12 << 20, seed: 7)

    private static func ends(_ bytes: [UInt8], pieces: Int = 1 << 20) -> [Int] {
        var chunker = Chunker()
        bytes.withUnsafeBytes { raw in
            for start in stride(from: 0, to: raw.count, by: pieces) {
                chunker.update(UnsafeRawBufferPointer(rebasing: raw[start..<min(raw.count, start + pieces)]))
            }
        }
        return chunker.finish()
    }

    /// As the specification says it, without a care for time.
    private static func naiveEnds(_ bytes: [UInt8]) -> [Int] {
        var places: [(place: Int, hash: UInt64)] = []
        var hash: UInt64 = 0
        for (index, byte) in bytes.enumerated() {
            hash = hash &* 2 &+ Digest.of(Array("mlbuild gear 1\n".utf8) + [byte]).leadingWord
            if hash >> 50 == 0x3FFF { places.append((index + 1, hash)) }
        }
        var ends: [Int] = []
        for (place, hash) in places where place >= 229_376 {
            let near = places.filter { abs($0.place - place) <= 229_376 }
            if near.contains(where: { $0.place < place && $0.hash >= hash || $0.place > place && $0.hash > hash }) { continue }
            ends.append(place)
        }
        var result: [Int] = []
        for end in ends + [bytes.count] {
            while end - (result.last ?? 0) > 786_432 {
                let start = result.last ?? 0
                result.append(start + (end - start >= 1_572_864 ? 786_432 : (end - start) / 2))
            }
            if end > (result.last ?? 0) { result.append(end) }
        }
        return result
    }

    @Test func `cuts are those of the specification, however the bytes come`() {
        var mixed = Fixtures.noise(700_000, seed: 1)
        mixed += [UInt8](repeating: 0, count: 1_900_000)
        mixed += Fixtures.noise(400_000, seed: 2)
        for bytes in [mixed, [], [1], Fixtures.noise(229_376, seed: 3)] {
            let ends = Self.ends(bytes)
            #expect(ends == Self.naiveEnds(bytes))
            for pieces in [1 << 16, 100_003, 229_377] { #expect(Self.ends(bytes, pieces: pieces) == ends) }
        }
    }

    @Test func `chunks have their lengths, and cuts move along with the content`() {
        let ends = Self.ends(Self.large)
        let sizes = zip(ends, [0] + ends).map { $0 - $1 }
        #expect(sizes.dropLast().allSatisfy { (Chunker.reach...Chunker.most).contains($0) } && sizes.reduce(0, +) == Self.large.count)
        #expect((20...42).contains(ends.count))
        let shifted = Self.ends(Fixtures.noise(12_345, seed: 9) + Self.large).map { $0 - 12_345 }
        #expect(Set(shifted).intersection(ends).count >= ends.count - 2)
        let zeros = Self.ends([UInt8](repeating: 0, count: 5_000_000))
        #expect(Set(zip(zeros, [0] + zeros).map { $0 - $1 }).count <= 2)
    }

    @Test(arguments: [0, 1, 2]) func `a large file goes there and back, and of a changed one only what changed is sent`(kind: Int) throws {
        let folder = try TemporaryFolder(inMemory: true)
        let (ours, theirs) = (try Self.store(folder, "ours"), try Self.store(folder, "theirs"))
        let first = try ours.put(file: Self.large)
        var changed = Self.large
        changed.replaceSubrange((5 << 20)..<(6 << 20), with: Fixtures.noise(1 << 20, seed: 11))
        let second = try ours.put(file: changed)
        let tree = try ours.put(Tree([TreeEntry(name: [65], content: .file(second.digest, size: second.size, isExecutable: true))]))
        try ours.flush()
        let keeping = KeepingServer(KeepingServer.Kind(isBucket: kind == 2))
        try ServerDouble.serve({ request, _ in keeping.reply(request) }) { server throws in
            let remotes: [any Remote] = [FolderRemote(folder.path), Fixtures.web(server), Fixtures.bucket(server)]
            let remote = remotes[kind]
            let all = try Push(ours, to: remote).run([first])
            #expect(all.objects > 20 && all.bytes > first.size)
            #expect(try Push(ours, to: remote).run([first]) == TransferReport(objects: 0, bytes: 0, asked: 1))
            let some = try Push(ours, to: remote).run([first, tree])
            #expect(some.bytes < 3 << 20 && some.objects < 12)
            let fetched = try Pull(theirs, from: remote).run([first])
            #expect(fetched.objects == all.objects && fetched.bytes == all.bytes && fetched.failures == [])
            #expect(try Pull(theirs, from: remote).run([first, tree]).failures == [])
            #expect(try Pull(theirs, from: remote).run([first, tree]).objects == 0)
        }
        for object in [first, tree] { try theirs.verify(object) }
        #expect(try Files.list(folder.appending("theirs/partial")).isEmpty)
    }

    @Test func `an interrupted pull goes on where it was, and damaged pieces of it are fetched anew`() throws {
        let folder = try TemporaryFolder(inMemory: true)
        let ours = try Self.store(folder, "ours")
        let object = try ours.put(file: Self.large)
        try ours.flush()
        let keeping = KeepingServer()
        let allowed = Mutexed(12)
        let counts = try ServerDouble.serve({ request, _ in
            if request.method == "GET", request.target.contains("/cas/") {
                let left = allowed.change {
                    $0 -= 1
                    return $0
                }
                if left < 0 { return .status(403) }
            }
            return keeping.reply(request)
        }) { server throws in
            let all = try Push(ours, to: Fixtures.web(server)).run([object])
            let theirs = try Self.store(folder, "theirs")
            #expect(throws: RemoteError.answered(403)) { try Pull(theirs, from: Fixtures.web(server), lanes: 2).run([object]) }
            #expect(try !theirs.contains(object.digest))
            let partial = try Files.read(folder.appending("theirs/partial/\(object.digest.hex)"))
            #expect(partial.count <= Self.large.count)
            // What lies there is believed of nobody.
            try folder.write([UInt8](repeating: 1, count: 600_000) + partial.dropFirst(600_000), to: "theirs/partial/\(object.digest.hex)")
            allowed.change { $0 = 1000 }
            let again = try Pull(try Self.store(folder, "theirs"), from: Fixtures.web(server), lanes: 2).run([object])
            #expect(again.failures == [])
            return (all.objects, again.objects)
        }
        #expect(counts.1 < counts.0 - 4)
        try Self.store(folder, "theirs").verify(object)
    }

    @Test func `a list that lies makes nothing, whatever it says`() throws {
        let folder = try TemporaryFolder(inMemory: true)
        let ours = try Self.store(folder, "ours")
        let object = try ours.put(file: Self.large)
        let other = try ours.put(file: Fixtures.noise(Self.large.count, seed: 8))
        try ours.flush()
        let remote = FolderRemote(folder.path)
        _ = try Push(ours, to: remote).run([object, other])
        let place = folder.appending("chunks/\(object.digest.hex)")
        let good = try Files.read(place)
        let list = try ChunkList(good, of: object.digest)
        let runs = try ChunkList(Files.read(folder.appending("chunks/\(other.digest.hex)")), of: other.digest).runs
        // The same chunks in another order: the last one, which may be short, stays where it is.
        var turned: [ChunkList.Entry] = []
        for entry in list.runs {
            let isLast = entry == list.runs.last
            let run = try ChunkRun(Files.read(folder.appending("cas/\(entry.run.hex)")), size: entry.size, isLast: isLast)
            let encoded = ChunkRun(run.chunks.dropLast().reversed() + run.chunks.suffix(1)).encode()
            try Files.write(encoded, to: folder.appending("cas/\(Digest.of(encoded).hex)"))
            turned.append(ChunkList.Entry(run: Digest.of(encoded), size: entry.size))
        }
        func sealed(_ bytes: [UInt8]) -> [UInt8] { Array(bytes.dropLast(32)) + Digest.of(Array(bytes.dropLast(32))).bytes }
        func changed(_ offset: Int, _ number: UInt64) -> [UInt8] {
            var bytes = good
            var text: [UInt8] = []
            Pack.append(number, to: &text)
            bytes.replaceSubrange(offset..<(offset + 8), with: text)
            return sealed(bytes)
        }
        let lies: [(String, [UInt8])] = [
            ("of another file", try Files.read(folder.appending("chunks/\(other.digest.hex)"))),
            ("with the chunks of another", ChunkList(whole: object.digest, size: object.size, runs: runs).encode()),
            (
                "naming itself",
                ChunkList(whole: object.digest, size: object.size, runs: [.init(run: object.digest, size: object.size)]).encode()
            ),
            ("in another order", ChunkList(whole: object.digest, size: object.size, runs: turned).encode()),
            ("with a run twice", ChunkList(whole: object.digest, size: object.size, runs: list.runs + list.runs).encode()),
            ("without runs", sealed(Array(good.prefix(48)) + [UInt8](repeating: 0, count: 40))),
            ("of a size beyond all", changed(40, .max)), ("of another size", changed(40, 1)),
            ("with a billion runs", changed(48, 1_000_000_000)), ("with runs beyond all", changed(48, .max)),
            ("with a run beyond all", changed(88, .max)), ("with an empty run", changed(88, 0)),
            ("damaged", Array(good.dropLast()) + [good[good.count - 1] ^ 1]), ("cut", Array(good.dropLast(40))), ("nothing", []),
            ("longer than any", good + [UInt8](repeating: 0, count: 100_000)),
        ]
        for (number, (what, lie)) in lies.enumerated() {
            try Files.removeFile(place)
            try Files.write(lie, to: place)
            let theirs = try Self.store(folder, "theirs\(number)")
            let report = try Pull(theirs, from: remote).run([object])
            #expect(!report.failures.isEmpty, "\(what)")
            #expect(report.bytes < 2 * object.size, "\(what)")
            #expect(try !theirs.contains(object.digest), "\(what)")
            #expect(try folder.everything().filter { $0.hasPrefix("theirs\(number)/objects/") && !$0.hasSuffix("/") } == [], "\(what)")
        }
        try Files.removeFile(place)
        try Files.write(good, to: place)
        let theirs = try Self.store(folder, "theirs")
        #expect(try Pull(theirs, from: remote).run([object]).failures == [])
        try theirs.verify(object)
    }

    @Test func `a run that lies is refused before anything is made of it`() {
        let chunk = ChunkRun.Chunk(digest: Digest.of([1]), size: 300_000)
        func refuses(_ bytes: [UInt8], size: Int, isLast: Bool = false) -> Bool {
            do throws(ChunkList.Malformed) {
                _ = try ChunkRun(bytes, size: size, isLast: isLast)
                return false
            } catch {
                return true
            }
        }
        let two = ChunkRun([chunk, chunk]).encode()
        #expect(!refuses(two, size: 600_000))
        #expect(refuses(two, size: 600_001) && refuses(two + [0], size: 600_000) && refuses(Array(two.dropLast(40)), size: 300_000))
        for size in [0, 1, 200_000, 786_433, 1 << 40] {
            #expect(refuses(ChunkRun([ChunkRun.Chunk(digest: chunk.digest, size: size), chunk]).encode(), size: size + 300_000))
        }
        let short = ChunkRun([chunk, ChunkRun.Chunk(digest: chunk.digest, size: 1)]).encode()
        #expect(!refuses(short, size: 300_001, isLast: true) && refuses(short, size: 300_001))
        #expect(refuses(ChunkRun([ChunkRun.Chunk](repeating: chunk, count: 129)).encode(), size: 129 * 300_000))
    }

    @Test func `equal chunks are sent and fetched once`() throws {
        let folder = try TemporaryFolder(inMemory: true)
        let (ours, theirs) = (try Self.store(folder, "ours"), try Self.store(folder, "theirs"))
        let object = try ours.put(file: [UInt8](repeating: 0, count: 20 << 20))
        try ours.flush()
        let remote = FolderRemote(folder.path)
        #expect(try Push(ours, to: remote).run([object]).objects <= 4)
        #expect(try Pull(theirs, from: remote).run([object]).bytes < 2 << 20)
        try theirs.verify(object)
    }

    @Test func `a tree with a great many names goes in chunks, and a change of one costs little`() throws {
        let folder = try TemporaryFolder(inMemory: true)
        let (ours, theirs) = (try Self.store(folder, "ours"), try Self.store(folder, "theirs"))
        let file = try ours.put(file: [1, 2, 3])
        let other = try ours.put(file: [4, 5, 6])
        func tree(_ last: StoredObject) throws -> StoredObject {
            var entries: [TreeEntry] = []
            for index in 0..<35_000 {
                let digits = Array(String(index * 7_919).utf8)
                let name = digits + [UInt8](repeating: 65 + UInt8(index % 20), count: 240 - digits.count)
                let object = index == 17_000 ? last : file
                entries.append(TreeEntry(name: name, content: .file(object.digest, size: 3, isExecutable: false)))
            }
            return try ours.put(Tree(entries))
        }
        let (first, second) = (try tree(file), try tree(other))
        try ours.flush()
        let remote = FolderRemote(folder.path)
        let sent = try Push(ours, to: remote).run([first])
        #expect(sent.bytes > 8 << 20)
        #expect(try Push(ours, to: remote).run([first]) == TransferReport(objects: 0, bytes: 0, asked: 1))
        #expect(try Push(ours, to: remote).run([second]).bytes < 2 << 20)
        for object in [first, second] {
            #expect(try Pull(theirs, from: remote).run([object]).failures == [])
            try theirs.verify(object)
        }
    }

    @Test func `lists and runs are as written in the specification`() throws {
        let spec = String(decoding: try Files.read(Places.repository().appending("Specs/remotes.md")), as: UTF8.self)
        let lines = spec.split(separator: "\n", omittingEmptySubsequences: false)
        func example(_ name: String) throws -> String {
            let start = try #require(lines.firstIndex(of: "```" + name))
            let end = try #require(lines[(start + 1)...].firstIndex(of: "```"))
            return lines[(start + 1)..<end].joined()
        }
        func hex(_ bytes: [UInt8]) -> String { bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
        let content = Array("one\n".utf8)
        let run = ChunkRun([ChunkRun.Chunk(digest: Digest.of(content), size: 4)])
        #expect(try hex(run.encode()) == example("run"))
        let list = ChunkList(whole: Digest.of(content), size: 4, runs: [ChunkList.Entry(run: Digest.of(run.encode()), size: 4)])
        #expect(try hex(list.encode()) == example("list"))
        #expect(try ChunkList(list.encode(), of: list.whole) == list)
        #expect(spec.contains("`\(String(Chunker.gear[0], radix: 16))`"))
    }
}
