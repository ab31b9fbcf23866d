package import Manifests

/// Why an output is written into the workspace although its stage does not run.
package enum RestoreReason: String, Hashable, Sendable {
    /// Nothing lies at the output's path.
    case missing
    /// What mlbuild wrote there has been edited.
    case altered
    /// An earlier result of the stage lies there.
    case outdated

    package var text: String {
        switch self {
        case .missing: "output missing"
        case .altered: "output altered"
        case .outdated: "output of an earlier build"
        }
    }
}

/// One output that is, or would be, written from the store.
package struct Restoration: Hashable, Sendable {
    package let output: String
    package let path: RelativePath
    package let reason: RestoreReason
}
