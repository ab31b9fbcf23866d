internal import Archives
internal import Canonical
internal import Locking
internal import Manifests
internal import Packing
internal import Planning
internal import Platform
internal import Running

/// `package`: writes the model archive, once its gates are met.
struct PackageCommand {
    private let folder: WorkspaceFolder
    private let output: String?
    private let start: HostPath

    init(_ arguments: Arguments) throws(CommandFailure) {
        folder = try WorkspaceFolder.find(arguments)
        output = arguments.value("output")
        start = try WorkspaceFolder.start(arguments)
    }

    func run(_ reporter: Reporter) throws(CommandFailure) -> ExitStatus {
        guard let model = try folder.manifest(Reporter()).model else {
            throw CommandFailure(
                .problem, "\(folder.prefix)\(Manifest.fileName) has no 'model' section, so there is nothing to package",
                hint: "'mlbuild init --template tabular DIR' shows one")
        }
        var options = BuildOptions()
        options.stages = Packer.stages(of: model)
        options.jobs = Host.coreCount
        options.threads = Host.coreCount
        let (session, report) = try BuildCommand.build(folder, options, reporter)
        guard report.status == .done else { return ExitStatus(report.status) }

        let archive = try pack(model, session, report, options.stages)
        let unmet = archive.description.gates.filter { !$0.isMet }
        for gate in archive.description.gates { reporter.say("gate \(InspectCommand.text(gate))") }
        if !unmet.isEmpty {
            throw CommandFailure(
                .problem, "\(counted(unmet.count, "gate")) not met, so no archive is written",
                hint: "improve the model, or change 'gates' in \(folder.prefix)\(Manifest.fileName)")
        }
        try write(archive, reporter)
        return .done
    }

    private func pack(
        _ model: Model, _ session: Session, _ report: BuildReport, _ stages: [String]
    ) throws(CommandFailure) -> ModelArchive {
        let graph = try session.plan(report.lockfile, stages)
        var sources: [(path: RelativePath, bytes: [UInt8])] = []
        for action in graph.actions {
            for input in action.inputs {
                guard case .file(let path) = input.source, !sources.contains(where: { $0.path == path }) else { continue }
                let place = folder.root.appending(path.text)
                sources.append((path, try CommandFailure.catching { () throws(SystemError) in try Files.read(place) }))
            }
        }
        do throws(PackingError) {
            return try Packer.pack(
                model, of: session.manifest, lock: report.lockfile, graph: graph, sources: sources, store: session.store)
        } catch {
            throw CommandFailure(error, manifest: session.manifest)
        }
    }

    private func write(_ archive: ModelArchive, _ reporter: Reporter) throws(CommandFailure) {
        let packed: (file: [UInt8], identity: Digest)
        do throws(ArchiveError) {
            packed = try ModelArchive.pack(archive)
        } catch {
            throw CommandFailure(error, file: archive.description.name)
        }
        let name = "dist/\(archive.description.name)-\(archive.description.modelVersion).mlar"
        let place: HostPath
        if let output {
            place = output.hasPrefix("/") ? HostPath(output) : start.appending(output)
        } else {
            place = folder.root.appending(name)
        }
        try CommandFailure.catching { () throws(SystemError) in
            if output == nil { try Files.makeDirectories(place.parent) }
            try Files.write(packed.file, to: place, durable: true)
        }
        let shown = output ?? folder.prefix + name
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
}
