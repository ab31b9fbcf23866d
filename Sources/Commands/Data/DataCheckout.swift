internal import Canonical
internal import Diagnostics
internal import Locking
internal import Manifests
internal import Platform
internal import Running
internal import Storage

/// `data checkout`: brings data to what the lock pins, never over what is saved nowhere.
struct DataCheckout {
    private let session: Session
    private let signatures: SignatureCache

    init(_ session: Session, _ lockfile: Lockfile) throws(CommandFailure) {
        self.session = session
        signatures = try session.signatures()
    }

    func run(_ entries: [(entry: DataEntry, pin: DataPin?)]) throws(CommandFailure) -> ExitStatus {
        let lock = try session.lock()
        for (entry, pin) in entries {
            guard let path = entry.path else {
                session.reporter.result("data \(entry.name): comes from its URL, and has no place in the workspace\n")
                continue
            }
            guard let pin else {
                throw CommandFailure(.problem, "data '\(entry.name)' is not pinned", hint: "'mlbuild lock' pins what lies there")
            }
            guard pin.ignore == entry.ignore else {
                throw CommandFailure(
                    .problem, "data '\(entry.name)' was pinned by other rules for what is left out",
                    hint: "'mlbuild lock' pins what lies there by the new rules; or take the change of 'ignore' back")
            }
            let changes = try restore(entry, pin.object, at: session.folder.root.appending(path.text))
            let view = DataChangeView(changes: changes.map(\.reversed))
            let done = changes.isEmpty ? "as pinned already" : "as pinned again: \(view.summary)"
            session.reporter.result("data \(entry.name): \(done)\n" + view.lines(all: session.reporter.verbose))
            session.reporter.record("checkout", [JSONMember("data", .string(entry.name))] + view.members)
        }
        try CommandFailure.catching { () throws(SystemError) in
            try signatures.save()
            try lock.release()
        }
        return .done
    }

    /// Brings back one entry; what had to be undone.
    private func restore(_ entry: DataEntry, _ pinned: StoredObject, at path: HostPath) throws(CommandFailure) -> [DataChange] {
        if try isThere(entry, pinned, at: path) { return [] }
        let changes = try CommandFailure.reading(entry) { () throws(ImportError) in
            try session.store.changes(from: pinned, to: path, signatures: signatures, ignoring: entry.rules)
        }
        do throws(RestoreError) {
            try session.store.undo(changes, at: path, staging: StateFolder(root: session.folder.root).path)
        } catch {
            throw refusal(error, entry)
        }
        guard try isThere(entry, pinned, at: path) else {
            try refuseRemains(entry, pinned, at: path)
            throw CommandFailure(
                .problem, "data '\(entry.name)' changed while it was brought back", hint: "stop what writes to it, and try again")
        }
        return changes
    }

    /// Folders that are not pinned stay where something is in them that was left out of the data.
    private func refuseRemains(_ entry: DataEntry, _ pinned: StoredObject, at path: HostPath) throws(CommandFailure) {
        let left = try CommandFailure.reading(entry) { () throws(ImportError) in
            try session.store.changes(from: pinned, to: path, signatures: signatures, ignoring: entry.rules)
        }
        if left.allSatisfy({ $0.before == nil && $0.after == .emptyFolder }) { throw occupied(left.map(\.path), entry) }
    }

    private func occupied(_ paths: [[UInt8]], _ entry: DataEntry) -> CommandFailure {
        CommandFailure(
            .problem,
            "data '\(entry.name)' is not pinned with these folders, and they hold what 'ignore' leaves out, which is not touched: "
                + names(paths, entry), hint: "move them away, and run 'mlbuild data checkout' again")
    }

    private func isThere(_ entry: DataEntry, _ pinned: StoredObject, at path: HostPath) throws(CommandFailure) -> Bool {
        try CommandFailure.reading(entry) { () throws(ImportError) in
            do throws(ImportError) {
                return try session.store.importData(path, keep: false, signatures: signatures, ignoring: entry.rules) == pinned
            } catch {
                if case .missing = error { return false }
                throw error
            }
        }
    }

    private func refusal(_ error: RestoreError, _ entry: DataEntry) -> CommandFailure {
        switch error {
        case .unsaved(let paths):
            return CommandFailure(
                .problem, "data '\(entry.name)' holds what is saved nowhere: \(names(paths, entry)); nothing was changed",
                hint: "'mlbuild lock' saves and pins it; else move it out of the way")
        case .missing(let paths):
            return CommandFailure(
                .refused, "the store does not have what is pinned of data '\(entry.name)': \(names(paths, entry)); nothing was changed",
                hint: "'mlbuild pull \(entry.name)' brings it from a remote")
        case .occupied(let paths): return occupied(paths, entry)
        case .data(let error):
            do throws(CommandFailure) {
                return try CommandFailure.reading(entry) { () throws(ImportError) in throw error }
            } catch {
                return error
            }
        }
    }

    /// The first few paths.
    private func names(_ paths: [[UInt8]], _ entry: DataEntry) -> String {
        let shown = paths.prefix(3).map { path in
            let place = path.isEmpty ? entry.path?.text ?? "" : String(decoding: path, as: UTF8.self)
            return "'\(DiagnosticRenderer.printable(place))'"
        }
        return shown.joined(separator: ", ") + (paths.count > shown.count ? " and \(paths.count - shown.count) more" : "")
    }
}

extension DataChange {
    /// The same change seen from its other end.
    fileprivate var reversed: DataChange { DataChange(path: path, before: after, after: before) }
}
