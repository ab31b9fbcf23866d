internal import Canonical
internal import Diagnostics
internal import Locking
internal import Manifests
internal import Platform
internal import Running
internal import Storage

/// `lock`: pins data and environments in `mlops.lock`.
struct LockCommand {
    private let folder: WorkspaceFolder
    private let update: [String]
    private let onlyChecks: Bool

    init(_ arguments: Arguments) throws(CommandFailure) {
        update = arguments.values("update")
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
        let scope: LockScope = update.isEmpty ? .everything : .named(try UpdateNames(update, session.manifest, previous))
        let resolved = try session.resolve(previous, scope: scope, rewrite: rewrite)
        try CommandFailure.catching { () throws(SystemError) in try lock.release() }
        let lockfile = resolved.lockfile
        session.reporter.say(
            "\(folder.prefix)\(Lockfile.fileName) \(resolved.isWritten ? "written" : "is current"): \(Self.contents(lockfile))")
        if let line = Self.local(resolved.localPrograms) { session.reporter.say(line) }
        record(lockfile, isWritten: resolved.isWritten, isCurrent: true, localPrograms: resolved.localPrograms, session.reporter)
        session.reporter.next("mlbuild build")
        return .done
    }

    /// What it means that programs were not installed by a package manager; nil when there are none.
    private static func local(_ programs: [String]) -> String? {
        guard let last = programs.last else { return nil }
        if programs.count == 1 {
            return "'\(last)' was not installed by a package manager: another machine needs this store, or the very same build of it"
        }
        let names = programs.dropLast().map { "'\($0)'" }.joined(separator: ", ") + " and '\(last)'"
        return "\(names) were not installed by a package manager: another machine needs this store, or the very same builds of them"
    }

    /// `1 data entry`, `2 data entries, 1 environment with 3 programs and 12 packages`.
    private static func contents(_ lockfile: Lockfile) -> String {
        let data = counted(lockfile.data.count, "data entry", plural: "data entries")
        if lockfile.environments.isEmpty { return data }
        return "\(data), \(counted(lockfile.environments.count, "environment")) with \(counted(lockfile.programs.count, "program"))"
            + " and \(counted(lockfile.wheels.count, "package"))"
    }

    private func record(
        _ lockfile: Lockfile, isWritten: Bool, isCurrent: Bool, localPrograms: [String] = [], outdated: [String] = [], _ reporter: Reporter
    ) {
        var members = [
            JSONMember("entries", .integer(lockfile.data.count)), JSONMember("environments", .integer(lockfile.environments.count)),
            JSONMember("programs", .integer(lockfile.programs.count)), JSONMember("packages", .integer(lockfile.wheels.count)),
            JSONMember("written", .boolean(isWritten)), JSONMember("current", .boolean(isCurrent)),
        ]
        if !localPrograms.isEmpty { members.append(JSONMember("localPrograms", .array(localPrograms.map { .string($0) }))) }
        if !outdated.isEmpty { members.append(JSONMember("outdated", .array(outdated.map { .string($0) }))) }
        reporter.record("lock", members)
    }

    /// The lock on disk; of one with conflict markers, what both sides agree on, to be written again in any case.
    private func previous(_ session: Session) throws(CommandFailure) -> (Lockfile?, rewrite: Bool) {
        guard let source = try folder.text(Lockfile.fileName) else { return (nil, true) }
        let read = LockfileReader.read(source)
        if let lockfile = read.value, !read.hasErrors { return (lockfile, lockfile.encode() != source.bytes) }
        guard LockfileReader.isRecoverable(read.diagnostics) else { throw CommandFailure(read.diagnostics, in: [source]) }
        let isConflict = read.diagnostics.contains { $0.code == "lock/conflict" }
        session.reporter.say(
            isConflict
                ? "\(source.name) has conflict markers: keeping what both sides agree on, and pinning the rest anew"
                : "\(source.name) lacks pins that an environment stands on: pinning it anew")
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
        let environments = EnvironmentReport.all(session, previous ?? Lockfile()).filter { $0.state != .current }
        for report in environments { session.reporter.say("environment '\(report.environment)': \(report.state.text)") }
        let outdated = environments.map(\.environment)
        let isCurrent = previous == resolution.lockfile && outdated.isEmpty
        record(resolution.lockfile, isWritten: false, isCurrent: isCurrent, outdated: outdated, session.reporter)
        let name = folder.prefix + Lockfile.fileName
        if isCurrent {
            session.reporter.say("\(name) is current")
            return .done
        }
        throw CommandFailure(
            .problem, previous == nil ? "there is no \(name)" : "\(name) is not current", hint: "'mlbuild lock' makes it so")
    }
}
