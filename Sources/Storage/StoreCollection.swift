package import Canonical
internal import Platform

/// What a collection is to remove.
package struct CollectionOrder: Sendable {
    /// What was used within so many nanoseconds stays.
    package var grace: Int64 = 14 * 86400 * 1_000_000_000
    /// Bytes that the store is to have at most: then what was used within the grace goes, too, the least recently used first.
    package var largest: Int?
    /// Whether imported data goes that nobody pins; it is perhaps the only copy.
    package var takesImported = false
    /// Whether only to say what would go.
    package var isDryRun = false

    package init() {}
}

/// A number of things, and their bytes.
package struct StoreAmount: Hashable, Sendable {
    package var count = 0
    package var bytes = 0

    package init(count: Int = 0, bytes: Int = 0) {
        self.count = count
        self.bytes = bytes
    }

    mutating func add(_ size: Int) {
        count += 1
        bytes &+= size
    }
}

/// What a collection removed, or would remove, and what it left.
package struct CollectionReport: Sendable {
    package var objects = StoreAmount()
    package var records = StoreAmount()
    /// Of keys without a record; those of records go with them.
    package var proofs = StoreAmount()
    package var views = 0
    /// What came in part, and nobody went on with.
    package var partials = StoreAmount()
    /// All objects that stay.
    package var left = StoreAmount()
    /// Those that stay because roots name them, or what does.
    package var needed = StoreAmount()
    /// Those that nobody pins, that no record accounts for, and that no index is known to have.
    package var imported = StoreAmount()
    /// Those that nobody pins and that stay because they were used lately, or are in use.
    package var recent = StoreAmount()

    package init() {}
}

/// Why nothing was collected.
package enum CollectionError: Error, Sendable {
    /// Another collection is at work.
    case busy
    /// Who was asked for roots could not say.
    case noRoots
    /// A tree that must stay is damaged, so nobody knows what it names.
    case damaged(Digest)
    /// A tree that must stay is in quarantine, so nobody knows what it names; only in the way of removing imported data.
    case quarantined(Digest)
    case store(StoreError)
}

