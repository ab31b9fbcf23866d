internal import Canonical
internal import Locking
internal import Manifests
internal import Platform
internal import Remotes
internal import Storage

/// `push`: sends what the lock names to a remote: data, environments, and results if somebody signs them.
struct PushCommand {
    private let arguments: Arguments

    init(_ arguments: Arguments) throws(CommandFailure) { self.arguments = arguments }

    func run(_ reporter: Reporter) throws(CommandFailure) -> ExitStatus {
        let work = try TransferWork(arguments, reporter)
        if work.isEmpty {
            reporter.say("nothing is pinned, so there is nothing to send")
            return .done
        }
        if !work.isAll, arguments.value("sign") != nil {
            throw CommandFailure(.usage, "'--sign' is about results, and they go when no data is named", hint: "mlbuild push --sign KEY")
        }
        try borrowReferences(work)
        let remote = try work.open()
        let here = try work.environmentHere()
        var report = TransferReport()
        if !work.entries.isEmpty || !here.isEmpty {
            report = try work.run("push") { (progress) throws(RemoteError) in
                try Push(work.session.store, to: remote, retry: work.retry, lanes: work.lanes, progress: progress)
                    .run(work.entries.map(\.object) + here)
            }
            if report.failures.isEmpty {
                reporter.say(
                    report.objects == 0
                        ? "nothing to send: \(work.names) on '\(work.remote.name)' already"
                        : "sent \(work.summary(report)): \(work.names) on '\(work.remote.name)'")
            }
            let absent = work.environment.count - here.count
            if absent > 0 {
                reporter.say("\(counted(absent, "part")) of the environments not sent: the store lacks them; 'mlbuild lock' brings them")
            }
        }
        var status: ExitStatus = report.failures.isEmpty ? .done : .refused
        var results = ResultExchange.Outcome()
        if status == .done, work.isAll {
            results = try work.sendResults(to: remote, signing: arguments.value("sign"))
            if !results.contradicted.isEmpty { status = .notReproducible }
        }
        reporter.summarise([
            JSONMember("objects", .integer(report.objects + results.transfer.objects)),
            JSONMember("bytes", .integer(report.bytes + results.transfer.bytes)), JSONMember("results", .integer(results.moved)),
        ])
        return status
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
