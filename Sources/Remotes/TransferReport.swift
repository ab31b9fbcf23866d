internal import Canonical
internal import Platform
internal import Synchronization

/// What a push or a pull has moved.
package struct TransferReport: Hashable, Sendable {
    /// Objects that were sent or fetched.
    package var objects = 0
    /// Their bytes.
    package var bytes = 0
    /// Objects that were asked for, or taken for being there with the tree above them that is.
    package var asked = 0
    /// What one object alone failed of; empty when all is well.
    package var failures: [RemoteError] = []

    package init(objects: Int = 0, bytes: Int = 0, asked: Int = 0, failures: [RemoteError] = []) {
        self.objects = objects
        self.bytes = bytes
        self.asked = asked
        self.failures = failures
    }

    package static func + (first: TransferReport, second: TransferReport) -> TransferReport {
        var sum = first
        sum.objects += second.objects
        sum.bytes += second.bytes
        sum.asked += second.asked
        sum.failures += second.failures
        return sum
    }
}

/// How far a transfer is, for who watches.
package struct TransferProgress: Hashable, Sendable {
    package let objects: Int
    package let bytes: Int
    /// How many there will be, as far as is known.
    package let plannedObjects: Int
    package let plannedBytes: Int
}

/// Counts what goes by, and tells now and then.
final class TransferMeter: Sendable {
    private struct State {
        var objects = 0
        var bytes = 0
        var plannedObjects = 0
        var plannedBytes = 0
        var lastTold: Int64 = 0
    }

    private let state = Mutex(State())
    private let tell: @Sendable (TransferProgress) -> Void

    init(_ tell: @escaping @Sendable (TransferProgress) -> Void) { self.tell = tell }

    func plan(objects: Int, bytes: Int) {
        state.withLock { state in
            state.plannedObjects &+= objects
            state.plannedBytes &+= bytes
        }
    }

    func count(bytes: Int) { change { $0.bytes &+= bytes } }

    func countObject() { change { $0.objects &+= 1 } }

    private func change(_ body: (inout State) -> Void) {
        let progress: TransferProgress? = state.withLock { state in
            body(&state)
            let now = Clock.monotonic()
            guard now &- state.lastTold >= 200_000_000 else { return nil }
            state.lastTold = now
            return TransferProgress(
                objects: state.objects, bytes: state.bytes, plannedObjects: state.plannedObjects, plannedBytes: state.plannedBytes)
        }
        if let progress { tell(progress) }
    }
}
