internal import Diagnostics
internal import Locking
internal import Manifests
internal import Storage

/// `data`: shows how data differs from the lock or an older one, and brings it back to the lock.
struct DataCommand {
    /// What can be done with data.
    enum Work: String, CaseIterable {
        case status
        case diff
        case checkout
    }

    private let work: Work
    private let operands: [String]
    private let folder: WorkspaceFolder

    init(_ arguments: Arguments) throws(CommandFailure) {
        let word = arguments.operands[0]
        guard let work = Work(rawValue: word) else {
            throw CommandFailure("there is no 'data \(word)'", for: word, of: Work.allCases.map(\.rawValue))
        }
        self.work = work
        operands = Array(arguments.operands.dropFirst())
        if work == .diff, operands.isEmpty {
            throw CommandFailure(.usage, "'data diff' needs REV: a commit to compare with", hint: "mlbuild data diff HEAD")
        }
        folder = try WorkspaceFolder.find(arguments)
    }

    func run(_ reporter: Reporter) throws(CommandFailure) -> ExitStatus {
        let session = try Session(folder, reporter, warns: false)
        guard let lockfile = try session.lockfile() else {
            throw CommandFailure(.problem, "there is no \(Lockfile.fileName), so nothing is pinned", hint: "'mlbuild lock' pins data")
        }
        switch work {
        case .status: return try DataStatus(session, lockfile).run(try entries(operands, session, lockfile))
        case .checkout: return try DataCheckout(session, lockfile).run(try entries(operands, session, lockfile))
        case .diff:
            let names = Array(operands.dropFirst())
            let revision = try GitRevision(operands[0], in: folder)
            return try DataDiff(session, lockfile, revision).run(names)
        }
    }

    /// The entries of these names, all if there are none, each with its pin.
    private func entries(
        _ names: [String], _ session: Session, _ lockfile: Lockfile
    ) throws(CommandFailure) -> [(entry: DataEntry, pin: DataPin?)] {
        for name in names where session.manifest.data(name) == nil {
            let known = session.manifest.data.map(\.name)
            let near = Suggestion.closest(to: name, among: known).map { "did you mean '\($0)'?" }
            throw CommandFailure(
                .usage, "there is no data '\(name)' in \(Manifest.fileName)",
                hint: near ?? (known.isEmpty ? nil : "there are: \(known.joined(separator: ", "))"))
        }
        return session.manifest.data.filter { names.isEmpty || names.contains($0.name) }.map { ($0, lockfile.pin(data: $0.name)) }
    }
}
