import Locking
import Manifests

/// Which pins are to be renewed, though nothing asks for others: the names in a scope.
struct EnvironmentUpdate {
    private let names: Set<String>

    init(_ scope: ResolveScope) {
        switch scope {
        case .named(let names): self.names = names
        case .everything, .unpinned: names = []
        }
    }

    /// Whether everything in the environment `name` is to be renewed.
    func renews(environment name: String) -> Bool { names.contains(name) }

    func renews(program name: String) -> Bool { names.contains(name) }

    /// Whether the wheels of a project are; its name in any spelling.
    func renews(wheel fileName: String) -> Bool {
        guard let project = WheelName(fileName)?.project else { return false }
        return names.contains { WheelName.project($0) == project }
    }

    /// Whether something in the environment is to be renewed.
    func touches(_ name: String, _ pin: EnvironmentPin) -> Bool {
        renews(environment: name) || pin.programs.contains { renews(program: $0) } || pin.wheels.contains { renews(wheel: $0) }
    }

    /// Names that a scope may have beside those of data: environments that commands use, programs and projects that are pinned.
    static func names(_ manifest: Manifest, _ lockfile: Lockfile) -> [String] {
        let projects = lockfile.wheels.compactMap { WheelName($0.name)?.project }
        return Set(manifest.usedEnvironments + lockfile.programs.map(\.name) + projects).sorted {
            $0.utf8.lexicographicallyPrecedes($1.utf8)
        }
    }
}
