internal import Canonical
internal import Platform
internal import Storage
internal import Synchronization

/// How an object of the store goes into chunks.
struct ChunkPlan: Sendable {
    let list: ChunkList
    let runs: [ChunkRun]

    /// Reads the object twice: to find where it is cut and whether it is whole, and for the digests of the chunks.
    ///
    /// - Throws: `.store(.missing)`; `.store(.corrupt)` when it is damaged, which is out of the way then.
    init(_ digest: Digest, _ store: DirectoryStore) throws(RemoteError) {
        var plan: ChunkPlan?
        var failure: RemoteError?
        do throws(StoreError) {
            try store.lend(digest) { file in
                do throws(SystemError) {
                    let size = try file.status().size
                    let (ends, found) = try Self.survey(try file.shared(), size)
                    guard found == digest else { return found }
                    let runs = ChunkRun.runs(of: try Self.chunks(ends, of: try file.shared()))
                    let entries = runs.map { ChunkList.Entry(run: Digest.of($0.encode()), size: $0.size) }
                    plan = ChunkPlan(list: ChunkList(whole: digest, size: size, runs: entries), runs: runs)
                    return digest
                } catch {
                    failure = error.isInterruption ? .interrupted : .store(.refused(error))
                    return nil
                }
            }
        } catch {
            throw .store(error)
        }
        if let failure { throw failure }
        guard let plan else { throw .store(.missing(digest)) }
        self = plan
    }

    private init(list: ChunkList, runs: [ChunkRun]) { (self.list, self.runs) = (list, runs) }

    /// Where it is cut, and its digest: two threads, for both go through all of it in order.
    private static func survey(_ file: OpenFile, _ size: Int) throws(SystemError) -> ([Int], Digest) {
        let results = Mutex<(ends: [Int], digest: Digest?, failure: SystemError?)>(([], nil, nil))
        Threads.run(2) { number in
            do throws(SystemError) {
                if number == 0 {
                    var chunker = Chunker()
                    try read(file, 0..<size) { chunker.update($0) }
                    let ends = chunker.finish()
                    results.withLock { $0.ends = ends }
                } else {
                    var hasher = SHA256Hasher()
                    try read(file, 0..<size) { hasher.update($0) }
                    let digest = hasher.finalize()
                    results.withLock { $0.digest = digest }
                }
            } catch {
                results.withLock { $0.failure = error }
            }
        }
        let result = results.withLock { $0 }
        if let failure = result.failure { throw failure }
        guard let digest = result.digest else { preconditionFailure("each part of the work gives a result or a failure") }
        return (result.ends, digest)
    }

    /// The digests of the chunks, on all cores.
    private static func chunks(_ ends: [Int], of file: OpenFile) throws(SystemError) -> [ChunkRun.Chunk] {
        let results = Mutex<(chunks: [ChunkRun.Chunk?], failure: SystemError?)>((Array(repeating: nil, count: ends.count), nil))
        let next = Atomic<Int>(0)
        Threads.run(min(Host.coreCount, ends.count)) { _ in
            while true {
                let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < ends.count, results.withLock({ $0.failure == nil }) else { return }
                let range = (index == 0 ? 0 : ends[index - 1])..<ends[index]
                do throws(SystemError) {
                    var hasher = SHA256Hasher()
                    try read(file, range) { hasher.update($0) }
                    let chunk = ChunkRun.Chunk(digest: hasher.finalize(), size: range.count)
                    results.withLock { $0.chunks[index] = chunk }
                } catch {
                    results.withLock { $0.failure = error }
                }
            }
        }
        let result = results.withLock { $0 }
        if let failure = result.failure { throw failure }
        return result.chunks.compactMap { $0 }
    }

    private static func read(_ file: OpenFile, _ range: Range<Int>, _ give: (UnsafeRawBufferPointer) -> Void) throws(SystemError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, min(Files.chunkSize, range.count)), alignment: 64)
        defer { buffer.deallocate() }
        var offset = range.lowerBound
        while offset < range.upperBound {
            try Interruption.check()
            let wanted = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, range.upperBound - offset)])
            let count = try file.read(into: wanted, at: offset)
            // Shorter than it was a moment ago: its digest will say so.
            if count == 0 { return }
            give(UnsafeRawBufferPointer(rebasing: wanted[..<count]))
            offset += count
        }
    }
}
