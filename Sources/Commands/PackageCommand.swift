internal import Archives
internal import Canonical
internal import Locking
internal import Manifests
internal import Packing
internal import Planning
internal import Platform
internal import Running
internal import Storage

/// `package`: writes the model archive, once its gates are met.
struct PackageCommand {
    private let folder: WorkspaceFolder
    private let output: String?
    private let start: HostPath

    init(_ arguments: Arguments) throws(CommandFailure) {
        output = arguments.value("output")
        if output == "-", arguments.has("json") {
            throw CommandFailure(.usage, "with '--json', standard output holds records and no archive", hint: "name a file with '-o'")
        }
        folder = try WorkspaceFolder.find(arguments)
        start = try WorkspaceFolder.start(arguments)
    }

    func run(_ reporter: Reporter) throws(CommandFailure) -> ExitStatus {
        let session = try Session(folder, reporter, sandboxes: SandboxStart())
        guard let model = session.manifest.model else {
            throw CommandFailure(
                .problem, "\(folder.prefix)\(Manifest.fileName) has no 'model' section, so there is nothing to package",
                hint: "'mlbuild init --template tabular DIR' shows one")
        }
        let named = try output.map { (name) throws(CommandFailure) in try OutputFile(name, from: start) }
        var options = BuildOptions()
        options.stages = Packer.stages(of: model)
        options.jobs = Host.coreCount
        options.threads = Host.coreCount
        let report = try BuildCommand.build(session, options)
        guard report.status == .done else { return ExitStatus(report.status) }

        let archive = try pack(model, session, report, options.stages)
        let unmet = archive.description.gates.filter { !$0.isMet }
        if !unmet.isEmpty {
            throw CommandFailure(
                .problem, "\(counted(unmet.count, "gate")) not met, so no archive is written",
                hint: "improve the model, or change 'gates' in \(folder.prefix)\(Manifest.fileName)")
        }
        let lock = try session.lock()
        try write(archive, to: named, reporter)
        try CommandFailure.catching { () throws(SystemError) in try lock.release() }
        return .done
    }

    private func pack(
        _ model: Model, _ session: Session, _ report: BuildReport, _ stages: [String]
    ) throws(CommandFailure) -> ModelArchive {
        let graph = try session.plan(report.lockfile, stages)
        var sources: [(path: RelativePath, bytes: [UInt8])] = []
        var packed: Set<RelativePath> = []
        for action in graph.actions {
            for input in action.inputs {
                guard case .file(let path) = input.source, packed.insert(path).inserted else { continue }
                sources += try files(at: path, report[action.stage]?.key?.document["inputs"]?[input.name], session.store)
            }
        }
        for path in Packer.requirementFiles(of: session.manifest, graph: graph) where packed.insert(path).inserted {
            sources.append(
                (path, try CommandFailure.catching { () throws(SystemError) in try Files.read(folder.root.appending(path.text)) }))
        }
        do throws(PackingError) {
            let refusals = try ShippingCheck.refusals(
                model, of: session.manifest, lock: report.lockfile, graph: graph, store: session.store
            ) { (key) throws(StoreError) in try ProofLevel.of(key, session.store).rawValue }
            guard refusals.isEmpty else { throw .diagnostics(refusals, sources: []) }
            return try Packer.pack(
                model, of: session.manifest, lock: report.lockfile, graph: graph, sources: sources, store: session.store)
        } catch {
            throw CommandFailure(error, manifest: session.manifest)
        }
    }

    /// The file at `path`, or those of the folder there: what a stage was built from, and nothing that came into its place meanwhile.
    private func files(
        at path: RelativePath, _ built: JSONValue?, _ store: DirectoryStore
    ) throws(CommandFailure) -> [(path: RelativePath, bytes: [UInt8])] {
        let changed = CommandFailure(.problem, "'./\(path)' changed while the model was packed", hint: "run 'mlbuild package' again")
        guard let digest = built?["digest"]?.stringValue.flatMap({ Digest($0) }) else { throw changed }
        guard built?["kind"]?.stringValue == "tree" else {
            let bytes = try CommandFailure.catching { () throws(SystemError) in try Files.read(folder.root.appending(path.text)) }
            guard Digest.of(bytes) == digest else { throw changed }
            return [(path, bytes)]
        }
        let files = try CommandFailure.storing { () throws(StoreError) in try store.files(of: digest) }
        var result: [(path: RelativePath, bytes: [UInt8])] = []
        for file in files {
            guard let inner = RelativePath("\(path)/\(file.path)") else {
                throw CommandFailure(.problem, "'./\(path)' holds '\(file.path)', a name that no archive can have")
            }
            result.append((inner, file.bytes))
        }
        return result
    }

    private func write(_ archive: ModelArchive, to named: OutputFile?, _ reporter: Reporter) throws(CommandFailure) {
        let packed: (file: [UInt8], identity: Digest)
        do throws(ArchiveError) {
            packed = try ModelArchive.pack(archive)
        } catch {
            throw CommandFailure(error, file: archive.description.name)
        }
        let name = "dist/\(archive.description.name)-\(archive.description.modelVersion).mlar"
        let target: OutputFile
        if let named {
            target = named
        } else {
            try CommandFailure.catching { () throws(SystemError) in
                try Files.makeDirectories(folder.root.appending(name).parent, durable: true)
            }
            target = try OutputFile(name, from: folder.root)
        }
        let replaced = try identity(of: target)
        try target.write(packed.file, durable: true)
        if target.isStandardOutput { return }
        let shown = output ?? folder.prefix + name
        if let replaced, replaced != packed.identity {
            reporter.say("'\(shown)' replaces an archive with another identity, \(replaced)")
        }
        reporter.say("wrote '\(shown)': \(packed.file.count) bytes, identity \(packed.identity)")
        reporter.result("\(shown)\n")
        reporter.record(
            "archive",
            [
                JSONMember("path", .string(shown)), JSONMember("identity", .string(packed.identity.description)),
                JSONMember("size", .integer(packed.file.count)),
            ])
        reporter.next("mlbuild verify \(Shell.quoted(shown))")
    }

    /// The identity of the archive that is about to be replaced; nil when there is none, or something else.
    private func identity(of target: OutputFile) throws(CommandFailure) -> Digest? {
        guard let old = try target.existing(limit: ArchiveFile.defaultLimit) else { return nil }
        do throws(ArchiveError) { return try ModelArchive.open(old).identity } catch { return nil }
    }
}
