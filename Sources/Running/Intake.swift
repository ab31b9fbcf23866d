import Canonical
import Diagnostics
import Locking
import Manifests
import Planning
import Platform
import Storage

/// What the actions of a build take from outside the graph: data that matches its pin, and files of the workspace.
struct Intake {
    /// By the name of the data entry; those that lie in the workspace.
    private(set) var data: [String: Content] = [:]
    private(set) var files: [RelativePath: Content] = [:]
    /// The requirement files of the environments that the actions run in; nil when one cannot be read.
    ///
    /// They are no inputs of an action: what they say is pinned in the lock. But a change of one is a reason to look closer.
    private(set) var requirements: [Content]? = []
    /// Everything that is not as it must be.
    private(set) var failures: [StageFailure] = []
    /// The same, by what could not be taken in.
    private(set) var refused: [InputSource: StageFailure] = [:]

    /// What is known of files by their signatures.
    let signatures: SignatureCache

    /// Everything that was read.
    var contents: [Content] { (Array(data.values) + Array(files.values)).sorted { $0.path < $1.path } }

    /// Reads the inputs of `actions` that lie in the workspace, each once, in the order of the actions.
    ///
    /// - Parameter keeping: whether what is meant to be kept is put into the store.
    init(_ workspace: Workspace, actions: [Int], reader: WorkspaceReader, keeping: Bool) {
        signatures = reader.signatures
        var seen: Set<InputSource> = []
        for index in actions {
            let action = workspace.graph.actions[index]
            for input in action.inputs where seen.insert(input.source).inserted {
                do throws(StageFailure) {
                    switch input.source {
                    case .pinned(let name, let pin):
                        guard let entry = workspace.manifest.data(name) else { preconditionFailure("a plan names data of its manifest") }
                        data[name] = try Self.read(entry, pin, workspace, reader, keeping)
                    case .file(let path):
                        files[path] = try Self.read(path, workspace.location(ofPort: input.name, of: action.stage), reader, keeping)
                    case .output: break
                    }
                } catch {
                    failures.append(error)
                    refused[input.source] = error
                }
            }
        }
        readRequirements(workspace, actions, reader)
    }

    /// Reads the requirement files of the environments that `actions` run in.
    private mutating func readRequirements(_ workspace: Workspace, _ actions: [Int], _ reader: WorkspaceReader) {
        let names = actions.compactMap { index -> String? in
            if case .command(let work) = workspace.graph.actions[index].work { work.environmentName } else { nil }
        }
        var paths: Set<RelativePath> = []
        for name in Set(names) {
            if let path = workspace.manifest.environment(name)?.python?.requirementsFile { paths.insert(path) }
        }
        for path in paths.sorted() {
            // Whoever asks next reads it again, and says what is wrong with it.
            guard let placed = try? reader.read(path, followLinks: true), case .content(let content) = placed else {
                requirements = nil
                return
            }
            requirements?.append(content)
        }
    }

    /// Local data as it lies in the workspace; nil for data from elsewhere, which the store must have.
    private static func read(
        _ entry: DataEntry, _ pin: DataPin, _ workspace: Workspace, _ reader: WorkspaceReader, _ keeping: Bool
    ) throws(StageFailure) -> Content? {
        let location = workspace.location(of: entry)
        let pinned = pin.object
        guard case .path(let path) = entry.origin else {
            guard pin.source?.serves(entry) == true else { throw .dataSource(entry, pinned: pin.source?.url, at: location) }
            // Who only asks what would be done need not have what would be fetched for it.
            if !keeping { return nil }
            do throws(StoreError) {
                if try workspace.store.contains(pinned.digest) { return nil }
            } catch {
                throw .store(error)
            }
            throw .dataNotStored(entry, at: location)
        }
        // By other rules the folder is other data, whatever lies in it.
        if pin.ignore != entry.ignore { throw .dataRules(entry, pinned: pin.ignore, at: location) }
        switch try reader.read(path, keeping: keeping ? entry.keeping : .nothing, ignoring: entry.rules, followLinks: true) {
        case .absent: throw .dataMissing(entry, path: path, at: location)
        case .other(let reason): throw .unreadable(path, reason, at: location)
        case .content(let content):
            if content.object == pinned { return content }
            throw .dataDiffers(entry, found: content.object.digest, pinned: pinned.digest, at: location)
        }
    }

    private static func read(
        _ path: RelativePath, _ location: Diagnostic.Location, _ reader: WorkspaceReader, _ keeping: Bool
    ) throws(StageFailure) -> Content {
        switch try reader.read(path, keeping: keeping ? .everything : .nothing, followLinks: true) {
        case .absent: throw .inputMissing(path, at: location)
        case .other(let reason): throw .unreadable(path, reason, at: location)
        case .content(let content): return content
        }
    }
}
