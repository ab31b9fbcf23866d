internal import Canonical
internal import Diagnostics
internal import Platform
internal import Storage

/// `cache info`: what is in the store, who needs it, and what could go.
struct CacheInfo {
    private let store: DirectoryStore
    private let reporter: Reporter

    init(_ store: DirectoryStore, _ reporter: Reporter) {
        self.store = store
        self.reporter = reporter
    }

    func run() throws(CommandFailure) -> ExitStatus {
        let store = store
        let contents = try CommandFailure.storing { () throws(StoreError) in try store.contents() }
        let free = try CommandFailure.catching { () throws(SystemError) in try Files.freeSpace(in: store.root) }
        let system = FileSystemName.of(store.root)
        reporter.result("store: \(store.root)\(system.map { ", on \($0)" } ?? ""), \(Quantity.bytes(free)) free\n")
        for (name, amount) in Self.amounts(contents) where amount.count > 0 || name == "objects" {
            reporter.result("\(name): \(Quantity.count(amount.count)), \(Quantity.bytes(amount.bytes))\n")
        }
        if contents.views > 0 { reporter.result("views: \(contents.views)\n") }
        if contents.strangers > 0 { reporter.result("files that are not the store's: \(contents.strangers)\n") }
        if contents.processes > 0 { reporter.result("processes at work: \(contents.processes)\n") }
        reporter.record(
            "store",
            [
                JSONMember("path", .string(store.root.description)), JSONMember("fileSystem", system.map { .string($0) } ?? .null),
                JSONMember("free", .integer(free)),
            ] + Self.amounts(contents).map { JSONMember($0.name, Self.value($0.amount)) } + [
                JSONMember("views", .integer(contents.views)), JSONMember("strangers", .integer(contents.strangers)),
                JSONMember("processes", .integer(contents.processes)),
            ])
        let needs = WorkspaceNeeds(store, notes: false)
        try tellWorkspaces(needs)
        try tellRest(needs)
        return .done
    }

    private static func amounts(_ contents: StoreContents) -> [(name: String, amount: StoreAmount)] {
        [
            ("objects", contents.objects), ("results", contents.records), ("proofs", contents.proofs), ("quarantine", contents.quarantine),
            ("temporaries", contents.temporaries),
        ]
    }

    private func tellWorkspaces(_ needs: WorkspaceNeeds) throws(CommandFailure) {
        let workspaces = try needs.all()
        let store = store
        let amounts = try CommandFailure.storing { () throws(StoreError) in
            try store.amounts(reachedFrom: workspaces.map(\.digests))
        }
        for (workspace, amount) in zip(workspaces, amounts) {
            let place = DiagnosticRenderer.printable(workspace.path.description)
            let state = workspace.isThere ? "" : " (\(workspace.isDeleted ? "deleted" : "not there"); as it was last seen)"
            reporter.result(
                "workspace \(place)\(state): needs \(Quantity.count(amount.count)) objects, \(Quantity.bytes(amount.bytes))\n")
            reporter.record(
                "workspace",
                [
                    JSONMember("path", .string(workspace.path.description)), JSONMember("there", .boolean(workspace.isThere)),
                    JSONMember("deleted", .boolean(workspace.isDeleted)),
                    JSONMember("needed", Self.value(amount)),
                ])
        }
    }

    private func tellRest(_ needs: WorkspaceNeeds) throws(CommandFailure) {
        var order = CollectionOrder()
        order.isDryRun = true
        let report: CollectionReport
        do throws(CollectionError) {
            report = try StoreCollection.run(store, order, roots: needs.digests)
        } catch {
            throw needs.failure ?? CommandFailure(error)
        }
        if report.imported.count > 0 {
            reporter.result(
                "imported data that nobody pins: \(Quantity.count(report.imported.count)) objects, \(Quantity.bytes(report.imported.bytes))\n"
            )
        }
        reporter.result("'mlbuild cache gc' would free \(Quantity.bytes(report.objects.bytes))\n")
        reporter.record(
            "collectable", [JSONMember("objects", Self.value(report.objects)), JSONMember("imported", Self.value(report.imported))])
    }

    private static func value(_ amount: StoreAmount) -> JSONValue { ["count": .integer(amount.count), "bytes": .integer(amount.bytes)] }
}

/// What kind of file system a folder lies on.
enum FileSystemName {
    /// Such as `ext4`; nil where the kernel does not say.
    static func of(_ folder: HostPath) -> String? {
        guard let path = try? Files.resolved(folder), let table = try? Files.read(HostPath("/proc/self/mountinfo")) else { return nil }
        var best: (length: Int, name: String)?
        for line in String(decoding: table, as: UTF8.self).split(separator: "\n") {
            // `36 35 98:0 /root /mount/point options - ext4 /dev/sda1 ...`; spaces in paths are written as `\040`.
            let words = line.split(separator: " ")
            guard words.count > 4, let dash = words.firstIndex(of: "-"), dash + 1 < words.count else { continue }
            let point = words[4].replacing("\\040", with: " ")
            let isAbove = point == "/" || path.description == point || path.description.hasPrefix(point + "/")
            // Of mounts in one place the last hides the others.
            if isAbove, point.utf8.count >= best?.length ?? 0 { best = (point.utf8.count, String(words[dash + 1])) }
        }
        return best?.name
    }
}
