internal import Canonical
internal import Manifests
internal import Planning
internal import Platform
internal import Running
internal import Sandboxing
internal import Storage

/// What a command sees: the environment as its root, a work folder of its own, and over it the inputs it declares.
struct SandboxView: Sendable {
    struct Input: Sendable {
        let path: RelativePath
        let object: StoredObject
        let shown: ActionInputs.Shown
    }

    /// Where commands stand inside; only a variation starts one elsewhere.
    static let workFolder = "/work"

    let root: HostPath
    /// With the folders that lead to outputs, and nothing else.
    let work: HostPath
    /// Outer ones before those in them, each path once.
    let inputs: [Input]

    /// Makes the work folder; whoever asks removes it.
    static func make(_ action: Action, root: HostPath, inputs: ActionInputs, store: DirectoryStore) throws(ActionFailure) -> SandboxView {
        var shown: [Input] = []
        for input in action.inputs.sorted(by: { $0.path < $1.path }) where shown.last?.path != input.path {
            shown.append(Input(path: input.path, object: inputs.object(input.name), shown: try inputs.shown(input.name)))
        }
        do throws(StoreError) {
            let work = try store.workFolder()
            do throws(SystemError) {
                for folder in Self.folders(to: action.outputs.map(\.path)) {
                    let path = work.appending(folder.text)
                    try Files.makeDirectory(path)
                    try Files.setPermissions(path, 0o755)
                }
            } catch {
                throw .refused(error)
            }
            return SandboxView(root: root, work: work, inputs: shown)
        } catch {
            throw .store(error)
        }
    }

    /// The folders on the way to paths, outer ones first, each once.
    static func folders(to paths: [RelativePath]) -> [RelativePath] {
        var folders: Set<RelativePath> = []
        for path in paths {
            var text = ""
            for component in path.components.dropLast() {
                text += (text.isEmpty ? "" : "/") + component
                if let folder = RelativePath(text) { folders.insert(folder) }
            }
        }
        return folders.sorted()
    }

    /// The sandbox for a command that is run as recorded.
    func plan(_ work: CommandWork, key: ActionKey) -> SandboxPlan {
        let entropy: SandboxPlan.Entropy = work.entropy == .derived ? .derived(key: Array(key.entropyKey.bytes)) : .host
        var plan = SandboxPlan(
            root: root, work: self.work, arguments: work.arguments, variables: work.variables, entropy: entropy)
        plan.threads = work.threads
        plan.hasFixedAddresses = work.addresses == .fixed
        plan.limits.seconds = work.timeout
        plan.limits.memory = work.resources.memory
        plan.limits.fileSize = work.resources.fileSize
        if let processes = work.resources.processes { plan.limits.processes = processes }
        plan.workFolder = Self.workFolder
        plan.mounts = mounts(at: plan.workFolder)
        return plan
    }

    /// The inputs below the folder where the command stands.
    func mounts(at workFolder: String) -> [SandboxPlan.Mount] {
        inputs.map { input in
            let path = "\(workFolder)/\(input.path.text)"
            return switch input.shown {
            case .file(let file): SandboxPlan.Mount(.file(file), at: path)
            case .folder(let folder): SandboxPlan.Mount(.folder(folder), at: path)
            }
        }
    }
}
