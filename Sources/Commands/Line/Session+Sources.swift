internal import Diagnostics
internal import Importing
internal import Locking
internal import Manifests
internal import Planning
internal import Platform
internal import Remotes
internal import Storage

extension Session {
    /// What fetches data with a URL.
    var sources: SourceImport { SourceImport(store, SourceDownload(store, credentials: .ofProcess())) }

    /// Brings data with a URL that `graph` takes, and that the store lacks, back as it is pinned: from the remote, else from its URL.
    func restoreSources(_ lockfile: Lockfile, for graph: BuildGraph) throws(CommandFailure) {
        let restoration = SourceRestoration(store, sources)
        let used = Set(
            graph.actions.flatMap(\.inputs).compactMap { input in if case .pinned(let name, _) = input.source { name } else { nil } })
        var lacking = try CommandFailure.storing { () throws(StoreError) in try restoration.lacking(manifest, lockfile) }
        lacking.removeAll { !used.contains($0.entry.name) }
        if lacking.isEmpty { return }
        if try pullSources(lacking.map(\.pin.object)) {
            let left = try CommandFailure.storing { () throws(StoreError) in try restoration.lacking(manifest, lockfile) }
            lacking = left.filter { used.contains($0.entry.name) }
        }
        for (entry, pin) in lacking { try restore(entry, pin, restoration) }
    }

    private func restore(_ entry: DataEntry, _ pin: DataPin, _ restoration: SourceRestoration) throws(CommandFailure) {
        let line = DataProgressLine(reporter)
        defer { line.clear() }
        reporter.say("fetching data '\(entry.name)', which is not in the store")
        do throws(SourceRestoration.Failure) {
            try restoration.restore(entry, pin) { line.show(entry.name, $0) }
        } catch {
            switch error {
            case .locking(let error): throw CommandFailure(error)
            case .changed(let changed):
                let location = Diagnostic.Location(source: manifest.source.name, span: entry.originSpan)
                let notes = [
                    "found  \(changed.found.map { "\($0.digest)" } ?? "more than \(counted(changed.pinned.size, "byte"))")",
                    "pinned \(changed.pinned.digest) in '\(Lockfile.fileName)'",
                    "'mlbuild lock --update \(entry.name)' accepts what is there now; what is pinned may be on a remote: 'mlbuild pull'",
                ]
                let diagnostic = Diagnostic(
                    code: "lock/source-changed", "what the URL of data '\(entry.name)' gives has changed since it was pinned", at: location,
                    notes: notes.map { Diagnostic.Note($0) })
                throw CommandFailure([diagnostic], in: [manifest.source])
            }
        }
    }

    /// Asks the remote that is used when none is named; false where there is none, or it cannot be asked, which is said.
    private func pullSources(_ objects: [StoredObject]) throws(CommandFailure) -> Bool {
        guard let remote = try RemoteConfiguration(folder).list.used else { return false }
        let retry = Retry()
        do throws(RemoteError) {
            let place = try remote.address.open(credentials: .ofProcess(), retry: retry)
            return try Pull(store, from: place, retry: retry, lanes: 8).run(objects).objects > 0
        } catch {
            if error.isInterruption { throw CommandFailure(error, remote: remote) }
            reporter.say("remote '\(remote.name)' does not help: \(error)")
            return false
        }
    }
}
