internal import Canonical
internal import Platform
package import Storage
internal import Synchronization

/// Sends what a remote lacks of some objects: files first, then trees, each after all that it names.
// SPEC: remotes.md#push
package struct Push: Sendable {
    /// Files up to this size are sent without asking when the remote seems to have none of them.
    static let smallSize = 1 << 20
    /// How many it is asked for before that is believed.
    static let sampleCount = 32

    private let store: DirectoryStore
    private let lanes: Lanes
    private let retry: Retry
    private let meter: TransferMeter

    package init(
        _ store: DirectoryStore, to remote: any Remote, retry: Retry, lanes: Int,
        progress: @escaping @Sendable (TransferProgress) -> Void = { _ in }
    ) {
        self.store = store
        self.lanes = Lanes(lanes, to: remote)
        self.retry = retry
        meter = TransferMeter(progress)
    }

    /// An object to be sent; `replaces` when something else lies there.
    private struct Item: Hashable, Sendable {
        let digest: Digest
        let size: Int
        var replaces = false
    }

    /// - Throws: `.store(.missing)` for an object that is not here.
    package func run(_ objects: [StoredObject]) throws(RemoteError) -> TransferReport {
        do throws(RemoteError) {
            return try sendAll(objects)
        } catch {
            // What has been sent is kept for the next time; the failure is what gets reported.
            try? lanes.remote.settle()
            throw error
        }
    }

    private func sendAll(_ objects: [StoredObject]) throws(RemoteError) -> TransferReport {
        var report = TransferReport()
        let missing = try missingTrees(Self.unique(objects.filter { $0.kind == .tree }.map(\.digest)), &report)
        var files = Set(objects.filter { $0.kind == .file }.map(\.digest))
        for tree in missing.trees.values { files.formUnion(tree.files) }
        let items = try missingFiles(files.sorted(), &report)
        try send(items, &report)
        // INVARIANT: a tree goes after all that it names, durably.
        for height in Self.heights(missing.trees) {
            try send(height.map { Item(digest: $0, size: 0, replaces: missing.replaced.contains($0)) }, &report)
        }
        return report
    }

    // MARK: What is missing

    private struct Names: Sendable {
        let files: [Digest]
        let trees: [Digest]
    }

    private func missingTrees(_ roots: [Digest], _ report: inout TransferReport) throws(RemoteError)
        -> (trees: [Digest: Names], replaced: Set<Digest>)
    {
        var trees: [Digest: Names] = [:]
        var replaced: Set<Digest> = []
        var seen = Set(roots)
        var level = roots
        while !level.isEmpty {
            let items = try ask(level, &report)
            var next: [Digest] = []
            for item in items {
                let names = try storing { () throws(StoreError) in Self.names(try store.tree(item.digest)) }
                trees[item.digest] = names
                if item.replaces { replaced.insert(item.digest) }
                for child in names.trees where seen.insert(child).inserted { next.append(child) }
            }
            level = next
        }
        return (trees, replaced)
    }

    private static func names(_ tree: Tree) -> Names {
        var files: [Digest] = []
        var trees: [Digest] = []
        for entry in tree.entries {
            switch entry.content {
            case .file(let digest, _, _): files.append(digest)
            case .tree(let digest, _, _): trees.append(digest)
            case .link: continue
            }
        }
        return Names(files: files, trees: unique(trees))
    }

    /// Without doubles, in the order of digests.
    private static func unique(_ digests: [Digest]) -> [Digest] { Set(digests).sorted() }

    private func missingFiles(_ files: [Digest], _ report: inout TransferReport) throws(RemoteError) -> [Item] {
        var small: [Digest] = []
        var large: [Digest] = []
        for digest in files {
            if try size(digest) <= Self.smallSize { small.append(digest) } else { large.append(digest) }
        }
        // Digests are spread evenly, so the first are as good as any.
        let sample = Array(small.prefix(Self.sampleCount))
        let rest = Array(small.dropFirst(Self.sampleCount))
        var items = try ask(sample + large, &report)
        let absent = Set(items.map(\.digest))
        if sample.allSatisfy(absent.contains) {
            for digest in rest { items.append(Item(digest: digest, size: try size(digest))) }
        } else {
            items += try ask(rest, &report)
        }
        return items.sorted { $0.size != $1.size ? $0.size > $1.size : $0.digest < $1.digest }
    }

    private func size(_ digest: Digest) throws(RemoteError) -> Int {
        guard let size = try storing({ () throws(StoreError) in try store.size(of: digest) }) else { throw .store(.missing(digest)) }
        return size
    }

    /// Which of these the remote lacks, or has in another length.
    private func ask(_ digests: [Digest], _ report: inout TransferReport) throws(RemoteError) -> [Item] {
        report.asked += digests.count
        let items = Shared<Item>()
        let store = store
        let retry = retry
        _ = try lanes.forEach(digests) { (session, digest) throws(RemoteError) in
            let presence = try retry.run { () throws(RemoteError) in try session.look(for: digest) }
            let size: Int
            do throws(StoreError) {
                guard let own = try store.size(of: digest) else { throw StoreError.missing(digest) }
                size = own
            } catch {
                throw .store(error)
            }
            switch presence {
            case .absent: items.add(Item(digest: digest, size: size))
            case .present(let other):
                if let other, other != size { items.add(Item(digest: digest, size: size, replaces: true)) }
            }
        }
        return items.all.sorted { $0.digest < $1.digest }
    }

    // MARK: Sending

    private func send(_ items: [Item], _ report: inout TransferReport) throws(RemoteError) {
        if items.isEmpty { return }
        meter.plan(objects: items.count, bytes: items.reduce(0) { $0 &+ $1.size })
        let sent = Shared<Int>()
        let store = store
        let retry = retry
        let meter = meter
        report.failures += try lanes.forEach(items) { (session, item) throws(RemoteError) in
            let size = try retry.run { () throws(RemoteError) in try Self.send(item, from: store, over: session) }
            sent.add(size)
            meter.count(bytes: size)
            meter.countObject()
        }
        try lanes.remote.settle()
        report.objects += sent.all.count
        report.bytes += sent.all.reduce(0, &+)
    }

    private static func send(_ item: Item, from store: DirectoryStore, over session: any RemoteSession) throws(RemoteError) -> Int {
        var failure: RemoteError?
        var size = 0
        do throws(StoreError) {
            try store.lend(item.digest) { file in
                do throws(SystemError) {
                    size = try file.status().size
                    let object = OutgoingObject(item.digest, size: size, file: try file.shared())
                    do throws(RemoteError) {
                        failure = nil
                        // Of nothing there is nothing to hold back.
                        if size == 0 { try object.readChecked { _ in true } }
                        try session.put(object, replaces: item.replaces)
                        return item.digest
                    } catch {
                        failure = error
                        return object.found == item.digest ? nil : object.found
                    }
                } catch {
                    failure = .store(.refused(error))
                    return nil
                }
            }
        } catch {
            // What is damaged here is reported as that, with where it lies now.
            throw .store(error)
        }
        if let failure { throw failure }
        return size
    }

    /// The missing trees in the order in which they can be sent: first those that name no other of them.
    private static func heights(_ trees: [Digest: Names]) -> [[Digest]] {
        var height: [Digest: Int] = [:]
        for root in trees.keys.sorted() where height[root] == nil {
            // A stack of our own: folders may be nested deeper than calls can be.
            var stack = [root]
            while let top = stack.last {
                if height[top] != nil {
                    stack.removeLast()
                    continue
                }
                let children = (trees[top]?.trees ?? []).filter { trees[$0] != nil }
                let waiting = children.filter { height[$0] == nil }
                if waiting.isEmpty {
                    height[top] = (children.compactMap { height[$0] }.max() ?? -1) + 1
                    stack.removeLast()
                } else {
                    stack += waiting
                }
            }
        }
        var result: [[Digest]] = []
        for (digest, level) in height.sorted(by: { $0.key < $1.key }) {
            while result.count <= level { result.append([]) }
            result[level].append(digest)
        }
        return result
    }
}

/// Runs a call to the store.
func storing<Value>(_ body: () throws(StoreError) -> Value) throws(RemoteError) -> Value {
    do throws(StoreError) { return try body() } catch { throw .store(error) }
}

/// Values that several threads add to.
final class Shared<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])

    func add(_ value: Value) { values.withLock { $0.append(value) } }

    /// In no certain order.
    var all: [Value] { values.withLock { $0 } }
}
