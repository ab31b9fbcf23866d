package import Canonical
package import Platform
internal import Synchronization

/// What a check of a whole store found.
package struct StoreFindings: Sendable {
    /// Something with other bytes than it was written with.
    package struct Damage: Sendable {
        package enum Kind: String, Sendable {
            case object, record, proof, view
        }

        package let kind: Kind
        /// Its digest, its key, or that of its tree.
        package let digest: Digest
        /// Where it lies now; nil when it could not be moved.
        package let path: HostPath?
        /// Whether its bytes are not known to be wrong: they cannot be read.
        package var isUnreadable = false
    }

    /// Sorted by kind and digest.
    package var damage: [Damage] = []
    /// Everything that was looked at, and the bytes that were read.
    package var checked = StoreAmount()
    /// What bears no digest, and so is nothing of the store's.
    package var strangers = 0
}

/// A part of an object that the store does not have.
package struct MissingPart: Hashable, Sendable {
    package let digest: Digest
    package let kind: ObjectKind
    package let size: Int
}

// SPEC: store.md#checking
extension DirectoryStore {
    /// Reads everything in the store and compares it with what it must be; what is not right is moved to quarantine.
    ///
    /// What cannot be read stays where it is, unless it `clears` it away, for other copies to take its place.
    /// - Complexity: reads every byte, on all cores.
    package func checkAll(clears: Bool = false, progress: (@Sendable (ImportProgress) -> Void)? = nil) throws(StoreError) -> StoreFindings {
        var findings = StoreFindings()
        let (objects, records, proofs) = try Self.refusing { () throws(SystemError) in
            (try StoreCensus(of: self.objects), try StoreCensus(of: actions), try StoreCensus(of: root.appending("proofs")))
        }
        findings.strangers = objects.strangers + records.strangers + proofs.strangers
        findings.checked = StoreAmount(
            count: objects.count + records.count + proofs.count, bytes: objects.bytes &+ records.bytes &+ proofs.bytes)
        findings.damage += try checkObjects(objects, clears, progress)
        for key in records.digests { findings.damage += try checkRecord(key, clears) }
        for key in proofs.digests where try proof(of: key) == nil {
            findings.damage.append(.init(kind: .proof, digest: key, path: try moved(Self.place(key, in: root.appending("proofs")), key)))
        }
        findings.damage += try checkViews()
        return findings
    }

    /// What is wrong with a record, which is out of the way then.
    private func checkRecord(_ key: Digest, _ clears: Bool) throws(StoreError) -> [StoreFindings.Damage] {
        do throws(SystemError) {
            if try RecordCensus.record(key, actions) != nil { return [] }
        } catch {
            if !error.isMediumFailure { throw .refused(error) }
        }
        let before = quarantined.count
        do throws(StoreError) {
            if try record(for: key) != nil { return [] }
        } catch {
            guard case .refused(let refusal) = error, refusal.isMediumFailure else { throw error }
            let place = recordPath(key)
            return [.init(kind: .record, digest: key, path: clears ? try moved(place, key) : place, isUnreadable: true)]
        }
        return quarantined[before...].map { .init(kind: .record, digest: key, path: $0.path) }
    }

    private func checkObjects(
        _ census: StoreCensus, _ clears: Bool, _ progress: (@Sendable (ImportProgress) -> Void)?
    ) throws(StoreError) -> [StoreFindings.Damage] {
        let counter = progress.map { ImportCounter(allFiles: census.count, allBytes: census.bytes, $0) }
        // Large ones first, so that no core is left with one at the end.
        let order = census.digests.indices.sorted { (census.sizes[$0], $1) > (census.sizes[$1], $0) }
        let found = Mutex<[StoreFindings.Damage]>([])
        do throws(ImportError) {
            _ = try ParallelMap.run((order.count + 63) / 64, context: { ReadBuffer() }) { [self] (buffer, portion) throws(ImportError) in
                for index in order[(portion * 64)..<min(order.count, portion * 64 + 64)] {
                    let digest = census.digests[index]
                    if try isSound(digest, buffer, counter) { continue }
                    let damage = try damage(of: digest, clears)
                    if let damage { found.withLock { $0.append(damage) } }
                }
            }
        } catch {
            switch error {
            case .refused(let error): throw .refused(error)
            case .store(let error): throw error
            default: preconditionFailure("objects are no data of a user")
            }
        }
        return found.withLock { $0.sorted { $0.digest < $1.digest } }
    }

