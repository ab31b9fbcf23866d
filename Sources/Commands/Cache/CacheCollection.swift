internal import Canonical
internal import Diagnostics
internal import Platform
internal import Storage

/// `cache gc`: removes from the store what nobody needs any more.
struct CacheCollection {
    private let store: DirectoryStore
    private let reporter: Reporter
    private let forgets: [String]
    private let clearsQuarantine: Bool
    private var order = CollectionOrder()

    init(_ store: DirectoryStore, _ arguments: Arguments, _ reporter: Reporter) throws(CommandFailure) {
        self.store = store
        self.reporter = reporter
        forgets = arguments.values("forget")
        clearsQuarantine = arguments.has("quarantine")
        order.isDryRun = arguments.has("dry-run")
        order.takesImported = arguments.has("imported")
        if let text = arguments.value("grace") {
            guard let grace = AmountText.time(text) else {
                throw CommandFailure(.usage, "'--grace' is '\(text)', and has to be a time such as '12h' or '30d'")
            }
            order.grace = grace
        }
        if let text = arguments.value("max-size") {
            guard let size = AmountText.size(text) else {
                throw CommandFailure(.usage, "'--max-size' is '\(text)', and has to be a size such as '50GB'")
            }
            order.largest = size
        }
        if order.isDryRun, !forgets.isEmpty { throw CommandFailure(.usage, "'--dry-run' and '--forget' exclude each other") }
    }

    func run() throws(CommandFailure) -> ExitStatus {
        for path in forgets { try forget(path) }
        let needs = WorkspaceNeeds(store, notes: !order.isDryRun)
        let gone = try needs.letGoDeleted(grace: order.grace, isDryRun: order.isDryRun)
        for path in gone { reporter.say("workspace '\(path)' was deleted and \(order.isDryRun ? "would be" : "is") forgotten") }
        let workspaces = try needs.all()
        for workspace in workspaces where !workspace.isThere {
            reporter.say(
                workspace.isDeleted
                    ? "workspace '\(workspace.path)' was deleted; what it needed stays for the grace: '--forget' lets it go now"
                    : "workspace '\(workspace.path)' is not there; what it needed when it was last seen stays: '--forget' lets it go")
        }
        let report: CollectionReport
        do throws(CollectionError) {
            report = try StoreCollection.run(store, order, roots: needs.digests)
        } catch {
            throw needs.failure ?? CommandFailure(error)
        }
        let cleared = clearsQuarantine ? try clearQuarantine() : nil
        tell(report, cleared, workspaces, gone)
        if let largest = order.largest, report.left.bytes > largest {
            reporter.say(
                "the store cannot become smaller than \(Quantity.bytes(report.left.bytes)): all that is left is needed, in use, or imported"
            )
            return .problem
        }
        return .done
    }

    private func forget(_ text: String) throws(CommandFailure) {
        let current = try CommandFailure.catching { () throws(SystemError) in try Host.currentDirectory() }
        var path = current.resolving(text)
        while path.bytes.count > 1, path.bytes.last == UInt8(ascii: "/") { path.bytes.removeLast() }
        let folder = path
        guard try CommandFailure.storing({ () throws(StoreError) in try store.forget(folder) }) else {
            throw CommandFailure(
                .problem, "the store knows no workspace '\(path)'", hint: "'mlbuild cache info' lists those that it knows")
        }
        reporter.say("workspace '\(path)' is forgotten")
    }

    private func clearQuarantine() throws(CommandFailure) -> QuarantineReport {
        let (store, isDryRun) = (store, order.isDryRun)
        return try CommandFailure.storing { () throws(StoreError) in try store.clearQuarantine(isDryRun: isDryRun) }
    }

    private func tell(
        _ report: CollectionReport, _ cleared: QuarantineReport?, _ workspaces: [WorkspaceNeeds.Workspace], _ gone: [HostPath]
    ) {
        let verb = order.isDryRun ? "would remove" : "removed"
        reporter.say(
            "\(verb) \(Self.words(report.objects, "object")), \(counted(report.records.count, "result")) and \(counted(report.views, "view"))"
        )
        if report.partials.count > 0 {
            let were = report.partials.count == 1 ? "was" : "were"
            reporter.say("\(verb) \(Self.words(report.partials, "download")) that \(were) broken off")
        }
        var stays = ["\(Quantity.bytes(report.needed.bytes)) are needed by \(counted(workspaces.count, "workspace"))"]
        if report.recent.count > 0 { stays.append("\(Quantity.bytes(report.recent.bytes)) were used lately") }
        reporter.say("\(Self.words(report.left, "object")) \(order.isDryRun ? "would stay" : "stay"): " + stays.joined(separator: ", "))
        if report.imported.count > 0 {
            reporter.say(
                "\(Self.words(report.imported, "object")) that were imported and nobody pins \(report.imported.count == 1 ? "stays" : "stay"), "
                    + "for the store may have the only copy: '--imported' removes them")
        }
        if let cleared {
            reporter.say(
                "\(verb) \(Self.words(cleared.removed, "damaged copy", plural: "damaged copies")); "
                    + "\(counted(cleared.left.count, "thing")) in quarantine \(cleared.left.count == 1 ? "has" : "have") no sound copy in the store"
            )
        }
        reporter.record("collection", members(report, cleared) + [JSONMember("forgotten", .array(gone.map { .string($0.description) }))])
    }

    private func members(_ report: CollectionReport, _ cleared: QuarantineReport?) -> [JSONMember] {
        var members = [
            JSONMember("dryRun", .boolean(order.isDryRun)), JSONMember("objects", .integer(report.objects.count)),
            JSONMember("bytes", .integer(report.objects.bytes)), JSONMember("results", .integer(report.records.count)),
            JSONMember("views", .integer(report.views)), JSONMember("proofs", .integer(report.proofs.count)),
            JSONMember("partials", Self.value(report.partials)), JSONMember("left", Self.value(report.left)),
            JSONMember("needed", Self.value(report.needed)), JSONMember("recent", Self.value(report.recent)),
            JSONMember("imported", Self.value(report.imported)),
        ]
        if let cleared {
            members.append(
                JSONMember("quarantine", ["removed": Self.value(cleared.removed), "left": Self.value(cleared.left)]))
        }
        return members
    }

    private static func value(_ amount: StoreAmount) -> JSONValue { ["count": .integer(amount.count), "bytes": .integer(amount.bytes)] }

    private static func words(_ amount: StoreAmount, _ word: String, plural: String? = nil) -> String {
        "\(Quantity.count(amount.count)) \(amount.count == 1 ? word : plural ?? word + "s") (\(Quantity.bytes(amount.bytes)))"
    }
}

extension CommandFailure {
    /// Why nothing was collected.
    init(_ error: CollectionError) {
        switch error {
        case .busy: self.init(.refused, "another 'cache gc' is at work in this store", hint: "wait for it to end")
        case .noRoots: self.init(.refused, "nobody can say what is needed")
        case .damaged(let digest):
            self.init(
                .refused, "the folder \(digest), which has to stay, is damaged in the store, so nobody knows what is in it",
                hint: "nothing was removed; 'mlbuild cache verify --repair' brings it back where it can")
        case .quarantined(let digest):
            self.init(
                .refused, "the folder \(digest), which has to stay, is in quarantine, so nobody knows which data is in it",
                hint: "nothing was removed; 'mlbuild cache verify --repair' brings it back where it can")
        case .store(let error): self.init(error)
        }
    }
}
