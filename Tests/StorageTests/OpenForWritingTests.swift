import Canonical
import Glibc
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Storage

/// Files that somebody has open for writing while they are read: a write is stamped when it begins, and a mapped page once.
@Suite struct OpenForWritingTests {
    let folder: TemporaryFolder
    let store: DirectoryStore
    let signatures: SignatureCache
    let file: HostPath

    init() throws {
        // Where nothing is written back, nothing is stamped then either.
        folder = try TemporaryFolder(inMemory: true)
        store = try DirectoryStore.open(folder.appending("store"))
        signatures = try SignatureCache.load(folder.appending("signatures"))
        file = try folder.write([UInt8](repeating: 1, count: 8192), to: "data/file")
    }

    /// The file as somebody has it open who writes to it.
    final class Writer {
        private let number: Int32
        private let size = 8192
        private var pages: UnsafeMutableRawPointer?

        init(_ file: HostPath) throws {
            number = open(file.description, O_RDWR)
            try #require(number >= 0)
        }

        func write(_ byte: UInt8) {
            let bytes = [UInt8](repeating: byte, count: size)
            #expect(pwrite(number, bytes, size, 0) == size)
        }

        func map() throws {
            let pages = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, number, 0)
            self.pages = try #require(pages == MAP_FAILED ? nil : pages)
        }

        func store(_ byte: UInt8) throws { try #require(pages).storeBytes(of: byte, as: UInt8.self) }

        func end() {
            if let pages { munmap(pages, size) }
            pages = nil
            close(number)
        }
    }

    /// What one try to read the file with a patience of so many nanoseconds for a single write gives.
    func read(longestWrite: Int64) throws(ImportError) -> ImportedFile {
        var intake = FileIntake(store: store, keep: true, lag: 0, counter: nil, hasSpareCores: false)
        intake.longestWrite = longestWrite
        return try intake.read(file, followLinks: false, isWatched: false, ReadBuffer())
    }

    func settle() throws {
        let changed = try #require(try Files.status(file)?.signature)
        while !changed.isSettled(asOf: try Files.stampTime(in: folder.path)) { Clock.sleep(nanoseconds: 5_000_000) }
    }

    @Test func `who has a file open for writing is known, also by a mapping, and who reads it is nobody`() throws {
        func writers() throws -> FileWriters { try Descriptor.reading(file).writers() }
        #expect(try writers() == .none)
        let reader = try Descriptor.reading(file)
        #expect(try writers() == .none && reader.writers() == .none)
        let writer = try Writer(file)
        #expect(try writers() == .some && reader.writers() == .some)
        writer.end()
        #expect(try writers() == .none)
        let mapper = try Writer(file)
        try mapper.map()
        #expect(try writers() == .some)
        mapper.end()
        #expect(try writers() == .none && reader.writers() == .none)
    }

    @Test func `who opens a file for writing while it is asked about comes to no harm, and neither does who asks`() throws {
        let file = file
        let stop = Atomic<Bool>(false)
        let opened = Atomic<Int>(0)
        Threads.run(2) { role in
            if role == 0 {
                while !stop.load(ordering: .relaxed) {
                    let number = open(file.description, O_WRONLY)
                    if number >= 0 { opened.add(1, ordering: .relaxed) }
                    close(number)
                }
            } else {
                for _ in 0..<20_000 { _ = try? Descriptor.reading(file).writers() }
                stop.store(true, ordering: .relaxed)
            }
        }
        #expect(opened.load(ordering: .relaxed) > 0)
    }

    @Test func `a file that is open for writing and was just written to is refused by name, in bounded time`() throws {
        let writer = try Writer(file)
        writer.write(2)
        let start = Clock.monotonic()
        #expect(throws: ImportError.openForWriting(file)) { try store.importData(file, signatures: signatures) }
        #expect(throws: ImportError.openForWriting(file)) { try store.importData(folder.appending("data"), signatures: signatures) }
        #expect(Clock.monotonic() - start < 20_000_000_000)
        writer.end()
        #expect(try store.importData(file, signatures: signatures) == StoredObject(file: [UInt8](repeating: 2, count: 8192)))
        #expect(signatures.count == 1)
    }

    @Test func `a file that is closed in time is waited for`() throws {
        let writer = try Writer(file)
        writer.write(2)
        let store = store
        let file = file
        let found = Mutex<StoredObject?>(nil)
        nonisolated(unsafe) let held = writer
        Threads.run(2) { role in
            if role == 0 {
                Clock.sleep(nanoseconds: 300_000_000)
                held.write(3)
                held.end()
            } else {
                let object = try? store.importData(file)
                found.withLock { $0 = object }
            }
        }
        #expect(found.withLock { $0 } == StoredObject(file: [UInt8](repeating: 3, count: 8192)))
    }

    @Test func `a file that is open for writing and was left alone is read, and read again the next time`() throws {
        let writer = try Writer(file)
        try settle()
        #expect(try read(longestWrite: 0).isSettled == false)
        writer.end()
        #expect(try read(longestWrite: 0).isSettled)
    }

    @Test func `what is stored into a mapping is noticed although nothing is stamped`() throws {
        let writer = try Writer(file)
        try writer.map()
        try writer.store(5)
        try settle()
        let first = try read(longestWrite: 0)
        signatures.record(file, first)
        // Neither of these shows, unless the page was written back meanwhile: only that it was not remembered helps.
        try writer.store(6)
        writer.end()
        let second = try store.importData(file, signatures: signatures)
        #expect(second.digest != first.digest)
        #expect(try store.read(second.digest).first == 6)
    }

    @Test func `where the kernel does not say who writes, a file is remembered once no write can last as long`() throws {
        try settle()
        // One of the looks is the question; the others have to be answered.
        var survived = 0
        for look in 1...8 {
            let signatures = SignatureCache()
            let plan = FaultPlan(.failOnce(EINVAL), at: look, counting: .look)
            let object = try? plan.run { () throws(ImportError) in try store.importData(file, keep: false, signatures: signatures) }
            guard object != nil, plan.count >= look else { continue }
            survived += 1
            #expect(signatures.count == 0)
        }
        #expect(survived == 1)
        var asked = 0
        for look in 1...8 {
            let plan = FaultPlan(.failOnce(EINVAL), at: look, counting: .look)
            let short = try? plan.run { () throws(ImportError) in try read(longestWrite: 0) }
            guard let short, plan.count >= look else { continue }
            asked += 1
            #expect(short.isSettled)
        }
        #expect(asked == 1)
    }
}
