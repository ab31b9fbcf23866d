import Diagnostics
import Manifests
import Platform
import Storage

/// Reads data entries as they lie there, and says what keeps one from being pinned.
struct DataReader {
    let manifest: Manifest
    let root: HostPath
    let store: DirectoryStore
    let fetcher: (any DataFetcher)?

    /// The pin of `entry`; without one, exactly one diagnostic at its path.
    func read(
        _ entry: DataEntry, signatures: SignatureCache?, keeps: Bool, progress: DataProgress?
    ) throws(LockingError) -> Diagnosed<DataPin> {
        let name = entry.name
        var tell: (@Sendable (ImportProgress) -> Void)?
        if let progress { tell = { progress(name, $0) } }
        guard case .path(let path) = entry.origin else {
            guard let fetcher, let address = entry.address else {
                return problem(
                    "lock/unpinned-source", "data '\(name)' has a 'url' that is not pinned yet", entry,
                    note: "'mlbuild lock' fetches and pins it")
            }
            let fetched = try fetcher.fetch(entry, atMost: nil, progress: tell)
            let source = DataPin.Source(url: address, archive: fetched.archive)
            return check(fetched.object, of: entry, at: "'\(address)'", source: source)
        }
        do throws(ImportError) {
            let look = try store.survey(
                root.appending(path.text), keeping: keeps ? entry.keeping : .nothing, signatures: signatures, ignoring: entry.rules,
                label: nil, progress: tell)
            return check(look.object, of: entry, at: "'\(path)'")
        } catch {
            return try problem(error, entry, path)
        }
    }

    private func check(_ object: StoredObject, of entry: DataEntry, at place: String, source: DataPin.Source? = nil) -> Diagnosed<DataPin> {
        if object.kind == .tree {
            if object.files == 0 {
                let but = entry.ignore.isEmpty ? "no file" : "no file but what 'ignore' leaves out"
                return problem("lock/empty-folder", "the folder \(place) of data '\(entry.name)' holds \(but)", entry)
            }
            if let form = entry.form, !form.isFolder {
                let way = "a '/' at the end of the path says that the folder as a whole is the table"
                return problem(
                    "lock/folder-for-file",
                    "\(place) of data '\(entry.name)' is a folder, and '\(form.format.rawValue)' is the format of a file", entry,
                    note: form.format.allowsFolder && source == nil ? way : nil)
            }
        }
        if object.kind == .file, !entry.ignore.isEmpty {
            return problem(
                "lock/ignore-for-file", "\(place) of data '\(entry.name)' is a file, and 'ignore' leaves names out of a folder", entry,
                note: "remove 'ignore', or name the folder")
        }
        return Diagnosed(DataPin(object, ignore: entry.ignore, isReference: entry.keep == .reference, source: source))
    }

    private func problem(_ error: ImportError, _ entry: DataEntry, _ path: RelativePath) throws(LockingError) -> Diagnosed<DataPin> {
        let data = "data '\(entry.name)'"
        switch error {
        case .store(let error): throw .store(error)
        case .missing:
            return problem(
                "lock/data-missing", "nothing is at '\(path)' for \(data)", entry,
                note: "put the file there, or name another path in '\(Manifest.fileName)'")
        case .unsupported(let place, let what):
            return problem(
                "lock/unsupported-file", "'\(relative(place))' in \(data) is \(what); data is made of files, folders and links", entry)
        case .escapingLink(let place, let target):
            return problem(
                "lock/escaping-link", "the link '\(relative(place))' in \(data) leads out of it, to '\(target)'", entry,
                note: "copy the file there, or let the link lead to a place inside")
        case .danglingLink(let place, let target):
            return problem("lock/dangling-link", "the link '\(relative(place))' in \(data) leads to '\(target)', where nothing is", entry)
        case .changing(let place):
            return problem(
                "lock/unsteady-data", "'\(relative(place))' in \(data) changes while it is read", entry,
                note: "stop what writes to it, and lock again")
        case .openForWriting(let place):
            return problem(
                "lock/unsteady-data", "'\(relative(place))' in \(data) is open for writing in another program", entry,
                note: "close it there, and lock again")
        case .tooDeep(let place):
            return problem("lock/deep-data", "'\(relative(place))' in \(data) lies too deep in folders", entry)
        case .refused(let refusal):
            // What is refused outside of the workspace, such as room in the store, is nothing that the manifest can mend.
            guard let place = refusal.path.map({ HostPath($0) }), inside(place) != nil else { throw .store(.refused(refusal)) }
            return problem("lock/unreadable-data", "'\(relative(place))' in \(data) cannot be read: \(refusal.reason)", entry)
        }
    }

    /// A place in the workspace as people there know it; others as they are.
    private func relative(_ place: HostPath) -> String {
        (inside(place) ?? place).description
    }

    /// The path of `place` from the workspace on; nil when it lies elsewhere.
    private func inside(_ place: HostPath) -> HostPath? {
        let prefix = root.appending("").bytes
        guard place.bytes.starts(with: prefix) else { return nil }
        return HostPath(bytes: Array(place.bytes.dropFirst(prefix.count)))
    }

    private func problem(_ code: String, _ message: String, _ entry: DataEntry, note: String? = nil) -> Diagnosed<DataPin> {
        Diagnosed(
            nil,
            [
                Diagnostic(
                    code: code, message, at: Diagnostic.Location(source: manifest.source.name, span: entry.originSpan),
                    notes: note.map { [Diagnostic.Note($0)] } ?? [])
            ])
    }
}
