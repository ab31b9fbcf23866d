internal import Canonical
internal import Manifests
internal import Platform
internal import Remotes
internal import Storage

/// `pull`: fetches what the lock names from a remote into the store: data, environments, and results that somebody trusted has signed.
struct PullCommand {
    private let arguments: Arguments

    init(_ arguments: Arguments) throws(CommandFailure) { self.arguments = arguments }

    func run(_ reporter: Reporter) throws(CommandFailure) -> ExitStatus {
        let work = try TransferWork(arguments, reporter, takesParts: true)
        let output = try output(work)
        if work.isEmpty {
            reporter.say("nothing is pinned, so there is nothing to fetch")
            return .done
        }
        let remote = try work.open()
        var report = TransferReport()
        var lacking = 0
        var selections: [(part: TransferWork.Part, found: Pull.Selection)] = []
        if !work.entries.isEmpty || !work.parts.isEmpty || !work.environment.isEmpty {
            report = try work.run("pull") { (progress) throws(RemoteError) in
                let pull = Pull(work.session.store, from: remote, retry: work.retry, lanes: work.lanes, progress: progress)
                var data = try pull.run(work.entries.map(\.object))
                for part in work.parts {
                    let (more, found) = try pull.run(part.object, at: part.path)
                    data = data + more
                    selections.append((part, found))
                }
                var environments = try pull.run(work.environment)
                // What a remote lacks of these can be had elsewhere; what is damaged there is to be known.
                lacking = environments.failures.count(where: \.isAbsence)
                environments.failures.removeAll(where: \.isAbsence)
                return data + environments
            }
        }
        for (part, found) in selections { try Self.check(part, found) }
        if report.failures.isEmpty, !work.names.isEmpty {
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
        if let output, case .object(let object, let isExecutable) = selections.first?.found {
            guard object.kind == .file else {
                throw CommandFailure(.usage, "'\(selections[0].part.text)' is a folder, and '-o' takes one file")
            }
            try output.write(object, isExecutable: isExecutable, from: work.session.store)
        }
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

    /// Where `-o` sends the one file that is asked for.
    private func output(_ work: TransferWork) throws(CommandFailure) -> OutputFile? {
        guard let name = arguments.value("output") else { return nil }
        guard work.entries.isEmpty, work.parts.count == 1 else {
            throw CommandFailure(.usage, "'-o' takes one file: 'mlbuild pull DATA/PATH -o FILE'")
        }
        return try OutputFile(name, from: try WorkspaceFolder.start(arguments))
    }

    private static func check(_ part: TransferWork.Part, _ found: Pull.Selection) throws(CommandFailure) {
        // With the entry's own name before the path.
        let names = part.text.utf8.split(separator: UInt8(ascii: "/"))
        func text(_ count: Int) -> String { names.prefix(count + 1).map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/") }
        switch found {
        case .object, .failed: return
        case .nothing(let depth): throw CommandFailure(.usage, "there is no '\(text(depth))' in what is pinned")
        case .noFolder(let depth): throw CommandFailure(.usage, "'\(text(depth))' is \(depth < part.path.count ? "no folder" : "a link")")
        }
    }
}
