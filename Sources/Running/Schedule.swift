/// Which actions may start, as a value: what is ready, what waits, what can no longer run.
///
/// Actions are indices into a graph. Of several that are ready, the lowest goes first.
struct Schedule {
    enum State: Equatable {
        case unselected
        case waiting(Int)
        case ready
        case running
        case done
        case failed
        /// The action whose failure stands at the start of the chain.
        case skipped(because: Int)
    }

    private(set) var states: [State]
    private let dependents: [[Int]]
    private var ready = LowestFirst()
    /// How many in ``ready`` may still start.
    private var readyCount = 0
    private var unfinished: Int
    private(set) var running = 0
    private(set) var isStopped = false

    /// - Parameters:
    ///   - dependencies: for each action those directly upstream; each index is lower than the action's own.
    ///   - selected: the actions to run, closed under `dependencies`.
    /// - Complexity: O(actions + edges)
    init(dependencies: [[Int]], selected: [Int]) {
        var states = [State](repeating: .unselected, count: dependencies.count)
        var dependents = [[Int]](repeating: [], count: dependencies.count)
        for index in selected {
            let upstream = Set(dependencies[index])
            precondition(upstream.allSatisfy { states[$0] != .unselected }, "a selection holds all that it needs, upstream first")
            states[index] = upstream.isEmpty ? .ready : .waiting(upstream.count)
            for other in upstream { dependents[other].append(index) }
            if upstream.isEmpty {
                ready.insert(index)
                readyCount += 1
            }
        }
        self.states = states
        self.dependents = dependents
        unfinished = selected.count
    }

    /// Whether nothing runs and nothing more can start.
    var isFinished: Bool { running == 0 && (unfinished == 0 || isStopped || readyCount == 0) }

    /// Takes the lowest action that is ready, if there is one and the schedule is not stopped.
    mutating func next() -> Int? {
        while !isStopped, let index = ready.removeFirst() {
            // One that was skipped meanwhile is still in the heap.
            guard states[index] == .ready else { continue }
            states[index] = .running
            readyCount -= 1
            running += 1
            return index
        }
        return nil
    }

    /// Ends a running action with a result, which makes others ready.
    mutating func succeed(_ index: Int) {
        end(index, as: .done)
        for dependent in dependents[index] {
            guard case .waiting(let count) = states[dependent] else { continue }
            if count == 1 {
                states[dependent] = .ready
                readyCount += 1
                ready.insert(dependent)
            } else {
                states[dependent] = .waiting(count - 1)
            }
        }
    }

    /// Ends a running action without a result; gives the actions, ascending, that are skipped for it.
    mutating func fail(_ index: Int) -> [Int] {
        end(index, as: .failed)
        return skipDependents(of: index)
    }

    /// Takes back the result of an action that is done; gives the actions, ascending, that are skipped for it.
    ///
    /// What depends on it and runs, or has run, goes on.
    mutating func revoke(_ index: Int) -> [Int] {
        precondition(states[index] == .done, "a result is taken back from an action that has one")
        states[index] = .failed
        return skipDependents(of: index)
    }

    private mutating func skipDependents(of index: Int) -> [Int] {
        var skipped: [Int] = []
        var stack = dependents[index]
        while let dependent = stack.popLast() {
            switch states[dependent] {
            case .waiting: break
            case .ready: readyCount -= 1
            case .unselected, .running, .done, .failed, .skipped: continue
            }
            states[dependent] = .skipped(because: index)
            unfinished -= 1
            skipped.append(dependent)
            stack += dependents[dependent]
        }
        return skipped.sorted()
    }

    /// Lets nothing more start.
    mutating func stop() { isStopped = true }

    private mutating func end(_ index: Int, as state: State) {
        precondition(states[index] == .running, "an action ends once, after it started")
        states[index] = state
        running -= 1
        unfinished -= 1
    }
}

/// A binary heap of indices that gives the lowest first.
private struct LowestFirst {
    private var items: [Int] = []

    mutating func insert(_ item: Int) {
        items.append(item)
        var child = items.count - 1
        while child > 0, items[child] < items[(child - 1) / 2] {
            items.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func removeFirst() -> Int? {
        guard let first = items.first else { return nil }
        let last = items.removeLast()
        guard !items.isEmpty else { return first }
        items[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < items.count && items[child] < items[least] { least = child }
            if least == parent { return first }
            items.swapAt(parent, least)
            parent = least
        }
    }
}
