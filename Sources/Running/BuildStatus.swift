/// How a build ended, as the exit status of the process says it.
package enum BuildStatus: Int32, Comparable, CaseIterable, Sendable {
    case done = 0
    /// What was given has a problem: an error diagnostic, data that differs from its pin, drift under `--locked`.
    case problem = 1
    case stageFailed = 3
    /// The world refused: disk, permission, a lock that is held.
    case refused = 4
    /// Other bytes for the same key.
    case notReproducible = 5
    case interrupted = 130
    case terminated = 143

    package static func < (first: BuildStatus, second: BuildStatus) -> Bool { first.rawValue < second.rawValue }

    /// The one that wins: the highest up to ``notReproducible``, else the signal, else ``done``.
    package static func worst(of statuses: some Sequence<BuildStatus>) -> BuildStatus {
        var worst = BuildStatus.done
        var signal: BuildStatus?
        for status in statuses {
            if status <= .notReproducible {
                worst = max(worst, status)
            } else {
                signal = max(signal ?? status, status)
            }
        }
        return worst == .done ? signal ?? .done : worst
    }

    /// The status of a process that ended because of a signal.
    package static func signalled(_ signal: Int32) -> BuildStatus {
        signal == 15 ? .terminated : .interrupted
    }
}
