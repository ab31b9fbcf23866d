package import Archives
internal import Canonical
internal import Diagnostics
internal import Learning
package import Locking
package import Manifests
package import Planning
internal import StageKinds
package import Storage
internal import Tables

/// Makes the archive that leaves the workspace from the results of a build; pure but for reading the store.
///
/// Everything in it follows from the manifest, the pins and the artifacts: no time, no machine, no person.
// SPEC: archive.md
package enum Packer {
    /// The archive of the manifest's model.
    ///
    /// - Parameters:
    ///   - model: The manifest's `model` section.
    ///   - lock: The lock with the results of every stage in `graph`.
    ///   - graph: The stages that the model, its metrics and its samples need.
    ///   - sources: Workspace files that those stages take as inputs, by path, and ``requirementFiles(of:graph:)``.
    /// - Throws: ``PackingError``; a gate that is not met is no error here: its verdict says so.
    package static func pack(
        _ model: Model, of manifest: Manifest, lock: Lockfile, graph: BuildGraph, sources: [(path: RelativePath, bytes: [UInt8])],
        store: DirectoryStore
    ) throws(PackingError) -> ModelArchive {
        let artifacts = Artifacts(manifest: manifest, lock: lock, store: store)
        let trained: TrainedModel?
        var members: [ArchiveMember]
        if OpaqueModel.isOne(model.from, of: manifest) {
            trained = nil
            members = try OpaqueModel.members(model, artifacts)
        } else {
            let files = try artifacts.files(model.from)
            do throws(LearningError) { trained = try TrainedModel.read(files) } catch { throw .model(error) }
            members = files.map { ArchiveMember(path: "model/" + $0.path, bytes: $0.bytes) }
        }
        members.append(ArchiveMember(path: "recipe/\(Manifest.fileName)", bytes: manifest.source.bytes))
        members.append(ArchiveMember(path: "recipe/\(Lockfile.fileName)", bytes: lock.keepingResults(of: []).encode()))
        members += sources.map { ArchiveMember(path: "recipe/" + $0.path.text, bytes: $0.bytes) }

        var description = ModelDescription(
            name: manifest.name, modelVersion: model.version, kind: trained == nil ? .opaque : .engine,
            signature: trained?.signature ?? [:])
        if let metrics = model.metrics { description.metrics = try artifacts.metrics(metrics) }
        description.gates = Gates.verdicts(of: model, Metrics(description.metrics))
        if let samples = model.samples {
            guard let trained else { throw .opaque }
            let files = try SampleRows.files(samples, trained, artifacts)
            members += files
            description.samples = SampleRecord(rows: samples.rows, files: files.map(\.path))
        }
        description.data = lock.data.map { ContentRecord($0.name, $0.pin) }
        description.stages = try graph.actions.map { (action) throws(PackingError) in
            guard let result = lock.result(stage: action.stage) else { throw .notBuilt(stage: action.stage) }
            return StageRecord(
                name: action.stage, kind: action.word, key: result.key,
                outputs: result.outputs.map { ContentRecord($0.name, $0.object) })
        }
        let card = ModelCard.render(description, task: trained?.task.rawValue)
        members.append(ArchiveMember(path: ModelArchive.cardPath, bytes: Array(card.utf8)))
        return ModelArchive(description: description, members: members)
    }

    /// Files of the workspace that say what the environments of `graph` hold, sorted: parts of the recipe, and inputs of no stage.
    package static func requirementFiles(of manifest: Manifest, graph: BuildGraph) -> [RelativePath] {
        let paths = graph.actions.compactMap { action -> RelativePath? in
            guard case .command(let work) = action.work else { return nil }
            return manifest.environment(work.environmentName)?.python?.requirementsFile
        }
        return Set(paths).sorted()
    }

    /// The stages that the manifest's model, its metrics and its samples come from, sorted by bytes.
    package static func stages(of model: Model) -> [String] {
        let references = [model.from, model.metrics, model.samples?.from].compactMap { $0 }
        let names = references.compactMap { reference -> String? in
            if case .output(let stage, _) = reference { stage } else { nil }
        }
        var unique: [String] = []
        for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) where unique.last != name { unique.append(name) }
        return unique
    }
}

extension ContentRecord {
    init(_ name: String, _ pin: DataPin) {
        self.init(name: name, isTree: pin.kind == .tree, digest: pin.digest, size: pin.size, files: pin.files)
    }
}

/// What references lead to, read from the store.
struct Artifacts {
    let manifest: Manifest
    let lock: Lockfile
    let store: DirectoryStore

    func pin(_ reference: Reference) throws(PackingError) -> DataPin {
        switch reference {
        case .data(let name):
            if let pin = lock.pin(data: name) { return pin }
            throw .notBuilt(stage: "data.\(name)")
        case .output(let stage, let name):
            if let pin = lock.result(stage: stage)?[output: name] { return pin }
            throw .notBuilt(stage: stage)
        case .file(let path):
            throw .diagnostics(
                [Diagnostic(code: "package/workspace-file", "'./\(path)' is no artifact; name data or a stage's output", at: nil)],
                sources: [])
        }
    }

    func files(_ reference: Reference) throws(PackingError) -> [(path: String, bytes: [UInt8])] {
        let digest = try pin(reference).digest
        do throws(StoreError) { return try store.files(of: digest) } catch { throw .store(error) }
    }

    func bytes(_ reference: Reference) throws(PackingError) -> [UInt8] {
        let digest = try pin(reference).digest
        do throws(StoreError) { return try store.read(digest) } catch { throw .store(error) }
    }

    /// The object that a file of metrics holds.
    func metrics(_ reference: Reference) throws(PackingError) -> JSONValue {
        let source = SourceText(name: manifest.output(reference)?.path.text ?? reference.description, bytes: try bytes(reference))
        let parsed = JSONDocument.parse(source)
        guard let document = parsed.value, !parsed.hasErrors else { throw .diagnostics(parsed.diagnostics, sources: [source]) }
        guard document.root.kind == .object else {
            throw .diagnostics(
                [
                    Diagnostic(
                        code: "package/no-metrics", "metrics are an object of numbers by name, and this is none",
                        at: Diagnostic.Location(source: source.name, span: document.root.span))
                ], sources: [source])
        }
        return document.root.value
    }

    func table(_ reference: Reference) throws(PackingError) -> Table {
        // Both have the same words for the formats.
        guard let form = manifest.form(of: reference), let format = TableFormatKind(rawValue: form.format.rawValue) else {
            preconditionFailure("samples come from a table")
        }
        let name = reference.description
        let input: TableInput
        switch try pin(reference).kind {
        case .file: input = .file(SourceText(name: name, bytes: try bytes(reference)))
        case .tree: input = .folder(name: name, files: try files(reference).map { TableFile(path: $0.path, bytes: $0.bytes) })
        }
        return try SampleRows.table(input, format, delimiter: form.delimiter?.byte)
    }
}
