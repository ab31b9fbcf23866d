internal import Canonical
internal import Platform
internal import Storage

/// Large objects: chunks first, then runs of them, then the list that says how all is put together.
// SPEC: remotes.md#chunks
extension Push {
    /// So many bytes of large objects are worked on at a time.
    private static let batchBytes = 2 << 30

    /// Sends large objects that the remote lacks, and returns when they are durable there.
    func sendLarge(_ items: [Item], _ report: inout TransferReport) throws(RemoteError) {
        var batch: [Item] = []
        var bytes = 0
        for item in items.sorted(by: { $0.place < $1.place }) {
            batch.append(item)
            bytes &+= try size(item.place.digest)
            if bytes >= Self.batchBytes {
                try sendChunked(batch, &report)
                (batch, bytes) = ([], 0)
            }
        }
        try sendChunked(batch, &report)
    }

    private func sendChunked(_ items: [Item], _ report: inout TransferReport) throws(RemoteError) {
        if items.isEmpty { return }
        var lists: [Item] = []
        var runs: [Digest: Item] = [:]
        var chunks: [Digest: [Item]] = [:]
        for item in items {
            let plan = try ChunkPlan(item.place.digest, store)
            let parts = Self.parts(of: item.place, plan)
            var list = parts.list
            list.replaces = item.replaces
            lists.append(list)
            var start = 0
            for (run, item) in zip(plan.runs, parts.runs) {
                runs[item.place.digest] = item
                chunks[item.place.digest] = Array(parts.chunks[start..<(start + run.chunks.count)])
                start += run.chunks.count
            }
        }
        let missing = try ask(Array(runs.values), &report)
        var wanted: [RemotePlace: Item] = [:]
        for run in missing {
            for chunk in chunks[run.place.digest] ?? [] { wanted[chunk.place] = chunk }
        }
        // INVARIANT: a run goes after its chunks and a list after its runs, durably.
        try send(try self.missing(Array(wanted.values), &report), &report)
        try send(missing, &report)
        try send(lists, &report)
    }

    /// All that a large object is on a remote; chunks and runs in their order.
    static func parts(of place: RemotePlace, _ plan: ChunkPlan) -> (list: Item, listDigest: Digest, runs: [Item], chunks: [Item]) {
        var runs: [Item] = []
        var chunks: [Item] = []
        var offset = 0
        for (entry, run) in zip(plan.list.runs, plan.runs) {
            let bytes = run.encode()
            runs.append(Item(place: RemotePlace(.object, entry.run), content: .bytes(bytes), size: bytes.count))
            for chunk in run.chunks {
                let content = Item.Content.part(of: place.digest, from: offset)
                chunks.append(Item(place: RemotePlace(.object, chunk.digest), content: content, size: chunk.size))
                offset += chunk.size
            }
        }
        let list = plan.list.encode()
        return (Item(place: place, content: .bytes(list), size: list.count), Digest.of(list), runs, chunks)
    }

    /// Sends a part of an object of the store.
    static func send(
        part item: Item, of whole: Digest, from offset: Int, _ store: DirectoryStore, over session: any RemoteSession
    ) throws(RemoteError) {
        var failure: RemoteError?
        do throws(StoreError) {
            try store.lend(whole) { file in
                do throws(SystemError) {
                    let part = OutgoingObject(item.place.digest, size: item.size, file: try file.shared(), from: offset, of: whole)
                    do throws(RemoteError) {
                        try session.put(part, at: item.place, replaces: item.replaces)
                    } catch {
                        failure = error
                    }
                } catch {
                    failure = .store(.refused(error))
                }
                // Whether the object as a whole is right was found out before.
                return nil
            }
        } catch {
            throw .store(error)
        }
        if let failure { throw failure }
    }
}
