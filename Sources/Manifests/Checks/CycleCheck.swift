import Diagnostics

/// Puts stages in the order in which they can run, or finds those that wait for each other.
///
/// - Complexity: O(stages + edges), without recursion: a cycle may be 10,000 long.
struct CycleCheck {
    /// For each stage the stages that it takes from.
    let dependencies: [[Int]]

    /// The stages, each after those that it takes from; stages that a cycle keeps from running are absent.
    func order() -> [Int] {
        var waiting = dependencies.map(\.count)
        var dependents = [[Int]](repeating: [], count: dependencies.count)
        for (stage, needed) in dependencies.enumerated() {
            for other in needed { dependents[other].append(stage) }
        }
        var order = dependencies.indices.filter { waiting[$0] == 0 }
        var next = 0
        while next < order.count {
            for stage in dependents[order[next]] {
                waiting[stage] -= 1
                if waiting[stage] == 0 { order.append(stage) }
            }
            next += 1
        }
        return order
    }

    /// One shortest cycle through the first stage of each knot of stages that wait for each other; `[a, b]` is a -> b -> a.
    func cycles() -> [[Int]] {
        let component = components()
        var firstOf: [Int: Int] = [:]
        for stage in dependencies.indices where firstOf[component[stage]] == nil { firstOf[component[stage]] = stage }
        return firstOf.values.sorted().compactMap { shortestCycle(through: $0, component) }
    }

    /// A search over the stages of one component, nearest first.
    private func shortestCycle(through start: Int, _ component: [Int]) -> [Int]? {
        var cameFrom: [Int: Int] = [:]
        var queue = [start]
        var next = 0
        while next < queue.count {
            let stage = queue[next]
            next += 1
            for other in dependencies[stage] where component[other] == component[start] {
                if other == start {
                    var path = [stage]
                    while let last = path.last, last != start, let before = cameFrom[last] { path.append(before) }
                    return path.reversed()
                }
                if cameFrom[other] == nil {
                    cameFrom[other] = stage
                    queue.append(other)
                }
            }
        }
        return nil
    }

    /// Tarjan's strongly connected components, with a stack of its own: a number for each stage, equal within a component.
    private func components() -> [Int] {
        let count = dependencies.count
        var number = [Int](repeating: -1, count: count)
        var low = [Int](repeating: 0, count: count)
        var component = [Int](repeating: -1, count: count)
        var open: [Int] = []
        var nextNumber = 0
        for root in 0..<count where number[root] < 0 {
            var path: [(stage: Int, edge: Int)] = [(root, 0)]
            while let (stage, edge) = path.last {
                if edge == 0 {
                    number[stage] = nextNumber
                    low[stage] = nextNumber
                    nextNumber += 1
                    open.append(stage)
                }
                if edge < dependencies[stage].count {
                    path[path.count - 1].edge += 1
                    let other = dependencies[stage][edge]
                    if number[other] < 0 {
                        path.append((other, 0))
                    } else if component[other] < 0 {
                        low[stage] = min(low[stage], number[other])
                    }
                    continue
                }
                path.removeLast()
                if let parent = path.last { low[parent.stage] = min(low[parent.stage], low[stage]) }
                if low[stage] == number[stage] {
                    while let last = open.popLast() {
                        component[last] = stage
                        if last == stage { break }
                    }
                }
            }
        }
        return component
    }
}

extension CycleCheck {
    /// Reports each cycle at the input that closes it.
    func report(_ stages: [StageDraft], _ connections: [[InputReading.Connection]], _ problems: inout Problems) {
        for cycle in cycles() {
            let names = (cycle + [cycle[0]]).map { stages[$0].name }
            let next = names[1]
            let input = connections[cycle[0]].first { connection in
                if case .output(let stage, _) = connection.input.reference { stage == next } else { false }
            }
            problems.error(
                "cycle", "stage '\(names[0])' waits for itself: \(Self.path(names))", at: input?.input.span ?? stages[cycle[0]].span)
        }
    }

    /// The names joined by arrows, the middle of a long path left out.
    private static func path(_ names: [String]) -> String {
        guard names.count > 9 else { return names.joined(separator: " -> ") }
        let left = names.prefix(4).joined(separator: " -> ")
        let right = names.suffix(4).joined(separator: " -> ")
        return "\(left) -> ... \(names.count - 8) more ... -> \(right)"
    }
}
