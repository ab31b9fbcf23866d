internal import Canonical
internal import Platform
package import Storage
internal import Synchronization

/// Fetches what the store lacks of some objects, and keeps only what has the digest that was asked for.
// SPEC: remotes.md#pull
package struct Pull: Sendable {
    /// What was fetched is made durable at least this often.
    private static let batchCount = 16_384
    private static let batchBytes = 512 << 20
    static let writebackBytes = 16 << 20

    let store: DirectoryStore
    let lanes: Lanes
    let retry: Retry
    let meter: TransferMeter
    let batch = Batch()

    package init(
        _ store: DirectoryStore, from remote: any Remote, retry: Retry, lanes: Int,
        progress: @escaping @Sendable (TransferProgress) -> Void = { _ in }
    ) {
        self.store = store
        self.lanes = Lanes(lanes, to: remote)
        self.retry = retry
        meter = TransferMeter(progress)
    }

    /// Something that lies by itself.
    struct Item: Hashable, Sendable {
        let place: RemotePlace
        /// The most bytes that it may have: what the tree above, or the lock, gives.
        let limit: Int
    }

    final class Batch: Sendable {
        private let state = Mutex<(count: Int, bytes: Int)>((0, 0))

        /// Whether it is time to make things durable.
        func add(_ count: Int, bytes: Int) -> Bool {
            state.withLock { state in
                state.count += count
                state.bytes &+= bytes
                guard state.count >= Pull.batchCount || state.bytes >= Pull.batchBytes else { return false }
                state = (0, 0)
                return true
            }
        }
    }

    /// - Throws: what keeps all else from being fetched; what fails for one object alone is in the report.
    package func run(_ objects: [StoredObject]) throws(RemoteError) -> TransferReport {
        var report = TransferReport()
        do throws(RemoteError) {
            try run(objects, &report)
        } catch {
            // What has come is kept for the next time; the failure is what gets reported.
            try? store.flush()
            throw error
        }
        try storing { () throws(StoreError) in try store.flush() }
        return report
    }

    func run(_ objects: [StoredObject], _ report: inout TransferReport) throws(RemoteError) {
        var files: [Digest: Int] = [:]
        for object in objects where object.kind == .file { files[object.digest] = object.size }
        var level = Set(objects.filter { $0.kind == .tree }.map(\.digest)).sorted()
        var seen = Set(level)
        while !level.isEmpty {
            var orders: [PackOrder] = []
            while !level.isEmpty {
                var next: [Digest] = []
                for tree in try trees(level, &report) {
                    let layout = TreeLayout(tree)
                    for group in layout.groups {
                        if let order = try PackOrder(group, store) { orders.append(order) }
                    }
                    for file in layout.files { files[file.digest] = file.size }
                    for child in layout.trees where seen.insert(child).inserted { next.append(child) }
                }
                level = next.sorted()
            }
            // What turns out to lie apart from a pack is looked into as what the trees say to lie apart.
            level = try fetch(orders, &report).filter { seen.insert($0).inserted }.sorted()
        }
        var items: [Item] = []
        for (digest, size) in files {
            items.append(Item(place: RemotePlace(size > ChunkList.leastSize ? .list : .object, digest), limit: size))
        }
        items = try absent(items).sorted { $0.limit != $1.limit ? $0.limit > $1.limit : $0.place < $1.place }
        try fetchLarge(items.filter { $0.place.kind == .list }, &report)
        try fetch(items.filter { $0.place.kind != .list }, &report)
    }

    private func absent(_ items: [Item]) throws(RemoteError) -> [Item] {
        var result: [Item] = []
        for item in items.sorted(by: { $0.place < $1.place }) {
            if try !storing({ () throws(StoreError) in try store.contains(item.place.digest) }) { result.append(item) }
        }
        return result
    }

    // MARK: Trees

    /// These trees, but for those that could not be had; one that is damaged in the store is fetched anew.
    private func trees(_ digests: [Digest], _ report: inout TransferReport) throws(RemoteError) -> [Tree] {
        var found: [Digest: Tree] = [:]
        var missing: [Digest] = []
        for digest in digests {
            if let tree = try store.presentTree(digest) { found[digest] = tree } else { missing.append(digest) }
        }
        try fetchTrees(missing, &report)
        for digest in missing { found[digest] = try store.presentTree(digest) }
        return digests.compactMap { found[$0] }
    }

    /// Most bytes of a tree: some ten million entries.
    static let treeLimit = 1 << 30

    // MARK: Packs

    /// Gives the folders that were found to lie apart.
    func fetch(_ orders: [PackOrder], _ report: inout TransferReport) throws(RemoteError) -> [Digest] {
        if orders.isEmpty { return [] }
        report.asked += orders.count
        meter.plan(objects: orders.count, bytes: orders.reduce(0) { $0 &+ $1.weight })
        let outcomes = Shared<PackOrder.Outcome>()
        let store = store
        let retry = retry
        let meter = meter
        let batch = batch
        report.failures += try lanes.forEach(orders) { (session, order) throws(RemoteError) in
            let outcome = try retry.run { () throws(RemoteError) in
                try order.fetch(session, into: store) { meter.count(bytes: $0) }
            }
            outcomes.add(outcome)
            meter.countObject()
            if batch.add(outcome.objects, bytes: outcome.bytes) { try storing { () throws(StoreError) in try store.flush() } }
        }
        report.objects += outcomes.all.count
        report.bytes += outcomes.all.reduce(0) { $0 &+ $1.bytes }
        report.failures += outcomes.all.flatMap(\.failures).sorted { $0.description < $1.description }
        return outcomes.all.flatMap(\.elsewhere)
    }

    // MARK: Objects

    private func fetch(_ items: [Item], _ report: inout TransferReport) throws(RemoteError) {
        if items.isEmpty { return }
        report.asked += items.count
        meter.plan(objects: items.count, bytes: items.reduce(0) { $0 &+ ($1.place.kind == .tree ? 0 : $1.limit) })
        let fetched = Shared<Int>()
        let store = store
        let retry = retry
        let meter = meter
        let batch = batch
        report.failures += try lanes.forEach(items) { (session, item) throws(RemoteError) in
            let bytes = try retry.run { () throws(RemoteError) in try Self.fetch(item, into: store, over: session, meter) }
            fetched.add(bytes)
            meter.countObject()
            if batch.add(1, bytes: bytes) { try storing { () throws(StoreError) in try store.flush() } }
        }
        report.objects += fetched.all.count
        report.bytes += fetched.all.reduce(0, &+)
    }

    private static func fetch(
        _ item: Item, into store: DirectoryStore, over session: any RemoteSession, _ meter: TransferMeter
    ) throws(RemoteError) -> Int {
        let digest = item.place.digest
        var failure: RemoteError?
        var found: Digest?
        var count = 0
        let isKept = try storing { () throws(StoreError) in
            try store.receive(digest) { file in
                var hasher = SHA256Hasher()
                do throws(RemoteError) {
                    try session.fetch(item.place, range: nil, limit: item.limit) { (bytes) throws(RemoteError) in
                        count += bytes.count
                        // Before it is on the disk: a remote decides nothing about how much that holds.
                        guard count <= item.limit else { throw .corrupt(item.place, "it is longer than \(item.limit) bytes") }
                        hasher.update(bytes)
                        do throws(SystemError) { try file.write(bytes) } catch { throw .store(.refused(error)) }
                        meter.count(bytes: bytes.count)
                        // So that the disk works while the network does, and the sync at the end is short.
                        if count / Self.writebackBytes != (count - bytes.count) / Self.writebackBytes { file.startWriteback() }
                    }
                } catch {
                    failure = error
                    return nil
                }
                found = hasher.finalize()
                return found
            }
        }
        if let failure { throw failure }
        guard isKept, let found else {
            throw .corrupt(item.place, "what came has \(found.map(\.description) ?? "no digest") and \(count) bytes")
        }
        return found == digest ? count : 0
    }
}
