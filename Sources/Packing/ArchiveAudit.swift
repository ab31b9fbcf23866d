package import Archives
internal import Canonical
internal import Diagnostics
internal import Learning
internal import Locking
internal import Manifests
internal import Planning
internal import StageKinds
internal import Storage
internal import Tables

/// Holds the parts of an archive against each other: what follows from the model, the recipe and the metrics is made again.
///
/// Reading an archive checks its form and digests; whoever makes both anew gets past that, but not past this.
package enum ArchiveAudit {
    /// What does not follow from the rest, in sentences; none for an archive that ``Packer`` made.
    ///
    /// Action keys are not made again: they hold the versions of the kinds that were packed with, and the platform that commands ran on.
    ///
    /// - Throws: ``PackingError`` when the model or the sample rows cannot be read.
    package static func findings(_ archive: ModelArchive) throws(PackingError) -> [String] {
        let description = archive.description
        let trained = description.kind == .engine ? try ArchivedModel.read(archive) : nil
        var findings: [String] = []
        func expect(_ holds: Bool, _ finding: String) { if !holds { findings.append(finding) } }

        expect(same(description.signature, trained?.signature ?? [:]), "the signature is not the model's")
        let card = ModelCard.render(description, task: trained?.task.rawValue)
        expect(archive.bytes(of: ModelArchive.cardPath) == Array(card.utf8), "the model card says something else than the description")

        guard let recipe = Recipe(archive) else { return findings + ["the recipe holds no manifest with a model, or no pins"] }
        let model = recipe.model
        expect(description.name == recipe.manifest.name, "the name is not the recipe's")
        expect(description.modelVersion == model.version, "the version is not the recipe's")
        expect(
            description.gates == Gates.verdicts(of: model, Metrics(description.metrics)),
            "the gates' verdicts do not follow from the recipe and the metrics")
        expect(description.data == recipe.lock.data.map { ContentRecord($0.name, $0.pin) }, "the data is not what the recipe pins")
        expect(
            description.stages.map { [$0.name, $0.kind] } == recipe.graph.actions.map { [$0.stage, $0.word] },
            "the stages are not those of the recipe")
        expect(recipe.hasExactly(archive.files(in: "recipe/").map(\.path)), "the recipe lacks a file, or has one too many")
        let isOpaque = OpaqueModel.isOne(model.from, of: recipe.manifest)
        expect(isOpaque == (trained == nil), "the model is said to be made by who did not make it")
        expect(try hasModel(archive, of: output(model.from, description), isOpaque), "the model is not the one that its stage gave")
        // A command writes its numbers in a form of its own, of which the archive has only what it says.
        if let metrics = model.metrics, !OpaqueModel.isOne(metrics, of: recipe.manifest) {
            let digest = Digest.of(Array(JSONText.pretty(description.metrics).utf8))
            expect(digest == output(metrics, description)?.digest, "the metrics are not those that their stage gave")
        }
        expect(description.samples?.rows == model.samples?.rows, "the number of sample rows is not the recipe's")
        if let samples = description.samples { findings += try SampleRows.findings(samples, archive) }
        return findings
    }

    private static func same(_ first: JSONValue, _ second: JSONValue) -> Bool {
        JSONText.line(first) == JSONText.line(second)
    }

    /// Whether the members below `model/` are the output that a stage gave.
    private static func hasModel(_ archive: ModelArchive, of output: ContentRecord?, _ isOpaque: Bool) throws(PackingError) -> Bool {
        guard let output else { return false }
        if isOpaque {
            let members = archive.members.filter { $0.path.utf8.starts(with: "model/".utf8) }
            return OpaqueModel.digest(of: members, isTree: output.isTree) == output.digest
        }
        do throws(StoreError) {
            return try MemoryStore().put(files: archive.files(in: "model/").map { ($0.path, $0.bytes) }).digest == output.digest
        } catch {
            throw .store(error)
        }
    }

    /// What the description gives for what a reference leads to.
    private static func output(_ reference: Reference, _ description: ModelDescription) -> ContentRecord? {
        guard case .output(let stage, let name) = reference else { return nil }
        return description.stages.first { $0.name == stage }?.outputs.first { $0.name == name }
    }
}

/// The workspace without its data, as an archive carries it.
private struct Recipe {
    let manifest: Manifest
    let model: Model
    let lock: Lockfile
    let graph: BuildGraph

    init?(_ archive: ModelArchive) {
        guard let text = archive.bytes(of: "recipe/\(Manifest.fileName)"), let pins = archive.bytes(of: "recipe/\(Lockfile.fileName)")
        else {
            return nil
        }
        let read = ManifestReader.read(SourceText(name: Manifest.fileName, bytes: text))
        let locked = LockfileReader.read(SourceText(name: Lockfile.fileName, bytes: pins))
        guard let manifest = read.value, !read.hasErrors, let model = manifest.model, let lock = locked.value, !locked.hasErrors,
            lock.encode() == pins, lock.results.isEmpty,
            let graph = Planner.plan(manifest, lock, stages: Packer.stages(of: model)).value
        else { return nil }
        self.manifest = manifest
        self.model = model
        self.lock = lock
        self.graph = graph
    }

    /// Whether `paths` are those of the manifest, the lock and the workspace files that the stages and their environments take.
    func hasExactly(_ paths: [String]) -> Bool {
        var wanted: Set = [Manifest.fileName, Lockfile.fileName]
        wanted.formUnion(Packer.requirementFiles(of: manifest, graph: graph).map(\.text))
        for action in graph.actions {
            for input in action.inputs {
                if case .file(let path) = input.source { wanted.insert(path.text) }
            }
        }
        // What a stage takes may be a folder: then its files are there in its place.
        func owner(_ path: String) -> String? {
            if wanted.contains(path) { return path }
            let ends = path.utf8.indices.filter { path.utf8[$0] == UInt8(ascii: "/") }
            return ends.lazy.map { String(path[..<$0]) }.first(where: wanted.contains)
        }
        let owners = paths.map(owner)
        return Set(owners) == Set(wanted.map(Optional.some)) && Set(paths).count == paths.count
    }
}