/// Removes from a store what nobody needs, while other processes use it.
// SPEC: store.md#collecting
package final class StoreCollection {
    /// A place where tests look in.
    enum Step: Hashable {
        case claimsRead, marked, viewsAnnounced, taken(StoreTrash.Kind, trees: Bool), rescued, doomed
    }

    private let store: DirectoryStore
    private let order: CollectionOrder
    private let roots: () -> Set<Digest>?
    private let trash: StoreTrash
    var onStep: (Step) -> Void = { _ in }

    private let marks: StoreMarks
    private let records: RecordCensus
    /// What is known to be had from an index.
    private let notes: StoreCensus
    private let leftovers: StoreLeftovers
    private let isUsed: (Int64) -> Bool
    /// What stays because somebody said so: roots and claims.
    private var named: Set<Digest> = []
    /// Those of which all that they name is marked.
    private var marked: Set<Digest> = []
    private var keptRecords: Set<Int> = []
    private var takenRecords: Set<Int> = []
    private var takenProofs: Set<Digest> = []
    private var takenLoneProofs: [Digest: Int] = [:]
    private var liveSince: Int64
    private let now: Int64
    private var report = CollectionReport()

    /// Collects; `roots` gives what must stay with all that it names, and is asked several times: the answer may grow, and with nil
    /// everything is put back.
    package static func run(
        _ store: DirectoryStore, _ order: CollectionOrder, roots: @escaping () -> Set<Digest>?
    ) throws(CollectionError) -> CollectionReport {
        try run(store, order, roots: roots, onStep: { _ in })
    }

    static func run(
        _ store: DirectoryStore, _ order: CollectionOrder, roots: @escaping () -> Set<Digest>?, onStep: @escaping (Step) -> Void
    ) throws(CollectionError) -> CollectionReport {
        let trash = StoreTrash(root: store.root)
        let lock = order.isDryRun ? nil : try asking { () throws(SystemError) in try trash.lock() }
        if !order.isDryRun {
            guard lock != nil else { throw .busy }
            try asking { () throws(SystemError) in
                try trash.restore()
                try trash.clear()
            }
        }
        defer { withExtendedLifetime(lock) {} }
        let collection = try StoreCollection(store, order, roots, trash)
        collection.onStep = onStep
        return try collection.run()
    }

    private init(
        _ store: DirectoryStore, _ order: CollectionOrder, _ roots: @escaping () -> Set<Digest>?, _ trash: StoreTrash
    ) throws(CollectionError) {
        self.store = store
        self.order = order
        self.roots = roots
        self.trash = trash
        let isDryRun = order.isDryRun
        let found = try Self.asking { () throws(SystemError) -> (now: Int64, StoreCensus, RecordCensus, notes: StoreCensus, since: Int64) in
            // A dry run may look at a store that cannot be written to.
            let now = isDryRun ? Clock.wall() : try Files.stampTime(in: store.root)
            let notes = try StoreCensus(of: store.root.appending(StoreTrash.Kind.fetched.rawValue))
            let oldest = try LiveClaims.read(store.root).oldest ?? now
            return (now, try StoreCensus(of: store.objects), try RecordCensus(of: store.actions), notes, min(oldest, now))
        }
        now = found.now
        liveSince = found.since
        notes = found.notes
        let since = min(found.since, found.now &- order.grace)
        let isUsed: (Int64) -> Bool = { Self.isUsed($0, since: since) }
        self.isUsed = isUsed
        leftovers = try Self.asking { () throws(SystemError) in
            try StoreLeftovers(store.root, objects: found.1, records: found.2, notes: found.notes, isUsed: isUsed)
        }
        marks = StoreMarks(found.1, trash: trash)
        records = found.2
    }

    private static func asking<Value>(_ body: () throws(SystemError) -> Value) throws(CollectionError) -> Value {
        do throws(SystemError) { return try body() } catch { throw .store(.refused(error)) }
    }

    private func run() throws(CollectionError) -> CollectionReport {
        try learnNames()
        onStep(.claimsRead)
        try keepNamed()
        report.needed = StoreAmount(count: marks.census.digests.indices.count { marks.has($0, .kept) }, bytes: marks.keptBytes)
        let going = try decide()
        onStep(.marked)
        if order.isDryRun { return foretell(going) }
        if going.isEmpty, leftovers.isEmpty { return summarise() }
        do throws(CollectionError) {
            try take(going)
            try Self.asking { () throws(SystemError) in try trash.doom() }
            onStep(.doomed)
        } catch {
            // Everything goes back; what stands in the way of that is found by the next process.
            try Self.asking { () throws(SystemError) in try trash.restore() }
            throw error
        }
        return summarise()
    }

    // MARK: What stays

    /// Asks who relies on what: living processes first, then roots, for who ends in between has written his lock before.
    private func learnNames() throws(CollectionError) {
        let root = store.root
        let claims = try Self.asking { () throws(SystemError) in try LiveClaims.read(root) }
        guard let roots = roots() else { throw .noRoots }
        named.formUnion(claims.digests)
        named.formUnion(roots)
        if let oldest = claims.oldest { liveSince = min(liveSince, oldest) }
    }

    private func keepNamed() throws(CollectionError) {
        // What was missing may be there by now.
        for digest in named.subtracting(marked.subtracting(marks.missing)).sorted() {
            if let number = records.index(of: digest) { try keep(record: number) }
            try Self.asking { () throws(SystemError) in try marks.mark(digest, .unknown, .kept) }
        }
        marked = named
        try refuseDamage()
    }

    /// Nobody knows what a damaged tree names.
    private func refuseDamage() throws(CollectionError) {
        if let damaged = marks.damaged.min() { throw .damaged(damaged) }
    }

    private func keep(record number: Int) throws(CollectionError) {
        guard keptRecords.insert(number).inserted else { return }
        for output in records.entries[number].outputs ?? [] {
            try Self.asking { () throws(SystemError) in try marks.mark(output.digest, output.isTree ? .tree : .file, .kept) }
        }
    }

    // MARK: What goes

    private struct Going {
        var records: [Int] = []
        var trees: [Int] = []
        var files: [Int] = []
        var views: [Digest] = []

        var isEmpty: Bool { records.isEmpty && trees.isEmpty && files.isEmpty && views.isEmpty }
    }

    private func decide() throws(CollectionError) -> Going {
        let grounded = records.grounded()
        let sources = records.sources(grounded: grounded)
        try Self.asking { () throws(SystemError) in
            for digest in sources.sorted() { try marks.mark(digest, .unknown, .source) }
            for number in grounded.sorted() {
                for output in records.entries[number].outputs ?? [] {
                    try marks.mark(output.digest, output.isTree ? .tree : .file, .derived)
                }
            }
        }
        try keepInUse()
        try keepRecent()
        try refuseDamage()
        if order.takesImported, let lost = try quarantinedRoot() { throw .quarantined(lost) }
        var going = Going()
        for number in records.entries.indices where !keptRecords.contains(number) && records.entries[number].outputs != nil {
            going.records.append(number)
        }
        for index in marks.census.digests.indices where !marks.has(index, .kept) {
            if marks.isTree(index) { going.trees.append(index) } else { going.files.append(index) }
        }
        going.views = try views()
        return going
    }

    private func isDerived(_ index: Int) -> Bool { marks.has(index, .derived) && !marks.has(index, .source) }

    /// Whether something was used at `moment` or later; stamps are coarse.
    private static func isUsed(_ use: Int64, since moment: Int64) -> Bool {
        let tick: Int64 = use % 1_000_000_000 == 0 ? 2_000_000_000 : 20_000_000
        return use >= moment &- tick
    }

    /// What nobody needs and an index has under its digest.
    private func fetched() throws(CollectionError) -> Set<Int> {
        let folder = store.root.appending(StoreTrash.Kind.fetched.rawValue)
        return try Self.asking { () throws(SystemError) in
            var result: Set<Int> = []
            for digest in notes.digests {
                guard let index = marks.census.index(of: digest), !marks.has(index, .kept) else { continue }
                if try FetchedNote.holds(digest, in: folder) { result.insert(index) }
            }
            return result
        }
    }

    /// Keeps what was used since the oldest lease began, and what no order is to take, each with all that it names.
    private func keepInUse() throws(CollectionError) {
        let old = now &- order.grace
        let (census, since) = (marks.census, liveSince)
        let fetched = try fetched()
        let staying = census.digests.indices.filter { index in
            if marks.has(index, .kept) { return false }
            let mayBeOnly = !isDerived(index) && !fetched.contains(index)
            let isImported = mayBeOnly && (!order.takesImported || Self.isUsed(census.uses[index], since: old))
            if isImported { report.imported.add(census.sizes[index]) }
            return isImported || Self.isUsed(census.uses[index], since: since)
        }
        for index in staying {
            try Self.asking { () throws(SystemError) in try marks.mark(census.digests[index], .unknown, .kept) }
        }
        for number in records.entries.indices where Self.isUsed(records.entries[number].use, since: since) { try keep(record: number) }
    }

    /// Keeps what was used within the grace, the last used first, as long as the store does not become too large.
    private func keepRecent() throws(CollectionError) {
        let old = now &- order.grace
        let census = marks.census
        var recent: [(use: Int64, isRecord: Bool, number: Int)] = []
        for number in records.entries.indices where !keptRecords.contains(number) {
            let use = records.entries[number].use
            if Self.isUsed(use, since: old) { recent.append((use, true, number)) }
        }
        for index in census.digests.indices where !marks.has(index, .kept) && Self.isUsed(census.uses[index], since: old) {
            recent.append((census.uses[index], false, index))
        }
        // Records first: they say what belongs together.
        recent.sort { ($0.use, $0.isRecord ? 1 : 0, $0.number) > ($1.use, $1.isRecord ? 1 : 0, $1.number) }
        for entry in recent {
            let fits = try marks.trying(within: order.largest ?? .max) { () throws(CollectionError) in
                if entry.isRecord { return try keep(record: entry.number) }
                try Self.asking { () throws(SystemError) in try marks.mark(census.digests[entry.number], .unknown, .kept) }
            }
            if !fits {
                if entry.isRecord { keptRecords.remove(entry.number) }
                break
            }
        }
    }

    /// A tree that must stay and lies in quarantine.
    private func quarantinedRoot() throws(CollectionError) -> Digest? {
        if marks.missing.isEmpty { return nil }
        let folder = store.root.appending("quarantine")
        let names = try Self.asking { () throws(SystemError) in try Files.list(folder).map(\.name) }
        let found = names.compactMap { Digest(hex: String(decoding: $0.prefix(2 * Digest.byteCount), as: UTF8.self)) }
        return marks.missing.intersection(found).min()
    }

    /// The trees of views that nobody relies on and nobody has used lately.
    private func views() throws(CollectionError) -> [Digest] {
        let folder = store.root.appending("views")
        let since = min(liveSince, now &- order.grace)
        return try Self.asking { () throws(SystemError) in
            var result: [Digest] = []
            for (name, kind) in try Files.list(folder) where kind == .directory {
                guard let tree = Digest(hex: String(decoding: name, as: UTF8.self)), !named.contains(tree) else { continue }
                var use = Int64.min
                for path in [folder.appending(name), folder.appending(name + Array(".index".utf8))] {
                    if let status = try Files.status(path, followLinks: false) { use = max(use, status.lastUse) }
                }
                if !Self.isUsed(use, since: since) { result.append(tree) }
            }
            return result
        }
    }

    // MARK: Taking

    private func take(_ going: Going) throws(CollectionError) {
        try Self.asking { () throws(SystemError) in
            // From here on nobody believes any more that all is there that was there.
            try store.renewGeneration()
            try trash.begin()
        }
        // From the top down, with a look at who relies on what after each: who finds something in its place finds all that it names.
        try takeViews(going.views)
        for number in going.records where try takeRecord(number) { takenRecords.insert(number) }
        try takeLeftovers()
        onStep(.taken(.actions, trees: false))
        try rescue()
        try takeObjects(going.trees)
        onStep(.taken(.objects, trees: true))
        try rescue()
        try takeObjects(going.files)
        onStep(.taken(.objects, trees: false))
        try rescue()
        onStep(.rescued)
    }

    private func takeRecord(_ number: Int) throws(CollectionError) -> Bool {
        try Self.asking { () throws(SystemError) in
            try Interruption.check()
            let key = records.entries[number].key
            guard try trash.take(.actions, key) else { return false }
            if try trash.take(.proofs, key) { takenProofs.insert(key) }
            return true
        }
    }

    private func takeLeftovers() throws(CollectionError) {
        let root = store.root
        try Self.asking { () throws(SystemError) in
            for (key, size) in leftovers.proofs where try trash.take(.proofs, key) { takenLoneProofs[key] = size }
            for digest in leftovers.notes { _ = try trash.take(.fetched, digest) }
            for partial in leftovers.partials where try StoreLeftovers.take(partial, of: root, to: trash, isUsed: isUsed) {
                report.partials.add(partial.amount.bytes)
            }
        }
    }

    private func takeObjects(_ indices: [Int]) throws(CollectionError) {
        try Self.asking { () throws(SystemError) in
            for index in indices where !marks.has(index, .kept) {
                try Interruption.check()
                let digest = marks.census.digests[index]
                guard try trash.take(.objects, digest) else { continue }
                marks.setTaken(index, true)
                if notes.index(of: digest) != nil { _ = try trash.take(.fetched, digest) }
            }
        }
    }

    /// Puts back what somebody relies on by now.
    private func rescue() throws(CollectionError) {
        try learnNames()
        var found: [Int] = []
        marks.onKept = { [marks] index in if marks.isTaken(index) { found.append(index) } }
        defer { marks.onKept = { _ in } }
        try keepNamed()
        try keepNewRecords()
        // A record comes after what it names.
        try Self.asking { () throws(SystemError) in
            for index in found {
                let digest = marks.census.digests[index]
                try trash.putBack(.objects, digest)
                if notes.index(of: digest) != nil { try trash.putBack(.fetched, digest) }
                marks.setTaken(index, false)
            }
            for number in keptRecords.intersection(takenRecords).sorted() {
                let key = records.entries[number].key
                try trash.putBack(.actions, key)
                if takenProofs.remove(key) != nil { try trash.putBack(.proofs, key) }
                takenRecords.remove(number)
            }
            // A record that was written since, or a process that is about to write it.
            for key in takenLoneProofs.keys.sorted() {
                let isRecorded = try Files.status(trash.place(.actions, key), followLinks: false) != nil
                if isRecorded || named.contains(key), try trash.putBack(.proofs, key) { takenLoneProofs[key] = nil }
            }
        }
    }

    /// Keeps what records name that were written since the census: a record is never ahead of its objects.
    private func keepNewRecords() throws(CollectionError) {
        try Self.asking { () throws(SystemError) in
            for key in try StoreCensus(of: store.actions).digests where records.index(of: key) == nil {
                for output in try RecordCensus.record(key, store.actions)?.outputs ?? [] {
                    try marks.mark(output.object.digest, output.object.kind == .tree ? .tree : .file, .kept)
                }
            }
        }
    }

    private func takeViews(_ views: [Digest]) throws(CollectionError) {
        let folder = store.root.appending("views")
        try Self.asking { () throws(SystemError) in
            for tree in views { _ = try Descriptor.creating(folder.appending(ViewRemoval.mark(of: tree))) }
        }
        onStep(.viewsAnnounced)
        let root = store.root
        try Self.asking { () throws(SystemError) in
            let claims = try LiveClaims.read(root)
            for tree in views {
                if !claims.digests.contains(tree) {
                    try trash.takeView(Array(tree.hex.utf8))
                    report.views += 1
                }
                try Files.removeFile(folder.appending(ViewRemoval.mark(of: tree)))
            }
        }
    }

    // MARK: Telling

    private func foretell(_ going: Going) -> CollectionReport {
        for number in going.records { report.records.add(records.entries[number].size) }
        for index in going.trees + going.files { report.objects.add(marks.census.sizes[index]) }
        report.views = going.views.count
        for (_, size) in leftovers.proofs { report.proofs.add(size) }
        for partial in leftovers.partials { report.partials.add(partial.amount.bytes) }
        return finished()
    }

    private func summarise() -> CollectionReport {
        for number in takenRecords { report.records.add(records.entries[number].size) }
        for index in marks.census.digests.indices where marks.isTaken(index) { report.objects.add(marks.census.sizes[index]) }
        report.proofs = StoreAmount(count: takenLoneProofs.count, bytes: takenLoneProofs.values.reduce(0, &+))
        return finished()
    }

    private func finished() -> CollectionReport {
        report.left = StoreAmount(
            count: marks.census.count - report.objects.count, bytes: marks.census.bytes &- report.objects.bytes)
        report.recent = StoreAmount(
            count: report.left.count - report.needed.count - report.imported.count,
            bytes: report.left.bytes &- report.needed.bytes &- report.imported.bytes)
        return report
    }
}
