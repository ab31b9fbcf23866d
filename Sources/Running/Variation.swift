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
}
