/// How a command ended, as its exit status says it. Of several, the highest up to ``notReproducible`` wins.
package enum ExitStatus: Int32, CaseIterable, Comparable, Sendable {
    case done = 0
    case problem = 1
    case usage = 2
    case stageFailed = 3
    case refused = 4
    case notReproducible = 5
    case bug = 70
    case interrupted = 130
    case terminated = 143

    package static func < (first: ExitStatus, second: ExitStatus) -> Bool { first.rawValue < second.rawValue }

    package var meaning: String {
        switch self {
        case .done: "done"
        case .problem: "what was given has a problem: an error in a file, data that differs from its pin, a gate not met, a bad archive"
        case .usage: "the command line is wrong"
        case .stageFailed: "a stage failed"
        case .refused: "the world refused: disk, permission, network, no sandbox to be had, lock held"
        case .notReproducible: "not reproducible: other bytes for the same key"
        case .bug: "a bug in mlbuild"
        case .interrupted: "interrupted"
        case .terminated: "terminated"
        }
    }

    /// How a command ends that SIGINT or SIGTERM stopped.
    init(signal: Int32) {
        self = signal == 15 ? .terminated : .interrupted
    }

    /// Whether `verb` can end this way, for its help.
    func concerns(_ verb: Verb) -> Bool {
        switch self {
        case .done, .problem, .usage, .refused: true
        case .stageFailed: verb == .build || verb == .package || verb == .trace
        case .notReproducible: verb == .build || verb == .package || verb == .push || verb == .pull
        case .bug, .interrupted, .terminated: false
        }
    }
}
