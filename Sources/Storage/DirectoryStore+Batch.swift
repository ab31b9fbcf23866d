package import Canonical
internal import Platform
internal import Synchronization

// SPEC: store.md#publishing
extension DirectoryStore {
    /// Up to this many files are synced one by one, more with one call for the file system.
    ///
    /// Measured on ext4: a sync costs 0.2 ms on an idle disk and 4 ms on a busy one, and so does `syncfs`, for any number of
    /// files up to a hundred. But `syncfs` also waits for what other programs have written, so a few files do without.
    private static let syncedOneByOne = 3

    /// Makes everything that was put durable and moves it into place: one pass for all, whichever thread put it.
    ///
    /// After an error what was put since the last flush counts as lost: `flush` and `publish` go on failing until it is put
    /// again, so that no thread takes another's failure for its own success.
    ///
    /// - Complexity: two passes of syncs (files, then folders) of at most 3 calls each; none when nothing was put.
    package func flush() throws(StoreError) {
        _ = try publish([])
    }

    /// Records what an action made, durably, after everything that was put before.
    ///
    /// - Throws: `.recordAheadOfObject` when an output is not in the store.
    /// - Complexity: three passes of syncs: files, objects' folders, the record's folder. Threads that publish at the same
    ///   time share them.
    package func publish(_ record: ActionRecord) throws(StoreError) -> PublishOutcome {
        try publish([record])[0]
    }

    /// Records what several actions made with the syncs of one; outcomes in the same order.
    package func publish(_ records: [ActionRecord]) throws(StoreError) -> [PublishOutcome] {
        let request = PublishRequest(records)
        state.withLock { $0.requests.append(request) }
        flushing.withLock { _ in
            // Whoever held the lock before may have done ours with his.
            if request.result.withLock({ $0 == nil }) { answerRequests() }
        }
        guard let result = request.result.withLock({ $0 }) else { preconditionFailure("every request is answered") }
        return try result.get()
    }

    /// Makes one batch of all that was put and all records that are waiting.
    private func answerRequests() {
        let (requests, lost) = state.withLock { state in
            let requests = state.requests
            state.requests = []
            return (requests, state.lost)
        }
        if let first = lost.min(by: { $0.key < $1.key }) {
            for request in requests { request.answer(.failure(first.value)) }
            return
        }
        do throws(StoreError) {
            try settleClaims()
        } catch {
            for request in requests { request.answer(.failure(error)) }
            return
        }
        var batch: [PublishRequest] = []
        for request in requests {
            // One action's missing object is no failure of the others.
            do throws(StoreError) {
                for (index, record) in request.records.enumerated() {
                    let outcome = try earlierOutcome(record)
                    request.outcomes.withLock { $0[index] = outcome }
                    if outcome == nil { try checkOutputs(record) }
                }
                batch.append(request)
            } catch {
                request.answer(.failure(error))
            }
        }
        do throws(StoreError) {
            try commit(batch)
            for request in batch { request.answer(.success(request.outcomes.withLock { $0.compactMap { $0 } })) }
        } catch {
            for request in batch { request.answer(.failure(error)) }
        }
    }

    private func commit(_ batch: [PublishRequest]) throws(StoreError) {
        let (pending, folders) = state.withLock { ($0.pending.sorted { $0.key < $1.key }, $0.folders) }
        var fresh: [(request: PublishRequest, index: Int)] = []
        for request in batch {
            let outcomes = request.outcomes.withLock { $0 }
            for index in outcomes.indices where outcomes[index] == nil { fresh.append((request, index)) }
        }
        if pending.isEmpty && folders.isEmpty && fresh.isEmpty { return }

        var temporaries: [HostPath] = []
        do throws(SystemError) {
            for (request, index) in fresh { temporaries.append(try writeTemporary(request.records[index].encode())) }
            try sync(files: pending.map(\.value) + temporaries)
            // Before they have their names: from then on they could be collected.
            try claimAll(pending.map(\.key))
            if !Safeguard.recordsLast.holds { try install(records: fresh, temporaries) }
            var touched = folders
            for (digest, temporary) in pending {
                try install(temporary, at: objectPath(digest), touched: &touched) {
                    // Somebody else has put the same object: right if its bytes are.
                    (try? holdsInPlace(digest, givesWay: true)) == true
                }
            }
            try sync(folders: touched)
            state.withLock { state in
                for (digest, temporary) in pending where state.pending[digest] == temporary { state.pending.removeValue(forKey: digest) }
                state.folders.subtract(touched)
            }
            if Safeguard.recordsLast.holds { try install(records: fresh, temporaries) }
        } catch {
            for temporary in temporaries { Files.discard(temporary) }
            if Safeguard.lostBatches.holds { lose(pending, because: error) }
            throw .refused(error)
        }
    }

