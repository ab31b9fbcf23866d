internal import Canonical
internal import Platform
internal import Storage
internal import Synchronization

/// What the store lacks of a group.
struct PackOrder: Sendable {
    /// Of a pack with less than this part missing, only that is fetched.
    private static let partWorthFetching = 4
    /// Ranges that lie closer together are fetched as one.
    private static let gap = 64 << 10

    let group: PackGroup
    /// The files that are wanted, and the folders of which nothing is known.
    let wanted: [Digest: ObjectKind]
    /// What all that weighs.
    let weight: Int

    var place: RemotePlace { RemotePlace(.pack, group.key) }

    /// Nil when nothing is lacking; `among` says which members are wanted at all.
    init?(_ group: PackGroup, _ store: DirectoryStore, among: (PackGroup.Member) -> Bool = { _ in true }) throws(RemoteError) {
        var wanted: [Digest: ObjectKind] = [:]
        var weight = 0
        for member in group.members where among(member) {
            for missing in try Self.missing(in: member, store) {
                if wanted.updateValue(missing.kind, forKey: missing.digest) == nil { weight += missing.weight }
            }
        }
        if wanted.isEmpty { return nil }
        (self.group, self.wanted, self.weight) = (group, wanted, weight)
    }

    /// What the store lacks of a member: files, and folders of which nothing can be said.
    static func missing(in member: PackGroup.Member, _ store: DirectoryStore) throws(RemoteError) -> [PackGroup.Member] {
        var result: [PackGroup.Member] = []
        var stack = [member]
        while let next = stack.popLast() {
            switch next.kind {
            case .file:
                if try !storing({ () throws(StoreError) in try store.contains(next.digest) }) { result.append(next) }
            case .tree:
                guard let tree = try store.presentTree(next.digest) else {
                    result.append(next)
                    continue
                }
                for entry in tree.entries {
                    switch entry.content {
                    case .file(let digest, let size, _):
                        stack.append(PackGroup.Member(kind: .file, digest: digest, size: size, files: 1))
                    case .tree(let digest, let size, let files):
                        stack.append(PackGroup.Member(kind: .tree, digest: digest, size: size, files: files))
                    case .link: continue
                    }
                }
            }
        }
        return result
    }

    /// Whether only a part of the pack is to be fetched.
    var isForPart: Bool {
        weight < group.weight / Self.partWorthFetching && group.weight > Self.gap && wanted.values.allSatisfy { $0 == .file }
    }

    /// What became of an order.
    struct Outcome: Sendable {
        /// Bytes that came.
        var bytes = 0
        /// Objects that are kept.
        var objects = 0
        /// Folders that lie by themselves.
        var elsewhere: [Digest] = []
        /// What was not as it should be.
        var failures: [RemoteError] = []
    }

    /// Fetches what is wanted and keeps what is right of it.
    func fetch(
        _ session: any RemoteSession, into store: DirectoryStore, _ count: (Int) -> Void
    ) throws(RemoteError) -> Outcome {
        var outcome = Outcome()
        let pack: Pack
        var bytes: [UInt8] = []
        let whole = try isForPart ? nil : read(session, nil, count)
        if let whole {
            bytes = whole
            outcome.bytes = bytes.count
            pack = try well { () throws(Pack.Malformed) in try bytes.withRawBytes { (raw) throws(Pack.Malformed) in try Pack(raw) } }
        } else {
            pack = try head(session, count, &outcome)
        }
        var keeper = Keeper(order: self, store: store)
        if whole != nil {
            for member in pack.members {
                guard let range = member.range else { continue }
                try bytes.withRawBytes { (raw) throws(RemoteError) in
                    try keeper.take(member.digest, UnsafeRawBufferPointer(rebasing: raw[range]))
                }
            }
        } else {
            for run in runs(of: pack) {
                let part = try read(session, run.range, count)
                outcome.bytes += part.count
                for member in run.members {
                    guard let range = member.range else { continue }
                    try part.withRawBytes { (raw) throws(RemoteError) in
                        let start = range.lowerBound - run.range.lowerBound
                        try keeper.take(member.digest, UnsafeRawBufferPointer(rebasing: raw[start..<(start + range.count)]))
                    }
                }
            }
        }
        outcome.objects = keeper.kept
        try conclude(pack, keeper, &outcome)
        return outcome
    }

