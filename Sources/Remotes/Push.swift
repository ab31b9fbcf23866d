internal import Canonical
internal import Platform
package import Storage
internal import Synchronization

/// Sends what a remote lacks of some objects: content first, then trees, each after all that it names.
// SPEC: remotes.md#push
package struct Push: Sendable {
    /// How many things the remote is asked for before it is believed to have none of the others.
    static let sampleCount = 32

    let store: DirectoryStore
    let lanes: Lanes
    let retry: Retry
    let meter: TransferMeter

    package init(
        _ store: DirectoryStore, to remote: any Remote, retry: Retry, lanes: Int,
        progress: @escaping @Sendable (TransferProgress) -> Void = { _ in }
    ) {
        self.store = store
        self.lanes = Lanes(lanes, to: remote)
        self.retry = retry
        meter = TransferMeter(progress)
    }

    /// Something to be sent, and its length; `replaces` when something else lies there.
    struct Item: Sendable {
        enum Content: Sendable {
            /// The object of the store.
            case object(Digest)
            case pack(PackGroup)
            /// A part of an object of the store.
            case part(of: Digest, from: Int)
            case bytes([UInt8])
            /// A large object of the store, of which only the list of its chunks lies at the place.
            case list(of: Digest)
        }

        let place: RemotePlace
        let content: Content
        /// Bytes of what is to lie there; of a list nothing is known.
        let size: Int
        var replaces = false

        /// An object of the store that lies by itself, or its list.
        init(_ kind: RemotePlace.Kind, _ digest: Digest, size: Int) {
            let isLarge = size > ChunkList.leastSize
            self.init(
                place: RemotePlace(isLarge && kind == .object ? .list : kind, digest),
                content: isLarge ? .list(of: digest) : .object(digest), size: isLarge ? 0 : size)
        }

        init(place: RemotePlace, content: Content, size: Int, replaces: Bool = false) {
            (self.place, self.content, self.size, self.replaces) = (place, content, size, replaces)
        }

        /// Whether it is a run of chunks, or a list of runs.
        var isRun: Bool { if case .bytes = content { true } else { false } }

        var isLarge: Bool { if case .list = content { true } else { false } }

        /// Whether what is to lie there can have so many bytes.
        func canHave(_ bytes: Int) -> Bool { isLarge ? ChunkList.canHave(bytes) : bytes == size }
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
        let trees = try missingTrees(Set(objects.filter { $0.kind == .tree }.map(\.digest)).sorted(), &report)
        var packs: [Digest: Item] = [:]
        var files: [Digest: Int] = [:]
        for tree in trees.values {
            for pack in tree.packs { packs[pack.place.digest] = pack }
            for file in tree.files { files[file.digest] = file.size }
        }
        for object in objects where object.kind == .file { files[object.digest] = object.size }
        try send(try missing(Array(packs.values), &report), &report)
        var items: [Item] = []
        for (digest, _) in files { items.append(Item(.object, digest, size: try size(digest))) }
        try send(try ask(items, &report), &report)
        // INVARIANT: a tree goes after all that it names, durably.
        for height in Self.heights(trees) { try send(height.compactMap { trees[$0]?.item }, &report) }
        return report
    }

    func size(_ digest: Digest) throws(RemoteError) -> Int {
        guard let size = try storing({ () throws(StoreError) in try store.size(of: digest) }) else { throw .store(.missing(digest)) }
        return size
    }

    // MARK: What is missing

    /// A tree that is not there, and what it names.
    private struct MissingTree: Sendable {
        let item: Item
        let packs: [Item]
        let files: [(digest: Digest, size: Int)]
        let trees: [Digest]
    }

    private func missingTrees(_ roots: [Digest], _ report: inout TransferReport) throws(RemoteError) -> [Digest: MissingTree] {
        var result: [Digest: MissingTree] = [:]
        var seen = Set(roots)
        var level = roots
        while !level.isEmpty {
            var items: [Item] = []
            for digest in level {
                items.append(Item(.tree, digest, size: try size(digest)))
            }
            var next: [Digest] = []
            for item in try ask(items, &report) {
                let tree = try missingTree(item)
                result[item.place.digest] = tree
                for child in tree.trees where seen.insert(child).inserted { next.append(child) }
            }
            level = next.sorted()
        }
        return result
    }

    private func missingTree(_ item: Item) throws(RemoteError) -> MissingTree {
        let layout = TreeLayout(try storing { () throws(StoreError) in try store.tree(item.place.digest) })
        var packs: [Item] = []
        var trees = layout.trees
        for group in layout.groups {
            let draft = try PackDraft(group, store)
            packs.append(Item(place: RemotePlace(.pack, group.key), content: .pack(group), size: draft.size))
            trees += draft.elsewhere
        }
        return MissingTree(item: item, packs: packs, files: layout.files, trees: trees)
    }

    /// Which of these the remote lacks, or has in another length; when it has none of the first, it is not asked for the others.
    func missing(_ items: [Item], _ report: inout TransferReport) throws(RemoteError) -> [Item] {
        // Digests are spread evenly, so the first are as good as any.
        let sorted = items.sorted { $0.place < $1.place }
        let sample = try ask(Array(sorted.prefix(Self.sampleCount)), &report)
        let rest = Array(sorted.dropFirst(Self.sampleCount))
        if sample.count == min(sorted.count, Self.sampleCount), !sample.contains(where: \.replaces) { return sample + rest }
        return sample + (try ask(rest, &report))
    }

    /// Which of these the remote lacks, or has in another length.
    func ask(_ items: [Item], _ report: inout TransferReport) throws(RemoteError) -> [Item] {
        report.asked += items.count
        let missing = Shared<Item>()
        let retry = retry
        _ = try lanes.forEach(items) { (session, item) throws(RemoteError) in
            switch try retry.run({ () throws(RemoteError) in try session.look(at: item.place) }) {
            case .absent: missing.add(item)
            case .present(let size):
                guard let size, !item.canHave(size) else { return }
                var other = item
                other.replaces = true
                missing.add(other)
            }
        }
        return missing.all.sorted { $0.place < $1.place }
    }

    // MARK: Sending

    /// Sends these, the largest first, and returns when they are durable there.
    func send(_ items: [Item], _ report: inout TransferReport) throws(RemoteError) {
        if items.isEmpty { return }
        try sendLarge(items.filter(\.isLarge), &report)
        let items = items.filter { !$0.isLarge }.sorted { $0.size != $1.size ? $0.size > $1.size : $0.place < $1.place }
        meter.plan(objects: items.count, bytes: items.reduce(0) { $0 &+ $1.size })
        let sent = Shared<Int>()
        let store = store
        let retry = retry
        let meter = meter
        report.failures += try lanes.forEach(items) { (session, item) throws(RemoteError) in
            let size: Int
            switch item.content {
            case .object(let digest):
                size = try retry.run { () throws(RemoteError) in try Self.send(digest, item, from: store, over: session) }
            case .pack(let group):
                let pack = OutgoingObject(try PackDraft(group, store).bytes(store))
                size = pack.size
                try retry.run { () throws(RemoteError) in try session.put(pack, at: item.place, replaces: item.replaces) }
            case .bytes(let bytes):
                size = bytes.count
                let object = OutgoingObject(bytes)
                try retry.run { () throws(RemoteError) in try session.put(object, at: item.place, replaces: item.replaces) }
            case .part(let whole, let offset):
                size = item.size
                try retry.run { () throws(RemoteError) in
                    try Self.send(part: item, of: whole, from: offset, store, over: session)
                }
            case .list: preconditionFailure("large objects are sent by their chunks")
            }
            sent.add(size)
            meter.count(bytes: size)
            meter.countObject()
        }
        try lanes.remote.settle()
        report.objects += sent.all.count
        report.bytes += sent.all.reduce(0, &+)
    }

    private static func send(
        _ digest: Digest, _ item: Item, from store: DirectoryStore, over session: any RemoteSession
    ) throws(RemoteError) -> Int {
        var failure: RemoteError?
        var size = 0
        do throws(StoreError) {
            try store.lend(digest) { file in
                do throws(SystemError) {
                    size = try file.status().size
                    let object = OutgoingObject(digest, size: size, file: try file.shared())
                    do throws(RemoteError) {
                        failure = nil
                        // Of nothing there is nothing to hold back.
                        if size == 0 { try object.readChecked { _ in true } }
                        try session.put(object, at: item.place, replaces: item.replaces)
                        return digest
                    } catch {
                        failure = error
                        return object.found == digest ? nil : object.found
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
    private static func heights(_ trees: [Digest: MissingTree]) -> [[Digest]] {
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
