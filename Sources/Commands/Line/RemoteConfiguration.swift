internal import Diagnostics
internal import Platform
internal import Remotes
internal import Running
internal import Storage

/// The remotes of a workspace, as `.mlbuild/config.json` names them.
struct RemoteConfiguration {
    let list: RemoteList

    private static let file = ".mlbuild/" + RemoteList.fileName

    init(_ folder: WorkspaceFolder) throws(CommandFailure) {
        guard let source = try folder.text(Self.file) else {
            list = RemoteList()
            return
        }
        let read = RemoteList.read(source)
        guard let list = read.value, !read.hasErrors else {
            throw CommandFailure(read.diagnostics, in: [RemoteList.masked(source)])
        }
        self.list = list
    }

    /// Reads, changes and writes it, with the workspace's lock held.
    static func change(
        _ folder: WorkspaceFolder, _ reporter: Reporter, _ body: (inout RemoteList) throws(CommandFailure) -> Void
    ) throws(CommandFailure) {
        let lock = try folder.lock(reporter)
        var list = try RemoteConfiguration(folder).list
        try body(&list)
        let bytes = Array(list.encode().utf8)
        try CommandFailure.catching { () throws(SystemError) in
            try Files.write(bytes, to: folder.root.appending(file), durable: true)
            try lock.release()
        }
    }

    /// The remote of this name, or the one that is used when none is named.
    func remote(_ name: String?) throws(CommandFailure) -> RemoteList.Entry {
        guard let name else {
            if let entry = list.used { return entry }
            if list.entries.isEmpty {
                throw CommandFailure(.problem, "the workspace has no remote", hint: "'mlbuild remote add NAME URL' names one")
            }
            throw CommandFailure(
                .problem, "there are several remotes, and none is the default",
                hint: "'--remote NAME' says which; there are: \(names.joined(separator: ", "))")
        }
        if let entry = list.entry(name) { return entry }
        let near = Suggestion.closest(to: name, among: names).map { "did you mean '\($0)'?" }
        throw CommandFailure(
            .problem, "there is no remote '\(name)'",
            hint: near ?? (names.isEmpty ? "'mlbuild remote add NAME URL' names one" : "there are: \(names.joined(separator: ", "))"))
    }

    private var names: [String] { list.entries.map(\.name) }
}

extension RemoteError {
    /// What may help, for people.
    fileprivate var wayOut: String? {
        switch self {
        case .answered(403, .skewedClock, _), .answered(_, .wrongSecret, _), .answered(_, .unknownAccessKey, _): nil
        case .redirected(_, region: .some): "'mlbuild remote add' takes it as '--region'"
        case .gaveUp(let error, _): error.wayOut
        case .unreachable: "what was moved so far is kept; run the same command again once it can be reached"
        case .place(let error): error.isMissing ? "is the disk or share there?" : nil
        case .garbled, .answered, .redirected, .missing, .corrupt, .tooLong, .credentials, .store, .interrupted: nil
        }
    }
}

extension CommandFailure {
    /// What a remote could not give or take.
    init(_ error: RemoteError, remote: RemoteList.Entry) {
        if error.isInterruption, let signal = Interruption.signal {
            self.init(stoppedBy: signal)
            return
        }
        switch error {
        case .store(.missing(let digest)):
            self.init(
                .refused, "object \(digest) is not in the store",
                hint: "'mlbuild lock' stores what lies in the workspace; data with \"keep\": \"reference\" is never stored")
        case .store(.corrupt(_, quarantined: _)):
            self.init(
                .refused, error.description, hint: "'mlbuild lock' stores what lies in the workspace again, 'mlbuild pull' fetches it")
        case .store(let store): self.init(store)
        case .credentials:
            self.init(
                .problem, "remote '\(remote.name)': \(error)",
                hint: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile in ~/.aws/credentials")
        case .missing, .corrupt:
            self.init(
                .refused, "remote '\(remote.name)': \(error)",
                hint: "'mlbuild remote verify \(remote.name) --repair' from where the data is sends it again")
        case .place, .unreachable, .garbled, .answered, .redirected, .tooLong, .gaveUp, .interrupted:
            self.init(.refused, "remote '\(remote.name)' (\(remote.url)): \(error)", hint: error.wayOut)
        }
    }

    /// Runs a call to a remote; what it throws becomes a failure.
    static func reaching<Value>(_ remote: RemoteList.Entry, _ body: () throws(RemoteError) -> Value) throws(CommandFailure) -> Value {
        do throws(RemoteError) { return try body() } catch { throw CommandFailure(error, remote: remote) }
    }
}
