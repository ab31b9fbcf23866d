package import Planning

/// One thing that a rebuild does differently, to show that a result does not depend on it.
package enum Variation: String, CaseIterable, Sendable {
    /// Nothing is different: the same machine, once more.
    case again
    case threads
    case hashSeed = "hash-seed"
    case addresses
    case time
    case timeZone = "time-zone"
    case locale
    case user
    case path
    case fileOrder = "file-order"
    case processIds = "process-ids"
    /// Other kernels of the numeric libraries, by their own switches; another processor for the engine.
    case kernels

    /// How a run with it is told from the recorded one, after "run".
    package var phrase: String {
        switch self {
        case .again: "once more"
        case .threads: "with another number of threads"
        case .hashSeed: "with another hash seed"
        case .addresses: "with other addresses in memory"
        case .time: "at another time"
        case .timeZone: "in another time zone"
        case .locale: "with another locale"
        case .user: "as another user"
        case .path: "at another path"
        case .fileOrder: "with files in another order"
        case .processIds: "with other process numbers"
        case .kernels: "with the kernels of another processor"
        }
    }

    /// The level that it is a part of.
    package var level: ProofLevel {
        switch self {
        case .again: .repeated
        case .threads, .hashSeed, .addresses, .time, .timeZone, .locale, .user, .path, .fileOrder, .processIds: .varied
        case .kernels: .kernels
        }
    }
}

/// What it means when a stage gives other bytes under a variation.
// SPEC: determinism.md#variations
package enum VariationWeight: Hashable, Sendable {
    /// The promise is broken.
    case decisive
    /// The stage leans on what its sandbox holds in every run: worth knowing, and no change of level.
    case held
    /// Other processors would give other bytes; the key names the class of processors.
    case classed
}

extension ActionPerformer {
    package func obstacle(to variation: Variation, for action: Action) -> String? { nil }
    package func weight(of variation: Variation, for action: Action) -> VariationWeight { .decisive }
    package func hasControl(of variation: Variation, for action: Action) -> Bool { false }
}