    /// Says what is still lacking, and why.
    private func conclude(_ pack: Pack, _ keeper: Keeper, _ outcome: inout Outcome) throws(RemoteError) {
        let apart = Set(pack.members.filter { $0.range == nil }.map(\.digest))
        if let damaged = keeper.damaged {
            outcome.failures.append(.corrupt(place, "object \(damaged) in it has other bytes"))
        }
        var left: [Digest] = []
        if apart.isEmpty {
            left = keeper.open.keys.sorted()
        } else {
            for member in group.members {
                if member.kind == .tree, apart.contains(member.digest) {
                    outcome.elsewhere.append(member.digest)
                } else if member.kind == .tree || wanted[member.digest] != nil {
                    left += try Self.missing(in: member, keeper.store).map(\.digest)
                }
            }
        }
        if let first = left.first, outcome.failures.isEmpty { outcome.failures.append(.corrupt(place, "it does not hold object \(first)")) }
    }

    // MARK: Reading

    private func read(_ session: any RemoteSession, _ range: Range<Int>?, _ count: (Int) -> Void) throws(RemoteError) -> [UInt8] {
        var bytes: [UInt8] = []
        if let range { bytes.reserveCapacity(range.count) }
        try session.fetch(place, range: range, limit: PackDraft.mostBytes(of: group)) { (piece) throws(RemoteError) in
            bytes += piece
            count(piece.count)
        }
        return bytes
    }

    private func well<Value>(_ body: () throws(Pack.Malformed) -> Value) throws(RemoteError) -> Value {
        do throws(Pack.Malformed) { return try body() } catch { throw .corrupt(place, error.reason) }
    }

    private func head(_ session: any RemoteSession, _ count: (Int) -> Void, _ outcome: inout Outcome) throws(RemoteError) -> Pack {
        let first = try read(session, 0..<Pack.headLength, count)
        let length = try well { () throws(Pack.Malformed) in
            try first.withRawBytes { (raw) throws(Pack.Malformed) in try Pack.headLength(raw) }
        }
        let rest = length > Pack.headLength ? try read(session, Pack.headLength..<length, count) : []
        outcome.bytes += first.count + rest.count
        let all = first + rest
        return try well { () throws(Pack.Malformed) in
            try all.withRawBytes { (raw) throws(Pack.Malformed) in try Pack(head: raw) }
        }
    }

    /// The wanted members, each once, in the order of the pack, those that lie close together as one.
    private func runs(of pack: Pack) -> [(range: Range<Int>, members: [Pack.Member])] {
        var result: [(range: Range<Int>, members: [Pack.Member])] = []
        var seen: Set<Digest> = []
        for member in pack.members {
            guard let range = member.range, wanted[member.digest] != nil, seen.insert(member.digest).inserted else { continue }
            if let last = result.last, range.lowerBound - last.range.upperBound <= Self.gap, !last.range.isEmpty {
                result[result.count - 1] = (last.range.lowerBound..<range.upperBound, last.members + [member])
            } else {
                result.append((range, [member]))
            }
        }
        return result
    }

    /// Keeps those of a pack's objects that are wanted and right.
    private struct Keeper {
        let store: DirectoryStore
        private(set) var open: [Digest: ObjectKind]
        private(set) var kept = 0
        /// One whose bytes are not its own.
        private(set) var damaged: Digest?

        init(order: PackOrder, store: DirectoryStore) {
            self.store = store
            open = order.wanted
        }

        mutating func take(_ digest: Digest, _ bytes: UnsafeRawBufferPointer) throws(RemoteError) {
            guard let kind = open[digest] else { return }
            guard Digest.of(bytes) == digest else {
                damaged = damaged ?? digest
                return
            }
            open.removeValue(forKey: digest)
            try storing { () throws(StoreError) in try store.put(bytes, digest) }
            kept += 1
            guard kind == .tree else { return }
            // What a folder names comes after it.
            let tree = try storing { () throws(StoreError) in try store.tree(digest) }
            for entry in tree.entries {
                switch entry.content {
                case .file(let digest, _, _): open[digest] = .file
                case .tree(let digest, _, _): open[digest] = .tree
                case .link: continue
                }
            }
        }
    }
}

extension DirectoryStore {
    /// A tree of the store; nil when it is not here, or was damaged.
    func presentTree(_ digest: Digest) throws(RemoteError) -> Tree? {
        do throws(StoreError) {
            return try tree(digest)
        } catch {
            switch error {
            case .missing, .corrupt: return nil
            case .notTree, .recordAheadOfObject, .refused, .newerFormat: throw .store(error)
            }
        }
    }
}
