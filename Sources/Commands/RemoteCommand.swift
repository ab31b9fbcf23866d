internal import Canonical
internal import Diagnostics
internal import Platform
internal import Remotes
internal import Signing

/// `remote`: names places that share data, and says whether one works.
struct RemoteCommand {
    /// What can be done with remotes.
    enum Work: String, CaseIterable {
        case add
        case list
        case remove
        case test
        case trust
        case verify

        fileprivate var operands: [String] {
            switch self {
            case .add: ["NAME", "URL"]
            case .remove, .test: ["NAME"]
            case .trust: ["KEY.pub"]
            case .list, .verify: []
            }
        }
    }

    private let work: Work
    private let operands: [String]
    private let endpoint: String?
    private let region: String?
    private let signer: String?
    private let folder: WorkspaceFolder
    private let arguments: Arguments

    init(_ arguments: Arguments) throws(CommandFailure) {
        let word = arguments.operands[0]
        guard let work = Work(rawValue: word) else {
            throw CommandFailure("there is no 'remote \(word)'", for: word, of: Work.allCases.map(\.rawValue))
        }
        self.work = work
        operands = Array(arguments.operands.dropFirst())
        endpoint = arguments.value("endpoint")
        region = arguments.value("region")
        self.arguments = arguments
        let wanted = work.operands
        guard operands.count == wanted.count || (work == .verify && operands.count == 1) else {
            let usage = (["mlbuild remote", word] + wanted).joined(separator: " ")
            throw CommandFailure(
                .usage, "'remote \(word)' takes \(wanted.isEmpty ? "nothing more" : wanted.joined(separator: " and "))", hint: usage)
        }
        if work != .add, endpoint != nil || region != nil {
            throw CommandFailure(.usage, "'--endpoint' and '--region' go with 'remote add'")
        }
        signer = arguments.value("as")
        if work != .trust, signer != nil { throw CommandFailure(.usage, "'--as' goes with 'remote trust'") }
        for flag in ["read", "repair", "jobs"] where (arguments.has(flag) || arguments.value(flag) != nil) && work != .verify {
            throw CommandFailure(.usage, "'--\(flag)' goes with 'remote verify'")
        }
        folder = try WorkspaceFolder.find(arguments)
    }

    func run(_ reporter: Reporter) throws(CommandFailure) -> ExitStatus {
        switch work {
        case .add: try add(reporter)
        case .list: try list(reporter)
        case .remove: try remove(reporter)
        case .test: try test(reporter)
        case .trust: try trust(reporter)
        case .verify: return try verify(reporter)
        }
        return .done
    }

    private func add(_ reporter: Reporter) throws(CommandFailure) {
        let name = operands[0]
        guard RemoteList.isName(name) else {
            throw CommandFailure(.usage, "a remote's name is like 'origin': small letters, digits, '-' and '_'")
        }
        let entry: RemoteList.Entry
        do throws(RemoteAddress.Refused) {
            entry = try RemoteList.Entry(name: name, url: operands[1], endpoint: endpoint, region: region)
        } catch {
            throw CommandFailure(.usage, "remote '\(name)' cannot be used: \(error.reason)")
        }
        try RemoteConfiguration.change(folder, reporter) { (list) throws(CommandFailure) in
            if list.entry(name) != nil {
                throw CommandFailure(.problem, "there is a remote '\(name)' already", hint: "'mlbuild remote remove \(name)' takes it away")
            }
            if list.entries.isEmpty { list.standard = name }
            list.entries.append(entry)
        }
        reporter.say("remote '\(name)' is \(entry.url)")
        reporter.record("remote", Self.members(entry, isUsed: nil))
        reporter.next("mlbuild remote test \(name)")
    }

    private func list(_ reporter: Reporter) throws(CommandFailure) {
        let list = try RemoteConfiguration(folder).list
        for entry in list.entries {
            let isUsed = entry == list.used
            reporter.result("\(entry.name)  \(entry.url)\(entry.endpoint.map { "  at \($0)" } ?? "")\(isUsed ? "  (default)" : "")\n")
            reporter.record("remote", Self.members(entry, isUsed: isUsed))
        }
        if list.entries.isEmpty { reporter.next("mlbuild remote add NAME URL") }
    }

    private func remove(_ reporter: Reporter) throws(CommandFailure) {
        let entry = try RemoteConfiguration(folder).remote(operands[0])
        try RemoteConfiguration.change(folder, reporter) { (list) throws(CommandFailure) in
            list.entries.removeAll { $0.name == entry.name }
            if list.standard == entry.name { list.standard = nil }
        }
        reporter.say("remote '\(entry.name)' is no longer known here; what lies there stays")
    }

