internal import Locking
internal import Manifests

/// How an environment of the manifest stands to its pin.
struct EnvironmentReport {
    enum State: String {
        case current
        case unpinned
        /// It asks for something else than is pinned.
        case changed

        var text: String {
            switch self {
            case .current: "as pinned"
            case .unpinned: "not pinned"
            case .changed: "asks for something else than is pinned"
            }
        }
    }

    let environment: String
    let state: State

    /// Those that commands use, sorted by name.
    static func all(_ session: Session, _ lockfile: Lockfile) -> [EnvironmentReport] {
        let outdated = Set(session.outdatedEnvironments(lockfile))
        return session.manifest.usedEnvironments.map { name in
            let isPinned = lockfile.pin(environment: name) != nil
            return EnvironmentReport(environment: name, state: !isPinned ? .unpinned : outdated.contains(name) ? .changed : .current)
        }
    }
}
