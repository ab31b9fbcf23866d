import Canonical
import Platform
import Storage
import TestSupport
import Testing

/// Files that were not read again, and those that must be.
@Suite struct SignatureCacheTests {
    let folder: TemporaryFolder
    let store: DirectoryStore
    let cacheFile: HostPath
    let file: HostPath

    init() throws {
        folder = try TemporaryFolder()
        store = try DirectoryStore.open(folder.appending("store"))
        cacheFile = folder.appending("state/signatures")
        try Files.makeDirectories(cacheFile.parent)
        file = try folder.write("aaaa", to: "data/file")
    }

    /// How often content was read when the data was imported.
    func reads(_ cache: SignatureCache) throws -> (reads: Int, object: StoredObject) {
        let plan = FaultPlan(counting: [.read])
        let object = try plan.run { () throws(ImportError) in try store.importData(file, keep: false, signatures: cache) }
        return (plan.count, object)
    }

    func settle() throws {
        let changed = try #require(try Files.status(file)?.signature)
        while !changed.isSettled(asOf: try Files.stampTime(in: folder.path)) { Clock.sleep(nanoseconds: 5_000_000) }
    }

    @Test func `a file that looks as before is not read again, also by the next process`() throws {
        try settle()
        let cache = try SignatureCache.load(cacheFile)
        #expect(try reads(cache).reads > 0)
        #expect(try reads(cache).reads == 0)
        try cache.save()
        let next = try SignatureCache.load(cacheFile)
        #expect(next.count == 1)
        let (count, object) = try reads(next)
        #expect(count == 0)
        #expect(object == StoredObject(file: Array("aaaa".utf8)))
    }

    @Test func `a file that has just been written is read only once its tick is over`() throws {
        let cache = try SignatureCache.load(cacheFile)
        try Files.write(Array("bbbb".utf8), to: file)
        let written = try #require(try Files.status(file)?.signature)
        #expect(try reads(cache).reads > 0)
        #expect(written.isSettled(asOf: Clock.wall()))
        #expect(try reads(cache).reads == 0)
    }

    @Test func `a file from the future is read each time and not waited for`() throws {
        let cache = try SignatureCache.load(cacheFile)
        #expect(try ProcessRunner.run(["touch", "-d", "2099-01-01", "\(file)"]).status == 0)
        #expect(try reads(cache).reads > 0)
        #expect(try reads(cache).reads > 0)
    }

    @Test func `an edit of the same size with the times set back is noticed`() throws {
        try settle()
        let cache = try SignatureCache.load(cacheFile)
        _ = try reads(cache)
        let outcome = try ProcessRunner.run(
            ["sh", "-c", "cp -p file keep; printf bbbb > file; touch -r keep file"], directory: folder.appending("data"))
        #expect(outcome.status == 0)
        #expect(try Files.status(file)?.signature.modified == Files.status(folder.appending("data/keep"))?.signature.modified)
        #expect(try reads(cache).object == StoredObject(file: Array("bbbb".utf8)))
    }

    @Test func `of many edits within a tick none is missed`() throws {
        let cache = try SignatureCache.load(cacheFile)
        for round in 0..<100 {
            let text = "\(1000 + round)"
            // In place and of the same size: inode and size say nothing, and the clock may not have moved.
            let outcome = Array(text.utf8)
            try Files.write(outcome, to: file)
            #expect(try reads(cache).object == StoredObject(file: outcome))
        }
    }

    @Test func `a clock that was set back makes nothing trusted`() throws {
        let signature = StatSignature(device: 1, inode: 2, size: 3, modified: 2_000_000_000_001, changed: 2_000_000_000_001)
        #expect(!signature.isSettled(asOf: 1_000_000_000_000))
        #expect(!signature.isSettled(asOf: 2_000_000_000_002))
        #expect(signature.isSettled(asOf: 2_000_100_000_000))
        let future = StatSignature(device: 1, inode: 2, size: 3, modified: .max, changed: 1)
        #expect(!future.isSettled(asOf: .max))
        let coarse = StatSignature(device: 1, inode: 2, size: 3, modified: 5_000_000_000, changed: 5_000_000_000)
        #expect(!coarse.isSettled(asOf: 6_900_000_000))
        #expect(coarse.isSettled(asOf: 7_000_000_001))
    }

    @Test func `every flipped bit and every cut of the cache file makes it empty`() throws {
        try settle()
        let cache = try SignatureCache.load(cacheFile)
        _ = try reads(cache)
        try cache.save()
        let bytes = try Files.read(cacheFile)
        for index in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[index] ^= 1 << UInt8(bit)
                try Files.write(damaged, to: cacheFile)
                #expect(try SignatureCache.load(cacheFile).count == 0)
            }
            try Files.write(Array(bytes[..<index]), to: cacheFile)
            #expect(try SignatureCache.load(cacheFile).count == 0)
        }
        try Files.removeFile(cacheFile)
        #expect(try SignatureCache.load(cacheFile).count == 0)
        try Files.makeDirectory(cacheFile)
        #expect(try SignatureCache.load(cacheFile).count == 0)
    }

    @Test func `what is known but no longer kept is read and kept again`() throws {
        try settle()
        let cache = try SignatureCache.load(cacheFile)
        let object = try store.importData(file, keep: true, signatures: cache)
        try store.flush()
        let hex = object.digest.hex
        try Files.removeFile(folder.appending("store/objects/\(hex.prefix(2))/\(hex.dropFirst(2))"))
        #expect(try store.importData(file, keep: true, signatures: cache) == object)
        #expect(try store.read(object.digest) == Array("aaaa".utf8))
    }
}