    private func test(_ reporter: Reporter) throws(CommandFailure) {
        let entry = try RemoteConfiguration(folder).remote(operands[0])
        let report = try CommandFailure.reaching(entry) { () throws(RemoteError) in
            let retry = Retry()
            return try RemoteTrial.run(try entry.address.open(credentials: .ofProcess(), retry: retry), retry: retry)
        }
        for line in report.lines { reporter.result("\(line)\n") }
        reporter.record(
            "remoteTest",
            [
                JSONMember("remote", .string(entry.name)), JSONMember("milliseconds", .number(report.milliseconds)),
                JSONMember("conditional", .boolean(report.isConditional)),
            ])
    }

    private func trust(_ reporter: Reporter) throws(CommandFailure) {
        let path = try CommandFailure.catching { () throws(SystemError) in try Host.currentDirectory() }.resolving(operands[0])
        guard operands[0].hasSuffix(".pub") else {
            throw CommandFailure(.usage, "'\(operands[0])' is no public key's file: its name ends with '.pub'")
        }
        let key: SSHKeygen.Key
        do throws(SigningError) { key = try SSHKeygen(in: folder.root).key(at: path) } catch { throw CommandFailure(error) }
        let name = signer ?? key.comment
        guard let name, SignerList.isName(name) else {
            throw CommandFailure(
                .usage, signer == nil ? "the key does not say whose it is" : "'\(signer ?? "")' cannot name a signer",
                hint: "'--as ada@example.org' does: letters, digits and @ . _ + -")
        }
        if try SignerFile(folder).add(key.publicKey, of: name, reporter) {
            reporter.say("results that '\(name)' has signed count here (\(key.publicKey.fingerprint)); commit \(SignerFile.name)")
        } else {
            reporter.say("the key stands in \(SignerFile.name) already")
        }
        reporter.record("signer", [JSONMember("name", .string(name)), JSONMember("key", .string(key.publicKey.fingerprint))])
    }

    private func verify(_ reporter: Reporter) throws(CommandFailure) -> ExitStatus {
        let work = try TransferWork(arguments, reporter, names: [], remote: operands.first)
        if work.entries.isEmpty {
            reporter.say("no data is pinned, so there is nothing to verify")
            return .done
        }
        let remote = try work.open()
        let line = StatusLine(reporter, isTransient: true)
        defer { line.clear() }
        let (reads, repairs) = (arguments.has("read"), arguments.has("repair"))
        let report = try CommandFailure.reaching(work.remote) { () throws(RemoteError) in
            try RemoteCheck(
                work.session.store, of: remote, reads: reads, repairs: repairs, retry: work.retry, lanes: work.lanes,
                progress: { line.show("verify: \($0.objects) of \($0.plannedObjects)") }
            ).run(work.entries.map(\.object))
        }
        line.clear()
        for failure in report.failures.prefix(20) { reporter.show(CommandFailure(failure, remote: work.remote)) }
        if report.failures.count > 20 { reporter.say("and \(report.failures.count - 20) more") }
        reporter.record(
            "remoteVerify",
            [
                JSONMember("remote", .string(work.remote.name)), JSONMember("places", .integer(report.places)),
                JSONMember("bytes", .integer(report.bytes)), JSONMember("repaired", .integer(report.repaired)),
                JSONMember("failed", .integer(report.failures.count)),
            ])
        let looked = "\(counted(report.places, "place")) on '\(work.remote.name)'"
        if report.failures.isEmpty {
            let sent = report.repaired > 0 ? ", \(report.repaired) of them sent again" : ""
            reporter.say(reads ? "\(looked) have the right bytes\(sent)" : "\(looked) are there, with the right lengths\(sent)")
        } else {
            reporter.say("\(report.failures.count) of \(looked) are missing or damaged")
            if !repairs { reporter.next("mlbuild remote verify \(work.remote.name) --repair") }
        }
        return report.failures.isEmpty ? .done : .refused
    }

    private static func members(_ entry: RemoteList.Entry, isUsed: Bool?) -> [JSONMember] {
        var members = [JSONMember("name", .string(entry.name)), JSONMember("url", .string(entry.url))]
        if let endpoint = entry.endpoint { members.append(JSONMember("endpoint", .string(endpoint))) }
        if let region = entry.region { members.append(JSONMember("region", .string(region))) }
        if let isUsed { members.append(JSONMember("default", .boolean(isUsed))) }
        return members
    }
}
