internal import Canonical
internal import Platform
package import Storage
internal import Synchronization

/// Looks whether a remote has all that some objects consist of, and has it whole; nothing that lies there is taken for granted.
// SPEC: remotes.md#remote-verify
package struct RemoteCheck: Sendable {
    package struct Report: Hashable, Sendable {
        /// Places that were looked at.
        package var places = 0
        /// Bytes that were read.
        package var bytes = 0
        /// What was sent again.
        package var repaired = 0
        /// What is missing or damaged there, and was not sent again.
        package var failures: [RemoteError] = []
    }

    private let push: Push
    private let pull: Pull
    private let reads: Bool
    private let repairs: Bool
    private var store: DirectoryStore { push.store }

    /// `reads` all bytes, where else lengths have to do; `repairs` what this machine has right.
    package init(
        _ store: DirectoryStore, of remote: any Remote, reads: Bool, repairs: Bool, retry: Retry, lanes: Int,
        progress: @escaping @Sendable (TransferProgress) -> Void = { _ in }
    ) {
        push = Push(store, to: remote, retry: retry, lanes: lanes, progress: progress)
        pull = Pull(store, from: remote, retry: retry, lanes: lanes, progress: progress)
        (self.reads, self.repairs) = (reads, repairs)
    }

    /// A place, and what is known of what is to lie there.
    private struct Expected: Sendable {
        let place: RemotePlace
        var size: Int?
        /// Of the bytes, where that is not the place's own.
        var digest: Digest?
        /// How it is sent again; nil when this machine does not have it.
        var item: Push.Item?
        /// What a pack holds, where its bytes cannot be told from here.
        var group: PackGroup?
    }

    /// - Throws: what keeps all else from being looked at, too.
    package func run(_ objects: [StoredObject]) throws(RemoteError) -> Report {
        var report = Report()
        var expected: [Expected] = []
        var files: [Digest: Int] = [:]
        for object in objects where object.kind == .file { files[object.digest] = object.size }
        // From the roots down; the order in which trees are sent again is the other way round.
        var trees: [[Expected]] = []
        var level = Set(objects.filter { $0.kind == .tree }.map(\.digest)).sorted()
        var seen = Set(level)
        while !level.isEmpty {
            var next: [Digest] = []
            var own: [Expected] = []
            for digest in level {
                guard let tree = try tree(digest, &report) else { continue }
                if tree.encodedSize > ChunkList.leastSize {
                    own += try large(RemotePlace(.tree, digest), tree.encodedSize, &expected, &report)
                } else {
                    own.append(
                        Expected(
                            place: RemotePlace(.tree, digest), size: tree.encodedSize,
                            item: Push.Item(.tree, digest, size: tree.encodedSize)))
                }
                let layout = TreeLayout(tree)
                for file in layout.files { files[file.digest] = file.size }
                var below = layout.trees
                for group in layout.groups { expected.append(try pack(group, &below)) }
                for child in below where seen.insert(child).inserted { next.append(child) }
            }
            trees.append(own)
            level = next.sorted()
        }
        var lists: [Expected] = []
        for (digest, size) in files.sorted(by: { $0.key < $1.key }) {
            if size > ChunkList.leastSize {
                lists += try large(RemotePlace(.list, digest), size, &expected, &report)
            } else {
                let isHere = try storing { () throws(StoreError) in try store.size(of: digest) == size }
                let item = isHere ? Push.Item(.object, digest, size: size) : nil
                expected.append(Expected(place: RemotePlace(.object, digest), size: size, item: item))
            }
        }
        // INVARIANT: what is sent again comes after what it names, as in a push.
        try check(expected.filter { $0.item?.isRun != true }, &report)
        try check(expected.filter { $0.item?.isRun == true }, &report)
        try check(lists, &report)
        for level in trees.reversed() { try check(level, &report) }
        return report
    }

    // MARK: What is to lie there

    private func tree(_ digest: Digest, _ report: inout Report) throws(RemoteError) -> Tree? {
        if let tree = try store.presentTree(digest) { return tree }
        var fetched = TransferReport()
        try pull.fetchTrees([digest], &fetched)
        report.bytes += fetched.bytes
        report.failures += fetched.failures
        return try store.presentTree(digest)
    }

    private func pack(_ group: PackGroup, _ below: inout [Digest]) throws(RemoteError) -> Expected {
        let place = RemotePlace(.pack, group.key)
        var isHere = true
        for member in group.members where try !PackOrder.missing(in: member, store).isEmpty { isHere = false }
        guard isHere else { return Expected(place: place, group: group) }
        let draft = try PackDraft(group, store)
        below += draft.elsewhere
        let digest = reads ? Digest.of(try draft.bytes(store)) : nil
        return Expected(
            place: place, size: draft.size, digest: digest, item: Push.Item(place: place, content: .pack(group), size: draft.size))
    }

    /// The list of a large object; its chunks and runs go to `expected`.
    private func large(
        _ place: RemotePlace, _ size: Int, _ expected: inout [Expected], _ report: inout Report
    ) throws(RemoteError) -> [Expected] {
        if try storing({ () throws(StoreError) in try store.size(of: place.digest) }) == size {
            let plan = try ChunkPlan(place.digest, store)
            let parts = Push.parts(of: place, plan)
            for item in parts.chunks + parts.runs { expected.append(Expected(place: item.place, size: item.size, item: item)) }
            return [Expected(place: place, size: parts.list.size, digest: parts.listDigest, item: parts.list)]
        }
        var fetched = TransferReport()
        let found = try pull.outline(place, size: size, &fetched)
        report.failures += fetched.failures
        report.bytes += fetched.bytes
        for chunk in found { expected.append(Expected(place: RemotePlace(.object, chunk.digest), size: chunk.size)) }
        return []
    }

    // MARK: Looking

    /// Looks at places, and sends again what is wrong and can be.
    private func check(_ expected: [Expected], _ report: inout Report) throws(RemoteError) {
        var unique: [RemotePlace: Expected] = [:]
        for one in expected { unique[one.place] = one }
        let all = unique.values.sorted { $0.place < $1.place }
        if all.isEmpty { return }
        report.places += all.count
        let read = Shared<Int>()
        let wrong = Shared<(expected: Expected, failure: RemoteError)>()
        let (retry, meter, reads) = (push.retry, push.meter, reads)
        meter.plan(objects: all.count, bytes: reads ? all.reduce(0) { $0 &+ ($1.size ?? 0) } : 0)
        _ = try push.lanes.forEach(all) { (session, one) throws(RemoteError) in
            do throws(RemoteError) {
                let count = try retry.run { () throws(RemoteError) in
                    reads ? try Self.read(one, session, meter) : try Self.look(one, session)
                }
                read.add(count)
            } catch {
                guard error.concernsOneObject else { throw error }
                wrong.add((one, error))
            }
            meter.countObject()
        }
        report.bytes += read.all.reduce(0, &+)
        var items: [Push.Item] = []
        for (one, failure) in wrong.all.sorted(by: { $0.expected.place < $1.expected.place }) {
            guard repairs, var item = one.item else {
                report.failures.append(failure)
                continue
            }
            item.replaces = true
            items.append(item)
        }
        var sent = TransferReport()
        try push.send(items, &sent)
        report.repaired += sent.objects
    }

    private static func look(_ one: Expected, _ session: any RemoteSession) throws(RemoteError) -> Int {
        guard case .present(let size) = try session.look(at: one.place) else { throw .missing(one.place) }
        if let size, let wanted = one.size, size != wanted { throw .corrupt(one.place, "it has \(size) bytes instead of \(wanted)") }
        return 0
    }

    private static func read(_ one: Expected, _ session: any RemoteSession, _ meter: TransferMeter) throws(RemoteError) -> Int {
        var hasher = SHA256Hasher()
        var count = 0
        var bytes: [UInt8] = []
        let limit = one.size ?? Pack.sizeLimit
        do throws(RemoteError) {
            try session.fetch(one.place, range: nil, limit: limit) { (piece) throws(RemoteError) in
                count += piece.count
                hasher.update(piece)
                meter.count(bytes: piece.count)
                if one.group != nil { bytes += piece }
            }
        } catch {
            guard case .garbled(let reason) = error else { throw error }
            throw .corrupt(one.place, reason)
        }
        if let group = one.group {
            try check(bytes, of: group, at: one.place)
            return count
        }
        let found = hasher.finalize()
        guard found == one.digest ?? one.place.digest else { throw .corrupt(one.place, "what came has \(found) and \(count) bytes") }
        return count
    }

    /// Checks each object of a pack that cannot be put together here.
    private static func check(_ bytes: [UInt8], of group: PackGroup, at place: RemotePlace) throws(RemoteError) {
        let pack: Pack
        do throws(Pack.Malformed) {
            pack = try bytes.withRawBytes { (raw) throws(Pack.Malformed) in try Pack(raw) }
        } catch {
            throw .corrupt(place, error.reason)
        }
        for member in pack.members {
            guard let range = member.range else { continue }
            guard Digest.of(Array(bytes[range])) == member.digest else {
                throw .corrupt(place, "object \(member.digest) in it has other bytes")
            }
        }
        let known = Set(pack.members.map(\.digest))
        for member in group.members where !known.contains(member.digest) {
            throw .corrupt(place, "it does not hold object \(member.digest)")
        }
    }
}
