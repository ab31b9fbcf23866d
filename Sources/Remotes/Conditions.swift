internal import Synchronization

/// Whether a server knows conditional requests, as far as it has said.
final class Conditions: Sendable {
    private let state = Atomic<Bool>(true)

    var areKnown: Bool {
        get { state.load(ordering: .relaxed) }
        set { state.store(newValue, ordering: .relaxed) }
    }
}
