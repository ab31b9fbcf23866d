internal import Canonical
internal import Diagnostics
internal import Locking
internal import Manifests
internal import Platform
internal import Remotes
internal import Storage

/// What `push` and `pull` have in common: which data, which remote, and what is said about it.
struct TransferWork {
    let session: Session
    let remote: RemoteList.Entry
    /// The entries, with what the lock pins, in the order of names.
    let entries: [(name: String, object: StoredObject)]
    let lockfile: Lockfile
    /// Whether all that the lock names is to be moved: environments and results too.
    let isAll: Bool
    /// What is wanted of entries of which not all is wanted: paths below them.
    let parts: [Part]
    let lanes: Int
    let retry = Retry()
    let began = Clock.monotonic()

    /// A file or folder of an entry.
    struct Part {
        /// As the command line has it.
        let text: String
        let object: StoredObject
        let path: [[UInt8]]
    }

    /// `DATA/PATH` is taken only where a `part` of an entry can be meant.
    init(
        _ arguments: Arguments, _ reporter: Reporter, takesParts: Bool = false, names: [String]? = nil, remote: String? = nil
    ) throws(CommandFailure) {
        let names = names ?? arguments.operands
        lanes = try Self.lanes(arguments.value("jobs"))
        let folder = try WorkspaceFolder.find(arguments)
        self.remote = try RemoteConfiguration(folder).remote(remote ?? arguments.value("remote"))
        session = try Session(folder, reporter, warns: false)
        guard let lockfile = try session.lockfile() else {
            throw CommandFailure(.problem, "there is no \(Lockfile.fileName), so nothing is pinned", hint: "'mlbuild lock' pins data")
        }
        self.lockfile = lockfile
        isAll = names.isEmpty
        let partial = takesParts ? names.filter { $0.utf8.contains(UInt8(ascii: "/")) } : []
        var parts: [Part] = []
        for text in partial {
            let pieces = text.utf8.split(separator: UInt8(ascii: "/")).map(Array.init)
            let name = pieces.first.map { String(decoding: $0, as: UTF8.self) } ?? ""
            guard let entry = try Self.entries([name], lockfile).first else { continue }
            parts.append(Part(text: text, object: entry.object, path: Array(pieces.dropFirst())))
        }
        self.parts = parts
        let whole = names.filter { !partial.contains($0) }
        entries = names.isEmpty || !whole.isEmpty ? try Self.entries(whole, lockfile) : []
    }

    /// What the environments are made of, when all is to be moved.
    var environment: [StoredObject] { isAll ? lockfile.environmentObjects : [] }

    /// Whether there is nothing that could be moved.
    var isEmpty: Bool { entries.isEmpty && parts.isEmpty && environment.isEmpty && (!isAll || lockfile.results.isEmpty) }

    private static func lanes(_ text: String?) throws(CommandFailure) -> Int {
        guard let text else { return 8 }
        guard let lanes = Int(text), (1...256).contains(lanes) else {
            throw CommandFailure(.usage, "'--jobs' is '\(text)', and has to be a number from 1 to 256")
        }
        return lanes
    }

    private static func entries(_ names: [String], _ lockfile: Lockfile) throws(CommandFailure) -> [(name: String, object: StoredObject)] {
        let known = lockfile.data.map(\.name)
        for name in names where lockfile.pin(data: name) == nil {
            let near = Suggestion.closest(to: name, among: known).map { "did you mean '\($0)'?" }
            throw CommandFailure(
                .usage, "no data '\(name)' is pinned",
                hint: near ?? (known.isEmpty ? "'mlbuild lock' pins data" : "there are: \(known.joined(separator: ", "))"))
        }
        return lockfile.data.filter { names.isEmpty || names.contains($0.name) }.map { ($0.name, $0.pin.object) }
    }

    func open() throws(CommandFailure) -> any Remote {
        let retry = retry
        return try CommandFailure.reaching(remote) { () throws(RemoteError) in
            try remote.address.open(credentials: .ofProcess(), retry: retry)
        }
    }

    /// The names of the entries for people: `'a', 'b' and 3 more`.
    var names: String {
        let all = entries.map(\.name) + parts.map(\.text)
        let shown = all.prefix(3).map { "'\($0)'" }.joined(separator: ", ")
        let data = all.count > 3 ? "\(shown) and \(all.count - 3) more" : shown
        return [data, environment.isEmpty ? "" : "environments"].filter { !$0.isEmpty }.joined(separator: ", ")
    }

    /// Does `body` with a line that says how far it is; then says what became of it.
    func run(_ verb: String, _ body: (@escaping @Sendable (TransferProgress) -> Void) throws(RemoteError) -> TransferReport)
        throws(CommandFailure) -> TransferReport
    {
        let line = StatusLine(session.reporter, isTransient: true)
        let began = began
        let report: TransferReport
        do throws(RemoteError) {
            report = try body { line.show(Self.text(verb, $0, since: began)) }
        } catch {
            line.clear()
            throw CommandFailure(error, remote: remote)
        }
        line.clear()
        let seconds = Double(Clock.monotonic() - began) / 1e9
        session.reporter.record(
            "transfer",
            [
                JSONMember("direction", .string(verb)), JSONMember("remote", .string(remote.name)),
                JSONMember("data", .array((entries.map(\.name) + parts.map(\.text)).map { .string($0) })),
                JSONMember("objects", .integer(report.objects)),
                JSONMember("bytes", .integer(report.bytes)), JSONMember("asked", .integer(report.asked)),
                JSONMember("failed", .integer(report.failures.count)), JSONMember("seconds", .number(seconds)),
            ])
        for failure in report.failures.prefix(20) { session.reporter.show(CommandFailure(failure, remote: remote)) }
        if report.failures.count > 20 { session.reporter.say("and \(report.failures.count - 20) more objects") }
        return report
    }

    /// `3 objects, 12.0 MB in 0.4 s`
    func summary(_ report: TransferReport) -> String {
        let seconds = Double(Clock.monotonic() - began) / 1e9
        return "\(counted(report.objects, "object")), \(Self.size(report.bytes)) in \(Self.tenths(seconds)) s"
    }

    static func text(_ verb: String, _ progress: TransferProgress, since began: Int64) -> String {
        let seconds = max(0.001, Double(Clock.monotonic() - began) / 1e9)
        let rate = Double(progress.bytes) / seconds
        var text =
            "\(verb): \(progress.objects) of \(progress.plannedObjects) objects, \(size(progress.bytes)) of \(size(progress.plannedBytes))"
        text += ", \(size(Int(min(rate, 1e15))))/s"
        let left = progress.plannedBytes - progress.bytes
        if rate > 0, left > 0, seconds > 1 { text += ", \(Int(min(Double(left) / rate, 1e9).rounded(.up))) s left" }
        return text
    }

    private static func tenths(_ value: Double) -> String { String(Double(Int(min(value, 1e12) * 10)) / 10) }

    /// In units of a thousand, as disks and networks are sold.
    static func size(_ bytes: Int) -> String {
        var value = Double(bytes)
        for unit in ["bytes", "kB", "MB", "GB", "TB"] {
            if value < 1000 || unit == "TB" { return unit == "bytes" ? counted(bytes, "byte") : "\(tenths(value)) \(unit)" }
            value /= 1000
        }
        return counted(bytes, "byte")
    }
}
