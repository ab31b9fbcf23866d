internal import Canonical
internal import Diagnostics
internal import Locking
internal import Manifests
internal import Platform
internal import Storage
internal import Tables

/// `data diff`: how pinned data differs from what an earlier commit pinned: files, and of tables rows, columns and labels.
struct DataDiff {
    private let session: Session
    private let lockfile: Lockfile
    private let revision: GitRevision

    init(_ session: Session, _ lockfile: Lockfile, _ revision: GitRevision) {
        self.session = session
        self.lockfile = lockfile
        self.revision = revision
    }

    func run(_ names: [String]) throws(CommandFailure) -> ExitStatus {
        let earlier = try earlierLock()
        let known = Set(earlier.data.map(\.name) + lockfile.data.map(\.name))
        for name in names where !known.contains(name) {
            let near = Suggestion.closest(to: name, among: known).map { "did you mean '\($0)'?" }
            throw CommandFailure(.usage, "no data '\(name)' is pinned, neither here nor in '\(revision.name)'", hint: near)
        }
        for name in known.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) where names.isEmpty || names.contains(name) {
            try show(name, earlier.pin(data: name), lockfile.pin(data: name))
        }
        return .done
    }

    private func earlierLock() throws(CommandFailure) -> Lockfile {
        guard let source = try revision.text(Lockfile.fileName) else {
            throw CommandFailure(
                .problem, "there is no \(Lockfile.fileName) in '\(revision.name)'",
                hint: "'git log --oneline -- \(Lockfile.fileName)' lists the commits that changed it")
        }
        let read = LockfileReader.read(source)
        guard let lockfile = read.value, !read.hasErrors else { throw CommandFailure(read.diagnostics, in: [source]) }
        return lockfile
    }

    private func show(_ name: String, _ before: DataPin?, _ after: DataPin?) throws(CommandFailure) {
        let reporter = session.reporter
        func record(_ state: String, _ members: [JSONMember] = []) {
            reporter.record("data", [JSONMember("data", .string(name)), JSONMember("state", .string(state))] + members)
        }
        switch (before, after) {
        case (nil, nil): break
        case (nil, let pin?):
            reporter.result("data \(name): new, \(Self.size(pin))\n")
            record("added")
        case (let pin?, nil):
            reporter.result("data \(name): no longer pinned, was \(Self.size(pin))\n")
            record("removed")
        case (let before?, let after?):
            if before == after {
                reporter.result("data \(name): unchanged\n")
                return record("unchanged")
            }
            let comparison = try PinComparison(session: session, before: revision.name, after: "now").compare(name, before, after)
            reporter.result(
                "data \(name): \(comparison.summary); \(Self.size(before)) before, \(Self.size(after)) now\n" + comparison.lines)
            record("changed", comparison.members)
        }
    }

    private static func size(_ pin: DataPin) -> String {
        let bytes = "\(pin.size) bytes"
        return pin.kind == .file ? bytes : "\(counted(pin.files, "file")) of \(bytes)"
    }
}
