internal import Canonical
internal import Manifests
internal import Platform
internal import Remotes

/// `pull`: fetches what the lock names from a remote into the store: data, environments, and results that somebody trusted has signed.
struct PullCommand {
    private let arguments: Arguments

    init(_ arguments: Arguments) throws(CommandFailure) { self.arguments = arguments }

    func run(_ reporter: Reporter) throws(CommandFailure) -> ExitStatus {
        let work = try TransferWork(arguments, reporter)
        if work.isEmpty {
            reporter.say("nothing is pinned, so there is nothing to fetch")
            return .done
        }
        let remote = try work.open()
        var report = TransferReport()
        var lacking = 0
        if !work.entries.isEmpty || !work.environment.isEmpty {
            report = try work.run("pull") { (progress) throws(RemoteError) in
                let pull = Pull(work.session.store, from: remote, retry: work.retry, lanes: work.lanes, progress: progress)
                let data = try pull.run(work.entries.map(\.object))
                var environments = try pull.run(work.environment)
                // What a remote lacks of these can be had elsewhere; what is damaged there is to be known.
                lacking = environments.failures.count(where: \.isAbsence)
                environments.failures.removeAll(where: \.isAbsence)
                return data + environments
            }
        }
        if report.failures.isEmpty, report.asked > 0 || lacking > 0 {
            reporter.say(
                report.objects == 0 ? "nothing to fetch: \(work.names) here already" : "fetched \(work.summary(report)): \(work.names)")
        }
        if lacking > 0 {
            reporter.say("\(counted(lacking, "part")) of the environments not there; 'mlbuild lock' makes or fetches what is lacking")
        }
        var status: ExitStatus = report.failures.isEmpty ? .done : .refused
        var results = ResultExchange.Outcome()
        if status == .done, work.isAll {
            results = try work.takeResults(from: remote)
            if !results.contradicted.isEmpty {
                status = .notReproducible
            } else if results.absent.contains(where: { !$0.reasons.isEmpty }) {
                status = .refused
            }
        }
        reporter.summarise([
            JSONMember("objects", .integer(report.objects)), JSONMember("bytes", .integer(report.bytes)),
            JSONMember("results", .integer(results.moved)),
        ])
        guard status == .done else { return status }
        let fetched = Set(work.entries.map(\.name))
        for entry in work.session.manifest.data where fetched.contains(entry.name) {
            guard let path = entry.path else { continue }
            let place = work.session.folder.root.appending(path.text)
            if try CommandFailure.catching({ () throws(SystemError) in try Files.status(place) }) == nil {
                reporter.next("mlbuild data checkout")
                break
            }
        }
        return .done
    }
}
