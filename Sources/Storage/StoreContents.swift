package import Canonical
internal import Platform

/// How much lies where in a store.
package struct StoreContents: Sendable {
    package let objects: StoreAmount
    package let records: StoreAmount
    package let proofs: StoreAmount
    package let views: Int
    package let quarantine: StoreAmount
    /// What processes are about to put, and what of large objects has come so far.
    package let temporaries: StoreAmount
    /// What lies among objects, records and proofs and bears no digest.
    package let strangers: Int
    /// Processes that have a lease right now.
    package let processes: Int
}

extension DirectoryStore {
    /// Counts what is in the store.
    ///
    /// - Complexity: one `stat` for each file but those of views.
    package func contents() throws(StoreError) -> StoreContents {
        try Self.refusing { () throws(SystemError) in
            let (objects, records) = (try StoreCensus(of: objects), try StoreCensus(of: actions))
            let proofs = try StoreCensus(of: root.appending("proofs"))
            let views = try Self.names(root.appending("views"))
            let tmp = try Self.amount(root.appending("tmp"))
            let partial = try Self.amount(root.appending("partial"))
            return StoreContents(
                objects: StoreAmount(objects), records: StoreAmount(records), proofs: StoreAmount(proofs),
                views: views.count { $0.kind == .directory }, quarantine: try Self.amount(root.appending("quarantine")),
                temporaries: StoreAmount(count: tmp.count + partial.count, bytes: tmp.bytes &+ partial.bytes),
                strangers: objects.strangers + records.strangers + proofs.strangers, processes: try Self.livingProcesses(root))
        }
    }

    /// What each of some sets of digests reaches, and what the store has of it.
    package func amounts(reachedFrom roots: [Set<Digest>]) throws(StoreError) -> [StoreAmount] {
        try Self.refusing { () throws(SystemError) in
            let census = try StoreCensus(of: objects)
            let records = try RecordCensus(of: actions)
            var result: [StoreAmount] = []
            for digests in roots {
                let marks = StoreMarks(census, trash: StoreTrash(root: root))
                for digest in digests.sorted() {
                    for output in records.index(of: digest).flatMap({ records.entries[$0].outputs }) ?? [] {
                        try marks.mark(output.digest, output.isTree ? .tree : .file, .kept)
                    }
                    try marks.mark(digest, .unknown, .kept)
                }
                result.append(StoreAmount(count: census.digests.indices.count { marks.has($0, .kept) }, bytes: marks.keptBytes))
            }
            return result
        }
    }

    private static func livingProcesses(_ root: HostPath) throws(SystemError) -> Int {
        let leases = root.appending("leases")
        var count = 0
        for lease in try names(leases) where lease.kind == .regular {
            if try FileLock.isHeld(leases.appending(lease.name)) { count += 1 }
        }
        return count
    }

    private static func names(_ folder: HostPath) throws(SystemError) -> [(name: [UInt8], kind: FileKind)] {
        do throws(SystemError) {
            return try Files.list(folder)
        } catch {
            if error.isMissing { return [] }
            throw error
        }
    }

    /// All files below `folder`.
    private static func amount(_ folder: HostPath) throws(SystemError) -> StoreAmount {
        var amount = StoreAmount()
        var waiting = [folder]
        while let folder = waiting.popLast() {
            for entry in try names(folder) {
                let path = folder.appending(entry.name)
                if entry.kind == .directory { waiting.append(path) }
                // Gone since: it counts for nothing.
                if entry.kind == .regular, let status = try Files.status(path, followLinks: false) { amount.add(status.size) }
            }
        }
        return amount
    }
}

extension StoreAmount {
    init(_ census: StoreCensus) {
        self.init(count: census.count, bytes: census.bytes)
    }
}
