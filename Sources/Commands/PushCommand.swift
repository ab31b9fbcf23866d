internal import Canonical
internal import Locking
internal import Manifests
internal import Platform
internal import Remotes
internal import Storage

/// `push`: sends pinned data to a remote.
struct PushCommand {
    private let arguments: Arguments

    init(_ arguments: Arguments) throws(CommandFailure) { self.arguments = arguments }

    func run(_ reporter: Reporter) throws(CommandFailure) -> ExitStatus {
        let work = try TransferWork(arguments, reporter)
        if work.entries.isEmpty {
            reporter.say("no data is pinned, so there is nothing to send")
            return .done
        }
        try borrowReferences(work)
        let remote = try work.open()
        let report = try work.run("push") { (progress) throws(RemoteError) in
            try Push(work.session.store, to: remote, retry: work.retry, lanes: work.lanes, progress: progress)
                .run(work.entries.map(\.object))
        }
        if report.failures.isEmpty {
            reporter.say(
                report.objects == 0
                    ? "nothing to send: \(work.names) on '\(work.remote.name)' already"
                    : "sent \(work.summary(report)): \(work.names) on '\(work.remote.name)'")
        }
        reporter.summarise([JSONMember("objects", .integer(report.objects)), JSONMember("bytes", .integer(report.bytes))])
        return report.failures.isEmpty ? .done : .refused
    }

    /// What is only referred to is sent from where it lies; it has to be there as it is pinned.
    private func borrowReferences(_ work: TransferWork) throws(CommandFailure) {
        for (name, object) in work.entries {
            guard let entry = work.session.manifest.data(name), entry.keep == .reference, let path = entry.path else { continue }
            let place = work.session.folder.root.appending(path.text)
            let signatures = try work.session.signatures()
            let found = try CommandFailure.reading(entry) { () throws(ImportError) in
                try work.session.store.survey(place, keeping: .trees, signatures: signatures, ignoring: entry.rules, label: nil).object
            }
            guard found == object else {
                throw CommandFailure(
                    .problem, "data '\(name)' differs from its pin, and its contents are kept only where it lies",
                    hint: "'mlbuild lock' pins what lies there; 'mlbuild data status \(name)' says what differs")
            }
            try CommandFailure.storing { () throws(StoreError) in try work.session.store.borrow(object, from: place) }
        }
    }
}
