import Manifests

/// Which of some numbered nodes need which others: the shape of a graph without its content.
///
/// Every walk keeps its own stack, so that the depth of a graph is not limited by the thread's.
struct StageNetwork: Sendable {
    /// For each node the nodes it needs, each once, in order of first use.
    let dependencies: [[Int]]
    /// For each node the nodes that need it, ascending.
    let dependents: [[Int]]

    /// - Complexity: O(nodes + edges)
    init(dependencies: [[Int]]) {
        var unique: [[Int]] = []
        unique.reserveCapacity(dependencies.count)
        var dependents = [[Int]](repeating: [], count: dependencies.count)
        var seenBy = [Int](repeating: -1, count: dependencies.count)
        for (node, needed) in dependencies.enumerated() {
            var list: [Int] = []
            for other in needed where seenBy[other] != node {
                seenBy[other] = node
                list.append(other)
                dependents[other].append(node)
            }
            unique.append(list)
        }
        self.dependencies = unique
        self.dependents = dependents
    }

    /// The stages of `manifest`, numbered as they stand there.
    init(_ manifest: Manifest) {
        self.init(
            dependencies: manifest.stages.map { stage in
                stage.inputs.compactMap { input in
                    if case .output(let producer, _) = input.reference { manifest.index(ofStage: producer) } else { nil }
                }
            })
    }

    /// `nodes` so that each follows what it needs; of those that could come next, the lowest number comes first.
    ///
    /// `nodes` is ascending and holds everything that its members need. No node needs itself, directly or through others.
    ///
    /// - Complexity: O(edges + nodes log nodes)
    func order(of nodes: [Int]) -> [Int] {
        var isMember = [Bool](repeating: false, count: dependencies.count)
        for node in nodes { isMember[node] = true }
        var missing = dependencies.map(\.count)
        var ready = LowestFirst()
        for node in nodes where missing[node] == 0 { ready.insert(node) }
        var order: [Int] = []
        order.reserveCapacity(nodes.count)
        while let node = ready.removeFirst() {
            order.append(node)
            for dependent in dependents[node] where isMember[dependent] {
                missing[dependent] -= 1
                if missing[dependent] == 0 { ready.insert(dependent) }
            }
        }
        precondition(order.count == nodes.count, "stages do not need each other in a circle")
        return order
    }

    /// The stages called `names` and everything they need, ascending; all stages when `names` is empty.
    func needed(by names: [String], of manifest: Manifest) -> [Int] {
        if names.isEmpty { return Array(dependencies.indices) }
        return upstream(of: names.compactMap { manifest.index(ofStage: $0) })
    }

    /// `nodes` and everything they need, ascending.
    ///
    /// - Complexity: O(nodes + edges)
    func upstream(of nodes: [Int]) -> [Int] {
        closure(of: nodes, along: dependencies)
    }

    /// `nodes` and everything that needs them, ascending.
    ///
    /// - Complexity: O(nodes + edges)
    func downstream(of nodes: [Int]) -> [Int] {
        closure(of: nodes, along: dependents)
    }

    private func closure(of nodes: [Int], along edges: [[Int]]) -> [Int] {
        var isReached = [Bool](repeating: false, count: edges.count)
        var stack: [Int] = []
        for node in nodes where !isReached[node] {
            isReached[node] = true
            stack.append(node)
        }
        while let node = stack.popLast() {
            for other in edges[node] where !isReached[other] {
                isReached[other] = true
                stack.append(other)
            }
        }
        return isReached.indices.filter { isReached[$0] }
    }
}

/// A binary heap of numbers that gives the lowest first.
private struct LowestFirst {
    private var heap: [Int] = []

    mutating func insert(_ number: Int) {
        heap.append(number)
        var child = heap.count - 1
        while child > 0, heap[(child - 1) / 2] > heap[child] {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func removeFirst() -> Int? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var parent = 0
        while true {
            var child = 2 * parent + 1
            if child >= heap.count { break }
            if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
            if heap[parent] <= heap[child] { break }
            heap.swapAt(parent, child)
            parent = child
        }
        return first
    }
}
