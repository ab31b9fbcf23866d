internal import Canonical
internal import Platform
package import Storage
internal import Synchronization

/// Fetches what the store lacks of some objects, and keeps only what has the digest that was asked for.
// SPEC: remotes.md#pull
package struct Pull: Sendable {
    /// Most bytes of a tree: some ten million entries.
    static let treeLimit = 1 << 30
    /// What was fetched is made durable at least this often.
    private static let batchCount = 4000
    private static let batchBytes = 512 << 20
    private static let writebackBytes = 16 << 20

    private let store: DirectoryStore
    private let lanes: Lanes
    private let retry: Retry
    private let meter: TransferMeter

    package init(
        _ store: DirectoryStore, from remote: any Remote, retry: Retry, lanes: Int,
        progress: @escaping @Sendable (TransferProgress) -> Void = { _ in }
    ) {
        self.store = store
        self.lanes = Lanes(lanes, to: remote)
        self.retry = retry
        meter = TransferMeter(progress)
    }

    private struct Item: Hashable, Sendable {
        let digest: Digest
        /// The length that the tree above, or the lock, gives; nil for a tree.
        let size: Int?

        var limit: Int { size ?? Pull.treeLimit }
    }

    private final class Batch: Sendable {
        private let state = Mutex<(count: Int, bytes: Int)>((0, 0))

        /// Whether it is time to make things durable.
        func add(_ bytes: Int) -> Bool {
            state.withLock { state in
                state.count += 1
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
        let batch = Batch()
        do throws(RemoteError) {
            try run(objects, batch, &report)
        } catch {
            // What has come is kept for the next time; the failure is what gets reported.
            try? store.flush()
            throw error
        }
        try storing { () throws(StoreError) in try store.flush() }
        return report
    }

    private func run(_ objects: [StoredObject], _ batch: Batch, _ report: inout TransferReport) throws(RemoteError) {
        var files: [Digest: Int] = [:]
        for object in objects where object.kind == .file { files[object.digest] = object.size }
        var level = Set(objects.filter { $0.kind == .tree }.map(\.digest)).sorted()
        var seen = Set(level)
        while !level.isEmpty {
            let failures = try fetch(try absent(level.map { Item(digest: $0, size: nil) }), batch, &report)
            let lost = Set(failures)
            var next: [Digest] = []
            for digest in level where !lost.contains(digest) {
                guard let tree = try tree(digest, batch, &report) else { continue }
                for entry in tree.entries {
                    switch entry.content {
                    case .file(let digest, let size, _): files[digest] = size
                    case .tree(let digest, _, _): if seen.insert(digest).inserted { next.append(digest) }
                    case .link: continue
                    }
                }
            }
            level = next.sorted()
        }
        let items = try absent(files.map { Item(digest: $0.key, size: $0.value) })
        _ = try fetch(
            items.sorted { $0.limit != $1.limit ? $0.limit > $1.limit : $0.digest < $1.digest }, batch, &report)
    }

    /// A tree of the store; one that is damaged there is fetched anew. Nil when that failed.
    private func tree(_ digest: Digest, _ batch: Batch, _ report: inout TransferReport) throws(RemoteError) -> Tree? {
        do throws(StoreError) {
            return try store.tree(digest)
        } catch {
            switch error {
            case .missing, .corrupt: break
            case .notTree, .recordAheadOfObject, .refused, .newerFormat: throw .store(error)
            }
        }
        guard try fetch([Item(digest: digest, size: nil)], batch, &report).isEmpty else { return nil }
        return try storing { () throws(StoreError) in try store.tree(digest) }
    }

    private func absent(_ items: [Item]) throws(RemoteError) -> [Item] {
        var result: [Item] = []
        for item in items.sorted(by: { $0.digest < $1.digest }) {
            if try !storing({ () throws(StoreError) in try store.contains(item.digest) }) { result.append(item) }
        }
        return result
    }

    /// Gives the digests of those that could not be had.
    private func fetch(_ items: [Item], _ batch: Batch, _ report: inout TransferReport) throws(RemoteError) -> [Digest] {
        if items.isEmpty { return [] }
        report.asked += items.count
        meter.plan(objects: items.count, bytes: items.reduce(0) { $0 &+ ($1.size ?? 0) })
        let fetched = Shared<Int>()
        let store = store
        let retry = retry
        let meter = meter
        let failures = try lanes.forEach(items) { (session, item) throws(RemoteError) in
            let bytes = try retry.run { () throws(RemoteError) in try Self.fetch(item, into: store, over: session, meter) }
            fetched.add(bytes)
            meter.countObject()
            if batch.add(bytes) { try storing { () throws(StoreError) in try store.flush() } }
        }
        report.objects += fetched.all.count
        report.bytes += fetched.all.reduce(0, &+)
        report.failures += failures
        return failures.compactMap { failure in
            switch failure {
            case .missing(let digest), .corrupt(let digest, _): digest
            default: nil
            }
        }
    }

    private static func fetch(
        _ item: Item, into store: DirectoryStore, over session: any RemoteSession, _ meter: TransferMeter
    ) throws(RemoteError) -> Int {
        var failure: RemoteError?
        var found: Digest?
        var count = 0
        let isKept = try storing { () throws(StoreError) in
            try store.receive(item.digest) { file in
                var hasher = SHA256Hasher()
                do throws(RemoteError) {
                    try session.fetch(item.digest, limit: item.limit) { (bytes) throws(RemoteError) in
                        count += bytes.count
                        // Before it is on the disk: a remote decides nothing about how much that holds.
                        guard count <= item.limit else { throw .corrupt(item.digest, "it is longer than \(item.limit) bytes") }
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
            throw .corrupt(item.digest, "what came has \(found.map(\.description) ?? "no digest") and \(count) bytes")
        }
        return found == item.digest ? count : 0
    }
}
