internal import Canonical
internal import Platform
internal import Storage
internal import Synchronization

/// Large objects: the list, the runs that it names, and each chunk to its place in a file that outlives this process.
// SPEC: remotes.md#chunks
extension Pull {
    /// So many runs of one object are worked on at a time.
    private static let runsAtOnce = 256

    /// A list that came, and what is put together by it.
    private struct Large: Sendable {
        let place: RemotePlace
        let list: ChunkList
    }

    /// Fetches what `items` name the lists of.
    func fetchLarge(_ items: [Item], _ report: inout TransferReport) throws(RemoteError) {
        if items.isEmpty { return }
        report.asked += items.count
        let found = Shared<Large>()
        let (retry, meter) = (retry, meter)
        meter.plan(objects: items.count, bytes: items.reduce(0) { $0 &+ $1.limit })
        let failures = try lanes.forEach(items) { (session, item) throws(RemoteError) in
            let bytes = try retry.run { () throws(RemoteError) in
                try Self.read(session, item.place, limit: ChunkList.mostBytes(of: item.limit))
            }
            let list = try Self.list(bytes, at: item.place)
            guard list.size == item.limit else {
                throw .corrupt(item.place, "it is about \(list.size) bytes, and there are \(item.limit)")
            }
            found.add(Large(place: item.place, list: list))
            meter.countObject()
        }
        report.failures += failures
        report.objects += found.all.count
        report.bytes += found.all.reduce(0) { $0 + $1.list.encode().count }
        for large in found.all.sorted(by: { $0.place < $1.place }) { try fetch(large, &report) }
    }

    /// The chunks of a large object, as its list and its runs say, but for what cannot be had of them.
    func outline(_ place: RemotePlace, size: Int, _ report: inout TransferReport) throws(RemoteError) -> [ChunkRun.Chunk] {
        let found = Shared<Large>()
        let retry = retry
        report.failures += try lanes.forEach([place]) { (session, place) throws(RemoteError) in
            let bytes = try retry.run { () throws(RemoteError) in
                try Self.read(session, place, limit: ChunkList.mostBytes(of: size))
            }
            let list = try Self.list(bytes, at: place)
            guard list.size == size else { throw .corrupt(place, "it is about \(list.size) bytes, and there are \(size)") }
            found.add(Large(place: place, list: list))
        }
        guard let large = found.all.first else { return [] }
        return try pieces(of: large, 0..<large.list.runs.count, from: 0, &report).map(\.chunk)
    }

    /// Fetches trees: as they are, or by the lists that lie in their places.
    func fetchTrees(_ digests: [Digest], _ report: inout TransferReport) throws(RemoteError) {
        if digests.isEmpty { return }
        report.asked += digests.count
        let (store, retry, meter) = (store, retry, meter)
        meter.plan(objects: digests.count, bytes: 0)
        let fetched = Shared<Int>()
        let found = Shared<Large>()
        report.failures += try lanes.forEach(digests) { (session, digest) throws(RemoteError) in
            let place = RemotePlace(.tree, digest)
            let bytes = try retry.run { () throws(RemoteError) in try Self.read(session, place, limit: ChunkList.leastSize) }
            if bytes.starts(with: ChunkList.magic) {
                let list = try Self.list(bytes, at: place)
                guard list.size <= Pull.treeLimit else { throw .corrupt(place, "it is about more than \(Pull.treeLimit) bytes") }
                found.add(Large(place: place, list: list))
            } else {
                try Self.check(bytes, digest, at: place)
                try storing { () throws(StoreError) in
                    try bytes.withRawBytes { (raw) throws(StoreError) in try store.put(raw, digest) }
                }
            }
            fetched.add(bytes.count)
            meter.count(bytes: bytes.count)
            meter.countObject()
        }
        report.objects += fetched.all.count
        report.bytes += fetched.all.reduce(0, &+)
        for large in found.all.sorted(by: { $0.place < $1.place }) { try fetch(large, &report) }
    }

    // MARK: One object

    /// A chunk, and where it belongs; equal ones are fetched once.
    private struct Piece: Sendable {
        let chunk: ChunkRun.Chunk
        var offsets: [Int]
    }

    /// Fetches what is not here yet of an object, and keeps it once it is whole.
    private func fetch(_ large: Large, _ report: inout TransferReport) throws(RemoteError) {
        let list = large.list
        let store = store
        let partial = try storing { () throws(StoreError) in try PartialObject(list.whole, size: list.size, in: store) }
        let before = report.failures.count
        var start = 0
        var offset = 0
        while start < list.runs.count {
            let end = min(start + Self.runsAtOnce, list.runs.count)
            let pieces = try pieces(of: large, start..<end, from: offset, &report)
            try fetch(pieces, into: partial, &report)
            offset += list.runs[start..<end].reduce(0) { $0 + $1.size }
            start = end
        }
        // What has come is there for the next time.
        guard report.failures.count == before else { return }
        let found = try storing { () throws(StoreError) in try partial.finish() }
        guard found == list.whole else {
            report.failures.append(.corrupt(large.place, "what its chunks make has \(found)"))
            return
        }
        if batch.add(1, bytes: list.size) { try storing { () throws(StoreError) in try store.flush() } }
    }

