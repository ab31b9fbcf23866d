internal import Canonical
internal import Remotes

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
}
