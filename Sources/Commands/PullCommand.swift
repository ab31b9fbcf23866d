internal import Canonical
internal import Manifests
internal import Platform
internal import Remotes

/// `pull`: fetches pinned data from a remote into the store.
struct PullCommand {
    private let arguments: Arguments

    init(_ arguments: Arguments) throws(CommandFailure) { self.arguments = arguments }

    func run(_ reporter: Reporter) throws(CommandFailure) -> ExitStatus {
        let work = try TransferWork(arguments, reporter)
        if work.entries.isEmpty {
            reporter.say("no data is pinned, so there is nothing to fetch")
            return .done
        }
        let remote = try work.open()
        let report = try work.run("pull") { (progress) throws(RemoteError) in
            try Pull(work.session.store, from: remote, retry: work.retry, lanes: work.lanes, progress: progress)
                .run(work.entries.map(\.object))
        }
        reporter.summarise([JSONMember("objects", .integer(report.objects)), JSONMember("bytes", .integer(report.bytes))])
        guard report.failures.isEmpty else { return .refused }
        reporter.say(
            report.objects == 0 ? "nothing to fetch: \(work.names) here already" : "fetched \(work.summary(report)): \(work.names)")
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