    /// Whether an object has the bytes that it must have; true for one that has gone since.
    private func isSound(_ digest: Digest, _ buffer: ReadBuffer, _ counter: ImportCounter?) throws(ImportError) -> Bool {
        let path = objectPath(digest)
        do throws(SystemError) {
            try Interruption.check()
            let file = try Descriptor.reading(path, followLinks: false, leavesTrace: false)
            var hasher = SHA256Hasher()
            while true {
                let count = try file.read(into: buffer.bytes)
                if count == 0 { break }
                hasher.update(UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count]))
                counter?.add(bytes: count)
                if count < buffer.bytes.count { continue }
                try Interruption.check()
            }
            counter?.add(files: 1)
            return hasher.finalize() == digest
        } catch {
            if error.isMissing { return true }
            guard error.isMediumFailure || Self.isWrongKind(path) else { throw .refused(error) }
            return false
        }
    }

    /// Moves an object that is not right out of the way, after one more look; nil when it is right by now.
    private func damage(of digest: Digest, _ clears: Bool) throws(ImportError) -> StoreFindings.Damage? {
        do throws(StoreError) {
            try use(digest, at: objectPath(digest)) { (file) throws(SystemError) in
                var hasher = SHA256Hasher()
                try file.stream { (bytes) throws(SystemError) in hasher.update(bytes) }
                return hasher.finalize()
            }
            return nil
        } catch {
            switch error {
            case .corrupt(_, let place): return .init(kind: .object, digest: digest, path: place)
            case .missing: return nil
            case .refused(let refusal) where refusal.isMediumFailure:
                let place = objectPath(digest)
                do throws(StoreError) {
                    return .init(kind: .object, digest: digest, path: clears ? try moved(place, digest) : place, isUnreadable: true)
                } catch {
                    throw .store(error)
                }
            default: throw .store(error)
            }
        }
    }

    /// Moves something to quarantine; nil where that is refused, or nothing is there any more.
    private func moved(_ path: HostPath, _ digest: Digest) throws(StoreError) -> HostPath? {
        do throws(SystemError) {
            return try moveAway(path, name: digest.hex)
        } catch {
            if error.isReadOnly { return nil }
            throw .refused(error)
        }
    }

    /// The views whose index is not as it was written. What a view shows are objects, which are checked themselves.
    private func checkViews() throws(StoreError) -> [StoreFindings.Damage] {
        let folder = root.appending("views")
        let suffix = Array(".index".utf8)
        var result: [StoreFindings.Damage] = []
        let names = try Self.refusing { () throws(SystemError) in
            try Files.status(folder) == nil ? [] : try Files.list(folder).map(\.name)
        }
        for name in names where name.count == 2 * Digest.byteCount + suffix.count && name.suffix(suffix.count).elementsEqual(suffix) {
            guard let tree = Digest(hex: String(decoding: name.dropLast(suffix.count), as: UTF8.self)) else { continue }
            let path = folder.appending(name)
            let index = (try? Files.read(path, limit: ViewIndex.longest, followLinks: false)).flatMap(ViewIndex.decode)
            if index?.tree == tree || (try? Files.status(path, followLinks: false)) == .some(nil) { continue }
            result.append(.init(kind: .view, digest: tree, path: try moved(path, tree)))
        }
        return result
    }

    /// What the store does not have of an object, itself included; a tree that it does not have counts for all that is in it.
    ///
    /// - Parameter treesOnly: for data whose files are kept elsewhere.
    package func missingParts(of object: StoredObject, treesOnly: Bool = false) throws(StoreError) -> [MissingPart] {
        var result: Set<MissingPart> = []
        var seen: Set<Digest> = []
        var waiting = [MissingPart(digest: object.digest, kind: object.kind, size: object.size)]
        while let part = waiting.popLast() {
            if treesOnly && part.kind == .file { continue }
            guard seen.insert(part.digest).inserted else { continue }
            if try !looksPresent(part.digest) {
                result.insert(part)
                continue
            }
            guard part.kind == .tree else { continue }
            var entries: [TreeEntry] = []
            do throws(StoreError) {
                if let seen = glance(part.digest) { entries = seen } else { entries = try tree(part.digest).entries }
            } catch {
                switch error {
                case .missing, .corrupt, .notTree: result.insert(part)
                default: throw error
                }
            }
            for entry in entries {
                switch entry.content {
                case .file(let digest, let size, _): waiting.append(MissingPart(digest: digest, kind: .file, size: size))
                case .tree(let digest, let size, _): waiting.append(MissingPart(digest: digest, kind: .tree, size: size))
                case .link: continue
                }
            }
        }
        return result.sorted { $0.digest < $1.digest }
    }

    /// What is in a sound tree, without leaving a trace of use; nil when it is not there, or not sound.
    private func glance(_ digest: Digest) -> [TreeEntry]? {
        guard let file = try? Descriptor.reading(objectPath(digest), followLinks: false, leavesTrace: false),
            let bytes = try? file.readToEnd(), Digest.of(bytes) == digest
        else { return nil }
        return try? Tree.decode(bytes).entries
    }

    /// The outputs of every record, by key.
    package func recordedOutputs() throws(StoreError) -> [(key: Digest, outputs: [StoredObject])] {
        let keys = try Self.refusing { () throws(SystemError) in try StoreCensus(of: actions).digests }
        var result: [(Digest, [StoredObject])] = []
        for key in keys {
            do throws(SystemError) {
                let record = try RecordCensus.record(key, actions)
                if let record { result.append((key, record.outputs.map(\.object))) }
            } catch {
                // What cannot be read is told by a check, and by whoever needs it.
                if !error.isMediumFailure { throw .refused(error) }
            }
        }
        return result
    }
}
