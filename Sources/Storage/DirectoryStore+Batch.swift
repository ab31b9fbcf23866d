package import Canonical
internal import Platform
internal import Synchronization

// SPEC: store.md#publishing
extension DirectoryStore {
    /// Up to this many files are synced one by one, more with one call for the file system.
    ///
    /// Measured on ext4: one by one costs 0.08 ms a file after the first, `syncfs` 0.3 ms and then 0.01 ms a file. But
    /// `syncfs` also waits for what other programs have written, so a few files do not use it.
    private static let syncedOneByOne = 16

    /// Makes everything that was put durable and moves it into place: one pass for all, whichever thread put it.
    ///
    /// After an error what was put since the last flush counts as lost: `flush` and `publish` go on failing until it is put
    /// again, so that no thread takes another's failure for its own success.
    ///
    /// - Complexity: two passes of syncs (files, then folders), of at most 16 calls each; none when nothing was put.
    package func flush() throws(StoreError) {
        _ = try commit([])
    }

    /// Records what an action made, durably, after everything that was put before.
    ///
    /// - Throws: `.recordAheadOfObject` when an output is not in the store.
    /// - Complexity: three passes of syncs: files, objects' folders, the record's folder.
    package func publish(_ record: ActionRecord) throws(StoreError) -> PublishOutcome {
        try commit([record])[0]
    }

    /// Records what several actions made with the syncs of one; outcomes in the same order.
    package func publish(_ records: [ActionRecord]) throws(StoreError) -> [PublishOutcome] {
        try commit(records)
    }

    private func commit(_ records: [ActionRecord]) throws(StoreError) -> [PublishOutcome] {
        try flushing.withLock { (_) throws(StoreError) in
            let (pending, folders, lost) = state.withLock { state in
                (state.pending.sorted { $0.key < $1.key }, state.folders, state.lost)
            }
            if let first = lost.min(by: { $0.key < $1.key }) { throw first.value }
            var outcomes: [PublishOutcome?] = []
            for record in records { outcomes.append(try earlierOutcome(record)) }
            let fresh = records.indices.filter { outcomes[$0] == nil }
            for index in fresh { try checkOutputs(records[index]) }
            if pending.isEmpty && folders.isEmpty && fresh.isEmpty { return outcomes.compactMap { $0 } }

            var temporaries: [(index: Int, path: HostPath)] = []
            do throws(SystemError) {
                for index in fresh { temporaries.append((index, try writeTemporary(records[index].encode()))) }
                try sync(files: pending.map(\.value) + temporaries.map(\.path))
                var touched = folders
                for (digest, temporary) in pending {
                    try install(temporary, at: objectPath(digest), touched: &touched) { _ in
                        // Somebody else has put the same object: right if its bytes are.
                        (try? holdsInPlace(digest)) == true
                    }
                }
                try sync(folders: touched)
                state.withLock { state in
                    for (digest, temporary) in pending where state.pending[digest] == temporary { state.pending.removeValue(forKey: digest) }
                    state.folders.subtract(touched)
                }
                touched = []
                for (index, temporary) in temporaries {
                    let record = records[index]
                    try install(temporary, at: recordPath(record.key), touched: &touched) { _ in
                        outcomes[index] = try? earlierOutcome(record)
                        return outcomes[index] != nil
                    }
                    if outcomes[index] == nil { outcomes[index] = .stored }
                }
                try sync(folders: touched)
            } catch {
                for (_, temporary) in temporaries { Files.discard(temporary) }
                lose(pending, because: error)
                throw .refused(error)
            }
            return outcomes.compactMap { $0 }
        }
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

    func writeTemporary(_ bytes: [UInt8]) throws(SystemError) -> HostPath {
        let temporary = try temporaryPath()
        do throws(SystemError) {
            let file = try Descriptor.creating(temporary, mode: 0o444)
            try file.write(bytes)
            try file.setPermissions(0o444)
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
        _ temporary: HostPath, at path: HostPath, touched: inout Set<HostPath>, isSame: (HostPath) -> Bool
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
                    if isSame(path) {
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
    /// One that is damaged is moved to quarantine, shows in ``quarantined``, and counts as absent.
    package func record(for key: Digest) throws(StoreError) -> ActionRecord? {
        let path = recordPath(key)
        var seen: StatSignature?
        do throws(SystemError) {
            let file = try Descriptor.reading(path, followLinks: false)
            seen = try file.status().signature
            if let record = ActionRecord.decode(try file.readToEnd(limit: 1 << 30), key: key) { return record }
        } catch {
            if error.isMissing { return nil }
            guard error.isMediumFailure || (seen == nil && Self.isWrongKind(path)) else { throw .refused(error) }
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
        return existing.hasSameOutputs(as: record) ? .same : .conflict(existing: existing)
    }

    private func checkOutputs(_ record: ActionRecord) throws(StoreError) {
        for output in record.outputs where try !contains(output.object.digest) {
            throw .recordAheadOfObject(key: record.key, object: output.object.digest)
        }
    }
}