    /// Moves records to their places, durably, and says what became of each.
    private func install(records: [(request: PublishRequest, index: Int)], _ temporaries: [HostPath]) throws(SystemError) {
        var touched: Set<HostPath> = []
        for ((request, index), temporary) in zip(records, temporaries) {
            let record = request.records[index]
            try install(temporary, at: recordPath(record.key), touched: &touched) {
                guard let earlier = try? earlierOutcome(record) else { return false }
                request.outcomes.withLock { $0[index] = earlier }
                return true
            }
            request.outcomes.withLock { if $0[index] == nil { $0[index] = .stored } }
        }
        try sync(folders: touched)
    }

    /// Forgets a batch that did not become durable: after a failed sync nobody knows what the medium holds.
    private func lose(_ batch: [(key: Digest, value: HostPath)], because error: SystemError) {
        for (_, temporary) in batch { Files.discard(temporary) }
        state.withLock { state in
            for (digest, temporary) in batch where state.pending[digest] == temporary {
                state.pending.removeValue(forKey: digest)
                state.verified.removeValue(forKey: digest)
                state.lost[digest] = .refused(error)
            }
        }
    }

    /// With so many objects on their way, a thread that brings more makes them durable first, while others go on hashing: at the
    /// end nobody would have anything to do while the disk writes.
    private static let manyPending = 1 << 14

    /// Keeps a large import from having all of its objects on their way at once.
    func flushIfMany() throws(StoreError) {
        let isMine = state.withLock { state in
            guard state.pending.count >= Self.manyPending, !state.isRelieving else { return false }
            state.isRelieving = true
            // What is made from here on is out of the way of what is moved.
            state.nextFolder = state.nextTemporary
            return true
        }
        guard isMine else { return }
        defer { state.withLock { $0.isRelieving = false } }
        try flush()
    }

    func writeTemporary(_ bytes: [UInt8]) throws(SystemError) -> HostPath {
        try bytes.withRawBytes { (raw) throws(SystemError) in try writeTemporary(raw) }
    }

