import Canonical
import Platform
import Storage
import TestSupport
import Testing

@testable import Remotes

/// ``RemoteCheck``, and what ``Pull`` takes out of a tree by a path.
@Suite struct RemoteCheckTests {
    private static func store(_ folder: TemporaryFolder, _ name: String) throws -> DirectoryStore {
        try DirectoryStore.open(folder.appending(name))
    }

    private static func check(_ store: DirectoryStore, _ remote: any Remote, reads: Bool, repairs: Bool = false) -> RemoteCheck {
        RemoteCheck(store, of: remote, reads: reads, repairs: repairs, retry: Fixtures.retry(), lanes: 3)
    }

    private static func filled(_ store: DirectoryStore) throws -> [StoredObject] {
        let large = try store.put(file: Fixtures.noise(9 << 20, seed: 5))
        return [try Fixtures.varied(store), large]
    }

    @Test(arguments: [true, false]) func `what is whole is found whole, from here and from a machine that has nothing`(reads: Bool) throws {
        let folder = try TemporaryFolder(inMemory: true)
        let ours = try Self.store(folder, "ours")
        let objects = try Self.filled(ours)
        let remote = FolderRemote(folder.path)
        let sent = try Push(ours, to: remote).run(objects)
        let report = try Self.check(ours, remote, reads: reads).run(objects)
        #expect(report.places == sent.objects && report.failures == [] && report.bytes == (reads ? sent.bytes : 0))
        let other = try Self.check(try Self.store(folder, "theirs"), remote, reads: reads).run(objects)
        #expect(other.failures == [])
    }

    @Test func `each thing that is missing, cut or flipped is found, and sent again`() throws {
        let folder = try TemporaryFolder(inMemory: true)
        let ours = try Self.store(folder, "ours")
        let objects = try Self.filled(ours)
        let remote = FolderRemote(folder.path)
        _ = try Push(ours, to: remote).run(objects)
        for kind in [RemotePlace.Kind.object, .pack, .tree, .list] {
            let shelf = folder.appending(kind.rawValue)
            for (index, entry) in try Files.list(shelf).enumerated() where index < 6 {
                let place = shelf.appending(entry.name)
                let good = try Files.read(place)
                try Files.removeFile(place)
                var flipped = good
                if !good.isEmpty { flipped[good.count / 2] ^= 4 }
                let damages = [nil, Array(good.dropLast()), flipped]
                let damage = damages[index % 3]
                if let damage { try Files.write(damage, to: place) }
                let name = String(decoding: entry.name, as: UTF8.self)
                let found = try Self.check(ours, remote, reads: true).run(objects)
                #expect(found.failures.count == 1 && found.failures[0].description.contains(name), "\(kind) \(index) \(found.failures)")
                let lengths = try Self.check(ours, remote, reads: false).run(objects)
                #expect(lengths.failures.count == (index % 3 == 2 ? 0 : 1), "\(kind) \(index)")
                let mended = try Self.check(ours, remote, reads: true, repairs: true).run(objects)
                #expect(mended.failures == [] && mended.repaired == 1, "\(kind) \(index)")
                #expect(try Files.read(place) == good)
            }
        }
    }

    @Test func `one file or folder is fetched out of a tree, and little else`() throws {
        let folder = try TemporaryFolder(inMemory: true)
        let ours = try Self.store(folder, "ours")
        let tree = try Fixtures.varied(ours)
        let remote = FolderRemote(folder.path)
        let all = try Push(ours, to: remote).run([tree])
        func bytes(_ text: String) -> [[UInt8]] { text.split(separator: "/").map { Array($0.utf8) } }
        for (index, path) in ["flat/7.bin", "small/3/43.txt", "large.bin", "bushy/17/0", "small/5", "small", "same/1", "flat"].enumerated()
        {
            let theirs = try Self.store(folder, "theirs\(index)")
            let (report, found) = try Pull(theirs, from: remote).run(tree, at: bytes(path))
            guard case .object(let object, false) = found else {
                Issue.record("\(path): \(found) \(report.failures)")
                continue
            }
            #expect(report.failures == [])
            try theirs.verify(object)
            #expect(report.bytes < all.bytes / (path == "flat" ? 1 : 2), "\(path): \(report.bytes)")
            if path == "flat/7.bin" { #expect(report.bytes < 200_000) }
            #expect(try Pull(theirs, from: remote).run(tree, at: bytes(path)).0.objects == 0)
        }
        let theirs = try Self.store(folder, "others")
        let pull = Pull(theirs, from: remote)
        #expect(try pull.run(tree, at: bytes("flat/none")).1 == .nothing(at: 2))
        #expect(try pull.run(tree, at: bytes("none/x")).1 == .nothing(at: 1))
        #expect(try pull.run(tree, at: bytes("large.bin/x")).1 == .noFolder(at: 1))
        try Files.removeTree(folder.appending("packs"))
        let (report, found) = try pull.run(tree, at: bytes("flat/8.bin"))
        #expect(found == .failed && report.failures.count == 1)
    }
}
