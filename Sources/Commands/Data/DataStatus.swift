internal import Canonical
internal import Diagnostics
internal import Locking
internal import Manifests
internal import Platform
internal import Storage

/// `data status`: which entries, and which files in them, differ from the lock.
struct DataStatus {
    private let session: Session
    private let signatures: SignatureCache

    init(_ session: Session, _ lockfile: Lockfile) throws(CommandFailure) {
        self.session = session
        signatures = try session.signatures()
    }

    func run(_ entries: [(entry: DataEntry, pin: DataPin?)]) throws(CommandFailure) -> ExitStatus {
        var differs = false
        var canBePinned = true
        var canBeBroughtBack = true
        for (entry, pin) in entries {
            let (state, changes) = try look(entry, pin)
            let view = DataChangeView(changes: changes)
            let counts = changes.isEmpty ? "" : ": \(view.summary)"
            session.reporter.result("data \(entry.name): \(state.rawValue)\(counts)\n" + view.lines(all: session.reporter.verbose))
            session.reporter.record(
                "data",
                [JSONMember("data", .string(entry.name)), JSONMember("state", .string(state.word))] + (changes.isEmpty ? [] : view.members))
            if state != .current, state != .notStored { differs = true }
            if state == .missing { canBePinned = false }
            if state == .otherRules || state == .otherSource || (state == .unpinned && entry.url != nil) { canBeBroughtBack = false }
        }
        try CommandFailure.catching { () throws(SystemError) in try signatures.save() }
        guard differs else { return .done }
        if canBePinned, !canBeBroughtBack {
            session.reporter.next("mlbuild lock")
        } else if canBePinned {
            session.reporter.say("'mlbuild lock' accepts what lies there, 'mlbuild data checkout' brings back what is pinned")
        } else {
            session.reporter.next("mlbuild data checkout")
        }
        return .problem
    }

    enum State: String {
        case current = "as pinned"
        case differs = "differs from its pin"
        case missing
        case unpinned = "not pinned"
        case otherRules = "pinned by other rules for what is left out"
        case otherSource = "pinned from another place"
        case notStored = "as pinned, not in the store: a build fetches it"

        var word: String {
            switch self {
            case .current: "current"
            case .differs: "differs"
            case .missing: "missing"
            case .unpinned: "unpinned"
            case .otherRules: "otherRules"
            case .otherSource: "otherSource"
            case .notStored: "notStored"
            }
        }
    }

    private func look(_ entry: DataEntry, _ pin: DataPin?) throws(CommandFailure) -> (State, [DataChange]) {
        guard let pin else { return (.unpinned, []) }
        guard let path = entry.path.map({ session.folder.root.appending($0.text) }) else {
            guard pin.source?.serves(entry) == true else { return (.otherSource, []) }
            let lacking = try CommandFailure.storing { () throws(StoreError) in try session.store.missing(in: pin.object) }
            return (lacking.isEmpty ? .current : .notStored, [])
        }
        let status = try CommandFailure.catching { () throws(SystemError) in try Files.status(path) }
        if status == nil { return (.missing, []) }
        if pin.ignore != entry.ignore { return (.otherRules, []) }
        let found = try CommandFailure.reading(entry) { () throws(ImportError) in
            try session.store.importData(path, keep: false, signatures: signatures, ignoring: entry.rules)
        }
        if found == pin.object { return (.current, []) }
        let changes = try CommandFailure.reading(entry) { () throws(ImportError) in
            try session.store.changes(from: pin.object, to: path, signatures: signatures, ignoring: entry.rules)
        }
        return (.differs, changes)
    }
}

extension CommandFailure {
    /// What keeps data from being read or compared.
    static func reading<Value>(_ entry: DataEntry, _ body: () throws(ImportError) -> Value) throws(CommandFailure) -> Value {
        do throws(ImportError) {
            return try body()
        } catch {
            switch error {
            case .refused(let error): throw CommandFailure(error)
            case .store(.missing(let digest)):
                throw CommandFailure(
                    .refused, "the store has no \(digest), a part of what is pinned for data '\(entry.name)'",
                    hint: "'mlbuild pull \(entry.name)' brings it from a remote; so does 'mlbuild lock' where the data lies as it is pinned"
                )
            case .store(.corrupt(let digest, _)):
                throw CommandFailure(
                    .refused, "\(digest), a part of what is pinned for data '\(entry.name)', is damaged in the store",
                    hint: "'mlbuild cache verify --repair' brings it back where there is another copy")
            case .store(let error): throw CommandFailure(error)
            default: throw CommandFailure(.problem, "data '\(entry.name)': \(error)")
            }
        }
    }
}