    func writeTemporary(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> HostPath {
        let temporary = try temporaryPath()
        do throws(SystemError) {
            let file = try Descriptor.creating(temporary, mode: 0o444)
            try file.write(bytes)
            // A umask may have taken more away; setting what is there already would write the inode once more.
            if try file.status().mode != 0o444 { try file.setPermissions(0o444) }
        } catch {
            Files.discard(temporary)
            throw error
        }
        return temporary
    }

    /// Moves a temporary file to its final name, unless `isSame` says that what lies there already will do.
    ///
    /// `isSame` moves away what will not do.
    private func install(
        _ temporary: HostPath, at path: HostPath, touched: inout Set<HostPath>, isSame: () -> Bool
    ) throws(SystemError) {
        var last: SystemError?
        for _ in 0..<8 {
            do throws(SystemError) {
                try Files.rename(temporary, to: path, replacing: false)
                touched.insert(path.parent)
                return
            } catch {
                last = error
                if error.exists {
                    if isSame() {
                        touched.insert(path.parent)
                        return Files.discard(temporary)
                    }
                    continue
                }
                guard error.isMissing, try Files.status(temporary, followLinks: false) != nil else { throw error }
            }
            // No folder yet, or something else in its place.
            let folder = path.parent
            if let status = try Files.status(folder), status.kind != .directory {
                _ = try moveAway(folder, name: String(decoding: folder.lastComponent, as: UTF8.self))
            }
            try Files.makeDirectories(folder)
            touched.insert(folder.parent)
        }
        if let last { throw last }
    }

    // MARK: Syncing

    private func sync(files: [HostPath]) throws(SystemError) {
        if files.count > Self.syncedOneByOne { return try syncFileSystem() }
        for file in files {
            // All at once, so that waiting for the first writes the others too.
            if files.count > 1 { try Descriptor.reading(file).startWriteback() }
        }
        for file in files { try Descriptor.reading(file).sync() }
    }

    private func sync(folders: Set<HostPath>) throws(SystemError) {
        if folders.count > Self.syncedOneByOne { return try syncFileSystem() }
        for folder in folders.sorted() { try Descriptor.folder(folder).sync() }
    }

    private func syncFileSystem() throws(SystemError) {
        try Descriptor.folder(root).syncFileSystem()
    }

    // MARK: Records

    /// The record of the action with this key; nil when there is none.
    ///
    /// One that is damaged is moved to quarantine, shows in ``quarantined``, and counts as absent. One that cannot be read stays.
    package func record(for key: Digest) throws(StoreError) -> ActionRecord? {
        try record(for: key, isLastTry: false)
    }

    private func record(for key: Digest, isLastTry: Bool) throws(StoreError) -> ActionRecord? {
        let path = recordPath(key)
        var seen: StatSignature?
        do throws(SystemError) {
            let file = try Descriptor.reading(path, followLinks: false)
            let status = try file.status()
            seen = status.signature
            if let record = ActionRecord.decode(try file.readToEnd(limit: 1 << 30), key: key) {
                markUsed(path, status)
                // It may have gone before it was claimed.
                return claim([key]) ? try Files.status(path, followLinks: false).map { _ in record } : record
            }
        } catch {
            if error.isMissing { return nil }
            guard error.isMediumFailure || (seen == nil && Self.isWrongKind(path)) else { throw .refused(error) }
            if error.isMediumFailure {
                // A medium may fail for a moment only.
                if isLastTry { throw .refused(error) }
                return try record(for: key, isLastTry: true)
            }
        }
        _ = quarantine(key, at: path, seen: seen, isRecord: true)
        return nil
    }

    /// Takes back the record of an action that turned out not to be reproducible; it stays in quarantine.
    package func withdraw(_ key: Digest) throws(StoreError) {
        try Self.refusing { () throws(SystemError) in _ = try moveAway(recordPath(key), name: key.hex) }
    }

    private func earlierOutcome(_ record: ActionRecord) throws(StoreError) -> PublishOutcome? {
        guard let existing = try self.record(for: record.key) else { return nil }
        guard existing.hasSameOutputs(as: record) else { return .conflict(existing: existing) }
        // Another process may have put it in place a moment ago: its name need not be durable yet.
        state.withLock { _ = $0.folders.insert(recordPath(record.key).parent) }
        return .same
    }

    private func checkOutputs(_ record: ActionRecord) throws(StoreError) {
        for output in record.outputs where try !contains(output.object.digest) {
            throw .recordAheadOfObject(key: record.key, object: output.object.digest)
        }
    }
}

/// Records that a thread wants published, and later what became of them.
final class PublishRequest: Sendable {
    let records: [ActionRecord]
    let outcomes: Mutex<[PublishOutcome?]>
    let result = Mutex<Result<[PublishOutcome], StoreError>?>(nil)

    init(_ records: [ActionRecord]) {
        self.records = records
        outcomes = Mutex(Array(repeating: nil, count: records.count))
    }

    func answer(_ result: Result<[PublishOutcome], StoreError>) {
        self.result.withLock { $0 = result }
    }
}
