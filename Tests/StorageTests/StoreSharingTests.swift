import Canonical
import Platform
import Storage
import Synchronization
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Threads, processes and users that share a store.
@Suite struct StoreSharingTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder(inMemory: true) }

    @Test func `eight threads put, flush and publish the same and different things`() throws {
        let store = try DirectoryStore.open(folder.appending("store"))
        let other = try DirectoryStore.open(folder.appending("store"))
        let problems = Mutex<[String]>([])
        Threads.run(8) { thread in
            do {
                // Two of the threads act as another process does: with a store of their own.
                let store = thread < 6 ? store : other
                for round in 0..<20 {
                    let shared = try store.put(file: Array("shared \(round)".utf8))
                    let own = try store.put(file: Array("own \(thread) \(round)".utf8))
                    if round % 3 == 0 { try store.flush() }
                    let common = ActionRecord(document: ["round": .integer(round)], outputs: [("o", shared)])
                    let single = ActionRecord(document: ["round": .integer(round), "thread": .integer(thread)], outputs: [("o", own)])
                    let outcomes = try store.publish([common, single]).map(\.word)
                    if outcomes[0] == "conflict" || outcomes[1] != "stored" {
                        problems.withLock { $0.append("\(thread) \(round) \(outcomes)") }
                    }
                    if try store.read(own.digest) != Array("own \(thread) \(round)".utf8) { problems.withLock { $0.append("bytes") } }
                }
            } catch {
                problems.withLock { $0.append("\(error)") }
            }
        }
        #expect(problems.withLock { $0 } == [])
        #expect(store.quarantined == [] && other.quarantined == [])
        let fresh = try DirectoryStore.open(folder.appending("store"))
        for round in 0..<20 {
            #expect(try fresh.record(for: CanonicalJSON.digest(["round": .integer(round)])) != nil)
            for thread in 0..<8 { #expect(try fresh.read(Digest.of(Array("own \(thread) \(round)".utf8))).count > 0) }
        }
    }

    @Test func `of eight threads with different results for one key exactly one is stored`() throws {
        for round in 0..<20 {
            let stores = try (0..<2).map { _ in try DirectoryStore.open(folder.appending("store")) }
            let words = Mutex<[String]>([])
            Threads.run(8) { thread in
                let store = stores[thread % 2]
                let word: String
                do {
                    let object = try store.put(file: [UInt8(thread)])
                    word = try store.publish(ActionRecord(document: ["round": .integer(round)], outputs: [("o", object)])).word
                } catch {
                    word = "\(error)"
                }
                words.withLock { $0.append(word) }
            }
            #expect(words.withLock { $0.sorted() } == Array(repeating: "conflict", count: 7) + ["stored"])
        }
    }

    @Test func `what a killed process left in the store is removed by the next one, what a living one has is not`() throws {
        let root = folder.appending("store")
        let living = try DirectoryStore.open(root)
        let digest = try living.put([1, 2, 3])
        let tmp = root.appending("tmp")
        let leases = root.appending("leases")
        // A killed process leaves its lease, no longer locked, and its folder.
        try Files.write([], to: leases.appending("4711-1-x"))
        try Files.makeDirectories(tmp.appending("4711-1-x"))
        try Files.write([9], to: tmp.appending("4711-1-x/1"))
        // One that was killed while it cleared up, and a folder whose lease somebody removed.
        try Files.write([], to: leases.appending("4711-2-x"))
        try Files.makeDirectories(tmp.appending("4711-3-x/deeper"))
        let next = try DirectoryStore.open(root)
        #expect(try Files.list(tmp).count == 1)
        #expect(try Files.list(leases).count == 1)
        try living.flush()
        #expect(try next.read(digest) == [1, 2, 3])
    }

    @Test func `the temporaries of a store that is closed are gone`() throws {
        let root = folder.appending("store")
        do {
            let store = try DirectoryStore.open(root)
            try store.put([1])
        }
        #expect(try Files.list(root.appending("tmp")).isEmpty)
        #expect(try Files.list(root.appending("leases")).isEmpty)
    }

    @Test func `a process killed at any call leaves a store that the next one uses`() async throws {
        await #expect(processExitsWith: .signal(9)) {
            let folder = HostPath(Host.environment("TMPDIR") ?? "/tmp").appending("mlbuild-killed-store")
            try Files.removeTree(folder)
            let store = try DirectoryStore.open(folder)
            let object = try store.put(file: [1, 2, 3])
            FaultPlan(.killAfter, at: 3).run {
                do {
                    _ = try store.publish(ActionRecord(document: ["killed": true], outputs: [("o", object)]))
                } catch {
                    return
                }
            }
        }
        let root = HostPath(Host.environment("TMPDIR") ?? "/tmp").appending("mlbuild-killed-store")
        #expect(try Files.list(root.appending("leases")).count == 1)
        let store = try DirectoryStore.open(root)
        #expect(try Files.list(root.appending("tmp")).isEmpty)
        #expect(try Files.list(root.appending("leases")).isEmpty)
        #expect(try store.record(for: CanonicalJSON.digest(["killed": true])) == nil)
        try Files.removeTree(root)
    }

    @Test func `objects are read-only and files of the user follow the umask`() async throws {
        // The umask belongs to the whole process, so each has one of its own.
        await #expect(processExitsWith: .success) { try StoreSharingTests.checkModes(umask: 0o077, file: 0o600, executable: 0o700) }
        await #expect(processExitsWith: .success) { try StoreSharingTests.checkModes(umask: 0o000, file: 0o666, executable: 0o777) }
        await #expect(processExitsWith: .success) { try StoreSharingTests.checkModes(umask: 0o022, file: 0o644, executable: 0o755) }
    }

    static func checkModes(umask mask: UInt32, file: UInt32, executable: UInt32) throws {
        umask(mode_t(mask))
        let folder = try TemporaryFolder()
        let store = try DirectoryStore.open(folder.appending("store"))
        let object = try store.put(file: [1])
        try folder.write([UInt8](repeating: 1, count: 100_000), to: "data/large")
        try Files.setPermissions(folder.appending("data/large"), 0o700)
        let data = try store.importData(folder.appending("data"))
        _ = try store.publish(ActionRecord(document: [], outputs: [("o", object)]))
        for name in try folder.everything() where name.hasPrefix("store/objects/") || name.hasPrefix("store/actions/") {
            #expect(try Files.status(folder.appending(name))?.mode == 0o444)
        }
        try store.materialise(object, at: folder.appending("out"))
        #expect(try Files.status(folder.appending("out"))?.mode == file)
        try store.materialise(data, at: folder.appending("tree"))
        #expect(try Files.status(folder.appending("tree/large"))?.mode == executable)
    }
}
