internal import Canonical
internal import Environments
package import Locking
package import Planning
package import Platform
package import Running
package import Sandboxing
package import Storage

/// Performs every action: built-in kinds with the engine, commands in sandboxes.
package struct StagePerformer: ActionPerformer {
    let place: CommandPlace

    /// `sandbox` may be nil where no command is to run in one.
    package init(workspace root: HostPath, lockfile: Lockfile, store: DirectoryStore, sandbox: SandboxHost?) {
        place = CommandPlace(workspace: root, lockfile: lockfile, store: store, sandbox: sandbox)
    }

    package func perform(
        _ action: Action, inputs: ActionInputs, environment: PerformEnvironment
    ) throws(ActionFailure) -> [String: ActionOutput] {
        switch action.work {
        case .kind: try VariedKind(store: place.store).perform(action, inputs: inputs, environment: environment)
        case .command(let work):
            try CommandRun(action: action, work: work, inputs: inputs, environment: environment, place: place).perform()
        }
    }

    package func obstacle(to variation: Variation, for action: Action) -> String? { Self.applies(variation, to: action) }

    package func weight(of variation: Variation, for action: Action) -> VariationWeight {
        guard case .command(let work) = action.work else { return .decisive }
        return CommandRunVariation(variation, of: work).weight
    }

    package func hasControl(of variation: Variation, for action: Action) -> Bool {
        guard case .command(let work) = action.work else { return false }
        return CommandRunVariation(variation, of: work).hasControl
    }

    /// Why a variation says nothing about `action`, so that trying it would prove nothing; nil when it does.
    package static func applies(_ variation: Variation, to action: Action) -> String? {
        switch action.work {
        case .kind:
            switch variation {
            case .again, .threads: nil
            case .kernels: EmulatedKind.obstacle
            default: "a built-in stage is given nothing that could differ"
            }
        case .command(let work): CommandRunVariation(variation, of: work).obstacle(action)
        }
    }
}

/// Where commands run and what they take from there; one for all commands of a build.
struct CommandPlace: Sendable {
    /// The workspace.
    let root: HostPath
    let lockfile: Lockfile
    let store: DirectoryStore
    let sandbox: SandboxHost?

    init(workspace root: HostPath, lockfile: Lockfile, store: DirectoryStore, sandbox: SandboxHost?) {
        self.root = root
        self.lockfile = lockfile
        self.store = store
        self.sandbox = sandbox
    }

    /// The folder with the programs and libraries of a locked environment; never to be written to.
    func environment(of work: CommandWork, stage: String) throws(ActionFailure) -> HostPath {
        do throws(EnvironmentError) {
            let tree = try EnvironmentTree.assemble(work.environment, lockfile, store: store)
            do throws(StoreError) {
                return try store.view(of: tree.digest)
            } catch {
                throw .store(error)
            }
        } catch {
            throw CommandRunFailure.environment(error, name: work.environmentName, stage: stage)
        }
    }
}