    /// The chunks of some runs, each with its place; runs that cannot be had are in the report.
    private func pieces(
        of large: Large, _ range: Range<Int>, from offset: Int, _ report: inout TransferReport
    ) throws(RemoteError) -> [Piece] {
        var starts: [Int: Int] = [:]
        var start = offset
        for index in range {
            starts[index] = start
            start += large.list.runs[index].size
        }
        let retry = retry
        let runs = Shared<(index: Int, run: ChunkRun)>()
        report.asked += range.count
        report.failures += try lanes.forEach(Array(range)) { (session, index) throws(RemoteError) in
            let entry = large.list.runs[index]
            let place = RemotePlace(.object, entry.run)
            let bytes = try retry.run { () throws(RemoteError) in try Self.read(session, place, limit: ChunkRun.mostBytes) }
            try Self.check(bytes, entry.run, at: place)
            do throws(ChunkList.Malformed) {
                let isLast = index == large.list.runs.count - 1
                runs.add((index, try ChunkRun(bytes, size: entry.size, isLast: isLast)))
            } catch {
                throw .corrupt(large.place, error.reason)
            }
        }
        var pieces: [Piece] = []
        var known: [Digest: Int] = [:]
        for (index, run) in runs.all.sorted(by: { $0.index < $1.index }) {
            guard var offset = starts[index] else { preconditionFailure("every run has a place") }
            report.objects += 1
            report.bytes += run.encode().count
            for chunk in run.chunks {
                if let earlier = known[chunk.digest], pieces[earlier].chunk == chunk {
                    pieces[earlier].offsets.append(offset)
                } else {
                    known[chunk.digest] = pieces.count
                    pieces.append(Piece(chunk: chunk, offsets: [offset]))
                }
                offset += chunk.size
            }
        }
        return pieces
    }

    private func fetch(_ pieces: [Piece], into partial: PartialObject, _ report: inout TransferReport) throws(RemoteError) {
        let fetched = Shared<Int>()
        let progress = Progress()
        let (retry, meter) = (retry, meter)
        report.asked += pieces.count
        report.failures += try lanes.forEach(pieces) { (session, piece) throws(RemoteError) in
            var offsets = piece.offsets
            if partial.isBegun {
                var left: [Int] = []
                for offset in offsets where try !Self.isThere(piece.chunk, at: offset, in: partial) { left.append(offset) }
                meter.count(bytes: piece.chunk.size * (offsets.count - left.count))
                if left.isEmpty { return }
                offsets = left
            }
            let place = RemotePlace(.object, piece.chunk.digest)
            let bytes = try retry.run { () throws(RemoteError) in try Self.read(session, place, limit: piece.chunk.size) }
            try Self.check(bytes, piece.chunk.digest, at: place)
            for offset in offsets {
                try storing { () throws(StoreError) in
                    try bytes.withRawBytes { (raw) throws(StoreError) in try partial.write(raw, at: offset) }
                }
                if progress.add(bytes.count, every: Pull.writebackBytes) { partial.startWriteback() }
                meter.count(bytes: bytes.count)
            }
            fetched.add(bytes.count)
        }
        report.objects += fetched.all.count
        report.bytes += fetched.all.reduce(0, &+)
    }

    /// Counts bytes of several threads.
    private final class Progress: Sendable {
        private let count = Atomic<Int>(0)

        /// Whether a multiple of `step` was reached.
        func add(_ bytes: Int, every step: Int) -> Bool {
            let before = count.wrappingAdd(bytes, ordering: .relaxed).oldValue
            return before / step != (before + bytes) / step
        }
    }

    /// Whether an earlier pull has fetched a chunk already.
    private static func isThere(_ chunk: ChunkRun.Chunk, at offset: Int, in partial: PartialObject) throws(RemoteError) -> Bool {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk.size, alignment: 64)
        defer { buffer.deallocate() }
        var count = 0
        while count < buffer.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
            let part = try storing { () throws(StoreError) in try partial.read(into: rest, at: offset + count) }
            if part == 0 { return false }
            count += part
        }
        return Digest.of(UnsafeRawBufferPointer(buffer)) == chunk.digest
    }

    // MARK: Reading

    private static func read(_ session: any RemoteSession, _ place: RemotePlace, limit: Int) throws(RemoteError) -> [UInt8] {
        var bytes: [UInt8] = []
        try session.fetch(place, range: nil, limit: limit) { (piece) throws(RemoteError) in bytes += piece }
        return bytes
    }

    private static func check(_ bytes: [UInt8], _ digest: Digest, at place: RemotePlace) throws(RemoteError) {
        let found = Digest.of(bytes)
        guard found == digest else { throw .corrupt(place, "what came has \(found) and \(bytes.count) bytes") }
    }

    private static func list(_ bytes: [UInt8], at place: RemotePlace) throws(RemoteError) -> ChunkList {
        do throws(ChunkList.Malformed) { return try ChunkList(bytes, of: place.digest) } catch { throw .corrupt(place, error.reason) }
    }
}
