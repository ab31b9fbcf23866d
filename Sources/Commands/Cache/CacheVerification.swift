internal import Canonical
internal import Diagnostics
internal import Locking
internal import Manifests
internal import Platform
internal import Remotes
internal import Storage

/// `cache verify`: whether all of the store is sound, and, with `--repair`, what can be brought back.
struct CacheVerification {
    private let store: DirectoryStore
    private let reporter: Reporter
    private let repairs: Bool

    init(_ store: DirectoryStore, _ reporter: Reporter, repairs: Bool) {
        self.store = store
        self.reporter = reporter
        self.repairs = repairs
    }

    /// Something that a workspace pins, or an action made, and that the store is to have whole.
    private struct Needed {
        let object: StoredObject
        /// For people: `data 'x' of workspace '/w'`.
        let words: String
        /// Where it lies in the workspace.
        var place: HostPath?
        var rules = IgnoreRules.none
        /// Whether only its trees are kept.
        var isReference = false
        /// What makes it again.
        let remedy: String
        /// Whether it may be elsewhere as a whole: data that was never fetched.
        var mayBeAway = false
    }

    func run() throws(CommandFailure) -> ExitStatus {
        let findings = try check()
        for damage in findings.damage { tell(damage) }
        let workspaces = try workspaces()
        var needed = workspaces.flatMap(\.needed)
        needed += try recorded()
        var lacking = try lacking(needed, damaged: Set(findings.damage.filter { $0.kind == .object }.map(\.digest)))
        if repairs {
            let unreadable = findings.damage.filter { $0.kind == .object && $0.isUnreadable }.map(\.digest)
            lacking = try putBack(lacking, and: Set(unreadable))
        }
        if repairs, !lacking.isEmpty {
            try repair(lacking.map(\.needed), workspaces)
            lacking = try self.lacking(lacking.map(\.needed), damaged: [])
        }
        var parts: Set<Digest> = []
        for (needed, missing) in lacking {
            parts.formUnion(missing.map(\.digest))
            tell(needed, missing)
        }
        let amount = "\(Quantity.count(findings.checked.count)) files, \(Quantity.bytes(findings.checked.bytes))"
        let found = findings.damage.isEmpty ? "all sound" : "\(findings.damage.count) damaged"
        reporter.say("checked \(amount): \(found)" + (parts.isEmpty ? "" : ", \(counted(parts.count, "object")) missing"))
        reporter.record(
            "check",
            [
                JSONMember("files", .integer(findings.checked.count)), JSONMember("bytes", .integer(findings.checked.bytes)),
                JSONMember("damaged", .integer(findings.damage.count)), JSONMember("missing", .integer(parts.count)),
                JSONMember("strangers", .integer(findings.strangers)),
            ])
        if lacking.isEmpty, repairs || findings.damage.isEmpty { return .done }
        if !repairs { reporter.next("mlbuild cache verify --repair") }
        return .problem
    }

    private func check() throws(CommandFailure) -> StoreFindings {
        let line = DataProgressLine(reporter)
        defer { line.clear() }
        let store = store
        return try CommandFailure.storing { () throws(StoreError) in try store.checkAll(clears: repairs) { line.show(nil, $0) } }
    }

    private func tell(_ damage: StoreFindings.Damage) {
        let place = damage.path.map { "; it lies at '\($0)' now" } ?? "; it could not be moved away"
        reporter.say("\(damage.isUnreadable ? "unreadable" : "damaged") \(damage.kind.rawValue) \(damage.digest)\(place)")
        reporter.record(
            "damage",
            [
                JSONMember("kind", .string(damage.kind.rawValue)), JSONMember("digest", .string(damage.digest.description)),
                JSONMember("path", damage.path.map { .string($0.description) } ?? .null),
                JSONMember("readable", .boolean(!damage.isUnreadable)),
            ])
    }

    private func tell(_ needed: Needed, _ missing: [MissingPart]) {
        let first = missing.prefix(3).map(\.digest.description).joined(separator: ", ")
        reporter.say(
            "\(needed.words) lacks \(counted(missing.count, "object")): \(first)\(missing.count > 3 ? ", ..." : ""); \(needed.remedy)")
        reporter.record(
            "lacking",
            [
                JSONMember("what", .string(needed.words)),
                JSONMember("objects", .array(missing.map { .string($0.digest.description) })), JSONMember("remedy", .string(needed.remedy)),
            ])
    }

    // MARK: What is needed

    private struct Place {
        let folder: WorkspaceFolder
        let needed: [Needed]
    }

    /// The workspaces that are there, with what their locks pin.
    private func workspaces() throws(CommandFailure) -> [Place] {
        let store = store
        var result: [Place] = []
        for entry in try CommandFailure.storing({ () throws(StoreError) in try store.workspaces() }) {
            let folder = WorkspaceFolder(root: entry.path, prefix: entry.path.description + "/")
            guard let source = try folder.text(Lockfile.fileName) else {
                reporter.say("workspace '\(entry.path)' has no lock, or is not there: what it needs is not looked for")
                continue
            }
            guard let lockfile = LockfileReader.read(source).value else {
                reporter.say("the lock of workspace '\(entry.path)' cannot be read: what it needs is not looked for")
                continue
            }
            let manifest = try folder.text(Manifest.fileName).flatMap { ManifestReader.read($0).value }
            result.append(Place(folder: folder, needed: Self.needed(lockfile, manifest, folder.root)))
        }
        return result
    }

