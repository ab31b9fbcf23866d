internal import Platform
internal import Synchronization

/// Some threads, each with its own way to a remote that it keeps from one piece of work to the next.
final class Lanes: Sendable {
    private final class Lane: @unchecked Sendable {
        // INVARIANT: used by one thread at a time, the one with the lane's number.
        var session: (any RemoteSession)?
    }

    private final class Work: Sendable {
        let next = Atomic<Int>(0)
        let state = Mutex<(failure: RemoteError?, ofObjects: [(index: Int, error: RemoteError)])>((nil, []))
    }

    let remote: any Remote
    private let lanes: [Lane]

    init(_ count: Int, to remote: any Remote) {
        self.remote = remote
        lanes = (0..<max(1, count)).map { _ in Lane() }
    }

    /// Does `body` for every item, begun in their order; nothing more is begun once one has failed.
    ///
    /// - Returns: what concerns one object alone, in the order of the items; the others were done.
    func forEach<Item: Sendable>(
        _ items: [Item], _ body: @escaping @Sendable (any RemoteSession, Item) throws(RemoteError) -> Void
    ) throws(RemoteError) -> [RemoteError] {
        if items.isEmpty { return [] }
        let work = Work()
        let lanes = lanes
        let remote = remote
        Threads.run(min(lanes.count, items.count)) { number in
            while work.state.withLock({ $0.failure == nil }) {
                let index = work.next.add(1, ordering: .relaxed).oldValue
                guard index < items.count else { return }
                do throws(RemoteError) {
                    if Interruption.signal != nil { throw .interrupted }
                    let session: any RemoteSession
                    if let open = lanes[number].session { session = open } else { session = try remote.session() }
                    lanes[number].session = session
                    try body(session, items[index])
                } catch {
                    work.state.withLock { state in
                        if error.concernsOneObject {
                            state.ofObjects.append((index, error))
                        } else if state.failure == nil {
                            state.failure = error
                        }
                    }
                }
            }
        }
        let (failure, ofObjects) = work.state.withLock { ($0.failure, $0.ofObjects) }
        if let failure { throw failure }
        return ofObjects.sorted { $0.index < $1.index }.map(\.error)
    }
}
