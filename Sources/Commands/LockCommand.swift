internal import Canonical
internal import Diagnostics
internal import Locking
internal import Manifests
internal import Platform
internal import Running
internal import Storage

/// `lock`: pins the data in `mlops.lock`.
struct LockCommand {
    private let folder: WorkspaceFolder
    private let update: Set<String>
    private let onlyChecks: Bool

    init(_ arguments: Arguments) throws(CommandFailure) {
        update = Set(arguments.values("update"))
        onlyChecks = arguments.has("check")
        if onlyChecks, !update.isEmpty { throw CommandFailure(.usage, "'--check' and '--update' exclude each other") }
        folder = try WorkspaceFolder.find(arguments)
    }

    func run(_ reporter: Reporter) throws(CommandFailure) -> ExitStatus {
        let session = try Session(folder, reporter)
        return onlyChecks ? try check(session) : try lock(session)
    }

    private func lock(_ session: Session) throws(CommandFailure) -> ExitStatus {
        let lock = try session.lock()
        let (previous, rewrite) = try previous(session)
        let lockfile = try session.resolve(previous, scope: update.isEmpty ? .everything : .named(update), rewrite: rewrite)
        try CommandFailure.catching { () throws(SystemError) in try lock.release() }
        let state = previous == lockfile && !rewrite ? "is current" : "written"
        session.reporter.say(
            "\(folder.prefix)\(Lockfile.fileName) \(state): \(counted(lockfile.data.count, "data entry", plural: "data entries"))")
        session.reporter.record(
            "lock",
            [
                JSONMember("entries", .integer(lockfile.data.count)), JSONMember("written", .boolean(state == "written")),
                JSONMember("current", .boolean(true)),
            ])
        session.reporter.next("mlbuild build")
        return .done
    }

    /// The lock on disk; of one with conflict markers, what both sides agree on, to be written again in any case.
    private func previous(_ session: Session) throws(CommandFailure) -> (Lockfile?, rewrite: Bool) {
        guard let source = try folder.text(Lockfile.fileName) else { return (nil, true) }
        let read = LockfileReader.read(source)
        if let lockfile = read.value, !read.hasErrors { return (lockfile, lockfile.encode() != source.bytes) }
        guard read.diagnostics.allSatisfy({ $0.code == "lock/conflict" }) else { throw CommandFailure(read.diagnostics, in: [source]) }
        session.reporter.say("\(source.name) has conflict markers: keeping what both sides agree on, and pinning the rest anew")
        return (LockfileReader.recover(source), true)
    }

    private func check(_ session: Session) throws(CommandFailure) -> ExitStatus {
        let previous = try session.lockfile()
        let signatures = try session.signatures()
        let checked: Diagnosed<Resolution>
        do throws(LockingError) {
            checked = try Resolver.check(
                session.manifest, previous: previous, root: folder.root, store: session.store, signatures: signatures)
        } catch {
            throw CommandFailure(error)
        }
        guard let resolution = checked.value, !checked.hasErrors else {
            throw CommandFailure(checked.diagnostics, in: [session.manifest.source])
        }
        for change in resolution.changes { session.reporter.change(change) }
        let name = folder.prefix + Lockfile.fileName
        session.reporter.record(
            "lock",
            [
                JSONMember("entries", .integer(resolution.lockfile.data.count)), JSONMember("written", .boolean(false)),
                JSONMember("current", .boolean(previous == resolution.lockfile)),
            ])
        if previous == resolution.lockfile {
            session.reporter.say("\(name) is current")
            return .done
        }
        throw CommandFailure(
            .problem, previous == nil ? "there is no \(name)" : "\(name) is not current", hint: "'mlbuild lock' makes it so")
    }
}

extension Reporter {
    /// A pin that came, went or changed.
    func change(_ change: LockChange) {
        say(change.description)
        func text(_ pin: DataPin?) -> JSONValue { pin.map { .string($0.digest.description) } ?? .null }
        record(
            "pin",
            [JSONMember("data", .string(change.name)), JSONMember("before", text(change.before)), JSONMember("after", text(change.after))])
    }
}