    private static func needed(_ lockfile: Lockfile, _ manifest: Manifest?, _ root: HostPath) -> [Needed] {
        let of = "of workspace '\(root)'"
        var result = lockfile.data.map { entry in
            let declared = manifest?.data(entry.name)
            return Needed(
                object: entry.pin.object, words: "data '\(entry.name)' \(of)", place: declared?.path.map { root.appending($0.text) },
                rules: entry.pin.rules, isReference: entry.pin.isReference,
                remedy: "'mlbuild pull \(entry.name)' fetches it from a remote that has it", mayBeAway: true)
        }
        for entry in lockfile.programs {
            result.append(
                Needed(object: entry.pin.tree.object, words: "program '\(entry.name)' \(of)", remedy: "'mlbuild lock' pins it again"))
        }
        for entry in lockfile.wheels {
            let object = StoredObject(kind: .file, digest: entry.pin.digest, size: entry.pin.size, files: 1)
            result.append(Needed(object: object, words: "package '\(entry.name)' \(of)", remedy: "'mlbuild lock' fetches it again"))
        }
        for entry in lockfile.results {
            let stage = manifest?.stages.first { $0.name == entry.name }
            for output in entry.pin.outputs {
                let path = stage?.outputs.first { $0.name == output.name }?.path
                result.append(
                    Needed(
                        object: output.object.object, words: "output '\(output.name)' of stage '\(entry.name)' \(of)",
                        place: path.map { root.appending($0.text) }, remedy: "'mlbuild build \(entry.name)' makes it again", mayBeAway: true
                    ))
            }
        }
        return result
    }

    /// What the records name; a build makes again what one of them lacks.
    private func recorded() throws(CommandFailure) -> [Needed] {
        let store = store
        return try CommandFailure.storing { () throws(StoreError) in
            try store.recordedOutputs().flatMap { entry in
                entry.outputs.map {
                    Needed(object: $0, words: "the result of key \(entry.key)", remedy: "the next build that needs it makes it again")
                }
            }
        }
    }

    private func lacking(_ needed: [Needed], damaged: Set<Digest>) throws(CommandFailure) -> [(needed: Needed, missing: [MissingPart])] {
        let store = store
        var result: [(Needed, [MissingPart])] = []
        for entry in needed {
            let missing = try CommandFailure.storing { () throws(StoreError) in
                try store.missingParts(of: entry.object, treesOnly: entry.isReference)
            }
            if missing.isEmpty { continue }
            // Data that was never fetched here is no damage.
            let isAway = entry.mayBeAway && missing.count == 1 && missing[0].digest == entry.object.digest
            if isAway, !damaged.contains(entry.object.digest), try !isQuarantined(entry.object.digest) { continue }
            result.append((entry, missing))
        }
        return result
    }

    private func isQuarantined(_ digest: Digest) throws(CommandFailure) -> Bool {
        let store = store
        return try CommandFailure.storing { () throws(StoreError) in try store.hasQuarantined(digest) }
    }

    // MARK: Repairing

    /// Puts back what lies in quarantine and is sound after all; what is lacking then.
    private func putBack(
        _ lacking: [(needed: Needed, missing: [MissingPart])], and unreadable: Set<Digest>
    ) throws(CommandFailure) -> [(needed: Needed, missing: [MissingPart])] {
        let store = store
        var (lacking, total) = (lacking, 0)
        while true {
            let parts = unreadable.union(lacking.flatMap { $0.missing.map(\.digest) })
            let count = try CommandFailure.storing { () throws(StoreError) in try store.putBack(parts) }
            if count == 0 { break }
            total += count
            // A folder that is there again may lack what is in it.
            lacking = try self.lacking(lacking.map(\.needed), damaged: parts)
        }
        if total > 0 { reporter.say("put back \(counted(total, "object")) from quarantine: sound after all") }
        return lacking
    }

    private func repair(_ lacking: [Needed], _ workspaces: [Place]) throws(CommandFailure) {
        let store = store
        for entry in lacking {
            guard let place = entry.place, try CommandFailure.catching({ () throws(SystemError) in try Files.status(place) }) != nil else {
                continue
            }
            do throws(ImportError) {
                _ = try store.survey(
                    place, keeping: entry.isReference ? .trees : .everything, signatures: nil, ignoring: entry.rules, label: nil)
            } catch {
                reporter.say("\(entry.words) cannot be brought back from '\(place)': \(error)")
            }
        }
        try CommandFailure.storing { () throws(StoreError) in try store.flush() }
        for workspace in workspaces {
            let words = Set(workspace.needed.map(\.words))
            let wanted = try self.lacking(lacking.filter { words.contains($0.words) }, damaged: Set(lacking.map(\.object.digest)))
            if !wanted.isEmpty { try fetch(wanted.map(\.needed.object), for: workspace.folder) }
        }
    }

    private func fetch(_ objects: [StoredObject], for folder: WorkspaceFolder) throws(CommandFailure) {
        for remote in try RemoteConfiguration(folder).list.entries {
            let line = StatusLine(reporter, isTransient: true)
            defer { line.clear() }
            do throws(RemoteError) {
                let retry = Retry()
                let open = try remote.address.open(credentials: .ofProcess(), retry: retry)
                let report = try Pull(store, from: open, retry: retry, lanes: 8).run(objects)
                if report.objects > 0 { reporter.say("fetched \(counted(report.objects, "object")) from remote '\(remote.name)'") }
            } catch {
                if error.isInterruption, let signal = Interruption.signal { throw CommandFailure(stoppedBy: signal) }
                reporter.say("remote '\(remote.name)': \(error)")
            }
        }
    }
}
