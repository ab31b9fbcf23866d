internal import Synchronization

/// What keeps mlbuild from harm and cannot be taken away at the door, by name.
///
/// The fault bench removes one at a time and has to notice it: that a campaign finds nothing means something only then. Nothing else
/// removes any, and each is asked for in one place, where bytes are hashed or synced anyway.
package enum Safeguard: UInt32, CaseIterable, Sendable {
    /// The bytes of an object are compared with its name when they are used.
    case objectDigest
    /// The first line of a record is compared with the rest.
    case recordDigest
    /// The end of the signature cache is compared with the rest.
    case cacheDigest
    /// What a remote gives is compared with what was asked for.
    case receivedDigest
    /// A record goes into place after its objects.
    case recordsLast
    /// A signature counts only once later changes are sure to show.
    case settling
    /// A file is not believed to be still while somebody has it open for writing.
    case writers
    /// A batch that could not be synced counts as lost.
    case lostBatches

    private static let removed = Atomic<UInt32>(0)

    /// Whether it is there, as it always is but in the fault bench.
    package var holds: Bool { Self.removed.load(ordering: .relaxed) & (1 << rawValue) == 0 }

    /// Takes it away, for this process and the children that it forks; for the fault bench.
    package func remove() { Self.removed.bitwiseOr(1 << rawValue, ordering: .relaxed) }
}
